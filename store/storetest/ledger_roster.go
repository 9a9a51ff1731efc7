package storetest

import (
	"strings"
	"testing"

	"huiying"
)

func aShift(n, from, to int, unit huiying.UnitID) huiying.Shift {
	return huiying.Shift{
		ID: id[huiying.ShiftID]("d", n), Region: county, Unit: unit, Role: huiying.Liaison, Person: huiying.Contact{Name: "张三", Phone: "0358-3521000"},
		From: at(from), To: at(to), Kind: huiying.ShiftRegular, Row: n,
	}
}

func rosterOf(t *testing.T, l LedgerUnderTest, from, to int) string {
	t.Helper()
	var ids []string
	for _, s := range value(l.Shifts(background(t), county, at(from), at(to)))(t) {
		ids = append(ids, string(s.ID))
	}
	return strings.Join(ids, " ")
}

func rosterNote(minute int) huiying.Audit {
	return huiying.Audit{At: at(minute), Region: county, Who: "leader", Role: huiying.Leader, Action: "roster"}
}

func rosterIsReplaced(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	head := aShift(8, 210, 220, "cgj")
	head.Role = huiying.Head
	must(t, l.ReplaceRoster(ctx, county, at(0), at(400), []huiying.Shift{
		aShift(1, 0, 100, "cgj"), aShift(2, 100, 200, "cgj"), aShift(3, 300, 400, "cgj"), aShift(4, 100, 200, "jkj"), head,
	}, rosterNote(1)))
	same(t, "a shift that comes back", value(l.Shift(ctx, "d00001"))(t), aShift(1, 0, 100, "cgj"))
	same(t, "shifts with a moment in the period", rosterOf(t, l, 99, 101), "d00001 d00002 d00004")
	same(t, "a shift ends before its end", rosterOf(t, l, 200, 210), "")
	if got := value(l.Shifts(ctx, other, at(0), at(400)))(t); len(got) != 0 {
		t.Errorf("another county has the shifts %+v", got)
	}

	stand := aShift(5, 150, 180, "cgj")
	stand.Replaces, stand.Kind, stand.Reason = "d00002", huiying.ShiftSubstitute, "外出开会"
	must(t, l.ReplaceShifts(ctx, []huiying.Shift{stand}, rosterNote(2)))
	must(t, l.ReplaceRoster(ctx, county, at(100), at(300), []huiying.Shift{aShift(6, 120, 220, "cgj")}, rosterNote(3)))
	same(t, "after a new roster: its unit, role and period only, substitutes with their shift", rosterOf(t, l, 0, 400), "d00001 d00004 d00006 d00008 d00003")
	_, err := l.Shift(ctx, "d00002")
	is(t, err, huiying.ErrNotFound)

	if err := l.ReplaceRoster(ctx, county, at(0), at(400), []huiying.Shift{aShift(7, 0, 100, "cgj"), aShift(1, 0, 100, "cgj")}, rosterNote(4)); err == nil {
		t.Error("an id was taken twice")
	}
	same(t, "after a roster that failed", rosterOf(t, l, 0, 400), "d00001 d00004 d00006 d00008 d00003")
	if n := value(l.VerifyAudit(ctx))(t); n != 3 {
		t.Errorf("%d audit rows, want 3", n)
	}
}

func shiftIsReplacedOnce(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.ReplaceRoster(ctx, county, at(0), at(200), []huiying.Shift{aShift(1, 0, 100, "cgj"), aShift(2, 100, 200, "cgj")}, rosterNote(1)))
	stand := func(n, from, to int, replaces huiying.ShiftID) huiying.Shift {
		s := aShift(n, from, to, "cgj")
		s.Replaces, s.Instead = replaces, "张三"
		return s
	}
	must(t, l.ReplaceShifts(ctx, []huiying.Shift{stand(11, 0, 50, "d00001")}, rosterNote(2)))
	is(t, l.ReplaceShifts(ctx, []huiying.Shift{stand(12, 40, 60, "d00001")}, rosterNote(3)), huiying.ErrConflict)
	must(t, l.ReplaceShifts(ctx, []huiying.Shift{stand(13, 50, 100, "d00001")}, rosterNote(4)))
	must(t, l.ReplaceShifts(ctx, []huiying.Shift{stand(14, 10, 20, "d00011")}, rosterNote(5)))
	is(t, l.ReplaceShifts(ctx, []huiying.Shift{stand(15, 100, 200, "d00002"), stand(16, 0, 10, "nobody")}, rosterNote(6)), huiying.ErrConflict)
	same(t, "a swap that is refused leaves nothing", rosterOf(t, l, 0, 200), "d00001 d00011 d00014 d00013 d00002")

	errs := make(chan error)
	for i := range 4 {
		go func() { errs <- l.ReplaceShifts(ctx, []huiying.Shift{stand(20+i, 100, 200, "d00002")}, rosterNote(7)) }()
	}
	won := 0
	for range 4 {
		if err := <-errs; err == nil {
			won++
		} else {
			is(t, err, huiying.ErrConflict)
		}
	}
	same(t, "how many of four at once stand in", won, 1)
}
