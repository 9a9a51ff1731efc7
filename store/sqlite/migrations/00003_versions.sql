-- +goose Up

-- How a post stood when its page was read again; the first reading is in posts.
CREATE TABLE versions (
  post TEXT    NOT NULL,
  n    INTEGER NOT NULL, -- 1 is the first change
  doc  TEXT    NOT NULL,
  PRIMARY KEY (post, n)
) STRICT, WITHOUT ROWID;
