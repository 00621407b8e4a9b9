-- Documents of any collections, a row for each, with its fields as JSON.
COPY (
    SELECT
        export_text(application), export_text(collection), export_text(key), revision, content::text
    FROM documents
    WHERE namespace_id = current_setting('syncline.export_namespace')::bigint
      AND current_setting('syncline.export_application') IN ('', application)
      AND NOT deleted
    ORDER BY application, collection, key
) TO STDOUT (FORMAT csv)
