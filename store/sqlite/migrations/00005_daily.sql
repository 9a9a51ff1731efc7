-- +goose Up

-- Sums by day of publication, Beijing's days, written with the hourly ones: half a
-- year of days is two thousand rows instead of fifty thousand.
CREATE TABLE daily (
  day      INTEGER NOT NULL, -- days since 1970-01-01, each from 00:00 in Beijing
  region   TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  posts    INTEGER NOT NULL,
  negative INTEGER NOT NULL,
  risky    INTEGER NOT NULL, -- risk ≥ 60
  PRIMARY KEY (day, region, channel)
) STRICT, WITHOUT ROWID;
-- Division rounds towards zero: 24 million hours keep what is divided above it.
INSERT INTO daily SELECT (hour + 8 + 24000000) / 24 - 1000000 AS day, region, channel, sum(posts), sum(negative), sum(risky) FROM hourly GROUP BY day, region, channel;
