package analyzer

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// examined are the suites, the sets whose rows they are asked about and the task of
// whose primer they are asked apart.
var examined = []struct {
	suite  string
	sets   []string
	primer string
}{
	{"routing", []string{"routing_taidi"}, taskCategory},
	{"department", []string{"routing_dept_weak"}, ""},
	{"sentiment", toneSets, taskEmotion},
	{"citizen", []string{"risk_citizen"}, ""},
	{"emergency", []string{"emergency"}, taskEmergency},
	{"rumor", []string{"rumor_ced"}, ""},
}

// product scores what the whole of [Analyzer.Assess] says of each row when the
// models were taught without its fold. m is left without tasks.
func (a *Analyzer) product(ctx context.Context, m *model, fits [][]fitted, sets map[string][]*example) (map[string]Metrics, error) {
	models := make([]*model, len(fits))
	for k := range fits {
		models[k] = &model{Slots: m.Slots, IDF: m.IDF, bagOf: m.bagOf}
		if err := models[k].assemble(fits[k]); err != nil {
			return nil, err
		}
	}
	out := make(map[string]Metrics)
	for _, x := range examined {
		var all []judged
		for _, set := range x.sets {
			verdicts, err := a.examine(ctx, x.suite, sets[set], models)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", set, err)
			}
			if len(x.sets) > 1 && len(verdicts) > 0 {
				out[x.suite+"/"+set] = measure(x.suite, verdicts)
			}
			all = append(all, verdicts...)
		}
		if len(all) > 0 {
			out[x.suite] = measure(x.suite, all)
		}
		verdicts, err := a.examine(ctx, x.suite, sets[primerSet(x.primer)], models)
		if err != nil {
			return nil, fmt.Errorf("primer: %w", err)
		}
		if len(verdicts) > 0 {
			out[x.suite+"/primer"] = measure(x.suite, verdicts)
		}
	}
	return out, nil
}

// examine asks about the rows of a set, each of the model that has not seen it.
func (a *Analyzer) examine(ctx context.Context, name string, rows []*example, models []*model) ([]judged, error) {
	s := suites[name]
	known := slices.DeleteFunc(slices.Clone(rows), func(e *example) bool {
		_, ok := s.label(a, e.row.label())
		return !ok
	})
	intake := huiying.Intake{Region: a.county.Region, Key: []byte("eval"), Now: huiying.Speed{}.Now}
	verdicts := make([]judged, len(known))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, e := range known {
		g.Go(func() error {
			p, err := intake.Accept(huiying.Post{Channel: s.channel, Title: e.row.Title, Text: e.row.Text})
			if err != nil {
				return fmt.Errorf("%s: %w", e.row.ID, err)
			}
			r := a.read(p)
			defer a.free(r)
			r.verdicts = models[e.fold].ask(&r.features)
			want, _ := s.label(a, e.row.label())
			verdicts[i] = judged{want, s.judge(a, p, a.assess(r)), e.row.Slice}
			return ctx.Err()
		})
	}
	return verdicts, g.Wait()
}
