SELECT subject_hash, ceil(extract(epoch FROM deleted_at) * 1000)::bigint AS deleted_at
FROM deleted_accounts
