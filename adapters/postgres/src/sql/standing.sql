-- Two admins are as good as many.
SELECT
    (
        SELECT role
        FROM memberships
        WHERE namespace_id = $1 AND user_id = $2 AND NOT revoked
    ) AS caller,
    (
        SELECT role
        FROM memberships
        WHERE namespace_id = $1 AND user_id = $3 AND NOT revoked
    ) AS member,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM memberships
            WHERE namespace_id = $1 AND role = 'org-admin' AND NOT revoked
            LIMIT 2
        ) AS two
    ) AS admins
