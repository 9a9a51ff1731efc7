package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// PublishPosts puts accepted posts on their way. When it returns without error
// all of them are durable; duplicate counts those already published within the
// dedup window. On error accepted + duplicate tells how many went through, and
// publishing the same batch again doubles nothing. A full or unreachable bus is
// [huiying.ErrBusy]. A post without ID or region, or too large for the bus, is
// [huiying.ErrInvalid] and nothing of the batch is sent.
func (b *Bus) PublishPosts(ctx context.Context, posts []huiying.Post) (accepted, duplicate int, err error) {
	msgs := make([]*nats.Msg, len(posts))
	for i := range posts {
		if msgs[i], err = b.message("posts", &posts[i], &posts[i]); err != nil {
			return 0, 0, err
		}
	}
	return b.publish(ctx, msgs)
}

// PublishAssessed puts assessed posts on their way to archive and alerting; the
// same promises as [Bus.PublishPosts].
func (b *Bus) PublishAssessed(ctx context.Context, assessed []huiying.Assessed) error {
	msgs := make([]*nats.Msg, len(assessed))
	for i := range assessed {
		var err error
		if msgs[i], err = b.message("assessed", &assessed[i].Post, &assessed[i]); err != nil {
			return err
		}
	}
	_, _, err := b.publish(ctx, msgs)
	return err
}

// message encodes v for the subject of its post's region. Its message ID, by
// which the server drops repeats, is [huiying.Post.Reading].
func (b *Bus) message(subject string, p *huiying.Post, v any) (*nats.Msg, error) {
	id := p.ID
	if id == "" || len(id) > huiying.MaxIDBytes || strings.ContainsAny(string(id), " \t\r\n") {
		return nil, huiying.Invalid("id", "编号不能为空、过长或含有空白：%q", id)
	}
	if _, err := huiying.ParseRegion(string(p.Region)); err != nil {
		return nil, fmt.Errorf("post %s: %w", id, err)
	}
	data, err := encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding post %s: %w", id, err)
	}
	if limit := b.nc.MaxPayload() - 1024; int64(len(data)) > limit { // room for headers
		return nil, huiying.Invalid("text", "%s 共 %d KB，超过消息总线单条上限 %d KB", id, len(data)>>10, limit>>10)
	}
	m := nats.NewMsg(b.subject(subject, p.Region))
	m.Data = data
	m.Header.Set(jetstream.MsgIDHeader, p.Reading())
	return m, nil
}

// encode is json.Marshal without the HTML escapes, which would make a post with
// many angle brackets six times its size.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// publish sends all messages without waiting in between, then waits for every
// acknowledgement: the server sends them after the write.
func (b *Bus) publish(ctx context.Context, msgs []*nats.Msg) (accepted, duplicate int, err error) {
	if err := b.begin(); err != nil {
		return 0, 0, err
	}
	defer b.calls.Done()

	acks := make([]jetstream.PubAckFuture, 0, len(msgs))
	for _, m := range msgs {
		if err = ctx.Err(); err != nil {
			break
		}
		var ack jetstream.PubAckFuture
		if ack, err = b.js.PublishMsgAsync(m, jetstream.WithStallWait(stallWait)); err != nil {
			break
		}
		acks = append(acks, ack)
	}
	for _, ack := range acks {
		select {
		case a := <-ack.Ok():
			if a.Duplicate {
				duplicate++
			} else {
				accepted++
			}
		case refused := <-ack.Err():
			if err == nil {
				err = refused
			}
		case <-ctx.Done():
			return accepted, duplicate, ctx.Err()
		}
	}
	if err != nil {
		return accepted, duplicate, fmt.Errorf("published %d of %d: %w", accepted+duplicate, len(msgs), busy(err))
	}
	return accepted, duplicate, nil
}

// Error codes of the server.
const (
	storeFailed      jetstream.ErrorCode = 10077 // full when it says "maximum messages exceeded" or "maximum bytes exceeded"
	accountExceeded  jetstream.ErrorCode = 10002
	noResources      jetstream.ErrorCode = 10023
	memoryExceeded   jetstream.ErrorCode = 10028
	storageExceeded  jetstream.ErrorCode = 10047
	repeatInProgress jetstream.ErrorCode = 10158 // cluster: the first of two equal messages is not yet agreed on
)

// busy makes err a [huiying.ErrBusy] when trying again later can help.
func busy(err error) error {
	if api := new(jetstream.APIError); errors.As(err, &api) && strings.Contains(api.Description, syscall.ENOSPC.Error()) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "消息队列的磁盘已满，请腾出空间；已收下的不会丢，腾出后自动恢复", Cause: err}
	}
	if full(err) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "消息队列已满，请稍后重试，积压处理后自动恢复", Cause: err}
	}
	if unreachable(err) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "消息总线暂时不可用，请稍后重试", Cause: err}
	}
	return err
}

func full(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return errors.Is(err, jetstream.ErrTooManyStalledMsgs)
	}
	switch api.ErrorCode {
	case storeFailed:
		return strings.Contains(api.Description, "maximum")
	case accountExceeded, noResources, memoryExceeded, storageExceeded:
		return true
	}
	return api.Code == http.StatusTooManyRequests
}

func unreachable(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code == http.StatusServiceUnavailable || api.ErrorCode == repeatInProgress
	}
	for _, e := range []error{
		jetstream.ErrAsyncPublishTimeout, jetstream.ErrNoStreamResponse, jetstream.ErrConnectionClosed, jetstream.ErrServerShutdown,
		jetstream.ErrJetStreamPublisherClosed, jetstream.ErrNoHeartbeat,
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrConnectionClosed, nats.ErrDisconnected, nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
