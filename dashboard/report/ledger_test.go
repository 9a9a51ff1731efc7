package report

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

func TestTheLedgerSheetHoldsRealDatesAndSpans(t *testing.T) {
	h := filled(t)
	book := must(excelize.OpenReader(bytes.NewReader(h.write(t, Order{Kind: huiying.ReportLedger, Format: "xlsx"}).Bytes)))
	defer func() { _ = book.Close() }()
	rows := must(book.GetRows("台账"))
	if len(rows) != 5 {
		t.Fatalf("%d rows, want a title, who took it out, the head and two cases", len(rows))
	}
	column := make(map[string]string)
	for i, name := range rows[2] {
		cell := must(excelize.CoordinatesToCellName(i+1, 4))
		column[name] = cell
	}
	for name, want := range map[string]string{
		"编号": "交舆〔2026〕0001号", "交办时间": "2026-11-26 08:50", "签收时间": "2026-11-26 08:58", "签收用时": "0小时08分", "回应用时": "4小时38分", "是否超时": "签收超时", "办结时间": "", "协办单位": "天宁镇",
	} {
		if got := must(book.GetCellValue("台账", column[name])); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if kind := must(book.GetCellType("台账", column["交办时间"])); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("交办时间 is of type %v: no date Excel can reckon with", kind)
	}
	raw := must(book.GetCellValue("台账", column["签收用时"], excelize.Options{RawCellValue: true}))
	var days float64
	if _, err := fmt.Sscan(raw, &days); err != nil || days < 0.0055 || days > 0.0056 {
		t.Errorf("签收用时 is %q, want 8 minutes as a part of a day", raw)
	}
}

func TestALedgerOfTenThousandCases(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten thousand cases")
	}
	h, ctx := empty(t), context.Background()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, huiying.Beijing)
	const n = 10000
	var batch []huiying.CaseWrite
	for i := range n {
		at := start.Add(time.Duration(i) * time.Minute)
		c := huiying.Case{
			ID: huiying.CaseID(fmt.Sprintf("c%05d", i)), Version: 1, Rev: 1, Region: county, Queue: huiying.Online, State: huiying.StateAssigned, Level: huiying.Blue,
			Title: fmt.Sprintf("第%d件", i), FirstSeenAt: at, OpenedAt: at, AssignedAt: at.Add(time.Minute), Units: []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at}},
		}
		batch = append(batch, huiying.CaseWrite{Case: c})
		if len(batch) == 500 {
			must(h.ledger.SaveCases(ctx, batch))
			batch = nil
		}
	}
	f := h.write(t, Order{Kind: huiying.ReportLedger, Format: "xlsx"})
	book := must(excelize.OpenReader(bytes.NewReader(f.Bytes)))
	defer func() { _ = book.Close() }()
	rows := must(book.GetRows("台账"))
	if len(rows) != n+3 || rows[n+2][5] != "第9999件" {
		t.Errorf("%d rows, the last %v", len(rows), rows[len(rows)-1])
	}
}
