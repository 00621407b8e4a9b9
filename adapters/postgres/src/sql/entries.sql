-- The access entries of the documents with a key, one for each collection in which it stands. The
-- collections are found one after the other by the index, each in one step. An admin of an organisation
-- counts as the owner of all its documents: their authors may be gone.
WITH RECURSIVE space AS MATERIALIZED (
    SELECT
        namespaces.namespace_id,
        namespaces.kind = 'personal' OR membership.role = 'org-admin' AS is_own
    FROM namespaces
    LEFT JOIN memberships AS membership
        ON membership.namespace_id = namespaces.namespace_id
       AND membership.user_id = $3
       AND NOT membership.revoked
    WHERE namespaces.kind = $1
      AND namespaces.owner_id = $2
      AND (namespaces.kind = 'personal' OR membership.user_id IS NOT NULL)
), collections AS (
    (
        SELECT documents.collection
        FROM documents, space
        WHERE $5::text IS NULL
          AND documents.namespace_id = space.namespace_id
          AND documents.application = $4
        ORDER BY documents.collection
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT documents.collection
        FROM documents, space
        WHERE documents.namespace_id = space.namespace_id
          AND documents.application = $4
          AND documents.collection > collections.collection
        ORDER BY documents.collection
        LIMIT 1
    )
    FROM collections
    WHERE collections.collection IS NOT NULL
), named AS (
    SELECT collection FROM collections WHERE collection IS NOT NULL
    UNION ALL
    SELECT $5 WHERE $5::text IS NOT NULL
)
SELECT
    document.collection,
    document.created_by,
    coalesce(entry.visibility, 'private') AS visibility,
    entry.namespace_id IS NULL AS is_implied,
    entry.organisation_id,
    entry.share_token_hash IS NOT NULL AS has_share_token,
    (
        SELECT array_agg(user_id ORDER BY user_id)
        FROM shares
        WHERE (shares.namespace_id, shares.application, shares.collection, shares.key)
            = (document.namespace_id, document.application, document.collection, document.key)
    ) AS users,
    (
        SELECT array_agg(access ORDER BY user_id)
        FROM shares
        WHERE (shares.namespace_id, shares.application, shares.collection, shares.key)
            = (document.namespace_id, document.application, document.collection, document.key)
    ) AS accesses,
    to_char(document.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        AS created_at,
    to_char(
        coalesce(entry.updated_at, document.created_at) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    ) AS updated_at
FROM space
CROSS JOIN named
CROSS JOIN LATERAL (
    SELECT namespace_id, application, collection, key, created_by, created_at
    FROM documents
    WHERE documents.namespace_id = space.namespace_id
      AND documents.application = $4
      AND documents.collection = named.collection
      AND documents.key = $6
      AND NOT documents.deleted
      AND (space.is_own OR documents.created_by = $3)
    LIMIT 1
) AS document
LEFT JOIN access_entries AS entry
    ON (entry.namespace_id, entry.application, entry.collection, entry.key)
     = (document.namespace_id, document.application, document.collection, document.key)
