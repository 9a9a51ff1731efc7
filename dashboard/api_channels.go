package dashboard

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// Channels are the ways notifications take besides the pages.
type Channels interface {
	Health() []huiying.ChannelHealth
	// Test sends a message at once; the error says why it did not go.
	Test(ctx context.Context, channel string, by huiying.Person) error
}

type channelInput struct {
	asked
	Name string `path:"name" maxLength:"40"`
}

type resendInput struct {
	asked
	ID string `path:"id" maxLength:"128"`
}

type channelDone struct {
	OK bool `json:"ok"`
}

func (a api) routesChannels() {
	tags := []string{"运行"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/channels", OperationID: "list-channels", Summary: "通知渠道的健康状况（系统管理员）", Tags: tags,
	}, func(context.Context, huiying.Person, *struct{}) ([]huiying.ChannelHealth, error) {
		return a.channelHealth(), nil
	})
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/channels/{name}/test", OperationID: "test-channel", Summary: "发一条测试消息（系统管理员）", Tags: tags,
	}, a.testChannel)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/notifications/{id}/resend", OperationID: "resend-notification", Summary: "重发没有送达的通知（系统管理员）", Tags: tags,
	}, a.resend)
}

// testSent is what the audit says of a test message that left.
const testSent = "已发出"

func (a api) testChannel(ctx context.Context, p huiying.Person, in *channelInput) (channelDone, error) {
	if a.cfg.Channels == nil {
		return channelDone{}, huiying.Errorf(huiying.CodeNotFound, "没有设置“%s”渠道", in.Name)
	}
	sent := a.cfg.Channels.Test(ctx, in.Name, p)
	detail := testSent
	if sent != nil {
		detail = sent.Error()
	}
	if err := a.audit(ctx, in.request, p, "channel.test", in.Name, detail); err != nil {
		return channelDone{}, err
	}
	return channelDone{sent == nil}, sent
}

func (a api) resend(ctx context.Context, p huiying.Person, in *resendInput) (channelDone, error) {
	if err := a.cfg.Ledger.Resend(ctx, p.Region, huiying.NotificationID(in.ID), a.now()); err != nil {
		return channelDone{}, fmt.Errorf("sending a notification again: %w", err)
	}
	return channelDone{true}, a.audit(ctx, in.request, p, "notification.resend", in.ID, "")
}
