package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// modelsDoc is what people taught the analyzer, and what could be learned next.
type modelsDoc struct {
	Live     huiying.ModelID  `json:"live" doc:"使用中的模型，base 表示没有使用人工经验"`
	Items    []huiying.Model  `json:"items" doc:"最近训练的在前"`
	Examples []exampleCount   `json:"examples"`
	Training huiying.Training `json:"training"`
}

// exampleCount counts people's decisions of one kind.
type exampleCount struct {
	Kind        huiying.ExampleKind `json:"kind"`
	Total       int                 `json:"total"`
	Corrections int                 `json:"corrections" doc:"与系统建议不同的"`
	New         int                 `json:"new" doc:"最近一次训练之后的"`
}

type trainInput struct{ asked }

type discardInput struct {
	asked
	ID huiying.ModelID `path:"id" maxLength:"64"`
}

type activateInput struct {
	asked
	ID   huiying.ModelID `path:"id" maxLength:"64" doc:"模型编号；base 为不使用人工经验"`
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"为什么启用或回退，选填；记入审计"`
	}
}

func (a api) routesModels() {
	tags := []string{"模型"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/models", OperationID: "list-models", Summary: "从人工判定学到的模型、可学的样本和训练进度", Tags: tags,
	}, a.listModels)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/models/train", OperationID: "train-model", Summary: "重新训练，完成后得到一个待确认的模型", Tags: tags,
		DefaultStatus: http.StatusAccepted,
	}, a.trainModel)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/models/{id}/activate", OperationID: "activate-model", Summary: "启用待确认的模型，或回退到以前的模型", Tags: tags,
	}, a.activateModel)
	handle(a, huma.Operation{
		Method: http.MethodDelete, Path: "/models/{id}", OperationID: "discard-model", Summary: "放弃待确认的模型", Tags: tags,
	}, a.discardModel)
}

// readsModels refuses those who may not see models: their report quotes posts.
func (s *Server) readsModels(p huiying.Person) error {
	if !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeForbidden, "%s 的模型不在您的辖区之内", s.cfg.Region)
	}
	return nil
}

func (a api) listModels(ctx context.Context, p huiying.Person, _ *struct{}) (modelsDoc, error) {
	doc := modelsDoc{Live: huiying.NoModel}
	if err := a.readsModels(p); err != nil {
		return doc, err
	}
	if a.cfg.Learning != nil {
		doc.Training = a.cfg.Learning.Training()
	}
	models, err := a.cfg.Ledger.Models(ctx, a.cfg.Region)
	if err != nil {
		return doc, fmt.Errorf("listing models: %w", err)
	}
	doc.Items = some(models)
	var latest time.Time
	for i := range doc.Items {
		m := &doc.Items[i]
		if m.State == huiying.ModelLive {
			doc.Live = m.ID
		}
		if m.CreatedAt.After(latest) {
			latest = m.CreatedAt
		}
		if !p.SeesPosts() {
			hideContent(m)
		}
	}
	examples, err := a.cfg.Ledger.Examples(ctx, a.cfg.Region)
	if err != nil {
		return doc, fmt.Errorf("counting examples: %w", err)
	}
	doc.Examples = countExamples(examples, latest)
	return doc, nil
}

// hideContent takes the posts out of a report: administrators see none (三员分立).
func hideContent(m *huiying.Model) {
	for i := range m.Report.Kinds {
		k := &m.Report.Kinds[i]
		k.Changes = slices.Clone(k.Changes)
		for j := range k.Changes {
			k.Changes[j].Case, k.Changes[j].Title = "", ""
		}
	}
}

func countExamples(examples []huiying.Example, since time.Time) []exampleCount {
	out := make([]exampleCount, len(huiying.ExampleKinds))
	for i, k := range huiying.ExampleKinds {
		out[i].Kind = k
	}
	for _, e := range examples {
		c := &out[slices.Index(huiying.ExampleKinds, e.Kind)]
		c.Total++
		if e.Corrects() {
			c.Corrections++
		}
		if e.At.After(since) {
			c.New++
		}
	}
	return out
}

func (a api) trainModel(_ context.Context, p huiying.Person, in *trainInput) (huiying.Training, error) {
	if err := p.TrainsModels(a.cfg.Region); err != nil {
		return huiying.Training{}, err
	}
	if a.cfg.Learning == nil {
		return huiying.Training{}, huiying.Errorf(huiying.CodeConflict, "这里没有分析器，不能训练")
	}
	if err := a.cfg.Learning.Train(p, remote(in.request)); err != nil {
		return huiying.Training{}, err
	}
	return a.cfg.Learning.Training(), nil
}

func (a api) activateModel(ctx context.Context, p huiying.Person, in *activateInput) (modelsDoc, error) {
	if err := p.TrainsModels(a.cfg.Region); err != nil {
		return modelsDoc{}, err
	}
	models, err := a.cfg.Ledger.Models(ctx, a.cfg.Region)
	if err != nil {
		return modelsDoc{}, fmt.Errorf("listing models: %w", err)
	}
	reason, action := strings.TrimSpace(in.Body.Reason), "model.activate"
	if !slices.ContainsFunc(models, func(m huiying.Model) bool { return m.ID == in.ID && m.State == huiying.ModelCandidate }) {
		action = "model.rollback" // at once, with or without a reason: it undoes what went wrong
	}
	err = a.cfg.Ledger.ActivateModel(ctx, a.cfg.Region, in.ID, p, reason, a.now(), a.modelAudit(in.request, p, action, in.ID, reason))
	if err != nil {
		return modelsDoc{}, err
	}
	return a.listModels(ctx, p, nil)
}

func (a api) discardModel(ctx context.Context, p huiying.Person, in *discardInput) (modelsDoc, error) {
	if err := p.TrainsModels(a.cfg.Region); err != nil {
		return modelsDoc{}, err
	}
	if err := a.cfg.Ledger.DiscardModel(ctx, a.cfg.Region, in.ID, a.modelAudit(in.request, p, "model.discard", in.ID, "")); err != nil {
		return modelsDoc{}, err
	}
	return a.listModels(ctx, p, nil)
}

// modelAudit is written with the change itself. It belongs to the region of the
// models, whoever acts.
func (a api) modelAudit(r *http.Request, p huiying.Person, action string, id huiying.ModelID, detail string) huiying.Audit {
	return huiying.Audit{At: a.now(), Region: a.cfg.Region, Who: p.User, Role: p.Role, Action: action, Object: string(id), Detail: detail, From: remote(r)}
}
