package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"huiying"
	"huiying/alerting/notify"
	"huiying/store/ledger"
)

// Text messages go to whoever is on duty when they are sent: through the roster in
// the ledger and an HTTP gateway on the loopback.
func TestATextMessageGoesToWhoeverIsOnDuty(t *testing.T) {
	t.Parallel()
	day := func(d, h int) time.Time { return time.Date(2026, 10, d, h, 0, 0, 0, huiying.Beijing) } // the holidays of the National Day
	unit := huiying.Unit{
		ID: "sthj", Region: "141122", Name: "生态环境分局",
		Liaison: huiying.Contact{Name: "李联络", Phone: "13900000001"}, Head: huiying.Contact{Name: "张局长", Phone: "13900000002"},
	}
	shift := func(id huiying.ShiftID, of huiying.UnitID, role huiying.Role, phone string, d int) huiying.Shift {
		return huiying.Shift{ID: id, Region: "141122", Unit: of, Role: role, Person: huiying.Contact{Name: string(id), Phone: phone}, From: day(d, 8), To: day(d+1, 8), Kind: huiying.ShiftRegular}
	}
	leader := huiying.Person{User: "leader", Name: "赵值班", Role: huiying.Leader, Region: "141122"}
	first, second := shift("d1", "sthj", huiying.Liaison, "13800000001", 1), shift("d2", "sthj", huiying.Liaison, "13800000002", 2)
	substitute, err := shift("d3", "sthj", huiying.Liaison, "13800000003", 3).Substitute("d3s", huiying.Contact{Name: "替", Phone: "13800000033"}, day(3, 12), day(3, 18), leader, "外出", day(3, 9))
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := huiying.Swap(first, second, [2]huiying.ShiftID{"d1x", "d2x"}, leader, "家中有事", day(1, 7))
	if err != nil {
		t.Fatal(err)
	}
	roster := []huiying.Shift{
		first, second, shift("d3", "sthj", huiying.Liaison, "13800000003", 3), substitute, swapped[0], swapped[1],
		shift("d4", "sthj", huiying.Liaison, "", 4), shift("s1", "ducha", huiying.Supervisor, "13800000009", 1), shift("w1", "wxb", huiying.Analyst, "13800000010", 1), shift("x1", "xwzx", huiying.Analyst, "13800000011", 1),
	}
	l, err := ledger.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.ReplaceRoster(t.Context(), "141122", day(1, 0), day(8, 0), roster, huiying.Audit{At: day(1, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.OpenCase(t.Context(), huiying.Case{ID: "c1", Rev: 1, Version: 1, Region: "141122", Queue: huiying.Offline, State: huiying.StateTriage, Level: huiying.Red, Title: "异味", OpenedAt: day(1, 0)}, huiying.Change{}); err != nil {
		t.Fatal(err)
	}
	var sent []string
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Phone string }
		raw, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Error(err)
		}
		sent = append(sent, m.Phone)
	}))
	t.Cleanup(gateway.Close)
	for _, tt := range []struct {
		name string
		at   time.Time
		role huiying.Role
		want string
	}{
		{"a swap on a holiday: the other one came", day(1, 9), huiying.Liaison, "13800000002"},
		{"and the day after the first one", day(2, 9), huiying.Liaison, "13800000001"},
		{"before the substitute's hours", day(3, 11), huiying.Liaison, "13800000003"},
		{"in the substitute's hours", day(3, 13), huiying.Liaison, "13800000033"},
		{"after them, over midnight", day(4, 2), huiying.Liaison, "13800000003"},
		{"somebody on duty without a number: the contact", day(4, 9), huiying.Liaison, "13900000001"},
		{"nobody on duty: the contact", day(6, 9), huiying.Liaison, "13900000001"},
		{"a role the roster does not hold", day(1, 9), huiying.Head, "13900000002"},
		{"the supervisor, told of a unit's silence", day(1, 9), huiying.Supervisor, "13800000009"},
		{"the supervisor off duty: the office's number", day(5, 9), huiying.Supervisor, "13700000001"},
		{"the analyst of the case's own queue", day(1, 9), huiying.Analyst, "13800000011"},
	} {
		s := &system{cfg: &Config{Region: "141122"}, speed: huiying.NewSpeed(tt.at, 1), log: slog.New(slog.DiscardHandler), ledger: l}
		s.cfg.Channels.SMS.URL = gateway.URL
		s.cfg.Channels.SMS.Phones = map[huiying.Role]string{huiying.Supervisor: "13700000001"}
		s.rules = newRulebook(s, &huiying.County{Units: []huiying.Unit{unit}})
		sms, err := s.sms(notify.Writer{Base: "https://yq.example.invalid"}, gateway.Client(), "")
		if err != nil {
			t.Fatal(err)
		}
		sent = nil
		n := huiying.Notification{ID: "n1", Case: "c1", Region: "141122", Unit: "sthj", Role: tt.role, Number: "交舆〔2026〕0001号", Kind: huiying.NoticeEscalate, Level: huiying.Red, ToName: "测试"}
		if err := sms.Send(t.Context(), []huiying.Notification{n}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(sent) != 1 || sent[0] != tt.want {
			t.Errorf("%s: sent to %v, want %s", tt.name, sent, tt.want)
		}
	}
}
