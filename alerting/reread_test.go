package alerting_test

import (
	"testing"

	"huiying"
)

// edit is a later version of a post, as its page says now.
func edit(a huiying.Assessed, n int, change ...func(*huiying.Assessed)) huiying.Assessed {
	a.Post.Version = n
	for _, f := range change {
		f(&a)
	}
	return a
}

// mild is a post that calls for nothing.
func mild(a *huiying.Assessed) {
	a.Post.Text, a.Post.Engagement = "瓦窑河边新修了步道，傍晚散步的人多了起来。", huiying.Engagement{}
	a.Assessment.Risk.Score, a.Assessment.Flags = 5, nil
}

func TestAPostThatIsEditedIntoAGraveMatterBecomesACase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1", mild))
	if n := len(o.cases(t)); n != 0 {
		t.Fatalf("%d cases of a mild post", n)
	}
	grave := edit(smell("p1"), 1)
	o.handle(t, grave, grave)
	c := o.onlyCase(t)
	e := o.event(t, c.Event)
	if e.Posts != 1 || e.Risk != 60 || e.Level != c.Level || !e.Has(huiying.FlagLivelihood) || c.Level < huiying.Yellow {
		t.Errorf("the event has %d posts, risk %v, level %s, flags %v; the case is %s", e.Posts, e.Risk, e.Level, e.Flags, c.Level)
	}
	o.handle(t, grave)
	if again := o.event(t, c.Event); again.Posts != 1 || again.Risk != 60 || len(o.cases(t)) != 1 {
		t.Errorf("delivered again: %+v", again)
	}
}

func TestAnEditMayRaiseTheLevelOfAnOpenCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1", seen(20_000)))
	c := o.onlyCase(t)
	before := o.event(t, c.Event).Level
	o.handle(t, edit(smell("p1", seen(2_000_000)), 1))
	after := o.event(t, c.Event).Level
	if c = o.onlyCase(t); before >= after || c.Suggested != after && c.Level != after {
		t.Errorf("the event went from %s to %s; the case is %s, suggested %s", before, after, c.Level, c.Suggested)
	}
}

func TestAMilderEditCountsOnlyWhereThePostStandsAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1"))
	c := o.onlyCase(t)
	o.handle(t, edit(smell("p1", mild), 1))
	if e := o.event(t, c.Event); e.Risk != 5 || len(e.Flags) != 0 || e.Summary == "" || e.Case != c.ID {
		t.Errorf("an event of one post that was edited: risk %v, flags %v", e.Risk, e.Flags)
	}
	if same := o.onlyCase(t); len(same.Evidence) != len(c.Evidence) || same.Evidence[0].Excerpt != c.Evidence[0].Excerpt || same.Level != c.Level {
		t.Error("the case lost what it was opened for")
	}

	o = newOffice(t)
	o.handle(t, smell("p1"), smell("p2"))
	c = o.onlyCase(t)
	o.handle(t, edit(smell("p1", mild), 1))
	if e := o.event(t, c.Event); e.Risk != 60 || e.Posts != 2 {
		t.Errorf("an event of two posts, one edited: risk %v of %d posts", e.Risk, e.Posts)
	}
}

func TestAPostThatIsGoneStaysWithItsCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1"))
	c := o.onlyCase(t)
	gone := smell("p1")
	gone.Post.Version, gone.Post.Gone, gone.Post.Text, gone.Post.Title = 1, "返回 404", "", ""
	gone.Assessment = huiying.Assessment{}
	o.handle(t, gone)
	e, same := o.event(t, c.Event), o.onlyCase(t)
	if e.Risk != 60 || len(same.Evidence) != 1 || same.Evidence[0].Excerpt == "" {
		t.Errorf("risk %v, evidence %+v", e.Risk, same.Evidence)
	}
}

func TestAnEditOfAPostNobodyPlacedIsPassedOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, edit(smell("p9"), 1))
	if n := len(o.cases(t)); n != 0 {
		t.Errorf("%d cases", n)
	}
}
