-- +goose Up

-- The duty roster. A shift is never changed: one that takes the place of another
-- names it in replaces, and a new roster withdraws the old one's.
CREATE TABLE shifts (
  id           TEXT    PRIMARY KEY,
  region       TEXT    NOT NULL,
  unit_id      TEXT    NOT NULL,
  role         TEXT    NOT NULL,
  from_at      INTEGER NOT NULL,
  to_at        INTEGER NOT NULL,
  replaces     TEXT    NOT NULL DEFAULT '',
  withdrawn_at INTEGER NOT NULL DEFAULT 0,
  doc          TEXT    NOT NULL
);
CREATE INDEX shifts_to       ON shifts (to_at)    WHERE withdrawn_at = 0;
CREATE INDEX shifts_replaces ON shifts (replaces) WHERE withdrawn_at = 0 AND replaces <> '';
