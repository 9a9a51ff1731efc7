-- +goose Up

-- What the analyzer of a region learned from people. The document holds who, when
-- and the report; data is the model itself.
CREATE TABLE models (
  id         TEXT    PRIMARY KEY,
  region     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  state      TEXT    NOT NULL, -- candidate, live, retired
  doc        TEXT    NOT NULL,
  data       BLOB    NOT NULL
);
CREATE INDEX        models_region ON models (region, created_at);
CREATE UNIQUE INDEX models_one    ON models (region, state) WHERE state <> 'retired';
