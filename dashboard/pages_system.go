package dashboard

import (
	"fmt"
	"net/http"
	"time"

	"huiying"
)

// systemView is the state of the installation, and what is still to be set up.
type systemView struct {
	huiying.Machine
	Up       string
	Now      time.Time // of the machine
	Biggest  int64
	Blind    []huiying.BlindSpot
	Unseen   []string // channels without a source that works
	Archive  bool     // it answers, all of it
	Dead     int
	Rejected int
	Setup    setup
}

func (s *Server) systemPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if s.cfg.Machine == nil {
		return huiying.Errorf(huiying.CodeNotFound, "这个进程不提供系统状态")
	}
	ctx := r.Context()
	var v systemView
	var err error
	if v.Machine, err = s.cfg.Machine(ctx); err != nil {
		return fmt.Errorf("read the state of the installation: %w", err)
	}
	v.Now = s.wall()
	v.Up = huiying.SpanText(s.wall().Sub(v.Started))
	for _, one := range v.Stores {
		v.Biggest = max(v.Biggest, one.Bytes)
	}
	sources, err := s.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, p.Region)
	if err != nil {
		return fmt.Errorf("read source health: %w", err)
	}
	v.Blind = huiying.BlindSpots(sources, health, s.now())
	rows := make([]sourceRow, len(sources))
	for i, src := range sources {
		rows[i].Source = src
		rows[i].Colour, _ = health[src.ID].Status(src, s.now())
	}
	v.Unseen = unwatched(coverageOf(rows))
	v.Archive = s.archiveAnswers(ctx) == nil
	if v.Dead, err = s.cfg.Bus.CountDeadLetters(ctx); err != nil {
		return fmt.Errorf("count dead letters: %w", err)
	}
	if v.Rejected, err = s.cfg.Ledger.CountRejections(ctx, p.Region); err != nil {
		return fmt.Errorf("count rejections: %w", err)
	}
	if v.Setup, err = s.setup(ctx, p); err != nil {
		return err
	}
	return s.show(w, r, p, http.StatusOK, "system", "系统", v)
}

// sizeText is a number of bytes as people read it.
func sizeText(n int64) string {
	switch f := float64(n); {
	case n < 0:
		return "未知"
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", f/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", f/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}

// lowDisk is how much room on the disk is too little, in bytes.
const lowDisk = 2 << 30

// How long ago the latest back-up may be: one made by hand, and one of every day.
const (
	backupOld  = 8 * 24 * time.Hour
	backupMiss = 36 * time.Hour
)

// BackupLate reports that there is no back-up, or none of late.
func (v systemView) BackupLate() bool {
	old := backupOld
	if v.Plan.Dir != "" {
		old = backupMiss
	}
	return v.Now.Sub(v.Backup.At) > old
}

// BackupAge is how long ago the latest one is.
func (v systemView) BackupAge() string { return huiying.SpanText(v.Now.Sub(v.Backup.At)) }

// Low reports that the disk is nearly full.
func (v systemView) Low() bool { return v.Free >= 0 && v.Free < lowDisk }

// Slow reports that the disk takes too long to make a write durable.
func (v systemView) Slow() bool { return v.Sync >= huiying.SlowSync }

// Took is how long that takes.
func (v systemView) Took() string { return fmt.Sprintf("%.1f 秒", v.Sync.Seconds()) }

// stepShown is how long an administrator is told that the clock was set.
const stepShown = 24 * time.Hour

// Stepped is the latest time the clock was set, if that is not long ago.
func (v systemView) Stepped() (step huiying.ClockStep, ok bool) {
	if len(v.Steps) == 0 || v.Now.Sub(v.Steps[0].At).Abs() > stepShown {
		return step, false
	}
	return v.Steps[0], true
}
