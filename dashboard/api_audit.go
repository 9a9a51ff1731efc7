package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

type auditInput struct {
	Window
	Who    string `query:"who" maxLength:"64" doc:"账号"`
	Action string `query:"action" maxLength:"64" doc:"动作代码，或带点的前一段：case.acknowledge、export."`
	Object string `query:"object" maxLength:"128" doc:"对象的开头"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" doc:"每页条数，缺省 50"`
	Cursor string `query:"cursor" maxLength:"500" doc:"上一页的 next"`
}

// chainDoc is how the latest check of the audit chain went.
type chainDoc struct {
	Running bool      `json:"running"`
	Done    int64     `json:"done"`
	Total   int64     `json:"total"`
	At      time.Time `json:"at,omitzero" doc:"核验完成的时间；没有核验过时缺"`
	By      string    `json:"by,omitempty"`
	Whole   bool      `json:"whole" doc:"核验完成且完整"`
	Problem string    `json:"problem,omitempty" doc:"第一条断开的记录"`
}

func (a api) routesAudit() {
	tags := []string{"审计"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/audit", OperationID: "list-audit", Summary: "审计记录，最新在前（审计管理员）；读取本身也记入审计", Tags: tags,
	}, a.listAudit)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/audit/verify", OperationID: "get-audit-check", Summary: "最近一次核验审计链的进度和结果（审计管理员）", Tags: tags,
	}, a.auditCheck)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/audit/verify", OperationID: "verify-audit", Summary: "从头核验审计链（审计管理员）", Tags: tags, DefaultStatus: http.StatusAccepted,
	}, a.verifyChain)
}

func (a api) listAudit(ctx context.Context, p huiying.Person, in *auditInput) (huiying.Page[huiying.Audit], error) {
	page, err := a.cfg.Ledger.AuditTrail(ctx, huiying.AuditQuery{
		Region: p.Region, From: in.From.Time, To: in.To.Time, Who: huiying.UserID(in.Who), Action: in.Action, Object: in.Object, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return page, fmt.Errorf("listing the audit trail: %w", err)
	}
	page.Items = some(page.Items)
	return page, nil
}

func (a api) auditCheck(context.Context, huiying.Person, *struct{}) (chainDoc, error) {
	v := a.verifier.now()
	return chainDoc{v.Running, v.Done, v.Total, v.At, v.By, !v.At.IsZero() && !v.Running && v.Problem == "", v.Problem}, nil
}

func (a api) verifyChain(ctx context.Context, p huiying.Person, _ *struct{}) (chainDoc, error) {
	if !a.verifier.start(p) {
		return chainDoc{}, huiying.Errorf(huiying.CodeConflict, "正在核验，请等这一次完成")
	}
	return a.auditCheck(ctx, p, nil)
}
