-- +goose Up

-- What all collectors together asked of a host today, and whether it sent us away.
CREATE TABLE hosts (
  host  TEXT    PRIMARY KEY,
  day   INTEGER NOT NULL, -- µs, when it began in Beijing
  asked INTEGER NOT NULL, -- requests booked of that day
  most  INTEGER NOT NULL, -- requests of a day at most, as configured last
  away  INTEGER NOT NULL  -- µs, not before then; 0: whenever
);
