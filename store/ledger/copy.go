package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"huiying"
)

// Copied says of one table how many rows the copy holds and how many of them
// were written or removed to get there.
type Copied struct {
	Table   string `json:"table"`
	Rows    int    `json:"rows"`
	Written int    `json:"written"`
	Removed int    `json:"removed"`
	Hash    string `json:"sha256"` // over all rows in order, the same on every database
}

// notCopied are what belongs to the processes of one place.
var notCopied = []string{"goose_db_version", "leases", "sessions"}

// copyPage is how many rows are compared at once.
const copyPage = 500

// Copy makes one ledger hold what another holds at this moment; people may go on
// working on the other. It compares row by row and writes what differs, so one
// that was interrupted goes on where it was, and a second one brings over what
// changed since. At least one of the two is on SQLite. At the end every table is
// read back and its hash compared.
//
// A target that [CanCopy] refuses is left as it is.
func Copy(ctx context.Context, from, to *Ledger, progress func(done, total int)) ([]Copied, error) {
	if err := CanCopy(ctx, from, to); err != nil {
		return nil, err
	}
	tables, err := tablesOf(ctx, from, to)
	if err != nil {
		return nil, err
	}
	level := sql.LevelDefault
	if from.read.Dialect().Name() == dialect.PG {
		level = sql.LevelRepeatableRead // one moment for all tables
	}
	src, err := from.read.BeginTx(ctx, &sql.TxOptions{Isolation: level, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("reading the ledger to copy: %w", err)
	}
	defer func() { _ = src.Rollback() }() // it only read
	c := copier{src: src, to: to, progress: progress}
	for _, t := range tables {
		n, err := count(ctx, src, t.name)
		if err != nil {
			return nil, err
		}
		c.total += n
	}
	out := make([]Copied, len(tables))
	for i, t := range slices.Backward(tables) { // what refers goes before what is referred to
		if out[i].Removed, err = c.removeGone(ctx, t); err != nil {
			return nil, fmt.Errorf("removing from %s what is gone: %w", t.name, err)
		}
	}
	for i, t := range tables {
		out[i].Table = t.name
		if err := c.table(ctx, t, &out[i]); err != nil {
			return nil, fmt.Errorf("copying %s: %w", t.name, err)
		}
	}
	return out, c.check(ctx, tables, out)
}

// CanCopy reports why one ledger must not be made like another: processes work on
// it, or its audit chain has rows the other does not have, so that people have
// worked on it since, or it is another installation's.
func CanCopy(ctx context.Context, from, to *Ledger) error {
	var holders []string
	if err := to.read.NewRaw("SELECT DISTINCT holder FROM leases WHERE until > ? ORDER BY holder", bun.Safe(to.now)).Scan(ctx, &holders); err != nil {
		return fmt.Errorf("looking for processes at the target: %w", err)
	}
	if len(holders) > 0 {
		return huiying.Errorf(huiying.CodeConflict, "目标台账上有进程在运行（%s）：请先停下，再复制", strings.Join(holders, "、"))
	}
	var last auditRow // of a copy that was interrupted, too, whose audit_head is behind
	switch err := to.read.NewRaw("SELECT * FROM audit ORDER BY seq DESC LIMIT 1").Scan(ctx, &last); {
	case none(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the target's audit chain: %w", err)
	}
	var hash string
	err := from.read.NewRaw("SELECT hash FROM audit WHERE seq = ?", last.Seq).Scan(ctx, &hash)
	if err != nil && !none(err) {
		return fmt.Errorf("comparing the audit chains: %w", err)
	}
	if hash != last.Hash {
		return huiying.Errorf(huiying.CodeConflict, "目标台账里有原安装没有的记录（审计共 %d 条）：它已经启用过，或者是别的安装。不覆盖；确要重来，请另给一个空的数据库", last.Seq)
	}
	return nil
}

// table is one table as both databases know it.
type table struct {
	name    string
	columns []string
	key     []int // columns of the primary key; all of them when it has none
	keyed   bool
	counter string // the column whose values the database gives out; usually none
}

// tablesOf reads the schema, in an order in which no row refers to a later one.
func tablesOf(ctx context.Context, from, to *Ledger) ([]table, error) {
	l := from
	if l.read.Dialect().Name() != dialect.SQLite {
		l = to
	}
	if l.read.Dialect().Name() != dialect.SQLite {
		return nil, huiying.Errorf(huiying.CodeInvalid, "台账从一个 PostgreSQL 到另一个，请用 pg_dump 和 pg_restore")
	}
	var names []struct{ Name, SQL string }
	err := l.read.NewRaw("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid").Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var out []table
	for _, n := range names {
		if slices.Contains(notCopied, n.Name) {
			continue
		}
		t := table{name: n.Name}
		var columns []struct {
			Name string
			PK   int
		}
		if err := l.read.NewRaw("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", n.Name).Scan(ctx, &columns); err != nil {
			return nil, fmt.Errorf("reading the columns of %s: %w", n.Name, err)
		}
		for i, c := range columns {
			t.columns = append(t.columns, c.Name)
			if c.PK > 0 {
				t.key = append(t.key, i)
			}
		}
		slices.SortFunc(t.key, func(a, b int) int { return cmp.Compare(columns[a].PK, columns[b].PK) })
		if t.keyed = len(t.key) > 0; !t.keyed {
			for i := range columns {
				t.key = append(t.key, i)
			}
		}
		if strings.Contains(n.SQL, "AUTOINCREMENT") {
			t.counter = t.columns[t.key[0]]
		}
		out = append(out, t)
	}
	return out, nil
}

func (t table) names(which []int) string {
	names := make([]string, len(which))
	for i, c := range which {
		names[i] = t.columns[c]
	}
	return strings.Join(names, ", ")
}

func (t table) all() string { return strings.Join(t.columns, ", ") }

// record is a row: strings, int64s, bools and bytes.
type record []any

func (t table) keyOf(r record) record {
	key := make(record, len(t.key))
	for i, c := range t.key {
		key[i] = r[c]
	}
	return key
}

// text is a row as bytes that are the same whatever database it came from.
func (r record) text() string {
	var b strings.Builder
	for _, v := range r {
		switch v := v.(type) {
		case []byte:
			fmt.Fprintf(&b, "x%x\x00", v)
		case string:
			fmt.Fprintf(&b, "s%d:%s\x00", len(v), v)
		default:
			fmt.Fprintf(&b, "%v\x00", v)
		}
	}
	return b.String()
}

// keys is the table as if it had no columns but those of its key.
func (t table) keys() table {
	k := table{name: t.name, keyed: t.keyed}
	for i, c := range t.key {
		k.columns, k.key = append(k.columns, t.columns[c]), append(k.key, i)
	}
	return k
}

// page reads rows in the order of the key: behind after, and up to last unless
// that is nil.
func (t table) page(ctx context.Context, db bun.IDB, after, last record, limit int) ([]record, error) {
	var w conditions
	tuple := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.key)), ", ") + ")"
	if after != nil {
		w.add("("+t.names(t.key)+") > "+tuple, after...)
	}
	if last != nil {
		w.add("("+t.names(t.key)+") <= "+tuple, last...)
	}
	query := "SELECT " + t.all() + " FROM " + t.name + w.where() + " ORDER BY " + t.names(t.key)
	if limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", limit)
	}
	rows, err := db.QueryContext(ctx, query, w.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []record
	for rows.Next() {
		r := make(record, len(t.columns))
		into := make([]any, len(r))
		for i := range r {
			into[i] = &r[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func count(ctx context.Context, db bun.IDB, name string) (n int, err error) {
	err = db.NewRaw("SELECT count(*) FROM "+name).Scan(ctx, &n)
	return n, err
}

type copier struct {
	src         bun.Tx
	to          *Ledger
	progress    func(done, total int)
	done, total int
}

// table writes what the target lacks.
func (c *copier) table(ctx context.Context, t table, out *Copied) error {
	if !t.keyed {
		return c.whole(ctx, t, out)
	}
	sum := sha256.New()
	err := c.pages(ctx, t, func(rows, there []record) error {
		known := make(map[string]string, len(there))
		for _, r := range there {
			known[t.keyOf(r).text()] = r.text()
		}
		var fresh, changed []record
		for _, r := range rows {
			text := r.text()
			_, _ = sum.Write([]byte(text)) // a hash takes all
			switch old, ok := known[t.keyOf(r).text()]; {
			case !ok:
				fresh = append(fresh, r)
			case old != text:
				changed = append(changed, r)
			}
		}
		out.Rows += len(rows)
		out.Written += len(fresh) + len(changed)
		c.told(len(rows))
		return c.write(ctx, t, fresh, changed)
	})
	out.Hash = sumOf(sum)
	return errors.Join(err, c.recount(ctx, t))
}

// pages gives f the rows of the original and those of the target between the same
// keys, page by page.
func (c *copier) pages(ctx context.Context, t table, f func(rows, there []record) error) error {
	for after := record(nil); ; {
		rows, err := t.page(ctx, c.src, after, nil, copyPage)
		if err != nil {
			return err
		}
		var last record // of this page; the last page has no end
		if len(rows) == copyPage {
			last = t.keyOf(rows[len(rows)-1])
		}
		there, err := t.page(ctx, c.to.read, after, last, 0)
		if err != nil {
			return err
		}
		if err := f(rows, there); err != nil || last == nil {
			return err
		}
		after = last
	}
}

// removeGone removes from the target what the original does not have.
func (c *copier) removeGone(ctx context.Context, t table) (removed int, err error) {
	if n, err := count(ctx, c.to.read, t.name); err != nil || n == 0 || !t.keyed {
		return 0, err
	}
	keys := t.keys()
	err = c.pages(ctx, keys, func(rows, there []record) error {
		have := make(map[string]bool, len(rows))
		for _, r := range rows {
			have[r.text()] = true
		}
		gone := slices.DeleteFunc(there, func(r record) bool { return have[r.text()] })
		removed += len(gone)
		return c.remove(ctx, keys, gone)
	})
	return removed, err
}

func (c *copier) told(n int) {
	c.done += n
	c.progress(c.done, c.total)
}

func sumOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// whole copies a table without a key: all of it, when anything differs.
func (c *copier) whole(ctx context.Context, t table, out *Copied) error {
	rows, err := t.page(ctx, c.src, nil, nil, 0)
	if err != nil {
		return err
	}
	sum := sha256.New()
	for _, r := range rows {
		_, _ = sum.Write([]byte(r.text()))
	}
	out.Rows, out.Hash = len(rows), sumOf(sum)
	n, there, err := t.digest(ctx, c.to.read)
	if c.told(len(rows)); err != nil || there == out.Hash {
		return err
	}
	out.Written, out.Removed = len(rows), n
	return c.to.change(ctx, "replacing", func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM " + t.name).Exec(ctx); err != nil {
			return err
		}
		for part := range slices.Chunk(rows, copyPage) {
			if err := t.insert(ctx, tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *copier) write(ctx context.Context, t table, fresh, changed []record) error {
	if len(fresh)+len(changed) == 0 {
		return nil
	}
	return c.to.change(ctx, "writing", func(ctx context.Context, tx bun.Tx) error {
		for _, r := range changed {
			if err := t.update(ctx, tx, r); err != nil {
				return err
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		return t.insert(ctx, tx, fresh)
	})
}

func (t table) insert(ctx context.Context, tx bun.Tx, rows []record) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	values := strings.TrimSuffix(strings.Repeat(one+", ", len(rows)), ", ")
	_, err := tx.NewRaw("INSERT INTO "+t.name+" ("+t.all()+") VALUES "+values, slices.Concat(rows...)...).Exec(ctx)
	return err
}

func (t table) update(ctx context.Context, tx bun.Tx, r record) error {
	w := t.is(r)
	_, err := tx.NewRaw("UPDATE "+t.name+" SET "+strings.Join(t.columns, " = ?, ")+" = ?"+w.where(), append(slices.Clone(r), w.args...)...).Exec(ctx)
	return err
}

func (c *copier) remove(ctx context.Context, t table, rows []record) error {
	if len(rows) == 0 {
		return nil
	}
	return c.to.change(ctx, "removing", func(ctx context.Context, tx bun.Tx) error {
		for _, r := range rows {
			w := t.is(r)
			if _, err := tx.NewRaw("DELETE FROM "+t.name+w.where(), w.args...).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// is selects the row with the key of another.
func (t table) is(r record) (w conditions) {
	for _, c := range t.key {
		w.add(t.columns[c]+" = ?", r[c])
	}
	return w
}

// recount lets a PostgreSQL go on counting behind the rows that were copied; an
// SQLite does by itself.
func (c *copier) recount(ctx context.Context, t table) error {
	if t.counter == "" || c.to.write.Dialect().Name() != dialect.PG {
		return nil
	}
	_, err := c.to.write.NewRaw(fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), (SELECT coalesce(max(%s), 0) + 1 FROM %s), false)",
		t.name, t.counter, t.counter, t.name)).Exec(ctx)
	return err
}

// check reads the copy back.
func (c *copier) check(ctx context.Context, tables []table, copied []Copied) error {
	for i, t := range tables {
		n, digest, err := t.digest(ctx, c.to.read)
		if err != nil {
			return fmt.Errorf("reading %s back: %w", t.name, err)
		}
		if n != copied[i].Rows || digest != copied[i].Hash {
			return huiying.Errorf(huiying.CodeConflict, "核对不符：台账的表 %s，目标有 %d 行（%.12s），原有 %d 行（%.12s）。复制期间有别的进程在写目标；请查清后再运行一次", t.name, n, digest, copied[i].Rows, copied[i].Hash)
		}
	}
	return nil
}

func (t table) digest(ctx context.Context, db bun.IDB) (n int, digest string, err error) {
	sum := sha256.New()
	limit := copyPage
	if !t.keyed {
		limit = 0 // equal rows have no order to go on from
	}
	for after := record(nil); ; {
		rows, err := t.page(ctx, db, after, nil, limit)
		if err != nil {
			return n, "", err
		}
		for _, r := range rows {
			_, _ = sum.Write([]byte(r.text()))
		}
		if n += len(rows); limit == 0 || len(rows) < limit {
			return n, sumOf(sum), nil
		}
		after = t.keyOf(rows[len(rows)-1])
	}
}
