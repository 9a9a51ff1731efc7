// Package dashboard is where people and programs meet the desk: Chinese pages
// with live updates, the JSON API of /api/v1, the websocket, sign-in.
//
// It holds no rules: an action on a page becomes a [huiying.Command] for the
// desk, a list becomes a query to ledger or archive. Start reading at [New].
package dashboard

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"time"

	"huiying"
)

// Archive is what the dashboard reads of posts and assessments.
type Archive interface {
	Post(ctx context.Context, id huiying.PostID) (huiying.Assessed, error)
	Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error)
	CountPosts(ctx context.Context, q huiying.PostQuery) (int, error)
	CountPostsUpTo(ctx context.Context, q huiying.PostQuery, most int) (int, error)
	Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error)
	Versions(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID][]huiying.Version, error)
}

// Ledger is what the dashboard reads and writes of everything else. Changes to
// cases go through [Desk] instead.
type Ledger interface {
	Case(ctx context.Context, id huiying.CaseID) (huiying.Case, error)
	Cases(ctx context.Context, q huiying.CaseQuery) (huiying.Page[huiying.Case], error)
	CountCases(ctx context.Context, q huiying.CaseQuery) (int, error)
	CaseLogs(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.CaseLog, error)
	SaveAppeal(ctx context.Context, a huiying.Appeal, audit huiying.Audit) error
	Appeals(ctx context.Context, region huiying.Region, unit huiying.UnitID) ([]huiying.Appeal, error)
	NextIssue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year int) (int, error)
	SaveIssue(ctx context.Context, i huiying.Issue, mail []huiying.Notification, audit huiying.Audit) error
	SendReport(ctx context.Context, mail []huiying.Notification, audit huiying.Audit) error
	ReportMail(ctx context.Context, region huiying.Region, limit int) ([]huiying.Notification, error)
	IssuesOf(ctx context.Context, region huiying.Region, event huiying.EventID) ([]huiying.Issue, error)
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
	Issues(ctx context.Context, region huiying.Region, limit int) ([]huiying.Issue, error)
	Issue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year, n int) (huiying.Issue, error)
	IssueOf(ctx context.Context, region huiying.Region, kind huiying.ReportKind, from time.Time) (huiying.Issue, error)
	Resend(ctx context.Context, region huiying.Region, id huiying.NotificationID, now time.Time) error
	Timeline(ctx context.Context, id huiying.CaseID) ([]huiying.Entry, error)

	Event(ctx context.Context, id huiying.EventID) (huiying.Event, error)
	Events(ctx context.Context, q huiying.EventQuery) (huiying.Page[huiying.Event], error)
	EventPosts(ctx context.Context, id huiying.EventID, limit int) ([]huiying.EventPost, error)
	Placed(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.EventID, error)

	Notifications(ctx context.Context, q huiying.NotificationQuery) (huiying.Page[huiying.Notification], error)
	MarkRead(ctx context.Context, to huiying.UserID, at time.Time) error // all in-app ones of this account

	Units(ctx context.Context, region huiying.Region) ([]huiying.Unit, error)
	RegionStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error)
	UnitStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error)                 // first all units together (Unit ""), then each
	CaseOverview(ctx context.Context, region huiying.Region, now time.Time) (huiying.Overview, error) // the case and event fields

	Sources(ctx context.Context, region huiying.Region) ([]huiying.Source, error)
	SaveSource(ctx context.Context, s huiying.Source) error
	SownSources(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.Source, error)
	Health(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error)
	Hosts(ctx context.Context, names []string) (map[string]huiying.HostDay, error)
	Rejections(ctx context.Context, region huiying.Region, limit int, cursor string) (huiying.Page[huiying.Rejection], error)
	CountRejections(ctx context.Context, region huiying.Region) (int, error)

	SaveProfile(ctx context.Context, p huiying.Profile, a huiying.Audit) error
	Profiles(ctx context.Context, region huiying.Region) ([]huiying.Profile, error)

	SaveSearch(ctx context.Context, s huiying.SavedSearch) error
	SearchSeen(ctx context.Context, user huiying.UserID, name string, at time.Time) error
	DropSearch(ctx context.Context, user huiying.UserID, name string) error
	Searches(ctx context.Context, user huiying.UserID) ([]huiying.SavedSearch, error)

	Examples(ctx context.Context, region huiying.Region) ([]huiying.Example, error)
	Models(ctx context.Context, region huiying.Region) ([]huiying.Model, error)
	ActivateModel(ctx context.Context, region huiying.Region, id huiying.ModelID, by huiying.Person, reason string, at time.Time, a huiying.Audit) error
	DiscardModel(ctx context.Context, region huiying.Region, id huiying.ModelID, a huiying.Audit) error

	Shifts(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.Shift, error)
	Shift(ctx context.Context, id huiying.ShiftID) (huiying.Shift, error)
	ReplaceRoster(ctx context.Context, region huiying.Region, from, to time.Time, shifts []huiying.Shift, a huiying.Audit) error
	ReplaceShifts(ctx context.Context, shifts []huiying.Shift, a huiying.Audit) error
	Users(ctx context.Context, region huiying.Region) ([]huiying.User, error)
	FirstUsers(ctx context.Context, users []huiying.User, audits []huiying.Audit) error // ErrConflict when there is one already

	User(ctx context.Context, id huiying.UserID) (huiying.User, error)
	ChangeUser(ctx context.Context, id huiying.UserID, f func(u *huiying.User) (huiying.Audit, error)) (huiying.User, error)
	OldPasswords(ctx context.Context, id huiying.UserID, n int) ([]string, error)
	AddUser(ctx context.Context, u huiying.User, g huiying.Grant, a huiying.Audit) error
	AskGrant(ctx context.Context, g huiying.Grant, a huiying.Audit) error
	DecideGrant(ctx context.Context, id huiying.GrantID, f func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error)) (huiying.Grant, error)
	Grants(ctx context.Context, region huiying.Region, user huiying.UserID, state huiying.GrantState) ([]huiying.Grant, error)
	SaveToken(ctx context.Context, t huiying.Token, a huiying.Audit) error
	Tokens(ctx context.Context, user huiying.UserID) ([]huiying.Token, error)
	RevokeToken(ctx context.Context, user huiying.UserID, id string, at time.Time, a huiying.Audit) error
	TokenUsed(ctx context.Context, hash string, at time.Time) error
	DescribeSession(ctx context.Context, s huiying.Session) error
	SessionSeen(ctx context.Context, id string, at time.Time) error
	Sessions(ctx context.Context, user huiying.UserID) ([]huiying.Session, error)
	EndSessions(ctx context.Context, user huiying.UserID, id, keep string, a huiying.Audit) ([]string, error)
	SecondFactor(ctx context.Context, user huiying.UserID) (huiying.SecondFactor, error)
	ChangeSecondFactor(ctx context.Context, user huiying.UserID, f func(d *huiying.SecondFactor) (huiying.Audit, error)) error
	UserBySubject(ctx context.Context, issuer, subject string) (huiying.User, error)
	SubjectOf(ctx context.Context, issuer string, user huiying.UserID) (string, error)
	BindSubject(ctx context.Context, issuer, subject string, user huiying.UserID, a huiying.Audit) error
	AuditTrail(ctx context.Context, q huiying.AuditQuery) (huiying.Page[huiying.Audit], error)
	AuditSpan(ctx context.Context, region huiying.Region) (n int64, first time.Time, err error)
	WalkAudit(ctx context.Context, progress func(done, total int64)) (n int64, err error)
	UserByToken(ctx context.Context, hash string, now time.Time) (huiying.User, huiying.Token, error)
	Record(ctx context.Context, a huiying.Audit) error

	// scs.CtxStore: sessions live in the ledger, so any node serves any client.
	FindCtx(ctx context.Context, token string) ([]byte, bool, error)
	CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
	Find(token string) ([]byte, bool, error)
	Commit(token string, b []byte, expiry time.Time) error
	Delete(token string) error
}

// Desk changes cases.
type Desk interface {
	Do(ctx context.Context, id huiying.CaseID, cmd huiying.Command) (huiying.Case, error)
	Open(ctx context.Context, by huiying.Person, m huiying.ManualCase) (huiying.Case, error)
}

// Inlet takes pushed posts: a JSON array or NDJSON. It returns ErrBusy when the
// bus is full, and only after everything accepted is durable.
type Inlet interface {
	Push(ctx context.Context, region huiying.Region, body io.Reader) (huiying.PushResult, error)
	Try(ctx context.Context, s huiying.Source) (huiying.Preview, error) // fetch once, publish nothing

	// Table reads the rows of an uploaded csv or xlsx; row number 0: the file itself is wrong.
	Table(r io.Reader, format, sheet string) iter.Seq2[huiying.TableRow, error]
}

// Learning trains the analyzer on what people decided, in the background; the
// result is a candidate in the ledger.
type Learning interface {
	Train(by huiying.Person, from string) error // ErrConflict while a training runs
	Training() huiying.Training
}

// Files keeps attachments by content.
type Files interface {
	// Put refuses what lies about its type, is too large or does not pass the scan.
	Put(ctx context.Context, name string, r io.Reader) (huiying.Attachment, error)
	Get(hash huiying.AttachmentHash) (*os.File, error)
}

// Bus is what the dashboard hears and mends of the bus.
type Bus interface {
	// SubscribeLive calls f for each live message after since (0: only new ones)
	// until ctx ends.
	SubscribeLive(ctx context.Context, since uint64, f func(huiying.Live)) error
	DeadLetters(ctx context.Context, limit int) ([]huiying.DeadLetter, error)
	CountDeadLetters(ctx context.Context) (int, error)
	Replay(ctx context.Context, id string) error
}

// Rulebook is the county's rule files as people read, try and change them.
type Rulebook interface {
	Editable() bool
	County() *huiying.County // as it is in force
	// Adopt gives an installation that runs on the built-in county a folder of its
	// own, and writes it into the configuration.
	Adopt(ctx context.Context, a huiying.Audit) error
	Trouble() string // why what stands in the files is not in force; "": it is
	Files() ([]huiying.RuleFile, error)
	Check(file, text string) ([]huiying.RuleProblem, error)
	Try(ctx context.Context, file, text string, from time.Time) (huiying.RuleTrial, []huiying.RuleProblem, error)
	// Save refuses a text that is not in order, and with ErrConflict one that was
	// made from another than the present text, whose hash is was.
	Save(ctx context.Context, by huiying.Person, file, text, was, reason string) error
	Editions(file string) ([]huiying.RuleEdition, error) // the latest first
	// UnitsText is the file of the units with these in place of those of the same
	// ID, or at its end; was is the hash of the text it is made from.
	UnitsText(units []huiying.Unit) (file, text, was string, err error)
}

// Config is what a dashboard needs. County, Speed, Log,
// Version, Demo, Wall, Temp and TLS may be left out.
type Config struct {
	Region     huiying.Region
	County     string // 交城县
	Archive    Archive
	Ledger     Ledger
	Desk       Desk
	Inlet      Inlet
	Bus        Bus
	Learning   Learning // nil: no training here
	Channels   Channels // nil: only in-app notifications
	Files      Files    // nil: nothing can be attached
	Rules      func() *huiying.Rules
	Rulebook   Rulebook                                           // nil: the rules are shown nowhere
	Machine    func(ctx context.Context) (huiying.Machine, error) // nil: the state of the installation is not shown
	Guide      fs.FS                                              // the user guide: Markdown, and pictures below shots/; nil: there is none
	Policies   func() []huiying.Policy                            // nil: there are none
	RegionName func(huiying.Region) string                        // of any region below ours; nil: as Below has it

	Below func() map[huiying.Region]string // names of the regions one step below ours; nil or none: a county
	// ReadAppraisal checks 考核 rules somebody wants to try; nil: none can be tried.
	ReadAppraisal func(raw []byte) (huiying.AppraisalRules, error)
	Templates     fs.FS         // the county's Word templates; nil: no reports
	Base          string        // of links in documents, such as https://yq.example.gov.cn
	Speed         huiying.Speed // the time source; its factor is shown and used by ticking clocks
	Log           *slog.Logger
	Version       string
	Demo          []Credential // shown on the sign-in page of a demo, never otherwise

	// SetupCode lets whoever was told it make the first accounts; "": these are made
	// at the machine.
	SetupCode string
	// Rechoose gives up the county a new installation was made for, and returns when
	// another can be chosen; nil: the choice stands.
	Rechoose func(ctx context.Context) error

	OIDC   OIDC   // the office's identity provider; the zero value: none
	Factor Factor // second factors; the zero value: nobody has one

	Wall func() time.Time // the real clock, for sessions and lock-outs, which no speed-up may shorten; nil: time.Now
	Temp string           // a folder of our own for files being imported, emptied at start; "": one under the system's
	TLS  bool             // a proxy before us ends TLS: cookies travel over TLS only
}

// Factor says who needs a second factor (TOTP), and the key their secrets are
// encrypted with at rest.
type Factor struct {
	Roles []huiying.Role
	Key   []byte // 32 bytes; none: second factors are switched off
}

// Credential is one account of demo-credentials.json.
type Credential struct {
	Role     huiying.Role   `json:"role"`
	User     huiying.UserID `json:"user"`
	Password string         `json:"password"`
	Token    string         `json:"token"`
	Unit     huiying.UnitID `json:"unit"`
	Name     string         `json:"name,omitempty"`
}

// Handler of the whole dashboard is made by New; see server.go.
var _ http.Handler = (*Server)(nil)
