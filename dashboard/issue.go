package dashboard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

// issueTries is how often a number is drawn while others issue, too.
const issueTries = 3

// mailWay is the channel reports are mailed through.
const mailWay = "mail"

// issue gives a report the next number of its kind and year, keeps its files as
// they are, and puts the mails that tell it into the outbox. [huiying.ErrConflict]:
// it was issued before.
func (s *Server) issue(ctx context.Context, i huiying.Issue, o report.Order, audit func(huiying.Issue) huiying.Audit) (huiying.Issue, error) {
	for try := 1; ; try++ {
		out, err := s.draw(ctx, i, o, audit)
		if huiying.CodeOf(err) != huiying.CodeStale || try == issueTries {
			return out, err
		}
	}
}

// draw writes the files with the next number and records them; ErrStale when
// another had the number meanwhile. The files of a number not had are no harm.
func (s *Server) draw(ctx context.Context, i huiying.Issue, o report.Order, audit func(huiying.Issue) huiying.Audit) (huiying.Issue, error) {
	i.Region, i.Kind, i.By, i.At = s.cfg.Region, o.Kind, o.By, o.Now
	i.Year = o.Now.In(huiying.Beijing).Year()
	var err error
	if i.N, err = s.cfg.Ledger.NextIssue(ctx, i.Region, i.Kind, i.Year); err != nil {
		return i, err
	}
	rule := s.cfg.Rules().Reports.Of(i.Kind)
	i.Number = rule.Number(i.Year, i.N)
	o.Number, o.From, o.To = i.Number, i.From, i.To
	for _, o.Format = range report.Formats(o.Kind) {
		file, err := s.reports.Write(ctx, o)
		if err != nil {
			return i, err
		}
		kept, err := s.keepFile(ctx, file.Name, bytes.NewReader(file.Bytes))
		if err != nil {
			return i, err
		}
		kept.By, kept.At = o.By, o.Now
		i.Files = append(i.Files, *kept)
	}
	return i, s.cfg.Ledger.SaveIssue(ctx, i, s.mailOf(i, rule, o.Now, 0), audit(i))
}

// mailOf are the mails that tell an issue to those of the rule; again makes those
// of a repeat other mails.
func (s *Server) mailOf(i huiying.Issue, rule huiying.ReportRule, now time.Time, again int64) []huiying.Notification {
	text := "本邮件只含文号，内容请登录查看。"
	if rule.Attach {
		text = "随信附报告文件，属工作秘密，只供工作使用，请勿转发或传到政务网外。"
	}
	if i.Late {
		text = "应于" + i.Due.In(huiying.Beijing).Format("1月2日15:04") + "印发，当时系统未运行，现补印。" + text
	}
	return s.mails(i.Name(), huiying.Notification{Number: i.Number, Text: text, Enclose: rule.Attach, CreatedAt: now}, rule, again)
}

// mails are one mail for each of the rule's addressees. Where no mail is set up
// they are put on record as not sent.
func (s *Server) mails(about string, n huiying.Notification, rule huiying.ReportRule, again int64) []huiying.Notification {
	var out []huiying.Notification
	for _, to := range rule.MailTo {
		n := n
		n.Report, n.Region, n.Kind, n.Channel = about, s.cfg.Region, huiying.NoticeReport, mailWay
		n.NextAt, n.Status = n.CreatedAt, huiying.NotifyPending
		if role := huiying.Role(to); role.Valid() {
			n.Role, n.ToName = role, role.Label()
		} else {
			n.Role, n.Unit, n.ToName = huiying.Liaison, huiying.UnitID(to), s.unitName(huiying.UnitID(to))
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "report|%s|%s|%s|%d", n.Region, about, to, again))
		n.ID = huiying.NotificationID("r" + hex.EncodeToString(sum[:10]))
		if !s.mailSetUp() {
			n.Status = huiying.NotifyFailed
			n.Attempts = []huiying.Attempt{{At: n.CreatedAt, Attempt: 1, Detail: "没有设置邮件渠道（huiying.yaml 的 channels.mail）"}}
		}
		out = append(out, n)
	}
	return out
}

// addressees names who the rule tells by mail: roles and units.
func (s *Server) addressees(rule huiying.ReportRule) string {
	names := make([]string, len(rule.MailTo))
	for i, to := range rule.MailTo {
		if names[i] = huiying.Role(to).Label(); names[i] == "" {
			names[i] = s.unitName(huiying.UnitID(to))
		}
	}
	return strings.Join(names, "、")
}

func (s *Server) mailSetUp() bool {
	return s.cfg.Channels != nil && slices.ContainsFunc(s.cfg.Channels.Health(), func(h huiying.ChannelHealth) bool { return h.Channel == mailWay })
}

// unitName is what a unit is called, or its ID while it cannot be read.
func (s *Server) unitName(id huiying.UnitID) string {
	units, err := s.unitsOf(context.Background())
	if err != nil {
		return string(id)
	}
	return units.Name(id)
}
