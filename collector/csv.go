package collector

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/transform"

	"huiying"
)

// utf8Reader decodes a text file as a stream. The encoding is judged by its
// beginning.
func utf8Reader(r io.Reader) (*bufio.Reader, error) {
	const sample = 64 << 10
	raw := bufio.NewReaderSize(r, sample)
	head, err := raw.Peek(sample)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, huiying.Errorf(huiying.CodeInvalid, "这是 Excel 文件或压缩包，请按 xlsx 导入")
	}
	enc, _, skip := byteOrderMark(head)
	if skip == 0 {
		enc, _ = encodingOf(guessCharset(head))
	}
	if _, err := raw.Discard(skip); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if enc == nil {
		return raw, nil
	}
	return bufio.NewReaderSize(transform.NewReader(raw, enc.NewDecoder()), sample), nil
}

// A csvTable reads comma, semicolon or tab separated records (RFC 4180, and
// what spreadsheets make of it). Unlike encoding/csv it survives a quote that
// is never closed: only the row it began in is lost.
type csvTable struct {
	in      *bufio.Reader
	line    int  // number of the next line
	comma   byte // 0: not known yet
	pending [][]byte
	eof     bool
}

// maxRecordLines bounds the lines one quoted cell may spread over.
const maxRecordLines = 500

// next is the next record with its raw bytes and first line. An error with a
// code is about this record only.
func (t *csvTable) next() (cells []string, raw []byte, number int, err error) {
	number = t.line
	first, err := t.readLine()
	if err != nil {
		return nil, nil, number, err
	}
	if t.comma == 0 {
		t.comma = separator(first)
	}
	raw = bytes.Clone(first)
	var read [][]byte // lines after the first, to be given back when the quote never ends
	for {
		cells, open := splitRecord(string(raw), t.comma)
		if !open {
			return cells, bytes.TrimRight(raw, "\r\n"), number, nil
		}
		next, err := t.readLine()
		if err != nil || len(read) >= maxRecordLines || len(raw)+len(next) > maxElement {
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, nil, number, err
			}
			if err == nil {
				read = append(read, next)
			}
			t.unread(read)
			return nil, bytes.TrimRight(first, "\r\n"), number, huiying.Errorf(huiying.CodeInvalid, "第 %d 行的引号没有配对", number)
		}
		read = append(read, next)
		raw = append(raw, next...)
	}
}

func (t *csvTable) unread(lines [][]byte) {
	t.pending = append(lines, t.pending...)
	t.line -= len(lines)
}

func (t *csvTable) readLine() ([]byte, error) {
	if len(t.pending) > 0 {
		line := t.pending[0]
		t.pending = t.pending[1:]
		t.line++
		return line, nil
	}
	if t.eof {
		return nil, io.EOF
	}
	line, long, err := readLine(t.in, nil)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t.eof = err != nil
	if len(line) == 0 && t.eof {
		return nil, io.EOF
	}
	t.line++
	if long {
		return nil, errTooLong
	}
	return line, nil
}

// separator is the one the header uses most.
func separator(header []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte{',', '\t', ';'} {
		if n := bytes.Count(header, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

// splitRecord parts a record into cells. open says that a quoted cell has not
// ended yet. A quote inside an unquoted cell is an ordinary character.
func splitRecord(s string, comma byte) (cells []string, open bool) {
	s = strings.TrimRight(s, "\r\n")
	for {
		if !strings.HasPrefix(s, `"`) {
			i := strings.IndexByte(s, comma)
			if i < 0 {
				return append(cells, s), false
			}
			cells, s = append(cells, s[:i]), s[i+1:]
			continue
		}
		var b strings.Builder
		s = s[1:]
		for {
			i := strings.IndexByte(s, '"')
			if i < 0 {
				return nil, true
			}
			b.WriteString(s[:i])
			s = s[i+1:]
			if !strings.HasPrefix(s, `"`) {
				break
			}
			b.WriteByte('"')
			s = s[1:]
		}
		// what stands between the closing quote and the comma belongs to the cell
		i := strings.IndexByte(s, comma)
		if i < 0 {
			b.WriteString(s)
			return append(cells, b.String()), false
		}
		b.WriteString(s[:i])
		cells, s = append(cells, b.String()), s[i+1:]
	}
}
