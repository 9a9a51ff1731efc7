package alerting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

// addressees are the accounts told in the app, with those nobody could reach as "".
func (o *office) addressees(t *testing.T, id huiying.CaseID, kind huiying.NoticeKind, unit huiying.UnitID) []huiying.UserID {
	t.Helper()
	var out []huiying.UserID
	for _, n := range o.told(t, id, func(n huiying.Notification) bool {
		return n.Channel == alerting.InApp && n.Kind == kind && n.Unit == unit
	}) {
		out = append(out, n.To)
	}
	slices.Sort(out)
	return out
}

func TestTheAnalystsOfTheQueuesOwnOfficeAreAskedToJudge(t *testing.T) {
	t.Parallel()
	for queue, want := range map[huiying.Queue]huiying.UserID{huiying.Online: analyst.User, huiying.Offline: pressman.User} {
		o := newOffice(t)
		c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: queue, Title: "路灯不亮", Level: huiying.Blue})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.addressees(t, c.ID, huiying.NoticeJudge, ""); !slices.Equal(got, []huiying.UserID{want}) {
			t.Errorf("a blue case of %s is announced to %v, want %s", queue, got, want)
		}
		c, err = o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: queue, Title: "路灯不亮", Level: huiying.Yellow})
		if err != nil {
			t.Fatal(err)
		}
		both := slices.Sorted(slices.Values([]huiying.UserID{want, leader.User}))
		if got := o.addressees(t, c.ID, huiying.NoticeJudge, ""); !slices.Equal(got, both) {
			t.Errorf("a yellow case of %s is announced to %v, want %v", queue, got, both)
		}
	}
}

func TestAUnitsPeopleAreToldByRoleAndMissingOnesAreOnRecord(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, u := range []huiying.User{
		{Person: person("sthj-second", huiying.Liaison, "sthj"), PasswordHash: "x"},
		{Person: person("sthj-gone", huiying.Liaison, "sthj"), PasswordHash: "x", Disabled: true},
		{Person: person("jkj-liaison", huiying.Liaison, "jkj"), PasswordHash: "x"},
	} {
		if err := o.ledger.SaveUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	c := o.assigned(t, huiying.Red)
	if got, want := o.addressees(t, c.ID, huiying.NoticeAssigned, "sthj"), []huiying.UserID{"sthj-head", "sthj-liaison", "sthj-second"}; !slices.Equal(got, want) {
		t.Errorf("sthj: told %v, want %v", got, want)
	}
	// slj has a liaison and no head
	if got, want := o.addressees(t, c.ID, huiying.NoticeAssigned, "slj"), []huiying.UserID{"", "slj-liaison"}; !slices.Equal(got, want) {
		t.Errorf("slj: told %v, want %v", got, want)
	}
	lost := o.told(t, c.ID, func(n huiying.Notification) bool { return n.Status == huiying.NotifyFailed })
	if len(lost) != 1 || lost[0].Unit != "slj" || !strings.Contains(lost[0].ToName, "责任人（未设账号）") ||
		len(lost[0].Attempts) != 1 || lost[0].Attempts[0].OK || lost[0].Attempts[0].Detail == "" {
		t.Errorf("the head nobody could tell is on record as %+v", lost)
	}
	for _, n := range o.told(t, c.ID, func(n huiying.Notification) bool { return n.To != "" }) {
		if n.Status != huiying.NotifySent || len(n.Attempts) != 1 || !n.Attempts[0].OK {
			t.Errorf("in-app message to %s is %s after %d attempts", n.To, n.Status, len(n.Attempts))
		}
	}
}

func TestOnlyChannelsThatAreSetUpAreUsed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ setUp, want []string }{
		"none but the app":      {nil, []string{"inapp"}},
		"webhook":               {[]string{"webhook"}, []string{"inapp", "webhook"}},
		"one no rule speaks of": {[]string{"pigeon"}, []string{"inapp"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, func(cfg *alerting.Config) { cfg.Channels = tt.setUp })
			c := o.assigned(t, huiying.Red)
			var got []string
			for _, n := range o.told(t, c.ID, func(n huiying.Notification) bool { return n.Kind == huiying.NoticeAssigned }) {
				got = append(got, n.Channel)
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, tt.want) {
				t.Errorf("told by %v, want %v", got, tt.want)
			}
		})
	}
}

// A message through a gateway stands for a group: it must name a role, no person.
func TestAMessageThatLeavesTheNetworkNamesARoleAndNoPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.assigned(t, huiying.Red)
	out := o.told(t, c.ID, func(n huiying.Notification) bool { return n.Channel == "webhook" })
	if len(out) == 0 {
		t.Fatal("nothing is to be sent")
	}
	for _, n := range out {
		if n.To != "" || strings.Contains(n.ToName, "测试") || n.Unit != "" && !strings.HasPrefix(n.ToName, o.cfg.Units.Name(n.Unit)+" ") {
			t.Errorf("message to %q of account %q", n.ToName, n.To)
		}
	}
}

// A case of one township is told to the offices of the county, and does not
// narrow who is told of the next case.
func TestACaseOfATownshipIsTheCountysMatter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, region := range []huiying.Region{"141122102", "141122"} {
		c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Region: region, Queue: huiying.Online, Title: "路灯不亮", Level: huiying.Blue})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.addressees(t, c.ID, huiying.NoticeJudge, ""); !slices.Equal(got, []huiying.UserID{analyst.User}) {
			t.Errorf("a case of %s is announced to %v, want %s", region, got, analyst.User)
		}
	}
}

func TestAtNightOnlyWhatIsGraveLeavesTheHouse(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 11, 23, 23, 30, 0, 0, huiying.Beijing)
	seven := time.Date(2026, 11, 24, 7, 0, 0, 0, huiying.Beijing)
	for level, want := range map[huiying.Level]time.Time{huiying.Blue: seven, huiying.Yellow: seven, huiying.Orange: {}, huiying.Red: {}} {
		o := newOffice(t, func(cfg *alerting.Config) {
			rules := *cfg.Rules
			rules.Night = huiying.Span{From: 22 * 60, To: 7 * 60}
			cfg.Speed, cfg.Rules = huiying.NewSpeed(night, 2), &rules // the night is that of the cases' own clock
		})
		c := o.assigned(t, level)
		o.do(t, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
		o.do(t, c.ID, huiying.Command{Action: huiying.ActExtend, By: leader, Clock: huiying.ClockFeedback, Unit: "sthj", Reason: "待检测", Until: night.Add(25 * time.Hour)})
		changed, assigned := 0, 0
		for _, n := range o.told(t, c.ID, func(n huiying.Notification) bool { return n.Channel != alerting.InApp }) {
			switch n.Kind {
			case huiying.NoticeChanged:
				if changed++; !want.IsZero() && !n.NextAt.Equal(want) || want.IsZero() && n.NextAt.After(night.Add(time.Minute)) {
					t.Errorf("%s: a change is sent at %v", level, n.NextAt)
				}
			case huiying.NoticeAssigned:
				if assigned++; n.NextAt.After(night.Add(time.Minute)) {
					t.Errorf("%s: a new order waits until %v", level, n.NextAt)
				}
			}
		}
		if changed == 0 || assigned == 0 {
			t.Errorf("%s: %d changes, %d orders", level, changed, assigned)
		}
	}
}
