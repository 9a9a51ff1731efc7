package storetest

import (
	"testing"
	"time"

	"huiying"
)

func unitsComeBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	units := []huiying.Unit{
		{ID: "zjj", Region: county, Name: "县住建局", Short: "住建局", Kind: "县政府", Keywords: []string{"供暖"}, From: time.Date(1949, 10, 1, 0, 0, 0, 0, huiying.Beijing)},
		{ID: "jkj", Region: county, Name: "县教育科技局", Liaison: huiying.Contact{Name: "王五", Phone: "0358-1", User: "wang"}, To: at(0)},
		{ID: "ws", Region: other, Name: "文水县住建局"},
	}
	must(t, l.SaveUnits(ctx, units))
	same(t, "the county's", value(l.Units(ctx, county))(t), units[:2])
	same(t, "all", value(l.Units(ctx, ""))(t), units)
	same(t, "the prefecture's", value(l.Units(ctx, "1411"))(t), units)
	units[0].Duty = "城乡建设"
	must(t, l.SaveUnits(ctx, units[:2]))
	same(t, "after a change", value(l.Units(ctx, county))(t), units[:2])
	must(t, l.SaveUnits(ctx, nil))
}

func usersComeBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	u := huiying.User{
		Person:       huiying.Person{User: "wang", Name: "王'五?", Role: huiying.Liaison, Unit: "jkj", Region: county},
		PasswordHash: "$argon2id$v=19$x", Failures: 2, LockedUntil: 1772400000,
	}
	must(t, l.SaveUser(ctx, u))
	must(t, l.SaveUser(ctx, huiying.User{Person: huiying.Person{User: "ws", Role: huiying.Leader, Region: other}}))
	same(t, "the account", value(l.User(ctx, "wang"))(t), u)
	changed := u
	changed.PasswordHash, changed.Disabled, changed.Failures, changed.Role = "", true, 0, huiying.Handler
	must(t, l.SaveUser(ctx, changed))
	changed.PasswordHash = u.PasswordHash
	same(t, "an account saved without a password", value(l.User(ctx, "wang"))(t), changed)
	changed.PasswordHash = "$argon2id$v=19$y"
	must(t, l.SaveUser(ctx, changed))
	same(t, "the county's accounts", value(l.Users(ctx, county))(t), []huiying.User{changed})
	if all := value(l.Users(ctx, "1411"))(t); len(all) != 2 {
		t.Errorf("%d accounts in the prefecture, want 2", len(all))
	}
	_, err := l.User(ctx, "nobody")
	is(t, err, huiying.ErrNotFound)
	is(t, l.SaveUser(ctx, huiying.User{}), huiying.ErrInvalid)
}

func tokens(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveUser(ctx, huiying.User{Person: huiying.Person{User: "wang", Role: huiying.Liaison, Region: county}, PasswordHash: "x"}))
	must(t, l.SaveToken(ctx, "aa", "wang", "大屏", at(60)))
	must(t, l.SaveToken(ctx, "bb", "wang", "永久", time.Time{}))
	for _, c := range []struct {
		hash string
		now  time.Time
		ok   bool
	}{
		{"aa", at(59), true}, {"aa", at(60), false}, {"bb", at(1e6), true}, {"cc", at(0), false}, {"", at(0), false},
	} {
		u, err := l.UserByToken(ctx, c.hash, c.now)
		if c.ok {
			must(t, err)
			same(t, c.hash, u.User, "wang")
		} else {
			is(t, err, huiying.ErrNotFound)
		}
	}
	is(t, l.SaveToken(ctx, "dd", "nobody", "", time.Time{}), huiying.ErrNotFound)
}

func sessions(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	data := []byte{0, 1, '\'', '?', 0xff}
	must(t, l.CommitCtx(ctx, "live", []byte("first"), time.Now().Add(time.Hour)))
	must(t, l.Commit("live", data, time.Now().Add(time.Hour)))
	must(t, l.Commit("lapsed", data, time.Now().Add(-time.Second)))
	got, found, err := l.FindCtx(ctx, "live")
	must(t, err)
	if !found {
		t.Fatal("a session is not found")
	}
	same(t, "the data", got, data)
	for _, token := range []string{"lapsed", "unknown"} {
		if _, found, err := l.Find(token); found || err != nil {
			t.Errorf("%s: found %v, %v", token, found, err)
		}
	}
	must(t, l.Delete("live"))
	must(t, l.DeleteCtx(ctx, "live"))
	if _, found, err := l.Find("live"); found || err != nil {
		t.Errorf("a deleted session: found %v, %v", found, err)
	}
}
