package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// account makes an account and returns its token.
func (in *installation) account(user string, role huiying.Role) string {
	in.t.Helper()
	in.run("a-long-password-1\n", "user", "--config", in.config, "--role", string(role), "--unit", "wxb", "--full", user, user)
	return strings.TrimSpace(in.run("", "token", "--config", in.config, user))
}

// send posts a JSON body and decodes the answer, which must be a success.
func (in *installation) send(token, path string, body, into any) {
	in.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		in.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(in.t.Context(), http.MethodPost, in.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		in.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		in.t.Fatalf("POST %s: %s %v %s", path, resp.Status, err, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			in.t.Fatalf("POST %s: %v in %s", path, err, answer)
		}
	}
}

// taught pushes new posts about heating until experience does, or does not,
// speak in their routing.
func (in *installation) taught(what string, want bool) {
	in.t.Helper()
	n := time.Now().UnixNano()
	in.eventually(what, 30*time.Second, func() error {
		n++
		post := map[string]any{"id": fmt.Sprint("heat-", n), "channel": "forum", "source": "测试", "title": "暖气不热", "text": fmt.Sprintf("小区供暖管道漏水，暖气不热，已经第 %d 天。", n%90)}
		var pushed huiying.PushResult
		in.send(in.token, "/posts", []any{post}, &pushed)
		var page huiying.Page[json.RawMessage]
		var got string
		for range 50 {
			if err := in.get("/api/v1/posts?limit=500&source=测试", &page); err != nil {
				return err
			}
			for _, item := range page.Items {
				if strings.Contains(string(item), fmt.Sprint("heat-", n)) {
					got = string(item)
				}
			}
			if got != "" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if got == "" {
			return errors.New("the post is not stored yet")
		}
		if strings.Contains(got, "人工改派经验") != want {
			return fmt.Errorf("experience speaks: %v, in %s", !want, got)
		}
		return nil
	})
}

// People send one matter to another unit than the rules, train, switch on, and
// the next post is routed by their experience; so it is after a restart, and no
// more after a rollback.
func TestTheRunningSystemLearnsFromPeople(t *testing.T) {
	t.Parallel()
	in := install(t)
	leader, analyst := in.account("l1", huiying.Leader), in.account("a1", huiying.Analyst)
	streets := []string{"新建路", "东关街", "水泉小区", "南环路", "老车站", "卦山脚下"}
	faults := []string{"供暖管道漏水", "供暖阀门锈死", "暖气片冰凉", "供暖压力不足"}
	for i := range 12 {
		var c huiying.Case
		in.send(in.token, "/cases", map[string]any{
			"queue": "offline", "title": streets[i%6] + "暖气不热", "summary": fmt.Sprintf("%s，暖气不热已 %d 天，老人受冻。", faults[i%4], i+2),
		}, &c)
		in.send(leader, "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "slj"}, nil)
	}
	in.taught("before the training nothing speaks of experience", false)

	in.send(analyst, "/models/train", nil, nil)
	var models struct {
		Items    []huiying.Model
		Training huiying.Training
	}
	in.eventually("the training ends", 30*time.Second, func() error {
		if err := getJSON(in.url+"/api/v1/models", analyst, &models); err != nil {
			return err
		}
		if models.Training.Running || len(models.Items) == 0 {
			return fmt.Errorf("%+v", models.Training)
		}
		return nil
	})
	m := models.Items[0]
	if m.State != huiying.ModelCandidate || m.Report.Examples != 24 || m.Report.Kinds[0].Warning == "" || m.By.User != "a1" {
		t.Errorf("the candidate: %+v", m)
	}
	in.taught("a candidate that nobody confirmed changes nothing", false)
	in.send(leader, "/models/"+string(m.ID)+"/activate", map[string]any{}, nil)
	in.taught("the confirmed model is in use", true)

	in.kill(syscall.SIGTERM)
	in.start()
	in.taught("the model is in use after a restart", true)
	in.send(leader, "/models/base/activate", map[string]any{"reason": "试用结束"}, nil)
	in.taught("after the rollback nothing speaks of experience", false)
	in.run("", "verify-audit", "--config", in.config)
}
