-- What is remembered of what was deleted for good, and of whom.

-- Accounts that were deleted while tokens issued before may still be shown. Only a hash: whoever
-- shows such a token names the account anyway.
CREATE TABLE deleted_accounts (
    subject_hash bytea PRIMARY KEY,
    deleted_at   timestamptz NOT NULL
);

-- Readers who may hold documents that were deleted for good, and who are told nothing but to fetch
-- everything anew: a `_removed` would name what must be forgotten. Written as the routes to these
-- documents were, since it follows from them.
CREATE TABLE reader_resets (
    reader_kind text NOT NULL CHECK (reader_kind IN ('user', 'organisation', 'everybody')),
    -- A user or an organisation; empty for everybody.
    reader_id   text COLLATE "C" NOT NULL,
    application text COLLATE "C" NOT NULL,
    collection  text COLLATE "C" NOT NULL,
    -- The transaction that deleted: whose cursor has seen it, has fetched everything since.
    tx          xid8 NOT NULL,
    deleted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (reader_kind, reader_id, application, collection)
);

CREATE TRIGGER reader_resets_transaction BEFORE INSERT OR UPDATE ON reader_resets
    FOR EACH ROW WHEN (current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();

-- Whose documents in organisations name their author.
CREATE INDEX documents_by_author ON documents (created_by) WHERE created_by IS NOT NULL;
