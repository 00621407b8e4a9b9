-- Documents of an export behind the last one, so many that they fit a page, a line for each: with
-- where it belongs, and with its access entry if that says anything. Texts are written last, of those
-- alone. Whom a document is shared with takes up to 1 KiB for each.
SELECT
    application,
    collection,
    key,
    '{"_app":' || to_json(application)::text
    || ',"_collection":' || to_json(collection)::text
    || coalesce(',"_docIndex":' || (
        SELECT access_entry_text(
            measured.namespace_id, measured.owner_id,
            measured.application, measured.collection, measured.key,
            measured.created_at
        )
        FROM access_entries AS entry
        WHERE measured.owner_id IS NOT NULL
          AND entry.namespace_id = measured.namespace_id
          AND entry.application = measured.application
          AND entry.collection = measured.collection
          AND entry.key = measured.key
          AND (
            entry.visibility <> 'private'
            OR entry.share_token_hash IS NOT NULL
            OR measured.shares > 0
        )
    ), '')
    || ',' || right(document_text(key, revision, field_revisions, content, false), -1) AS text
FROM (
    SELECT
        *,
        sum(bytes + 1024 * shares) OVER (
            ORDER BY application, collection, key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM (
        SELECT
            namespace_id, application, collection, key, revision, field_revisions, content, bytes,
            created_at,
            (
                SELECT owner_id
                FROM namespaces
                WHERE namespaces.namespace_id = documents.namespace_id AND kind = 'personal'
            ) AS owner_id,
            (
                SELECT count(*)
                FROM shares
                WHERE shares.namespace_id = documents.namespace_id
                  AND shares.application = documents.application
                  AND shares.collection = documents.collection
                  AND shares.key = documents.key
            ) AS shares
        FROM documents
        WHERE namespace_id = $1
          AND ($2::text IS NULL OR application = $2)
          AND ($3::text IS NULL OR collection = $3)
          AND (application, collection, key) > ($4, $5, $6)
          AND NOT deleted
        ORDER BY application, collection, key
        LIMIT $7::bigint
    ) AS candidates
) AS measured
WHERE coalesce(bytes_before, 0) < $8::bigint
ORDER BY application, collection, key
