package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"huiying"
)

// failureCount is how often one kind of failure kept sources from being read.
type failureCount struct {
	Kind    huiying.FailureKind `json:"kind"`
	Label   string              `json:"label"`
	Advice  string              `json:"advice"`
	Day     int                 `json:"day" doc:"近 24 小时"`
	Week    int                 `json:"week" doc:"近 7 天"`
	Sources int                 `json:"-"` // how many it concerns
}

// failuresOf sums by kind what could not be read of these sources, the most frequent
// first.
func failuresOf(now time.Time, sources ...huiying.SourceHealth) []failureCount {
	sums := make(map[huiying.FailureKind]*failureCount)
	for _, h := range sources {
		day := h.Load(now.Add(-24 * time.Hour)).Kinds
		for kind, n := range h.Load(now.Add(-7 * 24 * time.Hour)).Kinds {
			sum := sums[kind]
			if sum == nil {
				sum = &failureCount{Kind: kind, Label: kind.Label(), Advice: kind.Advice()}
				sums[kind] = sum
			}
			sum.Day += day[kind]
			sum.Week += n
			sum.Sources++
		}
	}
	out := make([]failureCount, 0, len(sums))
	for _, sum := range sums {
		out = append(out, *sum)
	}
	slices.SortFunc(out, func(a, b failureCount) int {
		return cmp.Or(b.Week-a.Week, b.Day-a.Day, cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// askedName is a host's name as it is asked for and kept in the ledger: xn--… where
// an address is written 交城.中国.
func askedName(host string) string {
	name, port, found := strings.Cut(host, ":")
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || strings.HasPrefix(host, "[") {
		return host
	}
	if !found {
		return ascii
	}
	return ascii + ":" + port
}

// hostDays is what all collectors asked of the sources' hosts today, by the wall
// clock; hosts that were not asked today are left out.
func (s *Server) hostDays(ctx context.Context, sources []huiying.Source) (map[string]huiying.HostDay, error) {
	asked := make(map[string]string) // host as the address has it → its name in the ledger
	for _, src := range sources {
		if name := src.Host(); name != "" {
			asked[name] = askedName(name)
		}
	}
	names := slices.Compact(slices.Sorted(maps.Values(asked)))
	kept, err := s.cfg.Ledger.Hosts(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("read what was asked of hosts: %w", err)
	}
	now, days := s.wall(), make(map[string]huiying.HostDay)
	for name, in := range asked {
		day, known := kept[in]
		if !known || !now.Before(day.Day.Add(24*time.Hour)) || now.Before(day.Day) {
			continue
		}
		if !day.Away.After(now) {
			day.Away = time.Time{}
		}
		days[name] = day
	}
	return days, nil
}
