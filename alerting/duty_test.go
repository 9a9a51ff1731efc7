package alerting_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

// officeDuty reads the roster of an office that is opened later.
type officeDuty struct{ of **office }

func (d officeDuty) Shifts(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.Shift, error) {
	return (*d.of).ledger.Shifts(ctx, region, from, to)
}

func newOfficeOnDuty(t *testing.T) *office {
	t.Helper()
	var o *office
	o = newOffice(t, func(cfg *alerting.Config) { cfg.Duty = officeDuty{&o} })
	return o
}

func TestThoseOnDutyAreToldFirstAndAllWhoHoldTheRoleWhenTheRosterIsSilent(t *testing.T) {
	t.Parallel()
	now := huiying.Speed{}.Now()
	shift := func(unit huiying.UnitID, role huiying.Role, user huiying.UserID) huiying.Shift {
		return huiying.Shift{
			ID: "d1", Region: analyst.Region, Unit: unit, Role: role, Person: huiying.Contact{Name: "丁某", User: user},
			From: now.Add(-time.Hour), To: now.Add(time.Hour), Kind: huiying.ShiftRegular,
		}
	}
	later := shift("sthj", huiying.Liaison, "sthj-second")
	later.From = now.Add(30 * time.Minute)
	usual := []huiying.UserID{"sthj-liaison", "sthj-second"}
	for name, c := range map[string]struct {
		shift huiying.Shift
		want  []huiying.UserID
	}{
		"the liaison on duty":                            {shift("sthj", huiying.Liaison, "sthj-second"), []huiying.UserID{"sthj-second"}},
		"a head who stands in as liaison":                {shift("sthj", huiying.Liaison, "sthj-head"), []huiying.UserID{"sthj-head"}},
		"a shift that has not begun":                     {later, usual},
		"another unit's shift":                           {shift("slj", huiying.Liaison, "slj-liaison"), usual},
		"an account of another unit, which may not read": {shift("sthj", huiying.Liaison, "slj-liaison"), usual},
		"an account that was disabled":                   {shift("sthj", huiying.Liaison, "sthj-gone"), usual},
		"somebody without an account":                    {shift("sthj", huiying.Liaison, ""), usual},
	} {
		o := newOfficeOnDuty(t)
		for _, u := range []huiying.User{
			{Person: person("sthj-second", huiying.Liaison, "sthj"), PasswordHash: "x"},
			{Person: person("sthj-gone", huiying.Liaison, "sthj"), PasswordHash: "x", Disabled: true},
		} {
			if err := o.ledger.SaveUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.ledger.ReplaceRoster(t.Context(), analyst.Region, now, now, []huiying.Shift{c.shift}, huiying.Audit{At: now}); err != nil {
			t.Fatal(err)
		}
		made := o.assigned(t, huiying.Blue)
		told := o.told(t, made.ID, func(n huiying.Notification) bool {
			return n.Channel == alerting.InApp && n.Kind == huiying.NoticeAssigned && n.Unit == "sthj" && strings.Contains(n.ToName, huiying.Liaison.Label())
		})
		var got []huiying.UserID
		for _, n := range told {
			got = append(got, n.To)
			if onDuty := strings.HasPrefix(n.ToName, "值班 "); onDuty != (len(c.want) == 1) {
				t.Errorf("%s: the log names the recipient %q", name, n.ToName)
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: told %v, want %v", name, got, c.want)
		}
	}
}

func TestTheAnalystOnDutyOfTheQueuesOwnOfficeIsAsked(t *testing.T) {
	t.Parallel()
	now := huiying.Speed{}.Now()
	o := newOfficeOnDuty(t)
	on := func(id huiying.ShiftID, unit huiying.UnitID, user huiying.UserID) huiying.Shift {
		return huiying.Shift{ID: id, Region: analyst.Region, Unit: unit, Role: huiying.Analyst, Person: huiying.Contact{Name: "丁某", User: user}, From: now.Add(-time.Hour), To: now.Add(time.Hour)}
	}
	shifts := []huiying.Shift{on("d1", "wxb", monitor.User), on("d2", "xwzx", pressman.User)}
	if err := o.ledger.ReplaceRoster(t.Context(), analyst.Region, now, now, shifts, huiying.Audit{At: now}); err != nil {
		t.Fatal(err)
	}
	for queue, want := range map[huiying.Queue]huiying.UserID{huiying.Online: monitor.User, huiying.Offline: pressman.User} {
		c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: queue, Title: "路灯不亮", Level: huiying.Blue})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.addressees(t, c.ID, huiying.NoticeJudge, ""); !slices.Equal(got, []huiying.UserID{want}) {
			t.Errorf("a case of %s is announced to %v, want %s", queue, got, want)
		}
	}
}
