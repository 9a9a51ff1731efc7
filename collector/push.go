package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"huiying"
)

// Bounds of one push.
const (
	pushBatch   = 200
	maxRejected = 10_000 // bad items of one push; beyond that it is not posts at all
)

// Push takes posts other programs send: a JSON array or one object a line, read
// as a stream. Bad items are named by their index, counted from 0, and kept as
// rejections; they stop nothing. It returns only when all it counts as accepted
// is durable. On [huiying.ErrBusy] what is already accepted is in the result;
// sending everything again is safe, posts keep their IDs.
func (c *Collector) Push(ctx context.Context, region huiying.Region, body io.Reader) (huiying.PushResult, error) {
	p := pushing{c: c, region: region, intake: c.cfg.Intake, result: huiying.PushResult{Rejected: []huiying.RowError{}}}
	p.intake.Region = region
	index := 0
	for raw, err := range elements(body) {
		if ctx.Err() != nil {
			return p.result, ctx.Err()
		}
		p.take(index, raw, err)
		index++
		if len(p.result.Rejected) >= maxRejected {
			p.reject(index, nil, huiying.Errorf(huiying.CodeInvalid, "有问题的条目超过 %d 条，其后的没有读，请检查格式", maxRejected))
			break
		}
		if len(p.posts) >= pushBatch || len(p.rejections) >= pushBatch {
			if err := p.flush(ctx); err != nil {
				return p.result, err
			}
		}
	}
	err := p.flush(ctx)
	return p.result, err
}

type pushing struct {
	c          *Collector
	region     huiying.Region
	intake     huiying.Intake
	result     huiying.PushResult
	posts      []huiying.Post
	rejections []huiying.Rejection
}

func (p *pushing) take(index int, raw []byte, err error) {
	var post huiying.Post
	if err == nil {
		post, err = pushed(raw)
	}
	if err == nil && post.Region != "" && !p.region.Covers(post.Region) {
		err = huiying.Invalid("region", "%s 不在 %s 之内", huiying.Clip(string(post.Region), 20), p.region)
	}
	if err == nil {
		post, err = p.intake.Accept(post)
	}
	if err != nil {
		p.reject(index, raw, err)
		return
	}
	p.posts = append(p.posts, post)
}

// pushed reads one item. What only our own intake may say is not taken from
// outside: a hash in place of a name, what was redacted, when it was collected.
func pushed(raw []byte) (huiying.Post, error) {
	var post huiying.Post
	if len(raw) == 0 {
		return post, huiying.Errorf(huiying.CodeInvalid, "这一条是空的")
	}
	if raw[0] != '{' {
		return post, huiying.Errorf(huiying.CodeInvalid, "应为一个 JSON 对象，收到 %s", huiying.Clip(huiying.CleanText(string(raw[:min(len(raw), 200)])), 40))
	}
	if err := json.Unmarshal(raw, &post); err != nil {
		return post, jsonFault(raw, err)
	}
	post.AuthorHash, post.Redactions, post.Assumed, post.Version, post.Gone = "", nil, false, 0, ""
	return post, nil
}

// jsonFault says in Chinese what is wrong with an item.
func jsonFault(raw []byte, err error) error {
	if huiying.CodeOf(err) != "" {
		return err
	}
	if !json.Valid(raw) {
		return &huiying.Error{Code: huiying.CodeInvalid, Message: "不是合法的 JSON", Cause: err}
	}
	return &huiying.Error{Code: huiying.CodeInvalid, Message: "字段类型不对", Cause: err}
}

func (p *pushing) reject(index int, raw []byte, err error) {
	p.result.Rejected = append(p.result.Rejected, huiying.RowError{Index: index, Error: personText(err)})
	where := fmt.Sprintf("推送第 %d 条", index+1)
	p.rejections = append(p.rejections, p.c.rejection(p.region, "推送接口", where, string(raw[:min(len(raw), 4*rawRedacted)]), err))
}

func (p *pushing) flush(ctx context.Context) error {
	if len(p.rejections) > 0 {
		if err := p.c.cfg.Ledger.SaveRejections(ctx, p.rejections); err != nil {
			return fmt.Errorf("keep rejected items: %w", err)
		}
		p.rejections = nil
	}
	if len(p.posts) == 0 {
		return nil
	}
	accepted, duplicate, err := p.c.cfg.Publish(ctx, p.posts)
	if err != nil {
		return fmt.Errorf("publish %d posts: %w", len(p.posts), err)
	}
	p.result.Accepted += accepted
	p.result.Duplicate += duplicate
	p.posts = nil
	return nil
}
