package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"huiying"
)

// brief is all that leaves the government network about a notification: number,
// level, unit, deadline, link. Never the post, a person or the wording (DOMAIN §9).
type brief struct {
	Number, Kind, Level, Unit, Due, Link string
}

// Writer knows what messages need beside the notification.
type Writer struct {
	Base  string // of links to cases, such as https://yq.example.gov.cn
	Units func(huiying.UnitID) string
}

func (w Writer) brief(n huiying.Notification) brief {
	b := brief{Number: n.Number, Kind: kindWords[n.Kind], Level: n.Level.Label(), Link: w.Base + "/cases/" + string(n.Case)}
	switch {
	case n.Report != "":
		b.Level, b.Link = "", w.Base+"/reports"
	case n.Kind == huiying.NoticeSource:
		b.Level, b.Link = "", w.Base+"/sources"
	case n.Case == "":
		b.Kind, b.Link = "通知渠道测试", w.Base
	}
	if n.Unit != "" && w.Units != nil {
		b.Unit = w.Units(n.Unit)
	}
	if !n.Due.IsZero() {
		b.Due = n.Due.In(huiying.Beijing).Format("01-02 15:04")
	}
	return b
}

var kindWords = map[huiying.NoticeKind]string{
	huiying.NoticeJudge: "待研判", huiying.NoticeAssigned: "新交办，请签收", huiying.NoticeEscalate: "催办",
	huiying.NoticeOverdue: "超时", huiying.NoticeChanged: "有变更", huiying.NoticeSource: "信源中断", huiying.NoticeReview: "待审核", huiying.NoticeUrge: "督办", huiying.NoticeReport: "报告印发",
}

// line is one notification in one line of plain text.
func (b brief) line() string {
	parts := []string{b.Kind}
	if b.Number != "" {
		parts = append(parts, b.Number)
	}
	if b.Level != "" {
		parts = append(parts, b.Level)
	}
	if b.Unit != "" {
		parts = append(parts, b.Unit)
	}
	if b.Due != "" {
		parts = append(parts, "时限 "+b.Due)
	}
	return strings.Join(parts, " ")
}

// markdown is a message for a robot, at most so many bytes of UTF-8: of a digest
// too long for it, what does not fit is counted and found behind the link.
func (w Writer) markdown(batch []huiying.Notification, most int) (title, text string) {
	title = "回应：" + w.brief(batch[0]).line()
	head := ""
	if len(batch) > 1 {
		title = fmt.Sprintf("回应：%d 条通知", len(batch))
		head = "**" + title + "**\n"
	}
	var out strings.Builder
	out.WriteString(head)
	for i, n := range batch {
		b := w.brief(n)
		item := fmt.Sprintf("- [%s](%s)\n", b.line(), b.Link)
		rest := fmt.Sprintf("- 另有 %d 条，见[通知](%s/notices)\n", len(batch)-i, w.Base)
		if out.Len()+len(item)+len(rest) > most && i > 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(item)
	}
	return title, out.String()
}

// post sends JSON to a robot and reads its answer into v. Robots say 200 even
// when they refuse.
func post(ctx context.Context, client *http.Client, channel, address string, body, v any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return Permanent{err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return Permanent{fmt.Errorf("%s: %w", channel, withoutAddress(err))}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	answer, err := exchange(client, channel, req)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("%s: 应答不是 JSON", channel)
	}
	return nil
}

// exchange sends a request and returns the body of a 2xx answer; 4xx but 408 and
// 429 is for good.
func exchange(client *http.Client, channel string, req *http.Request) ([]byte, error) {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a POST turned into a GET of a sign-in page is no delivery
	}
	resp, err := own.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", channel, withoutAddress(err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		if err != nil {
			return nil, fmt.Errorf("%s: 应答中断", channel)
		}
		return body, nil
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return nil, Permanent{fmt.Errorf("%s: 对方拒收（%s）", channel, resp.Status)}
	default:
		return nil, fmt.Errorf("%s: 对方返回 %s", channel, resp.Status)
	}
}
