package collector

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"

	"huiying"
)

// maxElement bounds one pushed item or one line of a file, in bytes: a post
// with the longest text, escaped, and its extra fields.
const maxElement = 2 << 20

var errTooLong = huiying.Errorf(huiying.CodeInvalid, "这一条超过 %d MB", maxElement>>20)

// elements parts a stream into JSON values without reading it whole: the
// elements of an array, or one value a line. A value that is no JSON or too
// long comes as an error and the next one is still read; where the stream
// itself ends badly the last error says so. The bytes are valid until the next
// step.
func elements(r io.Reader) iter.Seq2[[]byte, error] {
	in := bufio.NewReaderSize(r, 64<<10)
	return func(yield func([]byte, error) bool) {
		if b, _ := in.Peek(3); bytes.Equal(b, []byte("\xEF\xBB\xBF")) {
			_, _ = in.Discard(3) // it was just peeked
		}
		first, err := skipSpace(in)
		switch {
		case errors.Is(err, io.EOF):
		case err != nil:
			yield(nil, readError(err))
		case first == '[':
			_, _ = in.Discard(1) // it was just peeked
			arrayElements(in, yield)
		case first == '{' && spread(in):
			objectElements(in, yield)
		default:
			lineElements(in, yield)
		}
	}
}

func readError(err error) error {
	var known *huiying.Error
	if errors.As(err, &known) {
		return err
	}
	return &huiying.Error{Code: huiying.CodeInvalid, Message: "内容没有传完，其后的没有读到", Cause: err}
}

// skipSpace looks at the next byte that is not white space, leaving it unread.
func skipSpace(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.Peek(1)
		if err != nil {
			return 0, err
		}
		if b[0] != ' ' && b[0] != '\n' && b[0] != '\r' && b[0] != '\t' {
			return b[0], nil
		}
		_, _ = in.Discard(1) // it was just peeked
	}
}

// spread reports whether the object that begins here is laid out over several
// lines, so that a line is not a value.
func spread(in *bufio.Reader) bool {
	head, _ := in.Peek(4 << 10)
	line, _, more := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimSpace(line)
	return more && (len(line) == 0 || line[len(line)-1] == ',' || line[len(line)-1] == '{' || line[len(line)-1] == '[')
}

// A cutter follows the nesting of JSON byte by byte.
type cutter struct {
	buf      []byte
	depth    int
	quoted   bool
	escaped  bool
	overflow bool
}

// take adds a byte; it must not be one that ends the value.
func (c *cutter) take(b byte) {
	if len(c.buf) < maxElement {
		c.buf = append(c.buf, b)
	} else {
		c.overflow = true
	}
	switch {
	case c.escaped:
		c.escaped = false
	case c.quoted && b == '\\':
		c.escaped = true
	case b == '"':
		c.quoted = !c.quoted
	case c.quoted:
	case b == '{' || b == '[':
		c.depth++
	case b == '}' || b == ']':
		c.depth--
	}
}

func (c *cutter) value() ([]byte, error) {
	if c.overflow {
		return c.buf, errTooLong
	}
	return bytes.TrimSpace(c.buf), nil
}

func (c *cutter) reset() { *c = cutter{buf: c.buf[:0]} }

func arrayElements(in *bufio.Reader, yield func([]byte, error) bool) {
	var c cutter
	any := false
	for {
		b, err := in.ReadByte()
		if err != nil {
			yield(c.buf, unended(err))
			return
		}
		if !c.quoted && c.depth <= 0 && (b == ',' || b == ']') {
			value, err := c.value()
			if len(value) > 0 || b == ',' || any { // [] is empty, [1,] has an empty second value
				if !yield(value, err) {
					return
				}
			}
			if b == ']' {
				if _, err := skipSpace(in); err == nil {
					yield(nil, huiying.Errorf(huiying.CodeInvalid, "数组在这里已经结束，其后的内容没有读"))
				}
				return
			}
			any = true
			c.reset()
			continue
		}
		c.take(b)
	}
}

func unended(err error) error {
	if errors.Is(err, io.EOF) {
		return huiying.Errorf(huiying.CodeInvalid, "JSON 没有写完（括号或引号不配对），从这一条起没有读")
	}
	return readError(err)
}

func objectElements(in *bufio.Reader, yield func([]byte, error) bool) {
	var c cutter
	for {
		b, err := in.ReadByte()
		if err != nil {
			if len(bytes.TrimSpace(c.buf)) > 0 {
				yield(c.buf, unended(err))
			}
			return
		}
		c.take(b)
		if c.depth <= 0 && !c.quoted && (b == '}' || b == ']') {
			if !yield(c.value()) {
				return
			}
			c.reset()
		}
	}
}

func lineElements(in *bufio.Reader, yield func([]byte, error) bool) {
	var line []byte
	for {
		var long bool
		var err error
		line, long, err = readLine(in, line[:0])
		if text := bytes.TrimSpace(line); len(text) > 0 {
			var bad error
			if long {
				bad = errTooLong
			}
			if !yield(text, bad) {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				yield(nil, readError(err))
			}
			return
		}
	}
}

// readLine reads one line, keeping at most maxElement bytes of it.
func readLine(in *bufio.Reader, line []byte) (_ []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if room := maxElement - len(line); len(part) > room {
			part, long = part[:room], true
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}
