package analyzer

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"huiying"
)

// duty is a word that names what a unit is there for.
type duty struct {
	unit huiying.UnitID
	text string
	word int // in the watch
}

// candidates proposes who should answer: the topics' units, the units whose
// duties the text names, and the township the place lies in.
func (a *Analyzer) candidates(r *reading, hits []hit, as huiying.Assessment) []huiying.Candidate {
	note := r.proposals.note
	said, nobody := 1.0, 0.3
	if r.post.Channel == huiying.ChannelLetter { // of letters the model knows more than the words of duties
		said, nobody = 0.2, 0.1
	}
	for _, h := range hits {
		about := slices.Contains(h.topic.Flags, huiying.FlagMisreading) || slices.Contains(h.topic.Flags, huiying.FlagRumor)
		for i, u := range h.topic.Units {
			points := h.topic.Weight / 3
			if i > 0 {
				points *= 0.35
			}
			if about { // who drafted the policy, or whose matter the rumour is, answers
				points *= 0.3
			}
			note(u, said*points, reason{"主题“", h.topic.Name, "”：", h.word})
		}
	}
	for _, i := range r.duties {
		d := &a.duties[i]
		points := 0.8
		r.seen.each(d.word, func(_, end int) bool {
			if end <= r.titleBytes() {
				points = 1.3
			}
			return false
		})
		note(d.unit, said*points, reason{"职责词“", d.text, "”", ""})
	}
	a.departments(r, note)
	best := 0.0
	for _, p := range r.proposals {
		best = max(best, p.score)
	}
	out := r.ranked[:0]
	sum := 0.0
	for _, p := range r.proposals {
		if u, ok := a.units.Unit(p.unit); !ok || u.Township != "" {
			continue
		}
		share := math.Exp(p.score - best)
		sum += share
		out = append(out, huiying.Candidate{Unit: p.unit, P: share})
	}
	for i := range out {
		out[i].P = round(out[i].P / (sum + nobody)) // it may be none of them
	}
	slices.SortFunc(out, func(x, y huiying.Candidate) int {
		return cmp.Or(cmp.Compare(y.P, x.P), cmp.Compare(x.Unit, y.Unit))
	})
	const most, mostTowns = 5, 3
	r.ranked = out
	if r.learned == nil {
		out = out[:min(len(out), most)]
	}
	out = append(make([]huiying.Candidate, 0, len(out)+mostTowns), out...)
	for i := range out {
		out[i].Why = r.proposals.of(out[i].Unit).told()
	}
	out = r.learned.reroute(r, out)
	out = drafterFirst(out[:min(len(out), most)], as)
	return append(out, a.townships(as.Places)...)
}

// proposals are the units somebody or something speaks for, and why.
type proposals []proposal

type proposal struct {
	unit  huiying.UnitID
	score float64
	why   [3]reason // the first ones
	whys  int
}

// reason is what speaks for a unit, in pieces: few are ever told.
type reason [4]string

func (p *proposals) note(unit huiying.UnitID, points float64, why reason) {
	x := p.of(unit)
	if x == nil {
		*p = append(*p, proposal{unit: unit})
		x = &(*p)[len(*p)-1]
	}
	x.score += points
	if x.whys < len(x.why) && !slices.Contains(x.why[:x.whys], why) {
		x.why[x.whys] = why
		x.whys++
	}
}

func (p proposals) of(unit huiying.UnitID) *proposal {
	for i := range p {
		if p[i].unit == unit {
			return &p[i]
		}
	}
	return nil
}

// told is what speaks for a unit.
func (x *proposal) told() string {
	var s strings.Builder
	s.Grow(64 * x.whys)
	for i, why := range x.why[:x.whys] {
		if i > 0 {
			s.WriteString("；")
		}
		for _, piece := range why {
			s.WriteString(piece)
		}
	}
	return s.String()
}

// departments adds what the model learned from which bureau answers such letters.
// In a letter the points of a unit are log-odds above faint of what all its bureaus
// answer together.
func (a *Analyzer) departments(r *reading, note func(huiying.UnitID, float64, reason)) {
	const (
		least  = 0.1   // probability that is worth a mention
		second = 0.6   // share of the second unit of a bureau
		faint  = 0.003 // the same of a letter
		behind = 1.0   // log-odds the second unit of a bureau has less there
	)
	letter := r.post.Channel == huiying.ChannelLetter
	answers := r.answers[:0]
	mentioned := faint
	if !letter {
		mentioned = least
	}
	bureaus := slices.DeleteFunc(r.verdicts.of(taskDepartment), func(s huiying.Scored) bool { return s.P < mentioned })
	slices.SortStableFunc(bureaus, func(x, y huiying.Scored) int { return cmp.Compare(y.P, x.P) })
	for _, s := range bureaus {
		why := reason{"同类来信多由", s.Name, "部门答复（" + strconv.Itoa(int(100*s.P+0.5)), "%）"}
		for i, u := range a.bureaus[s.Name] {
			if letter {
				answers.note(u, s.P*math.Exp(-behind*float64(i)), why)
			} else {
				note(u, s.P*math.Pow(second, float64(i)), why)
			}
		}
	}
	for _, x := range answers {
		note(x.unit, math.Max(0, math.Log(x.score/faint)), x.why[0]) // of its likeliest bureau
	}
	r.answers = answers
}

func (a *Analyzer) townships(places []huiying.Place) []huiying.Candidate {
	var out []huiying.Candidate
	add := func(code huiying.Region, p float64, reason string) {
		u, ok := a.units.Township(code)
		if ok && !slices.ContainsFunc(out, func(c huiying.Candidate) bool { return c.Unit == u.ID }) {
			out = append(out, huiying.Candidate{Unit: u.ID, P: p, Why: reason})
		}
	}
	for _, p := range places {
		add(p.Code, 0.6, "属地：“"+p.Name+"”")
		for _, c := range p.Candidates {
			add(c, round(0.6/float64(len(p.Candidates))), "可能属地：“"+p.Name+"”")
		}
	}
	return out[:min(len(out), 3)]
}
