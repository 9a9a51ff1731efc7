package collector

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"huiying"
)

// packings are the content codings we read, as Accept-Encoding names them.
const packings = "gzip, br, zstd"

// Bounds of unpacking.
const (
	mostUnpacked = 200     // times its packed size; text rarely shrinks to a fiftieth
	smallEnough  = 1 << 20 // bytes that are unpacked whatever their ratio
	zstdWindow   = 8 << 20 // bytes one stream may ask us to remember
)

// bound is how a body may be read.
type bound struct {
	bytes   int64
	cut     bool   // what is more stays unread; else it makes the whole an error
	into    []byte // memory that may be used
	gzipped bool   // the file itself may be gzip, as a sitemap.xml.gz is

	signed  bool        // the request is made as the interface wants it signed
	headers http.Header // of the request, for the host that is asked first only
}

// readBody reads an answer's body and unpacks it: within size, and not more than
// mostUnpacked times what came over the wire. read is the bytes that came. Errors
// of the body itself are a [Failure]; others are the transport's.
func readBody(res *http.Response, u *url.URL, size bound) (body []byte, read int64, err error) {
	wire := &counter{r: res.Body}
	unpacked, done, err := unpack(wire, res.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, wire.n, unpackFailure(u, err)
	}
	defer done()
	if size.gzipped {
		if unpacked, err = gunzip(unpacked); err != nil {
			return nil, wire.n, unpackFailure(u, err)
		}
	}
	body = size.into[:0]
	want := int64(16 << 10)
	if n := res.ContentLength; n > 0 && unpacked == io.Reader(wire) {
		want = min(n, size.bytes, smallEnough) + 1 // and one to see its end
	}
	if int64(cap(body)) < want {
		body = make([]byte, 0, want)
	}
	limited := &io.LimitedReader{R: unpacked, N: size.bytes + 1}
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := limited.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > size.bytes && size.cut:
			return body[:size.bytes], wire.n, nil
		case int64(len(body)) > size.bytes:
			return nil, wire.n, &Failure{URL: printable(u), Kind: huiying.FailureTooLarge, Message: fmt.Sprintf("内容超过 %s，没有读完就停下了", sizeText(size.bytes)), Permanent: true}
		case unpacked != io.Reader(wire) && len(body) > smallEnough && int64(len(body)) > mostUnpacked*wire.n:
			return nil, wire.n, &Failure{URL: printable(u), Kind: huiying.FailureTooLarge, Message: fmt.Sprintf("压缩内容展开超过 %d 倍，像是压缩炸弹，没有读完就停下了", mostUnpacked), Permanent: true}
		case errors.Is(err, io.EOF):
			return body, wire.n, nil
		case errors.Is(err, io.ErrUnexpectedEOF) && wire.ended:
			return nil, wire.n, &Failure{URL: printable(u), Kind: huiying.FailureBroken, Message: "压缩内容不完整，后半截没有传来", Cause: err}
		case err != nil:
			return nil, wire.n, unpackFailure(u, err)
		}
	}
}

// gunzip unpacks a file that is gzip and hands on any other.
func gunzip(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(2); string(head) != "\x1F\x8B" { // an error comes again when it is read
		return in, nil
	}
	return gzip.NewReader(in)
}

// unpack undoes one content coding.
func unpack(r io.Reader, coding string) (io.Reader, func(), error) {
	nothing := func() {}
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return r, nothing, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		return z, nothing, err
	case "br":
		return brotli.NewReader(r), nothing, nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nothing, err
		}
		return z, z.Close, nil
	}
	return nil, nothing, &unknownPacking{coding}
}

type unknownPacking struct{ coding string }

func (p *unknownPacking) Error() string { return "用了没有请求的压缩方式 " + p.coding }

// unpackFailure tells a damaged packing from a connection that broke.
func unpackFailure(u *url.URL, err error) error {
	var unknown *unknownPacking
	switch {
	case errors.As(err, &unknown):
		return &Failure{URL: printable(u), Kind: huiying.FailureBroken, Message: unknown.Error(), Permanent: true}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrCRCMismatch),
		errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrReservedBlockType), strings.HasPrefix(err.Error(), "brotli:"), strings.HasPrefix(err.Error(), "flate:"):
		return &Failure{URL: printable(u), Kind: huiying.FailureBroken, Message: "压缩内容已损坏，解不开", Cause: err}
	}
	return err
}

// counter counts what is read through it, and notes its proper end.
type counter struct {
	r     io.Reader
	n     int64
	ended bool
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.ended = errors.Is(err, io.EOF)
	return n, err
}
