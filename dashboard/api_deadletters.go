package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// deadLetterDoc is a dead letter without its content: who mends the system
// reads no posts (三员分立).
type deadLetterDoc struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Stream   string    `json:"stream"`
	Consumer string    `json:"consumer"`
	Subject  string    `json:"subject"`
	Error    string    `json:"error"`
	Tries    int       `json:"tries"`
	Bytes    int       `json:"bytes"`
}

type deadLettersInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"500"`
}

type replayInput struct {
	asked
	ID string `path:"id" maxLength:"128"`
}

// replayed confirms a replay.
type replayed struct {
	ID string `json:"id"`
}

func (a api) routesDeadLetters() {
	tags := []string{"运行"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/dead-letters", OperationID: "list-dead-letters", Summary: "处理失败的消息（系统管理员）", Tags: tags,
	}, a.listDeadLetters)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/dead-letters/{id}/replay", OperationID: "replay-dead-letter", Summary: "重新处理（系统管理员）", Tags: tags,
		DefaultStatus: http.StatusAccepted,
	}, a.replayDeadLetter)
}

func (a api) listDeadLetters(ctx context.Context, p huiying.Person, in *deadLettersInput) (huiying.Page[deadLetterDoc], error) {
	limit := in.Limit
	if limit == 0 {
		limit = huiying.DefaultLimit
	}
	letters, err := a.deadLetters(ctx, p)
	if err != nil {
		return huiying.Page[deadLetterDoc]{}, err
	}
	out := []deadLetterDoc{}
	for _, d := range letters[:min(limit, len(letters))] {
		out = append(out, deadLetterDoc{d.ID, d.At, d.Stream, d.Consumer, d.Subject, d.Error, d.Tries, len(d.Data)})
	}
	return huiying.Page[deadLetterDoc]{Items: out}, nil
}

// deadLettersRead bounds how many dead letters are looked through.
const deadLettersRead = 10000

// deadLetters are those of p's region: the last token of their subject names it.
func (a api) deadLetters(ctx context.Context, p huiying.Person) ([]huiying.DeadLetter, error) {
	all, err := a.cfg.Bus.DeadLetters(ctx, deadLettersRead)
	if err != nil {
		return nil, fmt.Errorf("listing dead letters: %w", err)
	}
	return slices.DeleteFunc(all, func(d huiying.DeadLetter) bool {
		return !p.Region.Covers(huiying.Region(d.Subject[strings.LastIndexByte(d.Subject, '.')+1:]))
	}), nil
}

func (a api) replayDeadLetter(ctx context.Context, p huiying.Person, in *replayInput) (replayed, error) {
	letters, err := a.deadLetters(ctx, p)
	if err != nil {
		return replayed{}, err
	}
	if !slices.ContainsFunc(letters, func(d huiying.DeadLetter) bool { return d.ID == in.ID }) {
		return replayed{}, huiying.Errorf(huiying.CodeNotFound, "没有这条消息，可能已经重新处理")
	}
	if err := a.cfg.Bus.Replay(ctx, in.ID); err != nil {
		return replayed{}, fmt.Errorf("replaying a dead letter: %w", err)
	}
	return replayed{in.ID}, a.audit(ctx, in.request, p, "deadletter.replay", in.ID, "")
}
