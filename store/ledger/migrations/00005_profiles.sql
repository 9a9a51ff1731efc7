-- +goose Up

-- How an office's exports become posts (来件模板).
CREATE TABLE profiles (
  region TEXT NOT NULL,
  name   TEXT NOT NULL,
  doc    TEXT NOT NULL,
  PRIMARY KEY (region, name)
);
