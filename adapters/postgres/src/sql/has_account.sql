-- Whether the account of a session is there. A token may be older than the end of its account.
SELECT NOT EXISTS (
    SELECT
    FROM deleted_accounts
    WHERE subject_hash = $1
      AND extract(epoch FROM deleted_at) * 1000 >= $2::bigint
)
