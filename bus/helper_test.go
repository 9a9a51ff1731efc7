package bus

import (
	"encoding/json"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

type jsonRaw = json.RawMessage

func apiError(status int, code jetstream.ErrorCode, text string) error {
	return &jetstream.APIError{Code: status, ErrorCode: code, Description: text}
}

func parse(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
