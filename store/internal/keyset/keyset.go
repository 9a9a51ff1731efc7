// Package keyset makes the opaque cursors of lists: a cursor holds the sort key
// of the last item seen, so a list can be walked while rows are inserted.
package keyset

import (
	"encoding/base64"
	"encoding/json"

	"huiying"
)

// Limit is the page length for what was asked.
func Limit(asked int) int {
	if asked <= 0 {
		return huiying.DefaultLimit
	}
	return min(asked, huiying.MaxLimit)
}

// Encode makes the cursor of a list called kind from the last item's sort key.
func Encode(kind string, key ...any) string {
	b, err := json.Marshal(append([]any{kind}, key...))
	if err != nil {
		panic(err) // keys are strings and integers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Decode reads a cursor into pointers to the key's parts. A cursor of another
// list, or one that was tampered with, is [huiying.ErrInvalid].
func Decode(kind, cursor string, key ...any) error {
	bad := huiying.Invalid("cursor", "翻页位置无效，请从第一页重新打开")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return bad
	}
	var parts []json.RawMessage
	if json.Unmarshal(b, &parts) != nil || len(parts) != len(key)+1 {
		return bad
	}
	for i, into := range append([]any{new(string)}, key...) {
		if json.Unmarshal(parts[i], into) != nil {
			return bad
		}
		if i == 0 && *into.(*string) != kind {
			return bad
		}
	}
	return nil
}

// Page cuts what was read, one row more than the limit, to a page whose cursor
// is made from the last item that stays.
func Page[T any](items []T, limit int, cursor func(last T) string) huiying.Page[T] {
	p := huiying.Page[T]{Items: items}
	if p.Items == nil {
		p.Items = []T{}
	}
	if len(items) > limit {
		p.Items = items[:limit]
		p.Next = cursor(items[limit-1])
	}
	return p
}

// Under is the smallest key above every region that p covers: regions are
// digits, and ':' follows '9'.
func Under(p huiying.Region) string { return string(p) + ":" }
