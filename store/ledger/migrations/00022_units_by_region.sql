-- +goose Up

-- Counties may call their units the same.
CREATE TABLE region_units (
  id       TEXT    NOT NULL,
  region   TEXT    NOT NULL,
  position INTEGER NOT NULL, -- in the county's file
  name     TEXT    NOT NULL,
  doc      TEXT    NOT NULL,
  PRIMARY KEY (region, id)
);
INSERT INTO region_units (id, region, position, name, doc) SELECT id, region, position, name, doc FROM units;
DROP TABLE units;
ALTER TABLE region_units RENAME TO units;
CREATE INDEX units_region ON units (region, position);
