package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

type auditRow struct {
	bun.BaseModel `bun:"table:audit,alias:audit" json:"-"`

	Seq    int64  `bun:"seq,pk" json:"seq"`
	At     int64  `bun:"at" json:"at"` // µs
	Region string `bun:"region" json:"region"`
	Who    string `bun:"who" json:"who"`
	Role   string `bun:"role" json:"role"`
	Action string `bun:"action" json:"action"`
	Object string `bun:"object" json:"object"`
	Detail string `bun:"detail" json:"detail"`
	Origin string `bun:"origin" json:"from"`
	Prev   string `bun:"prev" json:"prev"`
	Hash   string `bun:"hash" json:"-"`
}

// link is the hash of a row: SHA-256 over the hash of the row before it and all
// its other fields, as JSON with the fields in the order of auditRow. That is
// canonical: no map, no float, times as integers.
func (r auditRow) link() (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("writing audit row %d as JSON: %w", r.Seq, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func (r auditRow) audit() huiying.Audit {
	return huiying.Audit{
		Seq: r.Seq, At: jsondoc.Time(r.At), Region: huiying.Region(r.Region), Who: huiying.UserID(r.Who), Role: huiying.Role(r.Role),
		Action: r.Action, Object: r.Object, Detail: r.Detail, From: r.Origin, Prev: r.Prev, Hash: r.Hash,
	}
}

// Record appends one row to the audit chain; Seq, Prev and Hash are set here.
// Rows are final: there is no way to change or remove one, and the database
// refuses it too.
func (l *Ledger) Record(ctx context.Context, a huiying.Audit) error {
	return l.change(ctx, "recording "+a.Action, func(ctx context.Context, tx bun.Tx) error {
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// appendAudit links rows to the chain. Updating the head first makes writers
// queue, on a database with many of them too.
func appendAudit(ctx context.Context, tx bun.Tx, list []huiying.Audit) error {
	if len(list) == 0 {
		return nil
	}
	var head struct {
		Seq  int64
		Hash string
	}
	if err := tx.NewRaw("UPDATE audit_head SET seq = seq + ? WHERE id = 1 RETURNING seq, hash", len(list)).Scan(ctx, &head); err != nil {
		return fmt.Errorf("taking the end of the audit chain: %w", err)
	}
	rows := make([]auditRow, len(list))
	prev := head.Hash
	for i, a := range list {
		text := func(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "") }
		r := auditRow{
			Seq: head.Seq - int64(len(list)-1-i), At: jsondoc.Micro(a.At), Region: text(string(a.Region)), Who: text(string(a.Who)), Role: text(string(a.Role)),
			Action: text(a.Action), Object: text(a.Object), Detail: text(a.Detail), Origin: text(a.From), Prev: prev,
		}
		hash, err := r.link()
		if err != nil {
			return err
		}
		r.Hash, prev = hash, hash
		rows[i] = r
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("writing to the audit chain: %w", err)
	}
	if _, err := tx.NewRaw("UPDATE audit_head SET hash = ? WHERE id = 1", prev).Exec(ctx); err != nil {
		return fmt.Errorf("moving the end of the audit chain: %w", err)
	}
	return nil
}

// AuditTrail lists audit rows, newest first.
func (l *Ledger) AuditTrail(ctx context.Context, q huiying.AuditQuery) (huiying.Page[huiying.Audit], error) {
	var page huiying.Page[huiying.Audit]
	w, err := auditConditions(q)
	if err != nil {
		return page, err
	}
	limit := keyset.Limit(q.Limit)
	var rows []auditRow
	err = l.read.NewRaw("SELECT * FROM audit"+w.where()+" ORDER BY seq DESC LIMIT ?", append(w.args, limit+1)...).Scan(ctx, &rows)
	if err != nil {
		return page, fmt.Errorf("listing the audit trail: %w", err)
	}
	cut := keyset.Page(rows, limit, func(last auditRow) string { return keyset.Encode("audit", last.Seq) })
	page.Next, page.Items = cut.Next, make([]huiying.Audit, len(cut.Items))
	for i, r := range cut.Items {
		page.Items[i] = r.audit()
	}
	return page, nil
}

func auditConditions(q huiying.AuditQuery) (conditions, error) {
	var w conditions
	w.in("region", q.Region)
	if !q.From.IsZero() {
		w.add("at >= ?", jsondoc.Micro(q.From))
	}
	if !q.To.IsZero() {
		w.add("at < ?", jsondoc.Micro(q.To))
	}
	if q.Who != "" {
		w.add("who = ?", string(q.Who))
	}
	switch {
	case strings.HasSuffix(q.Action, "."):
		w.add("action >= ? AND action < ?", q.Action, strings.TrimSuffix(q.Action, ".")+"/")
	case q.Action != "":
		w.add("action = ?", q.Action)
	}
	if q.Object != "" {
		w.add("object LIKE ? ESCAPE '!'", strings.TrimPrefix(like(q.Object), "%"))
	}
	if q.Cursor != "" {
		var seq int64
		if err := keyset.Decode("audit", q.Cursor, &seq); err != nil {
			return w, err
		}
		w.add("seq < ?", seq)
	}
	return w, nil
}

// AuditSpan counts the rows of a region and says when the first was written; the
// zero time when there is none.
func (l *Ledger) AuditSpan(ctx context.Context, region huiying.Region) (n int64, first time.Time, err error) {
	var w conditions
	w.in("region", region)
	var span struct{ N, First int64 }
	err = l.read.NewRaw("SELECT count(*) AS n, coalesce(min(at), 0) AS first FROM audit"+w.where(), w.args...).Scan(ctx, &span)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("counting the audit trail: %w", err)
	}
	return span.N, jsondoc.Time(span.First), nil
}

// AuditHash is the hash of one row of the audit trail, "" when there is none of that
// number. Noted outside the database it tells whether the trail was cut short there:
// whoever may write to the database can set the end of the chain back with it.
func (l *Ledger) AuditHash(ctx context.Context, seq int64) (string, error) {
	var hash string
	err := l.read.NewRaw("SELECT hash FROM audit WHERE seq = ?", seq).Scan(ctx, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading a row of the audit trail: %w", err)
	}
	return hash, nil
}

// VerifyAudit walks the whole chain and returns how many rows it has. The error
// names the first row that was changed, removed or put in between; it is an
// [huiying.ErrConflict].
func (l *Ledger) VerifyAudit(ctx context.Context) (n int64, err error) {
	return l.WalkAudit(ctx, func(int64, int64) {})
}

// WalkAudit is [Ledger.VerifyAudit] that says how far it has got.
func (l *Ledger) WalkAudit(ctx context.Context, progress func(done, total int64)) (n int64, err error) {
	var end struct {
		Seq    int64
		Hash   string
		Lowest int64
		Last   int64
	}
	err = l.read.NewRaw(`SELECT seq, hash, (SELECT coalesce(min(seq), 1) FROM audit) AS lowest,
		(SELECT coalesce(max(seq), 0) FROM audit) AS last FROM audit_head WHERE id = 1`).Scan(ctx, &end)
	switch {
	case err != nil:
		return 0, fmt.Errorf("reading the end of the audit chain: %w", err)
	case end.Lowest < 1:
		return 0, broken(end.Lowest, "首行之前不应有记录")
	}
	prev := ""
	for n < end.Seq {
		progress(n, end.Seq)
		var rows []auditRow
		err := l.read.NewRaw("SELECT * FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1000", n, end.Seq).Scan(ctx, &rows)
		if err != nil {
			return n, fmt.Errorf("reading the audit chain: %w", err)
		}
		if len(rows) == 0 {
			return n, broken(n+1, "缺少该行及其后的记录")
		}
		for _, r := range rows {
			hash, err := r.link()
			switch {
			case err != nil:
				return n, err
			case r.Seq != n+1:
				return n, broken(n+1, "缺少该行")
			case r.Prev != prev:
				return n, broken(r.Seq, "与上一行不相接")
			case r.Hash != hash:
				return n, broken(r.Seq, "内容被改动")
			}
			n, prev = r.Seq, r.Hash
		}
	}
	if prev != end.Hash {
		return n, broken(n, "与链尾记录不符")
	}
	if end.Last > end.Seq {
		return n, broken(end.Last, "链尾之后不应有记录")
	}
	return n, nil
}

func broken(seq int64, why string) error {
	return huiying.Errorf(huiying.CodeConflict, "审计链在第 %d 行断开：%s。请立即保全数据库文件并报告安全管理员", seq, why)
}
