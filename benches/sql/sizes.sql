-- Where the log ends, and how large all tables and indexes of the schema $1 are, in bytes.
SELECT
    (pg_current_wal_insert_lsn() - '0/0')::bigint AS log,
    coalesce(sum(pg_table_size(oid)), 0)::bigint AS tables,
    coalesce(sum(pg_indexes_size(oid)), 0)::bigint AS indexes
FROM pg_class
WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
