-- +goose Up

-- Drills (演练) count in no figure: the column stands in every index that figures
-- are read from.
ALTER TABLE cases       ADD COLUMN drill BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE case_units  ADD COLUMN drill BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE open_clocks ADD COLUMN drill BOOLEAN NOT NULL DEFAULT FALSE;

DROP INDEX cases_opened;
DROP INDEX cases_due;
DROP INDEX cases_open;
DROP INDEX cases_work;
DROP INDEX case_units_waiting;
DROP INDEX case_units_measured;
CREATE INDEX cases_opened        ON cases (opened_at, id, region, drill);
CREATE INDEX cases_due           ON cases (due_at, id, region, drill);
CREATE INDEX cases_open          ON cases (ended, opened_at, id, region, drill);
CREATE INDEX cases_work          ON cases (ended, due_at, id, region, level, state, drill);
CREATE INDEX notifications_channel ON notifications (channel, next_at, id) WHERE status = 'pending';
CREATE INDEX cases_words         ON cases (title, number, id); -- read as a whole instead of the documents
CREATE INDEX cases_drill         ON cases (opened_at, id) WHERE drill = TRUE;
CREATE INDEX case_units_waiting  ON case_units (region, case_id, drill) WHERE acked_at = 0 AND ended = FALSE;
CREATE INDEX case_units_measured ON case_units (assigned_at, region, level, unit_id, lead, acked_at, ack_due, feedback_at, responded_at, closed_at, drill);
