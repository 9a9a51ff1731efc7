package storetest

import (
	"errors"
	"sync"
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
	screen := huiying.Token{ID: "aa", User: "wang", Name: "大屏", Scopes: []huiying.Scope{huiying.ScopeRead, huiying.ScopePush}, CreatedAt: at(0), Expires: at(60)}
	ever := huiying.Token{ID: "bb", User: "wang", Name: "永久"}
	must(t, l.SaveToken(ctx, screen, huiying.Audit{At: at(0), Region: county, Action: "token.make"}))
	must(t, l.SaveToken(ctx, ever, huiying.Audit{}))
	same(t, "the tokens", value(l.Tokens(ctx, "wang"))(t), []huiying.Token{screen, ever})
	for _, c := range []struct {
		hash string
		now  time.Time
		ok   bool
	}{
		{"aa", at(59), true}, {"aa", at(60), false}, {"bb", at(1e6), true}, {"cc", at(0), false}, {"", at(0), false},
	} {
		u, token, err := l.UserByToken(ctx, c.hash, c.now)
		if c.ok {
			must(t, err)
			same(t, c.hash, u.User, "wang")
			same(t, c.hash, token.ID, c.hash)
		} else {
			is(t, err, huiying.ErrNotFound)
		}
	}
	is(t, l.SaveToken(ctx, huiying.Token{ID: "dd", User: "nobody"}, huiying.Audit{}), huiying.ErrNotFound)
	must(t, l.TokenUsed(ctx, "aa", at(30)))
	revoke := huiying.Audit{At: at(31), Region: county, Action: "token.revoke"}
	is(t, l.RevokeToken(ctx, "li", "aa", at(31), revoke), huiying.ErrNotFound)
	must(t, l.RevokeToken(ctx, "wang", "aa", at(31), revoke))
	is(t, l.RevokeToken(ctx, "wang", "aa", at(32), revoke), huiying.ErrNotFound)
	_, _, err := l.UserByToken(ctx, "aa", at(32))
	is(t, err, huiying.ErrNotFound)
	screen.UsedAt, screen.RevokedAt = at(30), at(31)
	same(t, "a revoked token", value(l.Tokens(ctx, "wang"))(t)[0], screen)
	if n := value(l.VerifyAudit(ctx))(t); n != 2 {
		t.Errorf("%d audit rows, want 2", n)
	}
}

func usersChange(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	u := huiying.User{Person: huiying.Person{User: "wang", Role: huiying.Liaison, Unit: "jkj", Region: county}, PasswordHash: "h1"}
	must(t, l.SaveUser(ctx, u))
	failed := errors.New("no")
	_, err := l.ChangeUser(ctx, "wang", func(u *huiying.User) (huiying.Audit, error) {
		u.Disabled = true
		return huiying.Audit{At: at(0), Action: "user.disable"}, failed
	})
	if !errors.Is(err, failed) {
		t.Fatalf("got %v", err)
	}
	same(t, "after a refusal", value(l.User(ctx, "wang"))(t), u)
	for i, hash := range []string{"h2", "h3", "h4"} {
		u = value(l.ChangeUser(ctx, "wang", func(u *huiying.User) (huiying.Audit, error) {
			u.PasswordHash, u.PasswordAt, u.MustChange = hash, at(i), i == 0
			u.LastAt, u.LastFrom, u.CreatedAt = at(i), "::1", at(0)
			return huiying.Audit{At: at(i), Region: county, Action: "user.password"}, nil
		}))(t)
	}
	same(t, "after three changes", value(l.User(ctx, "wang"))(t), u)
	same(t, "the passwords before", value(l.OldPasswords(ctx, "wang", 2))(t), []string{"h3", "h2"})
	value(l.ChangeUser(ctx, "wang", func(u *huiying.User) (huiying.Audit, error) { u.Failures++; return huiying.Audit{}, nil }))(t)
	if n := value(l.VerifyAudit(ctx))(t); n != 3 {
		t.Errorf("%d audit rows, want 3", n)
	}
	_, err = l.ChangeUser(ctx, "nobody", func(*huiying.User) (huiying.Audit, error) { return huiying.Audit{}, nil })
	is(t, err, huiying.ErrNotFound)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := l.ChangeUser(ctx, "wang", func(u *huiying.User) (huiying.Audit, error) { u.Failures++; return huiying.Audit{}, nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, "failures counted at once", value(l.User(ctx, "wang"))(t).Failures, 9)
}

func grantsAreDecided(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	u := huiying.User{Person: huiying.Person{User: "wang", Name: "王五", Region: county}, CreatedAt: at(0)}
	g := huiying.Grant{ID: "g1", Region: county, User: "wang", Role: huiying.Liaison, Unit: "jkj", Reason: "新任", By: "sys", At: at(0), State: huiying.GrantAsked}
	audit := huiying.Audit{At: at(0), Region: county, Who: "sys", Action: "user.add", Object: "wang"}
	must(t, l.AddUser(ctx, u, g, audit))
	is(t, l.AddUser(ctx, u, g, audit), huiying.ErrConflict)
	again := g
	again.ID = "g2"
	is(t, l.AskGrant(ctx, again, audit), huiying.ErrConflict)
	same(t, "the account", value(l.User(ctx, "wang"))(t), u)
	same(t, "what waits", value(l.Grants(ctx, county, "", huiying.GrantAsked))(t), []huiying.Grant{g})

	refused := errors.New("no")
	_, err := l.DecideGrant(ctx, "g1", func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error) {
		g.State, u.Role = huiying.GrantGranted, huiying.Leader
		return audit, refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	done := value(l.DecideGrant(ctx, "g1", func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error) {
		g.State, g.DecidedBy, g.DecidedAt = huiying.GrantGranted, "sec", at(1)
		u.Role, u.Unit = g.Role, g.Unit
		return huiying.Audit{At: at(1), Region: county, Who: "sec", Action: "user.grant", Object: "wang"}, nil
	}))(t)
	u.Role, u.Unit = huiying.Liaison, "jkj"
	same(t, "the account with its role", value(l.User(ctx, "wang"))(t), u)
	same(t, "the request", value(l.Grants(ctx, county, "wang", ""))(t), []huiying.Grant{done})
	must(t, l.AskGrant(ctx, again, audit))
	if n := len(value(l.Grants(ctx, other, "", ""))(t)); n != 0 {
		t.Errorf("%d requests of another county", n)
	}
	_, err = l.DecideGrant(ctx, "nothing", nil)
	is(t, err, huiying.ErrNotFound)
	if n := value(l.VerifyAudit(ctx))(t); n != 3 {
		t.Errorf("%d audit rows, want 3", n)
	}
}

func sessionsAreEnded(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	for i, id := range []string{"a", "b", "c", "d"} {
		user := huiying.UserID("wang")
		if id == "d" {
			user = "li"
		}
		must(t, l.CommitCtx(ctx, id, []byte("x"), time.Now().Add(time.Hour)))
		must(t, l.DescribeSession(ctx, huiying.Session{ID: id, User: user, Begun: at(i), Seen: at(i), From: "::1", Agent: "Chromium"}))
	}
	must(t, l.SessionSeen(ctx, "a", at(9)))
	must(t, l.CommitCtx(ctx, "a", []byte("y"), time.Now().Add(time.Hour))) // keeps whose it is
	list := value(l.Sessions(ctx, "wang"))(t)
	same(t, "the sessions", names(list, func(s huiying.Session) string { return s.ID }), []string{"a", "c", "b"})
	same(t, "the first", list[0], huiying.Session{ID: "a", User: "wang", Begun: at(0), Seen: at(9), From: "::1", Agent: "Chromium"})
	same(t, "one of another's", len(value(l.EndSessions(ctx, "wang", "d", "", huiying.Audit{}))(t)), 0)
	same(t, "one", value(l.EndSessions(ctx, "wang", "c", "", huiying.Audit{At: at(1), Region: county, Action: "session.end"}))(t), []string{"c"})
	same(t, "all but one", value(l.EndSessions(ctx, "wang", "", "a", huiying.Audit{}))(t), []string{"b"})
	for id, want := range map[string]bool{"a": true, "b": false, "c": false, "d": true} {
		if _, found, err := l.FindCtx(ctx, id); found != want || err != nil {
			t.Errorf("session %s: found %v, %v", id, found, err)
		}
	}
}

func factors(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveUser(ctx, huiying.User{Person: huiying.Person{User: "wang", Role: huiying.Leader, Region: county}}))
	same(t, "none", value(l.SecondFactor(ctx, "wang"))(t), huiying.SecondFactor{})
	d := huiying.SecondFactor{User: "wang", Sealed: []byte{0, 1, 255}, Confirmed: at(1), Step: 59, Recovery: []string{"h1", "h2"}}
	must(t, l.ChangeSecondFactor(ctx, "wang", func(got *huiying.SecondFactor) (huiying.Audit, error) {
		*got = d
		return huiying.Audit{At: at(1), Region: county, Action: "factor.enrol"}, nil
	}))
	same(t, "the device", value(l.SecondFactor(ctx, "wang"))(t), d)
	no := errors.New("no")
	if err := l.ChangeSecondFactor(ctx, "wang", func(got *huiying.SecondFactor) (huiying.Audit, error) {
		got.Step = 99
		return huiying.Audit{}, no
	}); !errors.Is(err, no) {
		t.Fatalf("got %v", err)
	}
	same(t, "after a refusal", value(l.SecondFactor(ctx, "wang"))(t), d)
	must(t, l.ChangeSecondFactor(ctx, "wang", func(got *huiying.SecondFactor) (huiying.Audit, error) {
		*got = huiying.SecondFactor{}
		return huiying.Audit{}, nil
	}))
	same(t, "after it went", value(l.SecondFactor(ctx, "wang"))(t), huiying.SecondFactor{})
}

func subjects(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	for _, id := range []huiying.UserID{"wang", "li"} {
		must(t, l.SaveUser(ctx, huiying.User{Person: huiying.Person{User: id, Role: huiying.Leader, Region: county}}))
	}
	a := huiying.Audit{At: at(0), Region: county, Action: "user.bind"}
	const issuer = "https://sso.example.invalid"
	must(t, l.BindSubject(ctx, issuer, "s-1", "wang", a))
	same(t, "whose it is", value(l.UserBySubject(ctx, issuer, "s-1"))(t).User, "wang")
	same(t, "what it is", value(l.SubjectOf(ctx, issuer, "wang"))(t), "s-1")
	is(t, l.BindSubject(ctx, issuer, "s-1", "li", a), huiying.ErrConflict)
	must(t, l.BindSubject(ctx, issuer, "s-2", "wang", a))
	_, err := l.UserBySubject(ctx, issuer, "s-1")
	is(t, err, huiying.ErrNotFound)
	_, err = l.UserBySubject(ctx, "https://other.example.invalid", "s-2")
	is(t, err, huiying.ErrNotFound)
	must(t, l.BindSubject(ctx, issuer, "", "wang", a))
	same(t, "after it was removed", value(l.SubjectOf(ctx, issuer, "wang"))(t), "")
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

func firstUsers(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	three := []huiying.User{
		{Person: huiying.Person{User: "sys", Role: huiying.SystemAdmin, Region: county}, PasswordHash: "x"},
		{Person: huiying.Person{User: "sec", Role: huiying.SecurityAdmin, Region: county}, PasswordHash: "y", MustChange: true},
	}
	row := []huiying.Audit{{At: at(0), Region: county, Who: "sys", Action: "setup.accounts", Object: "sys"}}
	is(t, l.FirstUsers(ctx, append(three[:1:1], huiying.User{Person: huiying.Person{User: "sys", Role: "none", Region: county}}, huiying.User{}), row), huiying.ErrInvalid)
	same(t, "after a failure", len(value(l.Users(ctx, county))(t)), 0)
	must(t, l.FirstUsers(ctx, three, row))
	same(t, "the accounts", len(value(l.Users(ctx, county))(t)), 2)
	same(t, "their rows", len(value(l.AuditTrail(ctx, huiying.AuditQuery{Region: county, Action: "setup.accounts", Limit: 9}))(t).Items), 1)
	is(t, l.FirstUsers(ctx, three, row), huiying.ErrConflict)
	same(t, "their rows afterwards", len(value(l.AuditTrail(ctx, huiying.AuditQuery{Region: county, Action: "setup.accounts", Limit: 9}))(t).Items), 1)
}
