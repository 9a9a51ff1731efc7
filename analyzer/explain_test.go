package analyzer_test

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
)

// sampleOfPosts are n real posts, the same each time, redacted as at intake; every
// second one with signs or look-alikes put into it as by people who hide words.
func sampleOfPosts(t *testing.T, n int) []huiying.Post {
	t.Helper()
	var all []huiying.Post
	for _, set := range []string{"routing_taidi", "senti_ewect", "rumor_ced", "emergency", "risk_citizen"} {
		f, err := os.Open(filepath.Join("../../shared/data", set, "dev.jsonl"))
		if err != nil {
			t.Skip("the data sets are not here: ", err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<22)
		for lines.Scan() {
			var row struct{ Title, Text string }
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			all = append(all, huiying.Post{Channel: huiying.ChannelForum, Title: row.Title, Text: row.Text})
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	dice := rand.New(rand.NewPCG(3, 2026))
	intake := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, huiying.Beijing) }}
	var out []huiying.Post
	for _, i := range dice.Perm(len(all)) {
		p := all[i]
		if len(out)%2 == 1 {
			p.Title, p.Text = hidden(dice, p.Title), "联系13835812046，3号楼2单元501室。"+hidden(dice, p.Text)
		}
		if p, err := intake.Accept(p); err == nil {
			out = append(out, p)
		}
		if len(out) == n {
			return out
		}
	}
	t.Fatalf("%d posts", len(out))
	return nil
}

// hidden puts signs, pictures and other scripts into a text.
func hidden(dice *rand.Rand, text string) string {
	var s strings.Builder
	for _, r := range strings.NewReplacer("污", "氵亏", "国", "國", "厂", "廠", "1", "１").Replace(text) {
		s.WriteRune(r)
		switch dice.IntN(12) {
		case 0:
			s.WriteString("·")
		case 1:
			s.WriteString("😡")
		case 2:
			s.WriteString("*")
		}
	}
	return s.String()
}

func TestExplanationsOfRealPostsPointAtWhatWasWrittenAndAddUp(t *testing.T) {
	t.Parallel()
	bare := func(s string) string {
		folded, _ := huiying.Fold(s)
		return strings.NewReplacer("·", "", "😡", "", "*", "", " ", "").Replace(folded)
	}
	spans := 0
	for _, p := range sampleOfPosts(t, 1000) {
		as := shared().Assess(p)
		full := []rune(p.FullText())
		sum := 0.0
		for _, f := range as.Risk.Factors {
			sum += f.Weight
			if f.End == 0 {
				continue
			}
			spans++
			if f.Start >= f.End || f.End > len(full) {
				t.Fatalf("%q: %+v is outside the post", p.FullText(), f)
			}
			if got := bare(string(full[f.Start:f.End])); got != bare(f.Evidence) {
				t.Errorf("%q: %s says %q where %q stands", p.FullText(), f.Name, f.Evidence, got)
			}
		}
		if math.Abs(sum-as.Risk.Score) > 0.001 {
			t.Errorf("%q: factors add up to %.2f, the score is %.2f", p.FullText(), sum, as.Risk.Score)
		}
		for _, place := range as.Places {
			spans++
			if place.Start >= place.End || place.End > len(full) {
				t.Fatalf("%q: %+v is outside the post", p.FullText(), place)
			}
			if got := bare(string(full[place.Start:place.End])); got != bare(place.Name) {
				t.Errorf("%q: place %q where %q stands", p.FullText(), place.Name, got)
			}
		}
	}
	if spans < 200 {
		t.Errorf("only %d spans were looked at", spans)
	}
}
