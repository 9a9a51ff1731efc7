-- +goose Up

-- Trends are asked by region and channel only: without the category half a year
-- is a few ten thousand rows instead of some hundred thousand.
CREATE TABLE hours (
  hour     INTEGER NOT NULL, -- hours since 1970 UTC; Beijing's begin at the same instants
  region   TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  posts    INTEGER NOT NULL,
  negative INTEGER NOT NULL,
  risky    INTEGER NOT NULL, -- risk ≥ 60
  PRIMARY KEY (hour, region, channel)
) STRICT, WITHOUT ROWID;
INSERT INTO hours SELECT hour, region, channel, sum(posts), sum(negative), sum(risky) FROM hourly GROUP BY hour, region, channel;
DROP TABLE hourly;
ALTER TABLE hours RENAME TO hourly;
