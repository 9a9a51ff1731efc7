package alerting

import (
	"context"
	"fmt"
	"strings"

	"huiying"
)

// Outbox keeps notifications that are about no case; one that is there already
// (its ID is made from what it says) stays as it is.
type Outbox interface {
	Tell(ctx context.Context, list []huiying.Notification) error
}

// SourceDown tells the monitors on duty of the source's guiding office, or all of
// them when the roster is silent, that it does not watch any more and what to do:
// in the app and by every channel that is set up. Telling the same trouble again
// doubles nothing, whichever process tells it.
func (d *Desk) SourceDown(ctx context.Context, out Outbox, src huiying.Source, h huiying.SourceHealth, why string) error {
	queue := src.Channel.Queue()
	trouble := huiying.Case{ // what it is about stands in for a case: the IDs are made from it
		ID: huiying.CaseID(fmt.Sprintf("source|%s|%d", src.ID, h.TroubleSince().UnixMicro())), Region: src.Region, Queue: queue,
	}
	list, err := d.mailing.write(ctx, trouble, []huiying.Notice{{
		Kind: huiying.NoticeSource, To: string(huiying.Monitor), Unit: queue.Office(),
		Text: huiying.Clip(fmt.Sprintf("“%s”：%s。建议：%s", src.Name, strings.TrimSuffix(why, "。"), h.Advice()), 300),
	}}, d.speed.Now())
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Case = ""
	}
	if err := out.Tell(ctx, list); err != nil {
		return fmt.Errorf("tell of source %s: %w", src.ID, err)
	}
	d.signal(d.notify)
	return nil
}
