package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"huiying"
)

// LedgerUnderTest is what a ledger must do, and two ways to its database that
// only the suite has.
type LedgerUnderTest interface {
	OpenCase(ctx context.Context, c huiying.Case, ch huiying.Change) (huiying.Case, error)
	CaseLogs(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.CaseLog, error)
	NextIssue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year int) (int, error)
	SaveIssue(ctx context.Context, i huiying.Issue, mail []huiying.Notification, audit huiying.Audit) error
	SendReport(ctx context.Context, mail []huiying.Notification, audit huiying.Audit) error
	ReportMail(ctx context.Context, region huiying.Region, limit int) ([]huiying.Notification, error)
	IssuesOf(ctx context.Context, region huiying.Region, event huiying.EventID) ([]huiying.Issue, error)
	Issues(ctx context.Context, region huiying.Region, limit int) ([]huiying.Issue, error)
	Issue(ctx context.Context, region huiying.Region, kind huiying.ReportKind, year, n int) (huiying.Issue, error)
	IssueOf(ctx context.Context, region huiying.Region, kind huiying.ReportKind, from time.Time) (huiying.Issue, error)
	SaveAppeal(ctx context.Context, a huiying.Appeal, audit huiying.Audit) error
	Appeals(ctx context.Context, region huiying.Region, unit huiying.UnitID) ([]huiying.Appeal, error)
	Reschedule(ctx context.Context, region huiying.Region, next func(huiying.Case) (at time.Time, ok bool)) error
	SaveCases(ctx context.Context, writes []huiying.CaseWrite) ([]huiying.Case, error)
	SaveCase(ctx context.Context, c huiying.Case, prevRev int, ch huiying.Change) error
	Case(ctx context.Context, id huiying.CaseID) (huiying.Case, error)
	CaseOfEvent(ctx context.Context, id huiying.EventID) (huiying.Case, bool, error)
	Cases(ctx context.Context, q huiying.CaseQuery) (huiying.Page[huiying.Case], error)
	CountCases(ctx context.Context, q huiying.CaseQuery) (int, error)
	Timeline(ctx context.Context, id huiying.CaseID) ([]huiying.Entry, error)
	DueCases(ctx context.Context, now time.Time, limit int) ([]huiying.CaseID, error)
	NextDue(ctx context.Context) (time.Time, bool, error)

	SaveEvents(ctx context.Context, events []huiying.Event, members []huiying.EventPost) error
	SetEventCase(ctx context.Context, event huiying.EventID, id huiying.CaseID) error
	Event(ctx context.Context, id huiying.EventID) (huiying.Event, error)
	Events(ctx context.Context, q huiying.EventQuery) (huiying.Page[huiying.Event], error)
	ActiveEvents(ctx context.Context, region huiying.Region, since time.Time) ([]huiying.Event, error)
	EventPosts(ctx context.Context, id huiying.EventID, limit int) ([]huiying.EventPost, error)
	Placed(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.EventID, error)

	Hasten(ctx context.Context, now time.Time) (int64, error)
	DueNotifications(ctx context.Context, channel string, now time.Time, limit int) ([]huiying.Notification, error)
	NextNotification(ctx context.Context, channel string) (time.Time, bool, error)
	AttemptsSince(ctx context.Context, channel string, since time.Time) ([]time.Time, error)
	WaitingElsewhere(ctx context.Context, channels []string, limit int) ([]huiying.Notification, error)
	SaveAttempt(ctx context.Context, n huiying.Notification, instead ...huiying.Notification) error
	Notifications(ctx context.Context, q huiying.NotificationQuery) (huiying.Page[huiying.Notification], error)
	CaseNotifications(ctx context.Context, id huiying.CaseID) ([]huiying.Notification, error)
	Tell(ctx context.Context, list []huiying.Notification) error
	MarkRead(ctx context.Context, to huiying.UserID, at time.Time) error
	CountUnread(ctx context.Context, to huiying.UserID) (int, error)

	SaveUnits(ctx context.Context, units []huiying.Unit) error
	Units(ctx context.Context, region huiying.Region) ([]huiying.Unit, error)
	SaveUser(ctx context.Context, u huiying.User) error
	FirstUsers(ctx context.Context, users []huiying.User, audits []huiying.Audit) error
	User(ctx context.Context, id huiying.UserID) (huiying.User, error)
	Users(ctx context.Context, region huiying.Region) ([]huiying.User, error)
	ChangeUser(ctx context.Context, id huiying.UserID, f func(u *huiying.User) (huiying.Audit, error)) (huiying.User, error)
	OldPasswords(ctx context.Context, id huiying.UserID, n int) ([]string, error)
	AddUser(ctx context.Context, u huiying.User, g huiying.Grant, a huiying.Audit) error
	AskGrant(ctx context.Context, g huiying.Grant, a huiying.Audit) error
	DecideGrant(ctx context.Context, id huiying.GrantID, f func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error)) (huiying.Grant, error)
	Grants(ctx context.Context, region huiying.Region, user huiying.UserID, state huiying.GrantState) ([]huiying.Grant, error)
	SaveToken(ctx context.Context, t huiying.Token, a huiying.Audit) error
	Tokens(ctx context.Context, user huiying.UserID) ([]huiying.Token, error)
	RevokeToken(ctx context.Context, user huiying.UserID, id string, at time.Time, a huiying.Audit) error
	UserByToken(ctx context.Context, hash string, now time.Time) (huiying.User, huiying.Token, error)
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
	FindCtx(ctx context.Context, token string) ([]byte, bool, error)
	CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
	Find(token string) ([]byte, bool, error)
	Commit(token string, b []byte, expiry time.Time) error
	Delete(token string) error

	SaveSource(ctx context.Context, s huiying.Source) error
	Sources(ctx context.Context, region huiying.Region) ([]huiying.Source, error)
	SowSources(ctx context.Context, region huiying.Region, list []huiying.Source) error
	SownSources(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.Source, error)
	SaveHealth(ctx context.Context, h huiying.SourceHealth) error
	Health(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error)
	Unseen(ctx context.Context, source huiying.SourceID, keys []string) ([]string, error)
	MarkSeen(ctx context.Context, source huiying.SourceID, keys []string, at time.Time) error
	SaveRejections(ctx context.Context, list []huiying.Rejection) error
	Rejections(ctx context.Context, region huiying.Region, limit int, cursor string) (huiying.Page[huiying.Rejection], error)
	CountRejections(ctx context.Context, region huiying.Region) (int, error)
	AddRevisits(ctx context.Context, list []huiying.Revisit) error
	SaveRevisit(ctx context.Context, r huiying.Revisit) error
	DueRevisits(ctx context.Context, source huiying.SourceID, now time.Time, limit int) ([]huiying.Revisit, error)
	Revisits(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.Revisit, error)
	SpendHost(ctx context.Context, host string, day time.Time, n, most int) (granted int, h huiying.HostDay, err error)
	KeepAway(ctx context.Context, host string, until time.Time) error
	Hosts(ctx context.Context, names []string) (map[string]huiying.HostDay, error)

	SaveProfile(ctx context.Context, p huiying.Profile, a huiying.Audit) error
	Profiles(ctx context.Context, region huiying.Region) ([]huiying.Profile, error)
	SaveSearch(ctx context.Context, s huiying.SavedSearch) error
	SearchSeen(ctx context.Context, user huiying.UserID, name string, at time.Time) error
	DropSearch(ctx context.Context, user huiying.UserID, name string) error
	Searches(ctx context.Context, user huiying.UserID) ([]huiying.SavedSearch, error)

	Examples(ctx context.Context, region huiying.Region) ([]huiying.Example, error)
	AddModel(ctx context.Context, m huiying.Model, data []byte, a huiying.Audit) error
	Models(ctx context.Context, region huiying.Region) ([]huiying.Model, error)
	LiveModel(ctx context.Context, region huiying.Region) (huiying.ModelID, error)
	ModelData(ctx context.Context, id huiying.ModelID) ([]byte, error)
	ActivateModel(ctx context.Context, region huiying.Region, id huiying.ModelID, by huiying.Person, reason string, at time.Time, a huiying.Audit) error
	DiscardModel(ctx context.Context, region huiying.Region, id huiying.ModelID, a huiying.Audit) error

	Shifts(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.Shift, error)
	Shift(ctx context.Context, id huiying.ShiftID) (huiying.Shift, error)
	ReplaceRoster(ctx context.Context, region huiying.Region, from, to time.Time, shifts []huiying.Shift, a huiying.Audit) error
	ReplaceShifts(ctx context.Context, shifts []huiying.Shift, a huiying.Audit) error

	Record(ctx context.Context, a huiying.Audit) error
	AuditTrail(ctx context.Context, q huiying.AuditQuery) (huiying.Page[huiying.Audit], error)
	AuditSpan(ctx context.Context, region huiying.Region) (n int64, first time.Time, err error)
	WalkAudit(ctx context.Context, progress func(done, total int64)) (n int64, err error)
	VerifyAudit(ctx context.Context) (n int64, err error)
	UnitStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error)
	RegionStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error)
	CaseOverview(ctx context.Context, region huiying.Region, now time.Time) (huiying.Overview, error)
	Meta(ctx context.Context, key string) (string, error)
	Metas(ctx context.Context, prefix string) ([]string, error)
	SetMeta(ctx context.Context, key, value string) error
	Hold(ctx context.Context, name, holder string, long time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
	Lead(ctx context.Context, name, holder string, f func(ctx context.Context) error) error

	// Exec runs plain SQL as the program's own connection would.
	Exec(ctx context.Context, query string) error
	// Tamper runs plain SQL as somebody who may do anything to the database:
	// triggers do not stop it.
	Tamper(ctx context.Context, query string) error
}

// Ledger runs the suite; open gives an empty ledger that closes itself.
func Ledger(t *testing.T, open func(t *testing.T) LedgerUnderTest) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, l LedgerUnderTest)
	}{
		{"a case comes back as it went in, with its number", caseComesBack},
		{"opening a case writes its timeline, notifications and audit, or nothing at all", openIsOneTransaction},
		{"numbers have no gaps under concurrency, a county and year each", numbersAreGapless},
		{"an event gets one case however many ask at once", oneCaseAnEvent},
		{"a number given by hand is kept, skipped later and never given twice", numberByHand},
		{"of two who save the same revision one is stale", optimisticLock},
		{"timelines are numbered 1, 2, 3 under concurrency", timelineIsNumbered},
		{"a change silences what waits for its units, and nothing else", silenceCancels},
		{"cases fall due oldest first", dueOrder},
		{"every case filter selects what a plain scan selects, and counts agree", caseFiltersAgree},
		{"cases are walked exactly once by opening and by deadline while cases are opened", casesWalked},

		{"an event comes back as it went in, and changes", eventComesBack},
		{"a post stays in the event it joined first", postsStayPlaced},
		{"an event keeps its case when an older copy is saved", eventKeepsCase},
		{"every event filter selects what a plain scan selects", eventFiltersAgree},
		{"events are walked exactly once", eventsWalked},

		{"notifications fall due in order and attempts are recorded", attemptsAreRecorded},
		{"an attempt that comes after the acknowledgement is refused", attemptAfterCancel},
		{"notifications are found by account, case, status and whether they were read", notificationFilters},

		{"units come back in the order of the file", unitsComeBack},
		{"accounts keep their password until a new one comes", usersComeBack},
		{"the first accounts come all together, and only to an empty ledger", firstUsers},
		{"an account changes with its audit row or not at all, and its passwords are remembered", usersChange},
		{"a role is asked once at a time and granted with the account, in one transaction", grantsAreDecided},
		{"a token stands for its account until it expires or is revoked", tokens},
		{"sessions are listed and ended by account", sessionsAreEnded},
		{"a second factor comes back, changes as a whole and goes", factors},
		{"an identity of a provider is bound to one account", subjects},
		{"sessions are found until they expire or are deleted", sessions},

		{"sources and their health come back", sourcesComeBack},
		{"sources of the file are sown, and what people changed stays", sourcesAreSown},
		{"an item is unseen until it is marked, source by source", seenKeys},
		{"rejected items are kept, counted and listed newest first", rejections},
		{"pages to look at again come when they are due, and are forgotten when told", revisits},
		{"a host's budget of the day is shared by all who ask at once", hostsAreSpared},
		{"what is about no case is told once and read like the rest", toldOnce},

		{"an intake profile comes back, is replaced by name and refused when unusable", profilesComeBack},
		{"saved searches are each person's own and bounded", searchesAreEachPersonsOwn},

		{"examples are what people decided, read off the timelines", examplesOfTimelines},
		{"an example of a case made from an event names its first post", exampleNamesThePost},
		{"one model is live, a switch keeps the one before, and every change is audited", modelsAreSwitched},
		{"a switch that is refused changes nothing", modelRefusalChangesNothing},

		{"a new roster withdraws the old one of its units, roles and period, and fails whole", rosterIsReplaced},
		{"a shift is replaced once at any moment", shiftIsReplacedOnce},

		{"the audit chain holds, also under concurrency", auditChain},
		{"the audit trail is found by time, person, action and object", auditFilters},
		{"audit rows refuse to be changed or deleted", auditIsFinal},
		{"the audit chain shows a changed, a removed, an added and a cut-off row", auditShowsTampering},

		{"timelines of a period are read for an appraisal, drills excepted", timelinesToAppraise},
		{"an appeal is made once and decided", appealsAreDecided},
		{"reports are issued once a period, numbered without gaps", issuesAreNumbered},
		{"reports of an event are issued in parts", reportsOfEventsAreIssuedInParts},
		{"the mails of an issue are written with it", issuesAreMailed},
		{"cases that change together are all saved or none", savedTogether},
		{"changed rules set anew when open cases are due", rescheduled},
		{"drills have numbers of their own and count in no figure", drillsDoNotCount},
		{"statistics agree with an example counted by hand", statsByHand},
		{"deadlines kept, returns, reopenings and excuses agree with an example counted by hand", keptByHand},
		{"counties may call their units the same, and are compared by those above", regionsAreCompared},
		{"the overview agrees with the lists", overviewAgrees},
		{"a rumour is counted apart until it is found true", rumorsAreApart},
		{"cases of a period", casesOfAPeriod},
		{"values kept for the program come back", meta},
		{"a page that two counties read is in an event of each", aPagePlacedByTwoCounties},
		{"a source of one county is not taken over by another", sourcesOfTwoCounties},
		{"what a clock wrote that ran ahead does not wait for its time", fromTheFuture},
		{"a lease of a clock that was set back is free", leaseOfTheFuture},
		{"a lease has one holder until it is given back or runs out", leaseHasOneHolder},
		{"of many who lead by turns never two do at once", leadersTakeTurns},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func meta(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	same(t, "a missing value", value(l.Meta(ctx, "author_key"))(t), "")
	must(t, l.SetMeta(ctx, "author_key", "一"))
	must(t, l.SetMeta(ctx, "author_key", "it's “二”?"))
	same(t, "the value", value(l.Meta(ctx, "author_key"))(t), "it's “二”?")
	must(t, l.SetMeta(ctx, "节点 b", "2"))
	must(t, l.SetMeta(ctx, "节点 a", "1"))
	must(t, l.SetMeta(ctx, "节_", "another"))
	same(t, "the values of a prefix", strings.Join(value(l.Metas(ctx, "节点 "))(t), " "), "1 2")
}
