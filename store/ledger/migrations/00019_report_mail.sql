-- +goose Up

-- Reports of events are issued, too: for each event and kind in parts from 1.
ALTER TABLE issues RENAME TO issues_before;
DROP INDEX issues_at;
CREATE TABLE issues (
  region  TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  year    INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  subject TEXT    NOT NULL, -- the event, '' of a periodic report
  since   INTEGER NOT NULL, -- start of the period, of a report of an event its part
  at      INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  PRIMARY KEY (region, kind, year, n),
  UNIQUE (region, kind, subject, since)
);
INSERT INTO issues SELECT region, kind, year, n, '', since, at, doc FROM issues_before;
DROP TABLE issues_before;
CREATE INDEX issues_at      ON issues (region, at);
CREATE INDEX issues_subject ON issues (subject, at) WHERE subject <> '';

-- Issued reports are mailed through the outbox of notifications.
ALTER TABLE notifications ADD COLUMN report TEXT NOT NULL DEFAULT ''; -- name of the issue
CREATE INDEX notifications_report ON notifications (report, created_at, id) WHERE report <> '';
