package dashboard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"huiying"
)

// duty is a line of an administrator's 工作台: something to do, or that it is in
// order.
type duty struct {
	Title, Text, Path string
	Wants             bool // somebody has to act
}

// duties are what the three administrators look after; none of it is content
// (三员分立).
func (s *Server) duties(ctx context.Context, p huiying.Person, setup setup) ([]duty, error) {
	switch p.Role {
	case huiying.SystemAdmin:
		return s.upkeep(ctx, p, setup)
	case huiying.SecurityAdmin:
		return s.rights(ctx, p)
	case huiying.AuditAdmin:
		return s.record(ctx, p)
	}
	return nil, nil
}

// upkeep is what 系统管理员 keeps running.
func (s *Server) upkeep(ctx context.Context, p huiying.Person, setup setup) ([]duty, error) {
	var out []duty
	if setup.Left() > 0 {
		out = append(out, duty{"开始使用", fmt.Sprintf("还有 %d 步没有完成：%s", setup.Left(), strings.Join(setup.LeftTitles(), "、")), "/setup", true})
	}
	sources, err := s.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, p.Region)
	if err != nil {
		return nil, fmt.Errorf("read health of sources: %w", err)
	}
	blind := len(huiying.BlindSpots(sources, health, s.now()))
	if len(sources) == 0 {
		out = append(out, duty{"信源", "还没有信源，看不到任何情况", "/sources", true})
	} else {
		out = append(out, counted(blind, "信源", "处近 24 小时没有在看", fmt.Sprintf("%d 个信源都在正常采集", len(sources)), "/sources"))
	}
	mute := 0
	for _, h := range s.channelHealth() {
		if h.State == huiying.ChannelRed {
			mute++
		}
	}
	out = append(out, counted(mute, "通知渠道", "个渠道不通，消息已改走其他渠道", "渠道都通", "/channels"))
	dead, err := s.cfg.Bus.CountDeadLetters(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	out = append(out, counted(dead, "死信", "条消息多次处理失败，请查明后重投", "没有处理失败的消息", "/sources"))
	if s.cfg.Machine == nil {
		return out, nil
	}
	m, err := s.cfg.Machine(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the state of the installation: %w", err)
	}
	v := systemView{Machine: m, Now: s.wall()}
	backup := duty{"备份", "最近一次 " + stamp(v.Backup.At), "/system", v.BackupLate()}
	if v.Backup.At.IsZero() {
		backup.Text = "从未备份"
	}
	disk := duty{"磁盘", "剩余 " + sizeText(v.Free), "/system", v.Low() || v.Slow()}
	if v.Slow() {
		disk.Text += "，磁盘很慢"
	}
	if step, ok := v.Stepped(); ok {
		out = append(out, duty{"时钟", stamp(step.At) + " " + step.Text() + "，请核对期间的时限", "/system", true})
	}
	return append(out, backup, disk, counted(len(v.Expired), "县域数据", "处已经过时，请补上", "没有过时的", "/system")), nil
}

// rights is what 安全管理员 decides.
func (s *Server) rights(ctx context.Context, p huiying.Person) ([]duty, error) {
	waiting, err := s.cfg.Ledger.Grants(ctx, p.Region, "", huiying.GrantAsked)
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	locked := 0
	for _, u := range users {
		if !u.Disabled && u.LockedAt(s.wall()) {
			locked++
		}
	}
	return []duty{
		counted(len(waiting), "授权申请", "件待您核准", "没有待核准的申请", "/users"),
		counted(locked, "锁定的账号", "个账号因连续输错密码锁定，请核实本人后解锁", "没有锁定的账号", "/users?state=red"),
	}, nil
}

// exportsCounted bounds how many exports are counted one by one.
const exportsCounted = 500

// record is what 审计管理员 watches over.
func (s *Server) record(ctx context.Context, p huiying.Person) ([]duty, error) {
	check := s.verifier.now()
	chain := duty{"审计链", "本次启动以来还没有核验过", "/audit", true}
	switch {
	case check.Problem != "":
		chain.Text = "核验发现问题：" + check.Problem
	case !check.At.IsZero():
		chain.Text, chain.Wants = fmt.Sprintf("%s 核验完整，共 %d 条", stamp(check.At), check.Total), false
	}
	from := s.now().Add(-24 * time.Hour)
	line := func(title, action, some, none string) (duty, error) {
		page, err := s.cfg.Ledger.AuditTrail(ctx, huiying.AuditQuery{Region: p.Region, Action: action, From: from, Limit: exportsCounted})
		if err != nil {
			return duty{}, fmt.Errorf("read the audit trail: %w", err)
		}
		d := counted(len(page.Items), title, some, none, "/audit?action="+action)
		d.Wants = false // to look at, not to clear
		return d, nil
	}
	exports, err := line("导出和打印", "export.", "次，近 24 小时", "近 24 小时没有")
	if err != nil {
		return nil, err
	}
	failed, err := line("登录失败", "session.sign-in-failed", "次，近 24 小时", "近 24 小时没有")
	return []duty{chain, exports, failed}, err
}

// counted is a duty that is in order when there is nothing to count.
func counted(n int, title, some, none, path string) duty {
	if n == 0 {
		return duty{title, none, path, false}
	}
	return duty{title, fmt.Sprintf("%d %s", n, some), path, true}
}
