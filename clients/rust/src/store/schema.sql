-- Whose documents these are: server, application and user; and whose tokens name the user so, once
-- one has told.
CREATE TABLE owner (name TEXT NOT NULL, issuer TEXT);

-- A collection in the user's own namespace, or in an organisation's (empty for the user's own).
CREATE TABLE scopes (
    scope_id     INTEGER PRIMARY KEY,
    collection   TEXT NOT NULL,
    organisation TEXT NOT NULL,
    -- The clocks, as JSON.
    head         TEXT NOT NULL,
    UNIQUE (collection, organisation)
);

CREATE TABLE documents (
    scope_id   INTEGER NOT NULL REFERENCES scopes ON DELETE CASCADE,
    -- The user who shares it; empty for the namespace's own.
    owner      TEXT NOT NULL,
    key        TEXT NOT NULL,
    -- The server's last state and the edits that it has not answered, as JSON.
    entry      TEXT NOT NULL,
    is_pending INTEGER NOT NULL,
    PRIMARY KEY (scope_id, owner, key)
) WITHOUT ROWID;

CREATE INDEX documents_pending ON documents (scope_id) WHERE is_pending;

-- Conflicts of which the application has not heard.
CREATE TABLE reports (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    scope_id INTEGER NOT NULL REFERENCES scopes ON DELETE CASCADE,
    report   TEXT NOT NULL
);
