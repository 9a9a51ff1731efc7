package huiying_test

import (
	"errors"
	"testing"
	"time"

	"huiying"
)

var (
	sysadmin = huiying.Person{User: "sys", Role: huiying.SystemAdmin, Region: "141122"}
	secadmin = huiying.Person{User: "sec", Role: huiying.SecurityAdmin, Region: "141122"}
	auditor  = huiying.Person{User: "aud", Role: huiying.AuditAdmin, Region: "141122"}
)

func TestEachAdministratorHasDeedsOfItsOwnAndNoneOnItself(t *testing.T) {
	u := huiying.User{Person: huiying.Person{User: "wang", Role: huiying.Liaison, Unit: "jkj", Region: "141122"}}
	for _, d := range huiying.Deeds {
		may := 0
		for _, p := range []huiying.Person{sysadmin, secadmin, auditor, {User: "l", Role: huiying.Leader, Region: "141122"}} {
			if err := p.Manage(d, u, "调岗"); err == nil {
				may++
				if p.Manage(d, huiying.User{Person: p}, "调岗") == nil {
					t.Errorf("%s does %q to itself", p.User, d)
				}
				if !errors.Is(p.Manage(d, u, " "), huiying.ErrInvalid) {
					t.Errorf("%s without a reason", d)
				}
				far := u
				far.Region = "141121"
				if !errors.Is(p.Manage(d, far, "调岗"), huiying.ErrNotFound) {
					t.Errorf("%s of another county's account", d)
				}
			} else if !errors.Is(err, huiying.ErrForbidden) {
				t.Errorf("%s %q: %v", p.User, d, err)
			}
		}
		if may != 1 || d.Label() == "" {
			t.Errorf("%q may be done by %d of the roles, want exactly one", d, may)
		}
	}
	if !errors.Is(sysadmin.Manage("delete", u, "x"), huiying.ErrNotFound) {
		t.Error("accounts can be deleted")
	}
}

func TestARoleIsAskedByOneAndGrantedByAnother(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, huiying.Beijing)
	u := huiying.User{Person: huiying.Person{User: "wang", Region: "141122"}}
	g, err := sysadmin.Ask("g1", u, huiying.Liaison, "jkj", "新任联络人", at)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err, want error
	}{
		"a security administrator asks": {second(secadmin.Ask("g", u, huiying.Liaison, "jkj", "x", at)), huiying.ErrForbidden},
		"for oneself":                   {second(sysadmin.Ask("g", huiying.User{Person: sysadmin}, huiying.SecurityAdmin, "", "x", at)), huiying.ErrForbidden},
		"no unit":                       {second(sysadmin.Ask("g", u, huiying.Liaison, "", "x", at)), huiying.ErrInvalid},
		"no reason":                     {second(sysadmin.Ask("g", u, huiying.Leader, "", " ", at)), huiying.ErrInvalid},
		"the program's role":            {second(sysadmin.Ask("g", u, huiying.System, "", "x", at)), huiying.ErrInvalid},
		"an administrator in a unit":    {second(sysadmin.Ask("g", u, huiying.AuditAdmin, "jkj", "x", at)), huiying.ErrInvalid},
		"the asker decides":             {second(g.Decide(sysadmin, true, "", at)), huiying.ErrForbidden},
		"the asker, in another office":  {second(g.Decide(huiying.Person{User: "sys", Role: huiying.SecurityAdmin, Region: "141122"}, true, "", at)), huiying.ErrForbidden},
		"the person concerned decides":  {second(g.Decide(huiying.Person{User: "wang", Role: huiying.SecurityAdmin, Region: "141122"}, true, "", at)), huiying.ErrForbidden},
		"a refusal without a word":      {second(g.Decide(secadmin, false, "", at)), huiying.ErrInvalid},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	done, err := g.Decide(secadmin, true, "", at.Add(time.Hour))
	if err != nil || done.State != huiying.GrantGranted || done.DecidedBy != "sec" {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := done.Decide(secadmin, false, "再想想", at); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("decided twice: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheLastOfTheThreeAdministratorsStays(t *testing.T) {
	last := huiying.User{Person: secadmin}
	gone := huiying.User{Person: huiying.Person{User: "sec2", Role: huiying.SecurityAdmin}, Disabled: true}
	if err := huiying.KeepsAdministrator([]huiying.User{last, gone, {Person: sysadmin}}, last); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("the last security administrator goes: %v", err)
	}
	gone.Disabled = false
	if err := huiying.KeepsAdministrator([]huiying.User{last, gone}, last); err != nil {
		t.Error(err)
	}
	if err := huiying.KeepsAdministrator(nil, huiying.User{Person: huiying.Person{Role: huiying.Leader}}); err != nil {
		t.Error(err)
	}
}

func TestAccountNames(t *testing.T) {
	for s, ok := range map[string]bool{"zhang.san": true, "a1": true, "a": false, "张三": false, "Zhang": false, "-a": false, "system": false, "console": false, "": false} {
		if _, err := huiying.ParseUserID(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}
