package huiying

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an [Error] is. The HTTP layer maps codes to
// statuses in one place.
type Code string

// The kinds of failure a person or a program can act on.
const (
	CodeInvalid   Code = "invalid"   // the input is wrong; Field says where
	CodeNotFound  Code = "not_found" // no such thing, or not visible to the caller
	CodeForbidden Code = "forbidden" // the role or unit may not do this
	CodeStale     Code = "stale"     // the case moved on since the version named
	CodeConflict  Code = "conflict"  // not allowed in the present state, or it exists already
	CodeBusy      Code = "busy"      // try again later: a queue is full
	CodeSignIn    Code = "sign_in"   // nobody is signed in
)

// Error is a failure with a code, a message for the person (Chinese, says what
// to do) and the cause for the log.
type Error struct {
	Code    Code
	Field   string // the field or action the message is about, if any
	Message string
	Cause   error
}

func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + "：" + s
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, ErrStale) and friends compare by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Message == "" && t.Code == e.Code
}

// Sentinels for errors.Is; they match any [Error] of the same code.
var (
	ErrInvalid   = &Error{Code: CodeInvalid}
	ErrNotFound  = &Error{Code: CodeNotFound}
	ErrForbidden = &Error{Code: CodeForbidden}
	ErrStale     = &Error{Code: CodeStale}
	ErrConflict  = &Error{Code: CodeConflict}
	ErrBusy      = &Error{Code: CodeBusy}
	ErrSignIn    = &Error{Code: CodeSignIn}
)

// Errorf makes an [Error] with a message for the person.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes a [CodeInvalid] error about one field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first [Error] in err's chain, or "" when there
// is none: then it is our own fault and nothing the person did.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
