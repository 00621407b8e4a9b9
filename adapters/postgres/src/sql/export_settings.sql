-- COPY takes no parameters: its statement reads them from here until the transaction ends.
SELECT
    set_config('syncline.export_namespace', coalesce($1::bigint, 0)::text, true),
    set_config('syncline.export_application', coalesce($2, ''), true),
    set_config('syncline.export_collection', coalesce($3, ''), true),
    set_config('statement_timeout', $4, true)
