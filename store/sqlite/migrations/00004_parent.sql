-- +goose Up

-- The post that a comment or reply answers, '' of all others.
ALTER TABLE posts ADD COLUMN parent TEXT NOT NULL DEFAULT '';
CREATE INDEX posts_parent ON posts (parent) WHERE parent <> '';
