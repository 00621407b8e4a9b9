-- A physical standby may answer pulls, and reads its state as the primary does.

-- How the database looks now. A dump restored elsewhere has another system identifier or database,
-- one restored in place another table, a promoted standby another timeline: after a promotion
-- pg_control_checkpoint() lags, the name of the current log file does not. A standby writes no log,
-- and whoever takes it for the primary gets an error. To a session that knows what it is, it is on
-- the timeline of the last life that it has heard of (ADR 0015).
CREATE OR REPLACE VIEW database_fingerprint AS
    SELECT concat_ws(
        '/',
        (SELECT system_identifier FROM pg_control_system()),
        CASE
            WHEN current_setting('syncline.standby', true) = 'on' AND pg_is_in_recovery() THEN (
                SELECT split_part(fingerprint, '/', 2)
                FROM incarnations
                WHERE ordinal = (SELECT max(ordinal) FROM incarnations)
            )
            ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
        END,
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'documents'::regclass::oid
    ) AS fingerprint;
