package sample

import (
	"fmt"
	"time"

	"huiying"
)

// Course is how a matter of the past was dealt with.
type Course string

// courses are what people did, step by step.
var courses = map[Course]func(*player){
	"prompt": func(p *player) { p.assign(); p.acknowledge(3, 20); p.work(60, 180); p.report(); p.answer() },
	"slow":   func(p *player) { p.assign(); p.acknowledge(95, 190); p.work(60, 240); p.report(); p.answer() },
	"late": func(p *player) {
		p.assign()
		p.acknowledge(10, 40)
		p.work(26*60, 31*60)
		p.urge()
		p.report()
		p.wait(14*60, 20*60)
		p.answer()
	},
	"sentback": func(p *player) {
		p.assign()
		p.acknowledge(5, 25)
		p.work(60, 200)
		p.report()
		p.sendBack()
		p.report()
		p.answer()
	},
	"returned": func(p *player) {
		p.assign()
		p.giveBack()
		p.acknowledge(5, 25)
		p.work(90, 200)
		p.report()
		p.answer()
	},
	"untrue": func(p *player) { p.assign(); p.acknowledge(2, 8); p.work(20, 45); p.refute(); p.answer() },
}

// player acts for everybody who had a part in a case.
type player struct {
	m       Matter
	c       huiying.Case
	rules   *huiying.Rules
	at      time.Time // of what was done last
	until   time.Time // nothing is done later
	entries []huiying.Entry
	finding huiying.Finding
	n       int
	err     error
}

// wait lets some minutes pass; what would be done at night waits for the morning.
func (p *player) wait(from, to int) {
	p.n++
	p.at = p.at.Add(p.m.luck(fmt.Sprint("wait", p.n), time.Duration(from)*time.Minute, time.Duration(to)*time.Minute))
	y, month, d := p.at.Date()
	morning := time.Date(y, month, d, 8, 0, 0, 0, huiying.Beijing).Add(p.m.luck(fmt.Sprint("morning", p.n), 0, 40*time.Minute))
	switch {
	case p.at.Hour() >= 22:
		p.at = morning.AddDate(0, 0, 1)
	case p.at.Before(morning) && p.at.Hour() < 8:
		p.at = morning
	}
}

// do has somebody act, once what was due before has been put on record.
func (p *player) do(cmd huiying.Command) {
	if p.err != nil || !p.at.Before(p.until) {
		return
	}
	p.tick(p.at)
	next, out, err := p.c.Do(cmd, p.rules, p.at)
	if err != nil {
		p.err = fmt.Errorf("%s by %s in %s: %w", cmd.Action, cmd.By.Role, p.c.State, err)
		return
	}
	p.c, p.entries = next, append(p.entries, out.Entries...)
	p.tick(p.at) // the first notice to a unit just assigned
}

// tick puts what fell due on record, at its time.
func (p *player) tick(until time.Time) {
	for p.err == nil {
		at, ok := p.c.NextAt(p.rules)
		if !ok || at.After(until) {
			return
		}
		next, out, changed := p.c.Tick(p.rules, at)
		if !changed {
			return
		}
		p.c, p.entries = next, append(p.entries, out.Entries...)
	}
}

func (p *player) office(role huiying.Role) huiying.Person {
	by := huiying.Person{User: huiying.UserID(role), Role: role, Region: home}
	switch role {
	case huiying.Leader:
		by.Name = "值班领导"
	case huiying.Supervisor:
		by.Name, by.Unit = "督查室督办", "ducha"
	default:
		by.Name, by.Unit = "网信办研判", "wxb"
	}
	return by
}

// of is somebody of a unit.
func (p *player) of(unit huiying.UnitID, role huiying.Role) huiying.Person {
	return huiying.Person{User: huiying.UserID(string(unit) + "-" + string(role)), Name: role.Label(), Role: role, Unit: unit, Region: home}
}

func (p *player) lead(role huiying.Role) huiying.Person { return p.of(p.c.Lead(), role) }

func (p *player) assign() {
	p.wait(6, 24)
	p.do(huiying.Command{Action: huiying.ActAssign, By: p.office(huiying.Leader), Lead: p.m.Lead, Helpers: p.m.Help})
}

func (p *player) acknowledge(from, to int) {
	p.wait(from, to)
	p.do(huiying.Command{Action: huiying.ActAcknowledge, By: p.lead(huiying.Liaison)})
	for _, u := range p.m.Help {
		if p.c.HasUnit(u) {
			p.wait(2, 14)
			p.do(huiying.Command{Action: huiying.ActAcknowledge, By: p.of(u, huiying.Liaison)})
		}
	}
}

// work is what the units find out and do on the spot.
func (p *player) work(from, to int) {
	p.finding = huiying.FoundTrue
	p.wait(from, to)
	p.do(huiying.Command{Action: huiying.ActHandle, By: p.lead(huiying.Handler), Text: "已派人到现场核实，正在查找原因，处置情况随后报送。"})
	for _, u := range p.m.Help {
		if p.c.HasUnit(u) {
			p.wait(10, 60)
			p.do(huiying.Command{Action: huiying.ActHandle, By: p.of(u, huiying.Liaison), Text: "已到现场配合，联系上当事人。"})
		}
	}
}

// report is the feedback form: written by the handler, signed by the head.
func (p *player) report() {
	head := p.lead(huiying.Head)
	f := huiying.Feedback{
		Finding: p.finding, Facts: "经到现场核实、向当事人了解，群众反映的情况" + p.finding.Label() + "。",
		Measures: "已落实整改责任人和完成时间，整改后回访当事人。", Contacted: true, Advice: "建议公布核实结果和整改时间。",
		Outlet: "县政府门户网站", Publicity: huiying.Public,
	}
	p.wait(200, 520)
	p.do(huiying.Command{Action: huiying.ActSubmit, By: p.lead(huiying.Handler), Feedback: &f, Head: head.Name})
	p.wait(15, 80)
	p.do(huiying.Command{Action: huiying.ActSign, By: head})
}

func (p *player) sendBack() {
	p.wait(20, 60)
	p.do(huiying.Command{Action: huiying.ActSendBack, By: p.office(huiying.Analyst), Grounds: "要素不健全", Reason: "没有写明整改完成时间，请补充"})
}

// giveBack has the lead say that it is not its matter; another gets it.
func (p *player) giveBack() {
	p.wait(35, 90)
	p.do(huiying.Command{Action: huiying.ActReturn, By: p.lead(huiying.Liaison), Lead: p.m.Instead, Reason: "征收主体是项目建设单位，不属于本单位职责"})
	p.wait(8, 25)
	p.do(huiying.Command{Action: huiying.ActAssign, By: p.office(huiying.Leader), Lead: p.m.Instead, Helpers: p.m.Help})
}

func (p *player) urge() {
	p.wait(5, 30)
	p.do(huiying.Command{Action: huiying.ActUrge, By: p.office(huiying.Supervisor), Reason: "首次反馈已超时，请说明原因并抓紧办理"})
}

// refute is a rumour found untrue.
func (p *player) refute() {
	p.finding = huiying.FoundFalse
	p.report()
	if p.c.Rumor != "" {
		p.wait(3, 12)
		p.do(huiying.Command{Action: huiying.ActRumor, By: p.office(huiying.Analyst), To: string(huiying.RumorRefuted), Reason: "公安机关核查，当晚没有此类警情"})
	}
}

// answer publishes the response, and ends the case once the matter is mended.
func (p *player) answer() {
	p.wait(20, 70)
	p.do(huiying.Command{Action: huiying.ActApprove, By: p.office(huiying.Leader)})
	text := "关于群众反映的问题，经核实情况属实。责任单位已现场处置，正在整改，完成后将向社会公布。给大家带来不便，我们深表歉意。监督电话：12345。"
	if p.finding == huiying.FoundFalse {
		text = "关于网传信息的说明：经公安机关核查，网传内容与事实不符，当晚没有此类警情。请不信谣、不传谣，以官方发布为准。"
	}
	p.wait(15, 60)
	p.do(huiying.Command{Action: huiying.ActRespond, By: p.office(huiying.Leader), Response: &huiying.Response{
		Text: text, Forms: []huiying.ResponseForm{huiying.FormRelease}, Outlet: "县政府门户网站", Publicity: huiying.Public,
	}})
	p.wait(8*60, 14*60)
	p.do(huiying.Command{Action: huiying.ActReach, By: p.office(huiying.Analyst), Reach: &huiying.Reach{
		Outlet: "县政府门户网站", Reads: 400 + int64(p.m.luck("reads", 0, 9000)), Reprints: int(p.m.luck("reprints", 0, 4)),
	}})
	p.wait(18*60, 60*60)
	p.do(huiying.Command{Action: huiying.ActClose, By: p.office(huiying.Analyst), Reason: "已整改并回访当事人，当事人认可"})
	p.wait(24*60, 48*60)
	p.do(huiying.Command{Action: huiying.ActArchive, By: p.office(huiying.Monitor)})
}
