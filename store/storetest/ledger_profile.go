package storetest

import (
	"testing"

	"huiying"
)

func profilesComeBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	none := huiying.Audit{}
	p := huiying.Profile{
		Name: "12345热线'工单'", Region: county, Channel: huiying.ChannelHotline, Source: "交城县12345热线", Sheet: "工单", Header: 2,
		Columns: []huiying.ProfileColumn{
			{Column: "诉求内容", Field: huiying.FieldText},
			{Column: "来电时间", Field: huiying.FieldAt, Layouts: []string{"yyyy-MM-dd HH:mm"}},
			{Value: "天宁镇", Field: huiying.FieldPlace},
		},
	}
	must(t, l.SaveProfile(ctx, huiying.Profile{Name: p.Name, Region: county, Channel: huiying.ChannelLetter, Columns: p.Columns}, none))
	must(t, l.SaveProfile(ctx, huiying.Profile{Name: p.Name, Region: other, Channel: huiying.ChannelLetter, Columns: p.Columns}, none))
	must(t, l.SaveProfile(ctx, p, huiying.Audit{At: at(1), Region: county, Who: "m1", Role: huiying.Monitor, Action: "profile.save", Object: p.Name}))
	same(t, "the county's", value(l.Profiles(ctx, county))(t), []huiying.Profile{p})
	if n := value(l.VerifyAudit(ctx))(t); n != 1 {
		t.Errorf("%d audit rows, want the one that was given", n)
	}
	broken := p
	broken.Columns = broken.Columns[1:]
	is(t, l.SaveProfile(ctx, broken, none), huiying.ErrInvalid)
	broken = p
	broken.Region = "nowhere"
	is(t, l.SaveProfile(ctx, broken, none), huiying.ErrInvalid)
	same(t, "after two refusals", value(l.Profiles(ctx, county))(t), []huiying.Profile{p})
}
