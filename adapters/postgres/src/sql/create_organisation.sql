-- Founds an organisation with its namespace and its first admin, unless another one has its name.
WITH organisation AS (
    INSERT INTO organisations (namespace_id, name, name_key)
    VALUES (nextval(pg_get_serial_sequence('namespaces', 'namespace_id')), $1, $2)
    ON CONFLICT (name_key) DO NOTHING
    RETURNING *
), namespace AS (
    INSERT INTO namespaces (namespace_id, kind, owner_id)
    OVERRIDING SYSTEM VALUE
    SELECT namespace_id, 'organisation', organisation_id
    FROM organisation
), membership AS (
    INSERT INTO memberships (namespace_id, user_id, role)
    SELECT namespace_id, $3, 'org-admin'
    FROM organisation
)
SELECT
    organisation_id,
    name,
    'org-admin' AS role,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
FROM organisation
