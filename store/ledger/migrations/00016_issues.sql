-- +goose Up

-- Periodic reports that were issued; the files are kept by hash beside the attachments.
CREATE TABLE issues (
  region TEXT    NOT NULL,
  kind   TEXT    NOT NULL,
  year   INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  since  INTEGER NOT NULL, -- start of the period
  at     INTEGER NOT NULL,
  doc    TEXT    NOT NULL,
  PRIMARY KEY (region, kind, year, n),
  UNIQUE (region, kind, since)
);
CREATE INDEX issues_at ON issues (region, at);
