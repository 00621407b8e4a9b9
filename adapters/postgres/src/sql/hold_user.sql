-- Whoever deletes the account has locked its user first, and is waited for.
SELECT user_id
FROM users
WHERE user_id = $1
FOR SHARE
