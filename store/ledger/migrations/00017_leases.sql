-- +goose Up

-- Who of several processes does what only one may do at a time.
CREATE TABLE leases (
  name   TEXT    PRIMARY KEY,
  holder TEXT    NOT NULL,
  until  INTEGER NOT NULL -- µs by the database's clock
);
