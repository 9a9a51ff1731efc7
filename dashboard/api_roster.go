package dashboard

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// rosterDoc is the duty roster of a period.
type rosterDoc struct {
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	On     []huiying.Shift `json:"on" doc:"此刻在岗"`
	Shifts []huiying.Shift `json:"shifts" doc:"期内班次；替班、换班另成一条，replaces 指向被替换的班次"`
	Gaps   []huiying.Gap   `json:"gaps" doc:"期内排了班的岗位无人值守的时段"`
}

type rosterInput struct{ Window }

// longestRoster bounds what is asked at once.
const longestRoster = 100 * 24 * time.Hour

// shiftInput is one row of a roster, in the words of the sheet.
type shiftInput struct {
	Day   string `json:"date" maxLength:"40" doc:"日期，如 2026-12-01"`
	Shift string `json:"shift" maxLength:"40" doc:"白班、夜班、全天，或 08:00-18:00"`
	Unit  string `json:"unit" maxLength:"100" doc:"单位全称、简称或编号"`
	Role  string `json:"role" maxLength:"40" doc:"岗位：监测员、研判员、值班领导、联络人、承办人、责任人"`
	Name  string `json:"name" maxLength:"40"`
	Phone string `json:"phone,omitempty" maxLength:"40"`
	User  string `json:"user,omitempty" maxLength:"64" doc:"账号"`
}

type rosterImportInput struct {
	asked
	Body struct {
		Shifts    []shiftInput `json:"shifts" minItems:"1" maxItems:"3000"`
		OnlyValid bool         `json:"only_valid,omitempty" doc:"只导入无误的行；缺省时有一行不对就都不导入"`
	}
}

// rosterImported is what became of an import.
type rosterImported struct {
	Imported int                     `json:"imported"`
	Problems []huiying.RosterProblem `json:"problems" doc:"没有导入的行及原因"`
}

type substituteBody struct {
	Name   string  `json:"name" maxLength:"40"`
	Phone  string  `json:"phone,omitempty" maxLength:"40"`
	User   string  `json:"user,omitempty" maxLength:"64" doc:"账号"`
	From   instant `json:"from,omitempty" doc:"缺省为整个班次"`
	To     instant `json:"to,omitempty"`
	Reason string  `json:"reason" maxLength:"500"`
}

type substituteInput struct {
	asked
	ID   huiying.ShiftID `path:"id" maxLength:"64"`
	Body substituteBody
}

type swapInput struct {
	asked
	ID   huiying.ShiftID `path:"id" maxLength:"64"`
	Body struct {
		Other  huiying.ShiftID `json:"other" maxLength:"64" doc:"与之互换的班次"`
		Reason string          `json:"reason" maxLength:"500"`
	}
}

func (a api) routesRoster() {
	tags := []string{"值班表"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/roster", OperationID: "get-roster", Summary: "值班表、此刻在岗和空岗，缺省为本周", Tags: tags,
	}, a.getRoster)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/roster", OperationID: "import-roster", Summary: "导入值班表，替换所涉单位和岗位在首日至末日之间的班次", Tags: tags,
	}, a.postRoster)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/roster/{id}/substitute", OperationID: "substitute-shift", Summary: "安排替班", Tags: tags,
	}, a.substituteShift)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/roster/{id}/swap", OperationID: "swap-shifts", Summary: "两人换班", Tags: tags,
	}, a.swapShifts)
}

func (a api) getRoster(ctx context.Context, p huiying.Person, in *rosterInput) (rosterDoc, error) {
	from, to := in.From.Time, in.To.Time
	if from.IsZero() {
		from = weekOf(a.now())
	}
	if to.IsZero() {
		to = from.AddDate(0, 0, 7)
	}
	if !from.Before(to) || to.Sub(from) > longestRoster {
		return rosterDoc{}, huiying.Invalid("to", "止应晚于起，一次最多看 %d 天", int(longestRoster.Hours()/24))
	}
	return a.roster(ctx, p, from, to)
}

// weekOf is the Monday, 00:00 in Beijing, of the week of t.
func weekOf(t time.Time) time.Time {
	y, m, d := t.In(huiying.Beijing).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, huiying.Beijing)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// roster reads the duty of a period as p may see it: everybody sees who is on
// duty; whom to call in another unit is for the offices.
func (s *Server) roster(ctx context.Context, p huiying.Person, from, to time.Time) (rosterDoc, error) {
	if p.Region == "" {
		return rosterDoc{}, huiying.Errorf(huiying.CodeForbidden, "账号没有设置辖区，请联系系统管理员")
	}
	now := s.now()
	shifts, err := s.cfg.Ledger.Shifts(ctx, p.Region, from, to)
	if err != nil {
		return rosterDoc{}, fmt.Errorf("reading the roster: %w", err)
	}
	current, err := s.cfg.Ledger.Shifts(ctx, p.Region, now, now.Add(time.Microsecond))
	if err != nil {
		return rosterDoc{}, fmt.Errorf("reading who is on duty: %w", err)
	}
	calendar := s.cfg.Rules().Calendar
	r := huiying.Roster(shifts)
	out := rosterDoc{From: from, To: to, On: some(huiying.Roster(current).On("", "", now)), Shifts: some(shifts), Gaps: some(r.Gaps(from, to, r.Needs(calendar), calendar))}
	for _, list := range [][]huiying.Shift{out.On, out.Shifts} {
		for i := range list {
			if s := &list[i]; s.Role.OfUnit() && s.Unit != p.Unit && !p.SeesPosts() {
				s.Person.Phone, s.Person.User = "", ""
			}
		}
	}
	return out, nil
}

func (a api) postRoster(ctx context.Context, p huiying.Person, in *rosterImportInput) (rosterImported, error) {
	rows := make([]sheetRow, len(in.Body.Shifts))
	for i, s := range in.Body.Shifts {
		rows[i] = sheetRow{i + 1, map[string]string{"日期": s.Day, "班次": s.Shift, "单位": s.Unit, "岗位": s.Role, "姓名": s.Name, "电话": s.Phone, "账号": s.User}}
	}
	return a.importRoster(ctx, in.request, p, rows, in.Body.OnlyValid)
}

// rosterOfRows reads rows as p may import them.
func (s *Server) rosterOfRows(ctx context.Context, p huiying.Person, rows []sheetRow) (huiying.Roster, []huiying.RosterProblem, error) {
	if p.Role != huiying.Leader && p.Role != huiying.Analyst && p.Role != huiying.Liaison {
		return nil, nil, huiying.Errorf(huiying.CodeForbidden, "值班表由值班领导和研判员编排，单位联络人可编排本单位的")
	}
	region, err := (api{Server: s}).countyFor(p, "")
	if err != nil {
		return nil, nil, err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	users, err := s.cfg.Ledger.Users(ctx, region)
	if err != nil {
		return nil, nil, fmt.Errorf("reading accounts: %w", err)
	}
	roster, problems := shiftsOfRows(rows, region, units, users, s.now())
	roster = slices.DeleteFunc(roster, func(s huiying.Shift) bool {
		foreign := !p.EditsRoster(s.Unit, s.Role)
		if foreign {
			problems = append(problems, huiying.RosterProblem{Row: s.Row, Field: "单位", Message: "联络人只能编排本单位的联络人、承办人和责任人"})
		}
		return foreign
	})
	slices.SortStableFunc(problems, func(a, b huiying.RosterProblem) int { return cmp.Compare(a.Row, b.Row) })
	return roster, problems, nil
}

// importRoster saves the rows when all are right, or those that are right when
// only they are asked for.
func (s *Server) importRoster(ctx context.Context, r *http.Request, p huiying.Person, rows []sheetRow, onlyValid bool) (rosterImported, error) {
	roster, problems, err := s.rosterOfRows(ctx, p, rows)
	if err != nil {
		return rosterImported{}, err
	}
	if len(problems) > 0 && !onlyValid {
		return rosterImported{}, huiying.Invalid("shifts", "%s（共 %d 处）。改正后重新导入，或确认只导入无误的行", problems[0], len(problems))
	}
	if len(roster) == 0 {
		return rosterImported{}, huiying.Invalid("shifts", "没有一行可以导入：%s", problems[0])
	}
	from, to, units := rosterSpan(roster)
	for i := range roster {
		roster[i].ID = newShiftID()
	}
	err = s.cfg.Ledger.ReplaceRoster(ctx, roster[0].Region, from, to, roster,
		s.rosterAudit(r, p, "roster.import", "", fmt.Sprintf("%s 至 %s，%d 个单位，%d 个班次，未导入 %d 处", from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly), len(units), len(roster), len(problems))))
	if err != nil {
		return rosterImported{}, fmt.Errorf("saving the roster: %w", err)
	}
	return rosterImported{len(roster), some(problems)}, nil
}

// rosterSpan is the days a roster begins and ends on, [from, to), and its units.
func rosterSpan(r huiying.Roster) (from, to time.Time, units []huiying.UnitID) {
	for i, s := range r {
		if i == 0 || s.From.Before(from) {
			from = s.From
		}
		if s.From.After(to) {
			to = s.From
		}
		if !slices.Contains(units, s.Unit) {
			units = append(units, s.Unit)
		}
	}
	day := func(t time.Time) time.Time {
		y, m, d := t.In(huiying.Beijing).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, huiying.Beijing)
	}
	return day(from), day(to).AddDate(0, 0, 1), units
}

func newShiftID() huiying.ShiftID { return huiying.ShiftID("d" + rand.Text()) }

func (s *Server) rosterAudit(r *http.Request, p huiying.Person, action string, id huiying.ShiftID, detail string) huiying.Audit {
	return huiying.Audit{At: s.now(), Region: p.Region, Who: p.User, Role: p.Role, Action: action, Object: string(id), Detail: detail, From: remote(r)}
}

// shiftFor returns a shift p may arrange.
func (s *Server) shiftFor(ctx context.Context, p huiying.Person, id huiying.ShiftID) (huiying.Shift, error) {
	shift, err := s.cfg.Ledger.Shift(ctx, id)
	if err != nil {
		return huiying.Shift{}, fmt.Errorf("reading a shift: %w", err)
	}
	if p.Region == "" || !p.Region.Covers(shift.Region) {
		return huiying.Shift{}, huiying.Errorf(huiying.CodeNotFound, "没有这个班次")
	}
	if !p.EditsRoster(shift.Unit, shift.Role) {
		return huiying.Shift{}, huiying.Errorf(huiying.CodeForbidden, "这个班次由值班领导、研判员或该单位联络人调整")
	}
	return shift, nil
}

func (a api) substituteShift(ctx context.Context, p huiying.Person, in *substituteInput) (huiying.Shift, error) {
	none := huiying.Shift{}
	shift, err := a.shiftFor(ctx, p, in.ID)
	if err != nil {
		return none, err
	}
	b := in.Body
	stand, err := shift.Substitute(newShiftID(), huiying.Contact{Name: b.Name, Phone: b.Phone, User: huiying.UserID(b.User)}, b.From.Time, b.To.Time, p, b.Reason, a.now())
	if err != nil {
		return none, err
	}
	return stand, a.replaceShifts(ctx, in.request, p, "roster.substitute", in.ID, []huiying.Shift{stand})
}

func (a api) swapShifts(ctx context.Context, p huiying.Person, in *swapInput) (rosterChanged, error) {
	one, err := a.shiftFor(ctx, p, in.ID)
	if err != nil {
		return rosterChanged{}, err
	}
	other, err := a.shiftFor(ctx, p, in.Body.Other)
	if err != nil {
		return rosterChanged{}, err
	}
	swapped, err := huiying.Swap(one, other, [2]huiying.ShiftID{newShiftID(), newShiftID()}, p, in.Body.Reason, a.now())
	if err != nil {
		return rosterChanged{}, err
	}
	return rosterChanged{swapped}, a.replaceShifts(ctx, in.request, p, "roster.swap", in.ID, swapped)
}

// rosterChanged is the shifts a change made.
type rosterChanged struct {
	Shifts []huiying.Shift `json:"shifts"`
}

// replaceShifts saves a substitute or swap whose accounts may do the duty.
func (s *Server) replaceShifts(ctx context.Context, r *http.Request, p huiying.Person, action string, id huiying.ShiftID, shifts []huiying.Shift) error {
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	users, err := s.cfg.Ledger.Users(ctx, shifts[0].Region)
	if err != nil {
		return fmt.Errorf("reading accounts: %w", err)
	}
	detail := ""
	for _, shift := range shifts {
		if problems := (huiying.Roster{shift}).Check(units, users); len(problems) > 0 {
			return huiying.Invalid("user", "%s：%s", problems[0].Field, problems[0].Message)
		}
		detail += fmt.Sprintf("%s 替 %s，%s %s 起；", shift.Person.Name, shift.Instead, units.Name(shift.Unit), shift.From.In(huiying.Beijing).Format("01-02 15:04"))
	}
	if err := s.cfg.Ledger.ReplaceShifts(ctx, shifts, s.rosterAudit(r, p, action, id, detail+shifts[0].Reason)); err != nil {
		return fmt.Errorf("saving the change: %w", err)
	}
	return nil
}
