-- +goose Up

-- What else a unit is measured by; rewritten with the case.
ALTER TABLE case_units ADD COLUMN category     TEXT    NOT NULL DEFAULT '';
ALTER TABLE case_units ADD COLUMN feedback_due INTEGER NOT NULL DEFAULT 0; -- 0 when none is asked for (any more)
ALTER TABLE case_units ADD COLUMN respond_due  INTEGER NOT NULL DEFAULT 0; -- of the lead
ALTER TABLE case_units ADD COLUMN excused      INTEGER NOT NULL DEFAULT 0; -- µs that pauses and extensions gave
ALTER TABLE case_units ADD COLUMN sent_back    INTEGER NOT NULL DEFAULT 0; -- how often the feedback form was
ALTER TABLE case_units ADD COLUMN reopened     INTEGER NOT NULL DEFAULT 0;
UPDATE case_units SET category = (SELECT category FROM cases WHERE cases.id = case_units.case_id);
DROP INDEX case_units_measured;
CREATE INDEX case_units_measured ON case_units (assigned_at, region, level, category, unit_id, lead, acked_at, ack_due, feedback_at, feedback_due, responded_at, respond_due, closed_at, excused, sent_back, reopened, drill);
ALTER TABLE open_clocks ADD COLUMN category TEXT NOT NULL DEFAULT '';
UPDATE open_clocks SET category = (SELECT category FROM cases WHERE cases.id = open_clocks.case_id);

-- Cases that units gave back (退单): the unit has no part in them any more.
CREATE TABLE refusals (
  case_id  TEXT    NOT NULL REFERENCES cases (id),
  n        INTEGER NOT NULL,
  unit_id  TEXT    NOT NULL,
  region   TEXT    NOT NULL,
  level    INTEGER NOT NULL,
  category TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  drill    BOOLEAN NOT NULL,
  PRIMARY KEY (case_id, n)
);
CREATE INDEX refusals_at ON refusals (at, region, level, category, unit_id, drill);
