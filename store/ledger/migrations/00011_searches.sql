-- +goose Up

-- What people search for again and again (保存的检索), each person's own.
CREATE TABLE searches (
  user_id TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  query   TEXT    NOT NULL,
  seen_at BIGINT  NOT NULL, -- µs since 1970 UTC
  PRIMARY KEY (user_id, name)
);
