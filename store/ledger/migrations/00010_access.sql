-- +goose Up

ALTER TABLE users ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN password_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN created_at  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN last_at     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN last_from   TEXT    NOT NULL DEFAULT '';

-- Roles asked for an account, and what the security administrator answered.
CREATE TABLE grants (
  id      TEXT    PRIMARY KEY,
  region  TEXT    NOT NULL,
  user_id TEXT    NOT NULL REFERENCES users (id),
  state   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  doc     TEXT    NOT NULL
);
CREATE UNIQUE INDEX grants_open ON grants (user_id) WHERE state = 'asked';
CREATE INDEX grants_region ON grants (region, at);

-- Passwords an account had: they are not taken again.
CREATE TABLE old_passwords (
  user_id TEXT    NOT NULL REFERENCES users (id),
  at      INTEGER NOT NULL,
  hash    TEXT    NOT NULL
);
CREATE INDEX old_passwords_user ON old_passwords (user_id, at);

-- Who a session belongs to; '' for what is no sign-in of a person.
ALTER TABLE sessions ADD COLUMN user_id TEXT    NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN begun   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN seen    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN origin  TEXT    NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent   TEXT    NOT NULL DEFAULT '';
CREATE INDEX sessions_user ON sessions (user_id);

ALTER TABLE tokens ADD COLUMN scopes     TEXT    NOT NULL DEFAULT ''; -- '': everything the account may
ALTER TABLE tokens ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN used_at    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN revoked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tokens_user ON tokens (user_id);

CREATE TABLE second_factors (
  user_id   TEXT    PRIMARY KEY REFERENCES users (id),
  sealed    BLOB    NOT NULL,
  confirmed INTEGER NOT NULL,
  step      INTEGER NOT NULL,
  recovery  TEXT    NOT NULL -- JSON list of hashes
);

-- Identities of another provider (OIDC) bound to an account by an administrator.
CREATE TABLE subjects (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX subjects_user ON subjects (issuer, user_id);

CREATE INDEX audit_who ON audit (who, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_at ON audit (at);
