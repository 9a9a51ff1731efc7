package report

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// FindCase finds a case by its ID, by its number (交舆〔2026〕0012号) or by the
// number alone (12: of this year).
func (r *Reporter) FindCase(ctx context.Context, ref string, now time.Time) (huiying.Case, error) {
	c, err := r.cfg.Ledger.Case(ctx, huiying.CaseID(ref))
	if err == nil || !errors.Is(err, huiying.ErrNotFound) {
		return c, err
	}
	text := ref
	if n, err := strconv.Atoi(ref); err == nil && n > 0 {
		text = fmt.Sprintf("〔%d〕%04d号", now.In(huiying.Beijing).Year(), n)
	}
	found, err := r.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: r.cfg.Region, Text: text, Limit: 20})
	if err != nil {
		return huiying.Case{}, fmt.Errorf("looking for case %s: %w", ref, err)
	}
	for _, c := range found.Items {
		if c.Number == text || text != ref && strings.HasSuffix(c.Number, text) && !c.Drill {
			return c, nil
		}
	}
	return huiying.Case{}, huiying.Errorf(huiying.CodeNotFound, "没有交办单 %s", ref)
}
