package collector

import (
	"os"
	"testing"
)

func TestExtractReadsTheLayoutsOfChineseSites(t *testing.T) {
	for _, set := range []string{"testdata/pages/gold.jsonl", "testdata/layouts/gold.jsonl"} {
		score, err := EvalExtract(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range score.Pages {
			if p.ContentF1 < 0.9 || !p.TitleOK || p.Error != "" {
				t.Errorf("%s: F1 %.3f, title %q %v %v", p.ID, p.ContentF1, p.Title, p.Error, p.Why)
			}
			for field, ok := range map[string]*bool{"date " + p.Date: p.DateOK, "author " + p.Author: p.AuthorOK, "source " + p.Source: p.SourceOK} {
				if ok != nil && !*ok {
					t.Errorf("%s: %s is wrong: %v", p.ID, field, p.Why)
				}
			}
		}
		if score.ContentF1 < 0.99 {
			t.Errorf("%s: content F1 %.4f over %d pages", set, score.ContentF1, score.N)
		}
	}
}

func TestExtractReadsSavedNewsPages(t *testing.T) {
	const path = "../../shared/data/extract/dev.jsonl"
	if _, err := os.Stat(path); err != nil && os.Getenv("CI") == "" {
		t.Skip("the labelled pages are not here")
	}
	score, err := EvalExtract(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range score.Pages {
		if p.ContentF1 < 0.95 || !p.TitleOK || p.DateOK != nil && !*p.DateOK || p.Error != "" {
			t.Logf("%s: F1 %.3f, title %v %q, date %q %v %v", p.ID, p.ContentF1, p.TitleOK, p.Title, p.Date, p.Error, p.Why)
		}
	}
	t.Logf("content F1 %.4f, titles %d/%d, dates %d/%d", score.ContentF1, score.TitleExact, score.N, score.DateExact, score.Dates)
	if score.ContentF1 < 0.98 || score.TitleRate < 0.97 || score.DateRate < 0.98 {
		t.Errorf("content F1 %.4f, titles %.2f, dates %.2f", score.ContentF1, score.TitleRate, score.DateRate)
	}
}
