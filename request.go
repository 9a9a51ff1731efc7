package huiying

import "context"

type requestKey struct{}

// WithRequest is a context of the request with a number: what is logged under it
// carries the number, from the page that was clicked to the case that changed.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestOf is the number of the request a context belongs to, "" for none.
func RequestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
