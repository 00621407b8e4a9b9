-- Every row carries the transaction that wrote it last. A default would not fire on UPDATE. Our own
-- statements set it, which is cheaper; the trigger is for everybody else's.

CREATE FUNCTION set_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tx := pg_current_xact_id();
    RETURN NEW;
END
$$;

-- A new incarnation gives all rows a transaction that every cursor of it has seen.
-- What is kept beside a document for others than its readers does not make it another one.
CREATE TRIGGER documents_transaction
    BEFORE INSERT OR UPDATE OF version, revision, field_revisions, content, deleted ON documents
    FOR EACH ROW WHEN (NEW.tx IS DISTINCT FROM pg_current_xact_id()
    AND current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();
CREATE TRIGGER document_pushes_transaction BEFORE INSERT OR UPDATE ON document_pushes
    FOR EACH ROW WHEN (NEW.tx IS DISTINCT FROM pg_current_xact_id()
    AND current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();

-- How the database looks now. A dump restored elsewhere has another system identifier or database,
-- one restored in place another table, a promoted standby another timeline: after a promotion
-- pg_control_checkpoint() lags, the name of the current log file does not.
CREATE VIEW database_fingerprint AS
    SELECT concat_ws(
        '/',
        (SELECT system_identifier FROM pg_control_system()),
        left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'documents'::regclass::oid
    ) AS fingerprint;

-- What every request asks in the statement that takes its snapshot. The incarnation is null if the
-- database does not look as it did when its present life began.
CREATE VIEW database_state AS
    SELECT
        (
            SELECT incarnation_id
            FROM incarnations
            WHERE ordinal = (SELECT max(ordinal) FROM incarnations)
              AND fingerprint = (SELECT fingerprint FROM database_fingerprint)
        ) AS incarnation_id,
        (SELECT instant FROM horizon) AS horizon,
        clock_timestamp() AS present;
