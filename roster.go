package huiying

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ShiftID names a shift of the duty roster for ever.
type ShiftID string

// ShiftKind says how somebody came to a shift.
type ShiftKind string

// The kinds of shifts.
const (
	ShiftRegular    ShiftKind = "regular"    // 正班
	ShiftLead       ShiftKind = "lead"       // 带班, a leader's
	ShiftSubstitute ShiftKind = "substitute" // 替班: one stands in for another
	ShiftSwap       ShiftKind = "swap"       // 换班: two take each other's shift
)

// Label is the Chinese name of the kind.
func (k ShiftKind) Label() string {
	return map[ShiftKind]string{ShiftRegular: "正班", ShiftLead: "带班", ShiftSubstitute: "替班", ShiftSwap: "换班"}[k]
}

// Shift is one person's duty for a unit or guiding office, [From, To). A shift is
// never changed: a substitute or a swap is a new shift that Replaces the old one
// for as long as it lasts, and says who arranged it and why.
type Shift struct {
	ID     ShiftID   `json:"id"`
	Region Region    `json:"region"`
	Unit   UnitID    `json:"unit"`
	Role   Role      `json:"role"`
	Person Contact   `json:"person"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Kind   ShiftKind `json:"kind"`
	Row    int       `json:"row,omitempty"` // of the sheet it was read from, counted from 1

	Replaces ShiftID   `json:"replaces,omitempty"`
	Instead  string    `json:"instead,omitempty"` // the name of the one replaced
	By       string    `json:"by,omitempty"`      // who arranged the replacement
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Covers reports whether t lies in the shift.
func (s Shift) Covers(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// Overlaps reports whether the shift and [from, to) have a moment in common.
func (s Shift) Overlaps(from, to time.Time) bool { return s.From.Before(to) && from.Before(s.To) }

// who tells people apart: by account, or by name and phone where there is none.
func (s Shift) who() string {
	if s.Person.User != "" {
		return string(s.Person.User)
	}
	return s.Person.Name + " " + s.Person.Phone
}

// Substitute has another person stand in from from to to, a part of the shift;
// zero times mean all of it.
func (s Shift) Substitute(id ShiftID, person Contact, from, to time.Time, by Person, reason string, at time.Time) (Shift, error) {
	if from.IsZero() {
		from = s.From
	}
	if to.IsZero() {
		to = s.To
	}
	out, err := s.replacedBy(id, ShiftSubstitute, person, by, reason, at)
	if err != nil {
		return Shift{}, err
	}
	switch {
	case strings.TrimSpace(person.Name) == "":
		return Shift{}, Invalid("name", "请填写替班人姓名")
	case !from.Before(to):
		return Shift{}, Invalid("to", "替班结束时间应晚于开始时间")
	case from.Before(s.From) || to.After(s.To):
		return Shift{}, Invalid("from", "替班时间应在原班次 %s 之内", spanText(s.From, s.To))
	case !at.Before(to):
		return Shift{}, Invalid("to", "替班时段已经过去，不能补改值班记录")
	}
	out.From, out.To = from, to
	if out.who() == s.who() {
		return Shift{}, Invalid("name", "%s 就是原值班人，请填写替班人", person.Name)
	}
	return out, nil
}

// Swap has the people of two shifts take each other's, under the two new ids.
func Swap(a, b Shift, ids [2]ShiftID, by Person, reason string, at time.Time) ([]Shift, error) {
	switch {
	case a.ID == b.ID || a.who() == b.who():
		return nil, Invalid("other", "请选择另一人的班次来换")
	case a.Role.OfUnit() != b.Role.OfUnit() || a.Role.OfUnit() && a.Unit != b.Unit:
		return nil, Invalid("other", "只能在同一单位内换班；跨单位请安排替班")
	case !at.Before(a.From) || !at.Before(b.From):
		return nil, Invalid("other", "班次已经开始，不能换班，请安排替班")
	}
	x, err := a.replacedBy(ids[0], ShiftSwap, b.Person, by, reason, at)
	if err != nil {
		return nil, err
	}
	y, err := b.replacedBy(ids[1], ShiftSwap, a.Person, by, reason, at)
	return []Shift{x, y}, err
}

func (s Shift) replacedBy(id ShiftID, kind ShiftKind, person Contact, by Person, reason string, at time.Time) (Shift, error) {
	if strings.TrimSpace(reason) == "" {
		return Shift{}, Invalid("reason", "请填写%s原因", kind.Label())
	}
	out := s
	out.ID, out.Kind, out.Person, out.Row = id, kind, person, 0
	out.Replaces, out.Instead, out.By, out.Reason, out.At = s.ID, s.Person.Name, by.Name, strings.TrimSpace(reason), at
	return out, nil
}

// Roster is the shifts of a period (值班表), in any order.
type Roster []Shift

// On returns who is on duty at a moment, by start: of all units for unit "", of
// all roles for role "". A substitute or swap takes the place of the shift it
// replaces while it lasts.
func (r Roster) On(unit UnitID, role Role, at time.Time) []Shift {
	replaced := map[ShiftID]bool{}
	for _, s := range r {
		if s.Replaces != "" && s.Covers(at) {
			replaced[s.Replaces] = true
		}
	}
	var out []Shift
	for _, s := range r {
		if s.Covers(at) && !replaced[s.ID] && (unit == "" || s.Unit == unit) && (role == "" || s.Role == role) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Shift) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Need is a post somebody should hold: every day, or every working day, in these
// hours.
type Need struct {
	Unit    UnitID `json:"unit"`
	Role    Role   `json:"role"`
	Hours   Span   `json:"hours"`    // of a day
	RestToo bool   `json:"rest_too"` // on weekends and holidays too
}

// Needs reads off the roster which posts it means to fill: a post with a shift
// across midnight is held round the clock; one by day only, from its earliest to
// its latest hour, and on rest days when it has a shift on one.
func (r Roster) Needs(calendar *Calendar) []Need {
	type post struct {
		unit UnitID
		role Role
	}
	at := map[post]int{}
	var out []Need
	for _, s := range r {
		if s.Replaces != "" {
			continue
		}
		day := midnight(s.From)
		hours := Span{int(s.From.Sub(day).Minutes()), int(s.To.Sub(day).Minutes())}
		night := hours.To > 24*60
		if night {
			hours = Span{0, 24 * 60}
		}
		rest := night || calendar != nil && !calendar.Works(s.From)
		i, ok := at[post{s.Unit, s.Role}]
		if !ok {
			at[post{s.Unit, s.Role}] = len(out)
			out = append(out, Need{s.Unit, s.Role, hours, rest})
			continue
		}
		n := &out[i]
		n.Hours = Span{min(n.Hours.From, hours.From), max(n.Hours.To, hours.To)}
		n.RestToo = n.RestToo || rest
	}
	return out
}

// Gap is a period in which a needed post is empty.
type Gap struct {
	Unit    UnitID    `json:"unit"`
	Role    Role      `json:"role"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Holiday string    `json:"holiday,omitempty"` // of the calendar, on the days the gap touches
}

// Gaps lists when the needed posts are empty in [from, to), by start. calendar
// may be nil: then every day counts and no holiday is named.
func (r Roster) Gaps(from, to time.Time, need []Need, calendar *Calendar) []Gap {
	var out []Gap
	for _, n := range need {
		var held []Shift
		for _, s := range r {
			if s.Unit == n.Unit && s.Role == n.Role && s.Overlaps(from, to) {
				held = append(held, s)
			}
		}
		slices.SortFunc(held, func(a, b Shift) int { return a.From.Compare(b.From) })
		for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
			if calendar != nil && !n.RestToo && !calendar.Works(day) {
				continue
			}
			open := later(from, day.Add(time.Duration(n.Hours.From)*time.Minute))
			end := earlier(to, day.Add(time.Duration(n.Hours.To)*time.Minute))
			for _, s := range held {
				if s.To.After(open) && s.From.Before(end) {
					out = appendGap(out, n, open, s.From, calendar)
					open = s.To
				}
			}
			out = appendGap(out, n, open, end, calendar)
		}
	}
	slices.SortStableFunc(out, func(a, b Gap) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Role, b.Role))
	})
	return out
}

// appendGap adds a gap of one day, joined to one that ends where it begins.
func appendGap(gaps []Gap, n Need, from, to time.Time, calendar *Calendar) []Gap {
	if !from.Before(to) {
		return gaps
	}
	holiday := ""
	if calendar != nil {
		holiday = calendar.Off[from.In(Beijing).Format(time.DateOnly)]
	}
	if i := len(gaps) - 1; i >= 0 && gaps[i].Unit == n.Unit && gaps[i].Role == n.Role && gaps[i].To.Equal(from) {
		g := &gaps[i]
		g.To = to
		if holiday != "" && !strings.Contains(g.Holiday, holiday) {
			g.Holiday = strings.TrimPrefix(g.Holiday+"、"+holiday, "、")
		}
		return gaps
	}
	return append(gaps, Gap{n.Unit, n.Role, from, to, holiday})
}

// RosterProblem says what is wrong with one row of a roster.
type RosterProblem struct {
	Row     int    `json:"row"`   // of the sheet, or the place in the list, counted from 1
	Field   string `json:"field"` // 日期, 班次, 单位, 岗位, 姓名, 账号
	Message string `json:"message"`
}

func (p RosterProblem) String() string {
	return fmt.Sprintf("第 %d 行 %s：%s", p.Row, p.Field, p.Message)
}

// Check lists what is wrong with the roster's rows, in their order. Accounts must
// be able to read what their duty is about.
func (r Roster) Check(units *Directory, users []User) []RosterProblem {
	accounts := make(map[UserID]User, len(users))
	for _, u := range users {
		accounts[u.User] = u
	}
	replaced := map[ShiftID]bool{}
	for _, s := range r {
		replaced[s.Replaces] = s.Replaces != ""
	}
	var out []RosterProblem
	seen := map[string][]Shift{}
	for i, s := range r {
		row := cmp.Or(s.Row, i+1)
		add := func(field, format string, args ...any) {
			out = append(out, RosterProblem{row, field, fmt.Sprintf(format, args...)})
		}
		if !s.From.Before(s.To) {
			add("班次", "结束时间不晚于开始时间")
			continue
		}
		if s.To.Sub(s.From) > longestShift {
			add("班次", "一班超过 %d 小时，请拆成几班", int(longestShift.Hours()))
		}
		var e *Error
		if err := units.Check(s.Unit, s.From); err != nil {
			e, _ = err.(*Error) //nolint:errorlint // Check returns it bare
			add("单位", "%s", e.Message)
		}
		if !s.Role.Valid() {
			add("岗位", "没有岗位 %q", s.Role)
		}
		if strings.TrimSpace(s.Person.Name) == "" {
			add("姓名", "没有填写姓名")
		}
		if id := s.Person.User; id != "" {
			u, ok := accounts[id]
			switch {
			case !ok:
				add("账号", "没有账号 %q", id)
			case u.Disabled:
				add("账号", "账号 %s 已停用", id)
			case !u.MayStandFor(s.Unit, s.Role):
				add("账号", "账号 %s 是%s，不能看到该岗位的交办单", id, u.Role.Label())
			}
		}
		if replaced[s.ID] && s.ID != "" {
			continue // somebody else does it
		}
		for _, o := range seen[s.who()] {
			if o.Overlaps(s.From, s.To) {
				add("姓名", "%s 的班次与第 %d 行（%s）重叠", s.Person.Name, o.Row, spanText(o.From, o.To))
				break
			}
		}
		s.Row = row
		seen[s.who()] = append(seen[s.who()], s)
	}
	return out
}

// longestShift is what one person can be asked to do at a stretch; more is a
// mistake of the sheet.
const longestShift = 48 * time.Hour

// MayStandFor reports whether the account can read what duty for a unit in a role
// is about: its own unit's cases, or all of them.
func (u User) MayStandFor(unit UnitID, role Role) bool {
	if role.OfUnit() {
		return u.Role.OfUnit() && u.Unit == unit
	}
	return u.SeesPosts()
}

// EditsRoster reports whether p may arrange the duty of a role in a unit: the
// duty leader and analysts all of it, a liaison that of the own unit.
func (p Person) EditsRoster(unit UnitID, role Role) bool {
	return p.Role == Leader || p.Role == Analyst || p.Role == Liaison && unit == p.Unit && role.OfUnit()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func spanText(from, to time.Time) string {
	return from.In(Beijing).Format("01-02 15:04") + " 至 " + to.In(Beijing).Format("01-02 15:04")
}
