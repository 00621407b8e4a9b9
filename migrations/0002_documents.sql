-- Documents, what they were before, and what devices pushed.
--
-- Every key begins with the namespace, so that the tables can be distributed by it. There are no
-- foreign keys to namespaces: a namespace is only ever deleted together with all its rows, and the
-- check would cost every push a lock on one row that all of a user's devices share.

CREATE TABLE namespaces (
    namespace_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('personal', 'organisation')),
    owner_id     text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, owner_id)
);

CREATE TABLE documents (
    namespace_id    bigint NOT NULL,
    application     text COLLATE "C" NOT NULL,
    collection      text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    revision        text COLLATE "C" NOT NULL,
    -- Never searched, only sent: json keeps the text as it is.
    field_revisions json NOT NULL,
    content         jsonb NOT NULL,
    deleted         boolean NOT NULL,
    -- The length of content and field revisions, which bounds the pages of a pull.
    bytes           integer NOT NULL,
    -- The transaction that wrote the row last: what a cursor has or has not seen.
    tx              xid8 NOT NULL,
    written_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, application, collection, key)
);

-- The condition holds for every row. It keeps the planner, which knows nothing of a table that was
-- empty a moment ago, from looking documents up by key in here.
CREATE INDEX documents_by_transaction
    ON documents (namespace_id, application, collection, tx, key) WHERE tx > '0';
CREATE INDEX documents_tombstones ON documents (written_at) WHERE deleted;

-- Superseded versions: the ancestors of edits that devices have yet to push.
CREATE TABLE document_versions (
    namespace_id    bigint NOT NULL,
    application     text COLLATE "C" NOT NULL,
    collection      text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    revision        text COLLATE "C" NOT NULL,
    field_revisions json NOT NULL,
    content         jsonb NOT NULL,
    deleted         boolean NOT NULL,
    -- The transaction that wrote this version, not the one that superseded it.
    tx              xid8 NOT NULL,
    superseded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, application, collection, key, version)
);

CREATE INDEX document_versions_by_age ON document_versions USING brin (superseded_at);

-- Pushed values that no version shows as they were pushed, and the conflicts they met.
CREATE TABLE document_pushes (
    namespace_id bigint NOT NULL,
    application  text COLLATE "C" NOT NULL,
    collection   text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    push_id      bigint GENERATED ALWAYS AS IDENTITY,
    -- The version that resolved it.
    version      bigint NOT NULL,
    path         text COLLATE "C" NOT NULL,
    revision     text COLLATE "C" NOT NULL,
    node         text COLLATE "C" NOT NULL,
    -- Null if the field was removed.
    value        json,
    -- Null if there is nothing to report.
    report       json,
    tx           xid8 NOT NULL,
    pushed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, application, collection, key, push_id)
);

CREATE INDEX document_pushes_by_transaction
    ON document_pushes (namespace_id, application, collection, tx) WHERE tx > '0';
CREATE INDEX document_pushes_by_age ON document_pushes USING brin (pushed_at);
