DELETE FROM login_codes
WHERE code_hash = $1
RETURNING provider, subject, name, email, expires_at > clock_timestamp() AS is_in_time
