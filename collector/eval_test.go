package collector

import (
	"os"
	"path/filepath"
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
			if p.DateOK != nil && !*p.DateOK {
				t.Errorf("%s: date %s is wrong: %v", p.ID, p.Date, p.Why)
			}
		}
		if score.ContentF1 < 0.99 || float64(score.NameExact) < 0.95*float64(score.Names) {
			t.Errorf("%s: content F1 %.4f over %d pages, %d of %d names", set, score.ContentF1, score.N, score.NameExact, score.Names)
		}
	}
}

func TestExtractReadsTheBlindRounds(t *testing.T) {
	sets, _ := filepath.Glob("testdata/rounds/*/gold.jsonl") // the pattern is sound
	for _, set := range sets {
		score, err := EvalExtract(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range score.Pages {
			if p.ContentF1 < 0.9 || !p.TitleOK || p.DateOK != nil && !*p.DateOK || p.Error != "" {
				t.Logf("%s: F1 %.3f, title %q %v, date %q %s %v %v", p.ID, p.ContentF1, p.Title, p.TitleOK, p.Date, said(p.DateOK), p.Error, p.Why)
			}
		}
		t.Logf("%s: content F1 %.4f, titles %d/%d, dates %d/%d, names %d/%d", set, score.ContentF1, score.TitleExact, score.N, score.DateExact, score.Dates, score.NameExact, score.Names)
		if score.ContentF1 < 0.99 || score.TitleRate < 0.97 || score.DateRate < 0.97 || float64(score.NameExact) < 0.65*float64(score.Names) {
			t.Errorf("%s: content F1 should be 0.99, titles and dates 97 %%, names 65 %%", set)
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
