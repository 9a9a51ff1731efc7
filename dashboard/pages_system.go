package dashboard

import (
	"fmt"
	"net/http"

	"huiying"
)

// systemView is the state of the installation, and what is still to be set up.
type systemView struct {
	huiying.Machine
	Up       string
	Biggest  int64
	Blind    []huiying.BlindSpot
	Dead     int
	Rejected int
	Setup    []setupStep
	Done     int // steps of the set-up
}

// setupStep is a step of setting up an installation. Whether it is done is read
// off the installation itself, so progress cannot be lost or pretended.
type setupStep struct {
	Title, Text string
	Done        bool
	Path, Link  string
}

func (s *Server) systemPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if s.cfg.Machine == nil {
		return huiying.Errorf(huiying.CodeNotFound, "这个进程不提供系统状态")
	}
	ctx := r.Context()
	var v systemView
	var err error
	if v.Machine, err = s.cfg.Machine(ctx); err != nil {
		return fmt.Errorf("read the state of the installation: %w", err)
	}
	v.Up = huiying.SpanText(s.wall().Sub(v.Started))
	for _, one := range v.Stores {
		v.Biggest = max(v.Biggest, one.Bytes)
	}
	sources, err := s.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read source health: %w", err)
	}
	v.Blind = huiying.BlindSpots(sources, health, s.now())
	if v.Dead, err = s.cfg.Bus.CountDeadLetters(ctx); err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	if v.Rejected, err = s.cfg.Ledger.CountRejections(ctx, p.Region); err != nil {
		return fmt.Errorf("count rejections: %w", err)
	}
	if v.Setup, err = s.setup(r, p, sources); err != nil {
		return err
	}
	for _, step := range v.Setup {
		if step.Done {
			v.Done++
		}
	}
	return s.show(w, r, p, http.StatusOK, "system", "系统", v)
}

// setup are the steps from an empty installation to one that works.
func (s *Server) setup(r *http.Request, p huiying.Person, sources []huiying.Source) ([]setupStep, error) {
	ctx := r.Context()
	units, err := s.unitsOf(ctx)
	if err != nil {
		return nil, err
	}
	valid, reachable := 0, 0
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	holds, liaisons := make(map[huiying.Role]int), make(map[huiying.UnitID]bool)
	for _, u := range users {
		if !u.Disabled {
			holds[u.Role]++
			if u.Role == huiying.Liaison {
				liaisons[u.Unit] = true
			}
		}
	}
	for _, u := range units.All() {
		if u.ValidAt(s.now()) {
			valid++
			if liaisons[u.ID] {
				reachable++
			}
		}
	}
	desk := holds[huiying.Monitor] > 0 && holds[huiying.Analyst] > 0 && holds[huiying.Leader] > 0
	three := holds[huiying.SystemAdmin] > 0 && holds[huiying.SecurityAdmin] > 0 && holds[huiying.AuditAdmin] > 0
	own := s.cfg.Rulebook != nil && s.cfg.Rulebook.Editable()
	steps := []setupStep{
		{
			Title: "选定县级行政区划代码", Done: own,
			Text: fmt.Sprintf("%s（%s），单位 %d 个。%s", s.cfg.County, s.cfg.Region, valid, map[bool]string{true: "使用自己的县域目录。", false: "现在用的是内置样例；在服务器上执行 huiying init --region 代码 目录，再把目录写进 huiying.yaml 的 county。"}[own]),
			Path: "/units", Link: "核对机构与人员",
		},
		{
			Title: "三个管理员各有账号", Done: three,
			Text: fmt.Sprintf("系统管理员 %d 个、安全管理员 %d 个、审计管理员 %d 个。三员分立，不能由一人兼任；首次登录请改口令。", holds[huiying.SystemAdmin], holds[huiying.SecurityAdmin], holds[huiying.AuditAdmin]),
			Path: "/users", Link: "用户与权限",
		},
		{
			Title: "监测、研判、值班领导各有账号", Done: desk,
			Text: fmt.Sprintf("监测员 %d 个、研判员 %d 个、值班领导 %d 个。", holds[huiying.Monitor], holds[huiying.Analyst], holds[huiying.Leader]),
			Path: "/users", Link: "用户与权限",
		},
		{
			Title: "承办单位的联络人各有账号", Done: valid > 0 && reachable == valid,
			Text: fmt.Sprintf("%d 个单位中 %d 个的联络人已有账号；没有账号的单位收不到交办。", valid, reachable),
			Path: "/users", Link: "用户与权限",
		},
		{
			Title: "添加信源", Done: len(sources) > 0, Text: fmt.Sprintf("已有 %d 个。添加前先试采，看看会采到什么。", len(sources)),
			Path: "/sources", Link: "信源",
		},
	}
	if s.cfg.Channels != nil {
		sent, err := s.cfg.Ledger.Notifications(ctx, huiying.NotificationQuery{Region: p.Region, Status: huiying.NotifySent, Limit: huiying.MaxLimit})
		if err != nil {
			return nil, fmt.Errorf("read notifications: %w", err)
		}
		out := 0
		for _, n := range sent.Items {
			if n.Channel != "inapp" {
				out++
			}
		}
		steps = append(steps, setupStep{
			Title: "发一条测试消息", Done: out > 0,
			Text: map[bool]string{true: "已有消息从通知渠道送达。", false: "还没有消息送达过；请在通知渠道页发测试消息，并在收信的一端核对。"}[out > 0],
			Path: "/channels", Link: "通知渠道",
		})
	}
	return steps, nil
}

// noAccounts reports that the installation is as new as it can be. When that
// cannot be read the sign-in page is what it always is.
func (s *Server) noAccounts(r *http.Request) bool {
	users, err := s.cfg.Ledger.Users(r.Context(), s.cfg.Region)
	return err == nil && len(users) == 0
}

// sizeText is a number of bytes as people read it.
func sizeText(n int64) string {
	switch f := float64(n); {
	case n < 0:
		return "未知"
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", f/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", f/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}

// lowDisk is how much room on the disk is too little, in bytes.
const lowDisk = 2 << 30

// Low reports that the disk is nearly full.
func (v systemView) Low() bool { return v.Free >= 0 && v.Free < lowDisk }
