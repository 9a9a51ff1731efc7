-- +goose Up

-- One row a post. seq is the order of lists: publication, in sixteenths of a
-- second, then arrival (see order.go); it is the row ID of every other table
-- and, by SQLite's layout, the tail of every index below, so that each filter
-- reads its posts newest first without sorting.
CREATE TABLE posts (
  seq       INTEGER PRIMARY KEY,
  id        TEXT    NOT NULL UNIQUE,
  region    TEXT    NOT NULL,
  published INTEGER NOT NULL, -- µs since 1970 UTC
  channel   TEXT    NOT NULL,
  source    TEXT    NOT NULL,
  category  TEXT    NOT NULL,
  sentiment TEXT    NOT NULL,
  risk      REAL    NOT NULL,
  lead      TEXT    NOT NULL  -- the unit proposed first
) STRICT;
CREATE INDEX posts_region   ON posts (region);
CREATE INDEX posts_channel  ON posts (channel);
CREATE INDEX posts_source   ON posts (source);
CREATE INDEX posts_category ON posts (category);
CREATE INDEX posts_lead     ON posts (lead) WHERE lead <> '';
CREATE INDEX posts_risky    ON posts (seq) WHERE risk >= 60;

-- The post and its assessment, as JSON; apart, so that scans of posts stay narrow.
CREATE TABLE docs (
  seq INTEGER PRIMARY KEY,
  doc TEXT NOT NULL
) STRICT;

CREATE TABLE post_flags (
  flag TEXT    NOT NULL,
  seq  INTEGER NOT NULL,
  PRIMARY KEY (flag, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_flags_seq ON post_flags (seq);

-- Terms are cut before they get here (see text.go); the text itself is in docs.
CREATE VIRTUAL TABLE post_text USING fts5 (
  terms, content = '', contentless_delete = 1, tokenize = 'terms'
);

-- Merging eight segments at once instead of four writes each term less often;
-- a look-up reads a few segments more.
INSERT INTO post_text (post_text, rank) VALUES ('automerge', 8);

-- Sums by hour of publication, written with the posts they sum.
CREATE TABLE hourly (
  hour     INTEGER NOT NULL, -- hours since 1970 UTC; Beijing's begin at the same instants
  region   TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  category TEXT    NOT NULL,
  posts    INTEGER NOT NULL,
  negative INTEGER NOT NULL,
  risky    INTEGER NOT NULL, -- risk ≥ 60
  PRIMARY KEY (hour, region, channel, category)
) STRICT, WITHOUT ROWID;
