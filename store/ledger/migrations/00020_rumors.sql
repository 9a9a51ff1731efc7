-- +goose Up

-- How far a rumour was checked: what was not found true counts in no figure but
-- its own, so the column stands in every index that figures are read from.
ALTER TABLE cases      ADD COLUMN rumor TEXT NOT NULL DEFAULT '';
ALTER TABLE case_units ADD COLUMN rumor TEXT NOT NULL DEFAULT '';
UPDATE cases SET rumor = 'unverified' WHERE doc LIKE '%"rumor":"unverified"%';
UPDATE cases SET rumor = 'verified'   WHERE doc LIKE '%"rumor":"verified"%';
UPDATE cases SET rumor = 'refuted'    WHERE doc LIKE '%"rumor":"refuted"%';
UPDATE case_units SET rumor = (SELECT rumor FROM cases WHERE cases.id = case_units.case_id);
DROP INDEX cases_opened;
DROP INDEX cases_work;
DROP INDEX case_units_measured;
CREATE INDEX cases_opened ON cases (opened_at, id, region, drill, rumor);
CREATE INDEX cases_work   ON cases (ended, due_at, id, region, level, state, drill, rumor);
CREATE INDEX cases_rumor  ON cases (rumor, opened_at, id) WHERE rumor <> '';
CREATE INDEX case_units_measured ON case_units (assigned_at, region, level, category, unit_id, lead, acked_at, ack_due, feedback_at, feedback_due, responded_at, respond_due, closed_at, excused, sent_back, reopened, drill, rumor);
