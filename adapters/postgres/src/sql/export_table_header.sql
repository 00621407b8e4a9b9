COPY (
    SELECT 'application', 'collection', '_key', '_rev', 'document'
) TO STDOUT (FORMAT csv)
