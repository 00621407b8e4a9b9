-- What the least careful server would keep: documents under a key as wide as ours, in a schema of
-- their own in the cluster that our server uses, and as durable.
CREATE SCHEMA baseline;

CREATE TABLE baseline.namespaces (
    namespace_id bigint PRIMARY KEY,
    owner_id     text COLLATE "C" NOT NULL UNIQUE
);

-- For pushes and look-ups: no index but the primary key, no history, no trigger.
CREATE TABLE baseline.documents (
    namespace_id    bigint NOT NULL,
    application     text COLLATE "C" NOT NULL,
    collection      text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    revision        text COLLATE "C" NOT NULL,
    field_revisions json NOT NULL,
    content         jsonb NOT NULL,
    deleted         boolean NOT NULL,
    written_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, application, collection, key)
);

-- For pulls: a plain number tells what is new.
CREATE TABLE baseline.changes (
    LIKE baseline.documents INCLUDING DEFAULTS,
    number bigint NOT NULL,
    PRIMARY KEY (namespace_id, application, collection, key)
);
CREATE INDEX changes_by_number ON baseline.changes (namespace_id, application, collection, number);
