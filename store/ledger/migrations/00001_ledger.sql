-- +goose Up

-- Documents are JSON beside the columns that queries use. Times are integer µs
-- since 1970 UTC, 0 for never; 9223372036854775807 stands for "no deadline".

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE units (
  id       TEXT    PRIMARY KEY,
  region   TEXT    NOT NULL,
  position INTEGER NOT NULL, -- in the county's file
  name     TEXT    NOT NULL,
  doc      TEXT    NOT NULL
);
CREATE INDEX units_region ON units (region, position);

-- Accounts have no document: what must never leave (the hash) has its column.
CREATE TABLE users (
  id            TEXT    PRIMARY KEY,
  name          TEXT    NOT NULL,
  role          TEXT    NOT NULL,
  unit_id       TEXT    NOT NULL,
  region        TEXT    NOT NULL,
  password_hash TEXT    NOT NULL,
  disabled      BOOLEAN NOT NULL,
  failures      INTEGER NOT NULL,
  locked_until  INTEGER NOT NULL -- unix seconds
);
CREATE INDEX users_region ON users (region);

CREATE TABLE tokens (
  hash    TEXT    PRIMARY KEY, -- SHA-256 in hex
  user_id TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name    TEXT    NOT NULL,
  expires INTEGER NOT NULL
);

CREATE TABLE sessions (
  token   TEXT    PRIMARY KEY,
  data    BLOB    NOT NULL,
  expires INTEGER NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE sources (
  id     TEXT PRIMARY KEY,
  region TEXT NOT NULL,
  name   TEXT NOT NULL,
  doc    TEXT NOT NULL
);
CREATE INDEX sources_region ON sources (region);

CREATE TABLE source_health (
  source_id TEXT PRIMARY KEY,
  doc       TEXT NOT NULL
);

CREATE TABLE seen (
  source_id TEXT    NOT NULL,
  item      TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (source_id, item)
) WITHOUT ROWID;

CREATE TABLE rejections (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  at     INTEGER NOT NULL,
  region TEXT    NOT NULL,
  source TEXT    NOT NULL,
  place  TEXT    NOT NULL,
  error  TEXT    NOT NULL,
  raw    TEXT    NOT NULL
);
CREATE INDEX rejections_region ON rejections (region);

CREATE TABLE events (
  id         TEXT    PRIMARY KEY,
  region     TEXT    NOT NULL,
  queue      TEXT    NOT NULL,
  category   TEXT    NOT NULL,
  level      INTEGER NOT NULL,
  title      TEXT    NOT NULL,
  case_id    TEXT    NOT NULL, -- the truth; the document's copy may be older
  last_at    INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  doc        TEXT    NOT NULL
);
CREATE INDEX events_updated ON events (updated_at, id);
CREATE INDEX events_last    ON events (last_at);

CREATE TABLE event_posts (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  post_id   TEXT    NOT NULL UNIQUE,
  event_id  TEXT    NOT NULL REFERENCES events (id),
  duplicate BOOLEAN NOT NULL
);
CREATE INDEX event_posts_event ON event_posts (event_id, seq);

CREATE TABLE cases (
  id        TEXT    PRIMARY KEY,
  county    TEXT    NOT NULL,
  number    TEXT    NOT NULL,
  region    TEXT    NOT NULL,
  queue     TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  ended     BOOLEAN NOT NULL,
  level     INTEGER NOT NULL,
  category  TEXT    NOT NULL,
  title     TEXT    NOT NULL,
  event_id  TEXT    NOT NULL,
  rev       INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  due_at    INTEGER NOT NULL, -- the nearest open deadline
  next_at   INTEGER NOT NULL, -- when time alone changes the case next
  doc       TEXT    NOT NULL,
  UNIQUE (county, number)
);
CREATE UNIQUE INDEX cases_event  ON cases (event_id) WHERE event_id <> '';
-- What stands behind id is only there to be counted without reading documents.
CREATE INDEX        cases_opened ON cases (opened_at, id, region);
CREATE INDEX        cases_due    ON cases (due_at, id, region);
CREATE INDEX        cases_next   ON cases (next_at, id);
CREATE INDEX        cases_open   ON cases (ended, opened_at, id, region);
CREATE INDEX        cases_work   ON cases (ended, due_at, id, region, level, state);
CREATE INDEX        cases_state  ON cases (state, opened_at, id);

-- The last number given in a county and year.
CREATE TABLE case_numbers (
  county TEXT    NOT NULL,
  year   INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (county, year)
);

-- Each unit's part in a case, for statistics; rewritten with the case.
CREATE TABLE case_units (
  case_id      TEXT    NOT NULL REFERENCES cases (id),
  unit_id      TEXT    NOT NULL,
  region       TEXT    NOT NULL,
  level        INTEGER NOT NULL,
  lead         BOOLEAN NOT NULL,
  ended        BOOLEAN NOT NULL, -- the case is
  assigned_at  INTEGER NOT NULL,
  acked_at     INTEGER NOT NULL,
  ack_due      INTEGER NOT NULL, -- 0 when no acknowledgement is asked for (any more)
  feedback_at  INTEGER NOT NULL,
  responded_at INTEGER NOT NULL,
  closed_at    INTEGER NOT NULL,
  PRIMARY KEY (case_id, unit_id)
);
CREATE INDEX case_units_unit    ON case_units (unit_id, case_id);
CREATE INDEX case_units_waiting ON case_units (region, case_id) WHERE acked_at = 0 AND ended = FALSE;
-- Statistics read this index only.
CREATE INDEX case_units_measured ON case_units (assigned_at, region, level, unit_id, lead, acked_at, ack_due, feedback_at, responded_at, closed_at);

-- The deadlines that run, each with the unit that has to meet it ('' for the
-- guiding office); rewritten with the case.
CREATE TABLE open_clocks (
  case_id TEXT    NOT NULL REFERENCES cases (id),
  n       INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  unit_id TEXT    NOT NULL,
  region  TEXT    NOT NULL,
  level   INTEGER NOT NULL,
  due_at  INTEGER NOT NULL,
  PRIMARY KEY (case_id, n)
);
CREATE INDEX open_clocks_due ON open_clocks (due_at);

CREATE TABLE entries (
  case_id TEXT    NOT NULL REFERENCES cases (id),
  seq     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  PRIMARY KEY (case_id, seq)
);

CREATE TABLE notifications (
  id         TEXT    PRIMARY KEY,
  case_id    TEXT    NOT NULL,
  region     TEXT    NOT NULL,
  unit_id    TEXT    NOT NULL,
  channel    TEXT    NOT NULL,
  to_user    TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  next_at    INTEGER NOT NULL,
  read_at    INTEGER NOT NULL,
  doc        TEXT    NOT NULL -- status and times are true in the columns
);
CREATE INDEX notifications_due     ON notifications (next_at, id) WHERE status = 'pending';
CREATE INDEX notifications_case    ON notifications (case_id, created_at, id);
CREATE INDEX notifications_to      ON notifications (to_user, created_at, id);
CREATE INDEX notifications_created ON notifications (created_at, id);
CREATE INDEX notifications_unread  ON notifications (to_user) WHERE channel = 'inapp' AND read_at = 0;

-- The audit chain. Rows are final; audit_head holds the last link, so that
-- cutting off the end is seen too, and is what writers queue at.
CREATE TABLE audit (
  seq    INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  region TEXT    NOT NULL,
  who    TEXT    NOT NULL,
  role   TEXT    NOT NULL,
  action TEXT    NOT NULL,
  object TEXT    NOT NULL,
  detail TEXT    NOT NULL,
  origin TEXT    NOT NULL,
  prev   TEXT    NOT NULL,
  hash   TEXT    NOT NULL
);
CREATE TABLE audit_head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  seq  INTEGER NOT NULL,
  hash TEXT    NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit rows are final');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit rows are final');
END;
-- +goose StatementEnd
