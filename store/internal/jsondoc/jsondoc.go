// Package jsondoc keeps domain values as JSON beside the columns that queries
// use, and gives them back with every time in Beijing's zone.
package jsondoc

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"huiying"
)

// Encode writes v.
func Encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing a %T as JSON: %w", v, err)
	}
	return string(b), nil
}

// Decode reads what Encode wrote.
func Decode[T any](doc string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return v, fmt.Errorf("reading a stored %T: %w", v, err)
	}
	Beijing(&v)
	return v, nil
}

// Beijing sets the zone of every time that v, a pointer, leads to. JSON keeps
// an offset but no zone, and values compare equal only when both are the same.
func Beijing(v any) { toBeijing(reflect.ValueOf(v).Elem()) }

var (
	timeType = reflect.TypeFor[time.Time]()
	holds    sync.Map // reflect.Type → bool: a time can be reached from it
)

func toBeijing(v reflect.Value) {
	t := v.Type()
	if !holdsTime(t) {
		return
	}
	switch {
	case t == timeType:
		if at := v.Interface().(time.Time); !at.IsZero() {
			v.Set(reflect.ValueOf(at.In(huiying.Beijing)))
		} else {
			v.SetZero()
		}
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				toBeijing(v.Field(i))
			}
		}
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		for i := range v.Len() {
			toBeijing(v.Index(i))
		}
	case t.Kind() == reflect.Pointer:
		if !v.IsNil() {
			toBeijing(v.Elem())
		}
	}
}

// holdsTime is false for maps: the domain keeps no times in them.
func holdsTime(t reflect.Type) bool {
	if known, ok := holds.Load(t); ok {
		return known.(bool)
	}
	found := false
	switch {
	case t == timeType:
		found = true
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			found = found || t.Field(i).IsExported() && holdsTime(t.Field(i).Type)
		}
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Pointer:
		found = holdsTime(t.Elem())
	}
	holds.Store(t, found)
	return found
}

// Micro is how a time stands in a column: microseconds since 1970 UTC, which
// sort and range alike on every backend; 0 is "never".
func Micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time reads what Micro wrote.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).In(huiying.Beijing)
}
