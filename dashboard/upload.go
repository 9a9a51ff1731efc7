package dashboard

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"huiying"
)

// Bounds of what people upload.
const (
	maxUpload    = 20 << 20 // bytes
	maxUploads   = 20       // kept at once
	uploadAge    = 4 * time.Hour
	uploadHead   = huiying.MaxHeaderRow + previewRows + 10
	previewRows  = 20
	importBatch  = 200
	importWaits  = 60 // seconds a full queue is waited for
	rejectedName = "rejected.csv"
)

type uploadState string

// An upload is mapped, waits for its turn, is read, and is over.
const (
	uploadDraft   uploadState = "draft"
	uploadWaiting uploadState = "waiting"
	uploadRunning uploadState = "running"
	uploadDone    uploadState = "done"
	uploadFailed  uploadState = "failed"
)

// uploadView is an upload as it stands at one moment.
type uploadView struct {
	ID      string
	Name    string // of the file
	Format  string // csv, xlsx
	By      huiying.Person
	Region  huiying.Region
	At      time.Time
	Rows    int // not blank, the header among them
	Head    []huiying.TableRow
	Profile huiying.Profile
	State   uploadState

	Done, Accepted, Duplicate, Rejected int
	Failure                             string // why it stopped, for the person
}

// Running says that the page must ask again.
func (v uploadView) Running() bool { return v.State == uploadWaiting || v.State == uploadRunning }

type upload struct {
	dir string

	mu   sync.Mutex
	view uploadView
}

func (u *upload) now() uploadView {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.view
}

func (u *upload) change(f func(v *uploadView)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f(&u.view)
}

func (u *upload) file() string { return filepath.Join(u.dir, "file") }

// uploads are the files being imported. They live in a temporary folder and in
// memory: a restart forgets them, and rows that went out are known by their IDs.
type uploads struct {
	root  string
	wall  func() time.Time
	queue chan *upload

	mu   sync.Mutex
	byID map[string]*upload
}

func newUploads(root string, wall func() time.Time) *uploads {
	return &uploads{root: root, wall: wall, queue: make(chan *upload, maxUploads), byID: make(map[string]*upload)}
}

// add makes a place for a file; those too old, or too many, go.
func (us *uploads) add(by huiying.Person) (*upload, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.clean()
	if len(us.byID) >= maxUploads {
		return nil, huiying.Errorf(huiying.CodeBusy, "同时处理的文件太多，请等先前的导入完成")
	}
	if us.root != "" {
		if err := os.MkdirAll(us.root, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of uploads: %w", err)
		}
	}
	dir, err := os.MkdirTemp(us.root, "huiying-upload-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for an upload: %w", err)
	}
	u := &upload{dir: dir, view: uploadView{ID: rand.Text(), By: by, At: us.wall(), State: uploadDraft}}
	us.byID[u.view.ID] = u
	return u, nil
}

func (us *uploads) clean() {
	for id, u := range us.byID {
		if v := u.now(); !v.Running() && us.wall().Sub(v.At) > uploadAge {
			us.forget(id)
		}
	}
}

func (us *uploads) forget(id string) {
	if u := us.byID[id]; u != nil {
		_ = os.RemoveAll(u.dir) // what is left goes at the next start
		delete(us.byID, id)
	}
}

// get is an upload of this account: nobody else's.
func (us *uploads) get(id string, p huiying.Person) (*upload, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u := us.byID[id]; u != nil && u.now().By.User == p.User {
		return u, nil
	}
	return nil, huiying.Errorf(huiying.CodeNotFound, "没有这个上传的文件，可能已过期，请重新上传")
}

func (us *uploads) drop(id string) {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.forget(id)
}

// empty forgets everything, at the beginning and at the end.
func (us *uploads) empty() {
	us.mu.Lock()
	defer us.mu.Unlock()
	for id := range us.byID {
		us.forget(id)
	}
	if us.root != "" {
		_ = os.RemoveAll(us.root) // left by a process that was killed
	}
}

// sniff tells the format of an upload from its first bytes, whatever its name.
func sniff(head []byte) (format string, err error) {
	utf16 := bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF"))
	switch {
	case len(head) == 0:
		return "", huiying.Invalid("file", "文件是空的")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "xlsx", nil
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return "", huiying.Invalid("file", "这是旧版 .xls 或加密的表格，请另存为不加密的 .xlsx 再上传")
	case bytes.IndexByte(head, 0) >= 0 && !utf16, bytes.HasPrefix(head, []byte("%PDF")), bytes.HasPrefix(bytes.ToLower(head), []byte("<html")):
		return "", huiying.Invalid("file", "这不是表格，请上传 .xlsx 或 .csv 文件")
	}
	return "csv", nil
}

// take stores an uploaded file, reads it once and proposes how to map it.
func (s *Server) take(ctx context.Context, u *upload, name string, body io.Reader) error {
	f, err := os.OpenFile(u.file(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("store an upload: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(body, maxUpload+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store an upload: %w", err)
	}
	if n > maxUpload {
		return &statusError{413, fmt.Sprintf("文件超过 %d MB，请分成几个文件上传", maxUpload>>20)}
	}
	format, err := s.formatOf(u)
	if err != nil {
		return err
	}
	u.change(func(v *uploadView) { v.Name, v.Format = huiying.Clip(filepath.Base(name), 80), format })
	if err := s.look(u, ""); err != nil {
		return err
	}
	known, err := s.cfg.Ledger.Profiles(ctx, u.now().Region)
	if err != nil {
		return fmt.Errorf("read profiles: %w", err)
	}
	u.change(func(v *uploadView) { v.Profile = v.proposed(known) })
	return nil
}

// proposed is the first saved profile whose columns the first sheet has, else a
// guess for a person to correct.
func (v uploadView) proposed(known []huiying.Profile) huiying.Profile {
	for _, p := range known {
		v.Profile = p
		if h := v.header(); p.Sheet == "" && h.Number == p.HeaderRow() && p.Fits(h.Cells) == nil {
			return p
		}
	}
	p := huiying.GuessProfile(v.Head)
	p.Name = strings.TrimSuffix(v.Name, filepath.Ext(v.Name))
	p.Region, p.Channel, p.Source = v.Region, huiying.ChannelHotline, huiying.ChannelHotline.Label()
	return p
}

func (s *Server) formatOf(u *upload) (string, error) {
	f, err := os.Open(u.file())
	if err != nil {
		return "", fmt.Errorf("read an upload: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, 8<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("read an upload: %w", err)
	}
	return sniff(head[:n])
}

// look reads a sheet through: how many rows it has, and its first ones.
func (s *Server) look(u *upload, sheet string) error {
	v := u.now()
	f, err := os.Open(u.file())
	if err != nil {
		return fmt.Errorf("read an upload: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	rows, head := 0, []huiying.TableRow(nil)
	for row, err := range s.cfg.Inlet.Table(f, v.Format, sheet) {
		if err != nil && row.Number == 0 {
			return err
		}
		if rows++; len(head) < uploadHead && err == nil {
			head = append(head, row)
		}
	}
	if rows == 0 {
		return huiying.Invalid("file", "表格是空的")
	}
	u.change(func(v *uploadView) { v.Rows, v.Head = rows, head })
	return nil
}

// importUploads reads the files people confirmed, one after the other, until ctx
// ends; then it forgets them all.
func (s *Server) importUploads(ctx context.Context) error {
	s.uploads.empty()
	defer s.uploads.empty()
	for {
		select {
		case <-ctx.Done():
			return nil
		case u := <-s.uploads.queue:
			u.change(func(v *uploadView) { v.State = uploadRunning })
			err := s.importUpload(ctx, u)
			_ = os.Remove(u.file()) // done with, in the one way or the other
			u.change(func(v *uploadView) {
				v.State = uploadDone
				if err != nil {
					v.State, v.Failure = uploadFailed, errorViewOf(err).Message
				}
			})
			if err != nil {
				s.log.ErrorContext(ctx, "import of an upload", "rows", u.now().Done, "err", err)
			}
		}
	}
}

func (s *Server) importUpload(ctx context.Context, u *upload) (err error) {
	v := u.now()
	in, err := os.Open(u.file())
	if err != nil {
		return fmt.Errorf("read an upload: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(filepath.Join(u.dir, rejectedName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write rejected rows: %w", err)
	}
	j := importing{s: s, u: u, profile: v.Profile, region: v.Region, rejects: csv.NewWriter(out)}
	defer func() {
		j.rejects.Flush()
		err = errors.Join(err, j.rejects.Error(), out.Close())
	}()
	if _, err := out.WriteString("\uFEFF"); err != nil { // or Excel reads it as GBK
		return fmt.Errorf("write rejected rows: %w", err)
	}
	header := slices.IndexFunc(v.Head, func(r huiying.TableRow) bool { return r.Number >= v.Profile.HeaderRow() })
	if header >= 0 {
		j.write("行号", "原因", v.Head[header].Cells)
	}
	for row, err := range v.Profile.Read(s.cfg.Inlet.Table(in, v.Format, v.Profile.Sheet)) {
		switch {
		case ctx.Err() != nil:
			return huiying.Errorf(huiying.CodeBusy, "服务停止，导入中断；重新上传即可，已导入的不会重复")
		case err != nil && row.Number == 0:
			return err
		case err != nil:
			j.reject(row, err)
			continue
		}
		if j.batch = append(j.batch, row); len(j.batch) == importBatch {
			if err := j.send(ctx); err != nil {
				return err
			}
		}
	}
	return j.send(ctx)
}

// importing is one upload on its way to the bus.
type importing struct {
	s       *Server
	u       *upload
	profile huiying.Profile
	region  huiying.Region
	batch   []huiying.ProfileRow
	rejects *csv.Writer // its error is looked at when it is flushed
}

func (j *importing) reject(row huiying.ProfileRow, err error) {
	j.write(strconv.Itoa(row.Number), errorViewOf(err).Message, row.Cells)
	j.u.change(func(v *uploadView) { v.Done++; v.Rejected++ })
}

func (j *importing) write(number, why string, cells []string) {
	line := []string{number, why}
	for _, c := range cells {
		if strings.HasPrefix(c, "=") || strings.HasPrefix(c, "+") || strings.HasPrefix(c, "-") || strings.HasPrefix(c, "@") {
			c = "'" + c // a cell, not a formula
		}
		line = append(line, c)
	}
	_ = j.rejects.Write(line)
}

// send pushes the batch the way programs push, waiting while the bus is full.
func (j *importing) send(ctx context.Context) error {
	var body bytes.Buffer
	var sent []huiying.ProfileRow
	enc := json.NewEncoder(&body)
	for _, row := range j.batch {
		if _, err := j.s.reading(j.region).Accept(row.Post); err != nil { // told here with row and column
			j.reject(row, j.profile.Blame(row.Number, err))
			continue
		}
		if err := enc.Encode(row.Post); err != nil {
			return fmt.Errorf("encode a post: %w", err)
		}
		sent = append(sent, row)
	}
	j.batch = j.batch[:0]
	if len(sent) == 0 {
		return nil
	}
	for try := 0; ; try++ {
		result, err := j.s.cfg.Inlet.Push(ctx, j.region, bytes.NewReader(body.Bytes()))
		if errors.Is(err, huiying.ErrBusy) && try < importWaits {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		if err != nil {
			return err
		}
		for _, bad := range result.Rejected {
			row := sent[min(bad.Index, len(sent)-1)]
			j.reject(row, huiying.Errorf(huiying.CodeInvalid, "第 %d 行：%s", row.Number, bad.Error))
		}
		j.u.change(func(v *uploadView) {
			v.Done += result.Accepted + result.Duplicate
			v.Accepted += result.Accepted
			v.Duplicate += result.Duplicate
		})
		return nil
	}
}

// reading is the intake as a rehearsal: what it makes of a post is shown, and
// its ID known, before anything is sent. Its author hashes are worth nothing.
func (s *Server) reading(region huiying.Region) huiying.Intake {
	return huiying.Intake{Region: region, Key: []byte("rehearsal"), Now: s.now}
}
