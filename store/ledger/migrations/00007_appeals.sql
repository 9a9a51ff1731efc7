-- +goose Up

-- Objections of units to points they lost in an appraisal.
CREATE TABLE appeals (
  id      TEXT    PRIMARY KEY,
  region  TEXT    NOT NULL,
  unit_id TEXT    NOT NULL,
  case_id TEXT    NOT NULL REFERENCES cases (id),
  merit   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  doc     TEXT    NOT NULL,
  UNIQUE (unit_id, case_id, merit)
);
CREATE INDEX appeals_region ON appeals (region, at);
