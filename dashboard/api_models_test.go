package dashboard_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
)

// classroom says of every training that it runs until it is told otherwise.
type classroom struct {
	mu    sync.Mutex
	state huiying.Training
	asked []huiying.Person
}

func (c *classroom) Train(by huiying.Person, from string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Running || from == "" {
		return huiying.Errorf(huiying.CodeConflict, "%s发起的训练正在进行", c.state.By)
	}
	c.state = huiying.Training{Running: true, By: by.Name, Since: time.Now(), Done: 3, Total: 12}
	c.asked = append(c.asked, by)
	return nil
}

func (c *classroom) Training() huiying.Training {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *classroom) finish(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Running, c.state.Error = false, why
}

// trained is a house in which a training left a candidate.
func trained(t *testing.T, ids ...huiying.ModelID) *house {
	t.Helper()
	h := newHouse(t)
	for _, id := range ids {
		h.train(id)
	}
	return h
}

func (h *house) train(id huiying.ModelID) {
	h.t.Helper()
	m := huiying.Model{
		ID: id, Region: jiaocheng, CreatedAt: time.Now(), By: accounts[1],
		Report: huiying.LearnReport{Seed: 1, Examples: 12, Kinds: []huiying.KindReport{{
			Kind: huiying.ExampleUnit, N: 12, Corrections: 5, Measure: "首选单位与人工一致的比例", Measured: true, Before: 0.5, After: 0.75, Better: 4, Worse: 1,
			Warning: "只有 12 条", Changes: []huiying.ExampleChange{{Case: "c1", Title: "机密公厕帖文", Before: "城管局", After: "卫健体局", Decided: "卫健体局", Better: true}},
		}}},
	}
	check(h.t, h.ledger.AddModel(h.t.Context(), m, []byte{1}, huiying.Audit{At: time.Now(), Region: jiaocheng, Who: "analyst", Action: "model.train"}))
}

func (h *house) live() huiying.ModelID {
	h.t.Helper()
	return must(h.ledger.LiveModel(h.t.Context(), jiaocheng))
}

type modelsDoc struct {
	Live     huiying.ModelID
	Items    []huiying.Model
	Examples []struct {
		Kind                    huiying.ExampleKind
		Total, Corrections, New int
	}
	Training huiying.Training
}

func TestModelsAreTrainedAndSwitchedByThoseWhoJudge(t *testing.T) {
	h := trained(t, "m1")
	for _, user := range []string{"monitor", "supervisor", "assessor", "jkj-liaison", "jkj-handler", "secadmin", "auditor", "wenshui"} {
		h.as(user).post("/models/train", nil).problem(t, 403)
		h.as(user).post("/models/m1/activate", map[string]any{}).problem(t, 403)
		h.as(user).do("DELETE", "/api/v1/models/m1", nil).problem(t, 403)
		if r := h.as(user).submit("/models/m1/activate", "reason", "x"); r.status != http.StatusForbidden {
			t.Errorf("%s switches on the page: %d", user, r.status)
		}
	}
	if h.live() != huiying.NoModel || len(h.class.asked) != 0 {
		t.Fatal("a refusal changed something")
	}
	for _, user := range []string{"analyst", "leader", "sysadmin", "lvliang"} {
		if r := h.as(user).post("/models/train", nil); r.status != http.StatusAccepted {
			t.Errorf("%s trains: %d %s", user, r.status, r.body)
		}
		h.as(user).post("/models/train", nil).problem(t, 409)
		h.class.finish("")
	}
	h.as("jkj-liaison").get("/models").problem(t, 403)
	h.as("wenshui").get("/models").problem(t, 403)
}

func TestAModelIsSwitchedOnRolledBackAndDiscarded(t *testing.T) {
	h := trained(t, "m1")
	var doc modelsDoc
	r := h.as("analyst").post("/models/m1/activate", map[string]any{})
	r.json(t, &doc)
	if r.status != 200 || doc.Live != "m1" || h.live() != "m1" || doc.Items[0].State != huiying.ModelLive || doc.Items[0].LiveBy != "研判" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.train("m2")
	h.as("leader").post("/models/m2/activate", map[string]any{"reason": "效果更好"})
	if h.live() != "m2" {
		t.Fatal("the second model is not live")
	}
	h.as("leader").post("/models/m1/activate", map[string]any{"reason": "误派变多"}).json(t, &doc)
	if doc.Live != "m1" || h.live() != "m1" {
		t.Errorf("rolled back to %s", doc.Live)
	}
	h.as("sysadmin").post("/models/base/activate", map[string]any{"reason": " "}).json(t, &doc)
	if doc.Live != huiying.NoModel || h.live() != huiying.NoModel {
		t.Errorf("rolled back to %s", doc.Live)
	}
	h.as("leader").post("/models/base/activate", map[string]any{"reason": "再来"}).problem(t, 409)
	h.as("leader").do("DELETE", "/api/v1/models/m1", nil).problem(t, 404)
	h.train("m3")
	if r := h.as("leader").do("DELETE", "/api/v1/models/m3", nil); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	h.as("leader").post("/models/m3/activate", map[string]any{"reason": "x"}).problem(t, 404)

	actions := ""
	for _, a := range must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Limit: 50})).Items {
		if strings.HasPrefix(a.Action, "model.") {
			actions = a.Action + "/" + a.Object + "/" + a.Detail + " " + actions
			if a.Action != "model.train" && a.From == "" {
				t.Errorf("the audit does not say where %s came from", a.Action)
			}
		}
	}
	const want = "model.train// model.activate/m1/ model.train// model.activate/m2/效果更好 model.rollback/m1/误派变多 model.rollback/base/ model.train// model.discard/m3/ "
	if actions != want {
		t.Errorf("audit: %s", actions)
	}
}

func TestExamplesAreCountedAndTheirTextsHiddenFromAdministrators(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("公厕无人打扫", "jkj")
	h.act("analyst", c, "reassign", map[string]any{"lead": "zjj", "reason": "环卫归住建"})
	dismissed := h.open("闲聊")
	h.act("analyst", dismissed, "dismiss", map[string]any{"reason": "与本县无关"})
	count := func() (s string) {
		var doc modelsDoc
		h.as("analyst").get("/models").json(t, &doc)
		for _, e := range doc.Examples {
			s += string(e.Kind) + " " + string(rune('0'+e.Total)) + string(rune('0'+e.Corrections)) + string(rune('0'+e.New)) + " "
		}
		return s
	}
	if got := count(); got != "unit 101 level 000 relevant 212 " {
		t.Errorf("total, corrections, new: %s", got)
	}
	h.train("m1")
	if got := count(); got != "unit 100 level 000 relevant 210 " {
		t.Errorf("after a training: %s", got)
	}
	for user, sees := range map[string]bool{"analyst": true, "supervisor": true, "sysadmin": false} {
		for path, r := range map[string]reply{"api": h.as(user).get("/models"), "page": h.as(user).page("/models")} {
			if strings.Contains(string(r.body), "机密公厕帖文") != sees {
				t.Errorf("%s reads the posts by the %s: %v", user, path, !sees)
			}
		}
	}
}

func TestThePageOfModels(t *testing.T) {
	h := newHouse(t)
	h.as("analyst").page("/models").says(t, "还没有可以学习的判定", "改派单位", "初始模型", "disabled")
	c := h.assigned("公厕无人打扫", "jkj")
	h.act("leader", c, "reassign", map[string]any{"lead": "zjj", "reason": "环卫归住建"})
	if r := h.as("analyst").submit("/models/train"); r.status != http.StatusSeeOther || len(h.class.asked) != 1 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r := h.as("analyst").page("/models")
	r.says(t, "正在训练", "已读 3 / 12 条", `hx-get="/models/training"`)
	if strings.Contains(string(r.body), "重新训练") {
		t.Error("a second training is offered while one runs")
	}
	if r := h.as("leader").submit("/models/train"); r.status != http.StatusConflict {
		t.Errorf("a second training: %d", r.status)
	}
	if r := h.as("analyst").page("/models/training"); r.header.Get("HX-Refresh") != "" {
		t.Error("the page is loaded anew before the training is over")
	}
	h.class.finish("")
	h.train("m1")
	if r := h.as("analyst").page("/models/training"); r.header.Get("HX-Refresh") != "true" {
		t.Error("the page does not learn that the training is over")
	}
	r = h.as("analyst").page("/models")
	r.says(t, "待确认的模型", "50%", "75%", "只有 12 条", "卫健体局", "确认启用", "放弃")
	sound(t, "candidate", r)
	if r := h.as("monitor").page("/models"); strings.Contains(string(r.body), "确认启用") || strings.Contains(string(r.body), "重新训练") {
		t.Error("buttons are shown to who may not press them")
	}
	if r := h.as("analyst").submit("/models/m1/activate", "reason", ""); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.train("m2")
	h.as("analyst").submit("/models/m2/activate")
	r = h.as("analyst").page("/models?done=model")
	r.says(t, "模型已切换", "已停用", "使用中", "回退到此版本")
	sound(t, "history", r)
	if h.as("leader").submit("/models/m1/activate"); h.live() != "m1" { // one click
		t.Error("the rollback did nothing")
	}
	if r := h.as("analyst").submit("/models/base/activate", "reason", "误派变多"); r.status != http.StatusSeeOther {
		t.Errorf("a rollback with a reason: %d", r.status)
	}
	h.train("m3")
	if r := h.as("leader").submit("/models/m3/discard"); r.status != http.StatusSeeOther || strings.Contains(string(h.as("leader").page("/models").body), "待确认的模型") {
		t.Errorf("the candidate is still there: %d", r.status)
	}
	if r := h.as("leader").submit("/models/m3/discard"); r.status != http.StatusNotFound {
		t.Errorf("discarding twice: %d", r.status)
	}
	h.class.finish("训练没有完成，原因已记入日志")
	h.as("analyst").page("/models").says(t, "上次训练没有完成")
}
