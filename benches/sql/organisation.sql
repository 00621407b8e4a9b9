-- An organisation with the id $1 and $2 members.
WITH founded AS (
    INSERT INTO syncline.namespaces (kind, owner_id)
    VALUES ('organisation', $1)
    RETURNING namespace_id
), named AS (
    INSERT INTO syncline.organisations (namespace_id, organisation_id, name, name_key)
    SELECT namespace_id, $1, 'Writers', 'writers' FROM founded
)
INSERT INTO syncline.memberships (namespace_id, user_id, role, tx)
SELECT namespace_id, 'writer-' || number, 'member', pg_current_xact_id()
FROM founded, generate_series(1, $2::bigint) AS number
