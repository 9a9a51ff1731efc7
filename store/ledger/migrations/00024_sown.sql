-- +goose Up

-- A source as the county's sources.yaml has it, '' for one that is not written
-- there: what people change on the page stays, and is told apart.
ALTER TABLE sources ADD COLUMN file TEXT NOT NULL DEFAULT '';
