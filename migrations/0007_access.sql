-- Who may see a document beside those to whose namespace it belongs.

-- Said of the document's row itself: who wrote it first, if that is not the owner of its namespace,
-- and when; and whether there is any route to it, so that the writes of all others look for none.
ALTER TABLE documents
    ADD COLUMN created_by text COLLATE "C",
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN has_routes boolean NOT NULL DEFAULT false;

-- Who pushed, if that is not the owner: the report is for the devices of that user.
ALTER TABLE document_pushes ADD COLUMN pusher text COLLATE "C";

CREATE INDEX document_pushes_by_pusher
    ON document_pushes (pusher, application, collection, tx)
    WHERE pusher IS NOT NULL;

-- What is said of a document's readers. A document without an entry is private.
CREATE TABLE access_entries (
    namespace_id     bigint NOT NULL,
    application      text COLLATE "C" NOT NULL,
    collection       text COLLATE "C" NOT NULL,
    key              text COLLATE "C" NOT NULL,
    visibility       text NOT NULL CHECK (visibility IN ('private', 'shared', 'org', 'public')),
    -- The organisation whose members may see it, with visibility org.
    organisation_id  text COLLATE "C",
    -- The SHA-256 of the token of its link.
    share_token_hash bytea UNIQUE,
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, application, collection, key)
);

-- With whom a document is shared.
CREATE TABLE shares (
    namespace_id bigint NOT NULL,
    application  text COLLATE "C" NOT NULL,
    collection   text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    access       text NOT NULL CHECK (access IN ('read', 'write')),
    PRIMARY KEY (namespace_id, application, collection, key, user_id)
);

CREATE INDEX shares_by_user ON shares (user_id);

-- The ways by which readers reach the documents of others: what follows from the entries and
-- shares, and how a pull finds what it has to tell of them. A route is kept when it is revoked, so
-- that pulls can tell what is no longer visible.
CREATE TABLE routes (
    reader_kind  text NOT NULL CHECK (reader_kind IN ('user', 'organisation', 'everybody')),
    -- A user or an organisation; empty for everybody.
    reader_id    text COLLATE "C" NOT NULL,
    application  text COLLATE "C" NOT NULL,
    collection   text COLLATE "C" NOT NULL,
    namespace_id bigint NOT NULL,
    key          text COLLATE "C" NOT NULL,
    access       text NOT NULL CHECK (access IN ('read', 'write')),
    revoked      boolean NOT NULL,
    -- The transaction that opened it last: whose cursor has not seen that, has never seen the
    -- document by it.
    opened_tx    xid8 NOT NULL,
    -- The transaction that last changed it, or the document that it leads to.
    tx           xid8 NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (reader_kind, reader_id, application, collection, namespace_id, key)
);

CREATE INDEX routes_by_transaction
    ON routes (reader_kind, reader_id, application, collection, tx) WHERE tx > '0';
CREATE INDEX routes_by_document ON routes (namespace_id, application, collection, key);
CREATE INDEX routes_revoked ON routes (changed_at) WHERE revoked;

CREATE TRIGGER routes_transaction BEFORE INSERT OR UPDATE ON routes
    FOR EACH ROW WHEN (NEW.tx IS DISTINCT FROM pg_current_xact_id()
    AND current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();
