package alerting_test

import (
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

func misreadPost(id huiying.PostID, p float64, clause *huiying.ClauseFound) huiying.Assessed {
	m := huiying.Misreading{P: p, Clause: clause}
	if clause != nil {
		m.Claim = &huiying.Claim{Text: "听说有儿子的就不给办低保", End: 12}
	}
	return huiying.Assessed{
		Post: huiying.Post{ID: id, Region: "141122", Text: "听说有儿子的就不给办低保，是真的吗", PublishedAt: morning.Add(time.Duration(len(id)) * time.Minute)},
		Assessment: huiying.Assessment{
			ID: id, Misreading: m, Flags: []huiying.Flag{huiying.FlagMisreading},
			Units: []huiying.Candidate{{Unit: "mzj", P: 0.8, Why: "谁起草、谁解读"}, {Unit: "nyj", P: 0.1}},
		},
	}
}

func TestAnEventKeepsTheClauseThoughASurerPostHasNone(t *testing.T) {
	t.Parallel()
	tracker := alerting.NewTracker()
	tracker.Place(misreadPost("a", 0.6, &huiying.ClauseFound{Policy: "低保办法", Article: "第八条", Unit: "mzj"}))
	e, _ := tracker.Place(misreadPost("bb", 0.9, nil))
	if e.Posts != 2 || e.Misreading.P != 0.9 || e.Misreading.Clause == nil || e.Misreading.Claim == nil {
		t.Errorf("%d posts, %+v", e.Posts, e.Misreading)
	}
}

func TestAMisreadPolicyGoesToTheUnitThatDraftedIt(t *testing.T) {
	t.Parallel()
	tracker := alerting.NewTracker()
	e, _ := tracker.Place(misreadPost("a", 0.6, &huiying.ClauseFound{Policy: "低保办法", Article: "第八条", Unit: "mzj"}))
	units := huiying.NewDirectory([]huiying.Unit{{ID: "mzj", Name: "民政局"}, {ID: "nyj", Name: "农业农村局"}})
	got := alerting.NewRouter(units, &huiying.Rules{CloseGap: 0.15}).Route(*e, morning)
	if got.Lead != "mzj" || !got.Clear || !strings.Contains(got.Note, "民政局起草了《低保办法》") {
		t.Errorf("%+v", got)
	}
}
