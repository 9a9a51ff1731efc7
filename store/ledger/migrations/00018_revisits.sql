-- +goose Up

-- Pages that are looked at again: was the post changed, or taken away?
CREATE TABLE revisits (
  post      TEXT PRIMARY KEY,
  source_id TEXT    NOT NULL,
  due       INTEGER NOT NULL,
  doc       TEXT    NOT NULL
);
CREATE INDEX revisits_due ON revisits (source_id, due);
