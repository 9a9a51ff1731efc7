package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"huiying"
)

// setup is the way from an empty installation to one that works. Whether a step
// is done is read off the installation itself, so progress cannot be lost or
// pretended; only what was put off is remembered.
type setup struct{ Steps []setupStep }

type setupStep struct {
	Key, Title, Text string
	Done, Skipped    bool
	Path, Link       string // where it is done, when not here
}

// Open reports whether the step is neither done nor put off.
func (s setupStep) Open() bool { return !s.Done && !s.Skipped }

// Done counts the steps that are.
func (s setup) Done() int { return s.count(func(s setupStep) bool { return s.Done }) }

// Left counts those that are neither done nor put off.
func (s setup) Left() int { return s.count(setupStep.Open) }

func (s setup) count(is func(setupStep) bool) int {
	n := 0
	for _, step := range s.Steps {
		if is(step) {
			n++
		}
	}
	return n
}

// LeftTitles name those.
func (s setup) LeftTitles() []string {
	var out []string
	for _, step := range s.Steps {
		if step.Open() {
			out = append(out, step.Title)
		}
	}
	return out
}

// skippedSteps is the key under which the ledger remembers what was put off.
const skippedSteps = "setup.skipped"

// setup looks at the installation.
func (s *Server) setup(ctx context.Context, p huiying.Person) (setup, error) {
	var out setup
	units, err := s.unitsOf(ctx)
	if err != nil {
		return out, err
	}
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return out, fmt.Errorf("read accounts: %w", err)
	}
	holds, liaisons, temporary := make(map[huiying.Role]int), make(map[huiying.UnitID]bool), 0
	for _, u := range users {
		if u.Disabled {
			continue
		}
		holds[u.Role]++
		if u.Role == huiying.Liaison {
			liaisons[u.Unit] = true
		}
		if u.Role.Administers() && u.MustChange {
			temporary++
		}
	}
	valid, reachable, silent := 0, 0, 0
	for _, u := range units.All() {
		if !u.ValidAt(s.now()) {
			continue
		}
		valid++
		if liaisons[u.ID] {
			reachable++
		}
		if u.Liaison.Phone == "" {
			silent++
		}
	}
	places, own := 0, false
	if s.cfg.Rulebook != nil {
		places, own = len(s.cfg.Rulebook.County().Divisions), s.cfg.Rulebook.Editable()
	}
	out.Steps = []setupStep{
		{
			Key: "county", Title: "选定县级行政区划代码", Done: own,
			Text: fmt.Sprintf("%s（%s）。%s", s.cfg.County, s.cfg.Region, map[bool]string{
				true:  "使用自己的县域目录：单位、地名、规则、日历都在里面，可以在页面上修改。已有账号，不能再换成别的县。",
				false: "现在用的是程序自带的数据，还不能修改。",
			}[own]),
		},
		{
			Key: "admins", Title: "三个管理员各有账号和密码", Done: holds[huiying.SystemAdmin] > 0 && holds[huiying.SecurityAdmin] > 0 && holds[huiying.AuditAdmin] > 0 && temporary == 0,
			Text: fmt.Sprintf("系统管理员 %d 个、安全管理员 %d 个、审计管理员 %d 个%s。三员分立，不能由一人兼任。",
				holds[huiying.SystemAdmin], holds[huiying.SecurityAdmin], holds[huiying.AuditAdmin], unless(temporary == 0, "，其中 %d 个还没有改掉临时密码", temporary)),
			Path: "/users", Link: "用户与权限",
		},
		{
			Key: "desk", Title: "监测、研判、值班领导各有账号", Done: holds[huiying.Monitor] > 0 && holds[huiying.Analyst] > 0 && holds[huiying.Leader] > 0,
			Text: fmt.Sprintf("监测员 %d 个、研判员 %d 个、值班领导 %d 个。系统管理员在“用户与权限”添加并申请角色，安全管理员核准。", holds[huiying.Monitor], holds[huiying.Analyst], holds[huiying.Leader]),
			Path: "/users", Link: "用户与权限",
		},
		{
			Key: "units", Title: "核对单位和地名", Done: valid > 0 && places > 0 && silent == 0,
			Text: fmt.Sprintf("有效单位 %d 个、地名 %d 个；%s", valid, places, map[bool]string{
				true:  "每个单位的联络人都有电话。",
				false: fmt.Sprintf("还有 %d 个单位的联络人没有电话。研判员或值班领导在“机构与人员”导出表格，填好四类联系人再传上来，立即生效。", silent),
			}[silent == 0]),
			Path: "/units", Link: "机构与人员",
		},
		{
			Key: "liaisons", Title: "承办单位的联络人各有账号", Done: valid > 0 && reachable == valid,
			Text: fmt.Sprintf("%d 个单位中 %d 个的联络人已有账号；没有账号的单位收不到交办。", valid, reachable),
			Path: "/users", Link: "用户与权限",
		},
	}
	if err := s.sourceStep(ctx, p, &out); err != nil {
		return out, err
	}
	if err := s.messageStep(ctx, p, &out); err != nil {
		return out, err
	}
	skipped, err := s.cfg.Ledger.Meta(ctx, skippedSteps)
	if err != nil {
		return out, fmt.Errorf("read what was put off: %w", err)
	}
	for i := range out.Steps {
		out.Steps[i].Skipped = !out.Steps[i].Done && slices.Contains(strings.Fields(skipped), out.Steps[i].Key)
	}
	return out, nil
}

func (s *Server) sourceStep(ctx context.Context, p huiying.Person, out *setup) error {
	sources, err := s.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read source health: %w", err)
	}
	brought := 0
	for _, src := range sources {
		if !health[src.ID].LastSuccess.IsZero() {
			brought++
		}
	}
	out.Steps = append(out.Steps, setupStep{
		Key: "sources", Title: "添加信源", Done: brought > 0, Path: "/sources", Link: "信源",
		Text: fmt.Sprintf("已有信源 %d 个，其中 %d 个已经采到过内容。添加前先测试，看看会采到什么。", len(sources), brought),
	})
	return nil
}

func (s *Server) messageStep(ctx context.Context, p huiying.Person, out *setup) error {
	sent, err := s.cfg.Ledger.Notifications(ctx, huiying.NotificationQuery{Region: p.Region, Status: huiying.NotifySent, Limit: huiying.MaxLimit})
	if err != nil {
		return fmt.Errorf("read notifications: %w", err)
	}
	delivered := slices.ContainsFunc(sent.Items, func(n huiying.Notification) bool { return n.Channel != "inapp" })
	health := s.channelHealth()
	tests, err := s.cfg.Ledger.AuditTrail(ctx, huiying.AuditQuery{Region: p.Region, Action: "channel.test", Limit: huiying.DefaultLimit})
	if err != nil {
		return fmt.Errorf("read the tests of channels: %w", err)
	}
	delivered = delivered || slices.ContainsFunc(tests.Items, func(a huiying.Audit) bool { return a.Detail == testSent })
	step := setupStep{Key: "message", Title: "发一条测试消息", Done: delivered, Path: "/channels", Link: "通知渠道"}
	switch {
	case delivered:
		step.Text = "已有消息从通知渠道送达。"
	case len(health) == 0:
		step.Text = "还只有站内通知。在 huiying.yaml 的 channels 一节填入企业微信、钉钉、飞书、短信或邮件，重启后在这里发测试消息；暂时不用可以跳过。"
	default:
		step.Text = "还没有消息送达过；请发一条测试消息，并在收信的一端核对。"
	}
	out.Steps = append(out.Steps, step)
	return nil
}

func (s *Server) channelHealth() []huiying.ChannelHealth {
	if s.cfg.Channels == nil {
		return []huiying.ChannelHealth{}
	}
	return s.cfg.Channels.Health()
}

// setupView is one step of the wizard.
type setupView struct {
	setup
	At       setupStep
	Number   int
	Next     string // key of the step after it, "" after the last
	Finished bool   // nothing is left
	Handed   []handedView
	Form     sourceForm
	Preview  *previewView
	Channels []channelRow
	Error    string
	Said     string
}

func (s *Server) setupPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showSetup(w, r, p, http.StatusOK, r.URL.Query().Get("step"), setupView{Form: newSourceForm()})
}

func (s *Server) showSetup(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, key string, v setupView) error {
	var err error
	if v.setup, err = s.setup(r.Context(), p); err != nil {
		return err
	}
	at := slices.IndexFunc(v.Steps, func(step setupStep) bool { return step.Key == key })
	if at < 0 {
		at = slices.IndexFunc(v.Steps, setupStep.Open)
	}
	if v.Finished = at < 0; v.Finished {
		at = len(v.Steps) - 1
	}
	v.At, v.Number = v.Steps[at], at+1
	if at+1 < len(v.Steps) {
		v.Next = v.Steps[at+1].Key
	}
	health := s.channelHealth()
	for _, h := range health {
		v.Channels = append(v.Channels, channelRow{h, huiying.ChannelLabel(h.Channel)})
	}
	v.Form.Kinds, v.Form.Channels, v.Form.Tiers = sourceKindOptions, channelOptions(), tierOptions
	return s.show(w, r, p, status, "setup", "开始使用", v)
}

// setUp does a step, or puts it off.
func (s *Server) setUp(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	key, do := r.PathValue("step"), r.PostForm.Get("do")
	v := setupView{Form: newSourceForm()}
	var err error
	switch {
	case do == "skip" || do == "take-up":
		next, err := s.putOff(r.Context(), p, key, do == "skip")
		if err != nil {
			return err
		}
		return redirect(w, r, "/setup?step="+next)
	case key == "county":
		if s.cfg.Rulebook == nil {
			return huiying.Errorf(huiying.CodeNotFound, "这个进程没有规则文件")
		}
		err = s.cfg.Rulebook.Adopt(r.Context(), s.auditRow(r, p, "setup.county", string(s.cfg.Region), ""))
		v.Said = "县域目录已生成并写入配置。"
	case key == "sources":
		var src huiying.Source
		if src, v.Form, err = s.sourceOfForm(w, r, p); err == nil && do == "save" {
			if err = s.keepSource(r, p, src); err == nil {
				v.Form, v.Said = newSourceForm(), "信源已保存，正在采集；采到第一条后这一步自动完成。"
			}
		} else if err == nil {
			v.Preview = s.try(r.Context(), src)
			v.Form.Mapping.learn(v.Preview.Preview)
		}
	case key == "message":
		_, err = (api{Server: s}).testChannel(r.Context(), p, &channelInput{Name: r.PostForm.Get("channel"), asked: asked{r}})
		v.Said = "测试消息已送达，请在收信的一端核对。"
	default:
		return huiying.Errorf(huiying.CodeNotFound, "没有这一步")
	}
	if err == nil {
		return s.showSetup(w, r, p, http.StatusOK, key, v)
	}
	e, ok := asDomain(err)
	if !ok {
		return err
	}
	s.note(r, err)
	v.Said, v.Error = "", e.Message
	return s.showSetup(w, r, p, statusOf(err), key, v)
}

// putOff remembers that a step is put off, or no longer is, and names the step to
// go on with.
func (s *Server) putOff(ctx context.Context, p huiying.Person, key string, off bool) (next string, err error) {
	all, err := s.setup(ctx, p)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all.Steps, func(step setupStep) bool { return step.Key == key })
	if at < 0 {
		return "", huiying.Errorf(huiying.CodeNotFound, "没有这一步")
	}
	var skipped []string
	for i, step := range all.Steps {
		if i == at && off || i != at && step.Skipped {
			skipped = append(skipped, step.Key)
		}
	}
	if next = key; off && at+1 < len(all.Steps) {
		next = all.Steps[at+1].Key
	}
	return next, s.cfg.Ledger.SetMeta(ctx, skippedSteps, strings.Join(skipped, " "))
}
