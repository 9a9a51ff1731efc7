// Package storetest holds what every archive and every ledger must do, whatever
// database is behind it. A backend's test opens an empty store and hands it to
// [Archive] or [Ledger].
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"huiying"
)

// county is the tenant of the suites, other a neighbour that must not mix in.
const (
	county huiying.Region = "141122"
	other  huiying.Region = "141123"
)

// day is a Monday morning; every time of the suites is counted from it.
var day = time.Date(2026, 3, 2, 8, 0, 0, 0, huiying.Beijing)

// at is the instant so many minutes after day.
func at(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }

// must ends the test when a step failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is ends the test unless err is of the kind wanted.
func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want one of code %q", err, huiying.CodeOf(want))
	}
}

// same compares values that came back with values that went in.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got  %+v\n want %+v", what, got, want)
	}
}

// value ends the test when a step failed, and returns what it gave.
func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// walk reads a list to its end, page by page; between is called after each page.
func walk[T any](t *testing.T, page func(cursor string) (huiying.Page[T], error), between func()) []T {
	t.Helper()
	var all []T
	cursor := ""
	for range 1000 {
		p := value(page(cursor))(t)
		all = append(all, p.Items...)
		if p.Next == "" {
			return all
		}
		if len(p.Items) == 0 {
			t.Fatal("an empty page with a cursor to another")
		}
		cursor = p.Next
		if between != nil {
			between()
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// names maps a list to what identifies its items.
func names[T any, K comparable](list []T, of func(T) K) []K {
	out := make([]K, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}

// once fails when a name comes twice or one is missing.
func once[K comparable](t *testing.T, got, want []K) {
	t.Helper()
	count := make(map[K]int)
	for _, k := range got {
		count[k]++
	}
	for _, k := range want {
		if count[k] != 1 {
			t.Errorf("%v came %d times, want once", k, count[k])
		}
	}
}

// badCursor checks that a list refuses a cursor it did not make.
func badCursor[T any](t *testing.T, page func(cursor string) (huiying.Page[T], error)) {
	t.Helper()
	for _, c := range []string{"x", "!!!", "WyJub3BlIiwxXQ", "bnVsbA"} {
		if _, err := page(c); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("cursor %q: got %v, want ErrInvalid", c, err)
		}
	}
}

func id[T ~string](prefix string, n int) T { return T(fmt.Sprintf("%s%05d", prefix, n)) }

func background(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
