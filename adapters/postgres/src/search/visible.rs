//! Which documents the caller may see. The same rule as in sync: nowhere else is it decided what a
//! search can find.

use sqlx::{Postgres, QueryBuilder};
use syncline_application::ports::SearchQuery;

/// Writes the table expressions `space`, which is empty if the reader does not belong to the
/// organisation, and `visible`: the documents of the collection that the caller may see, with
/// `namespace_id`, `application`, `collection`, `key`, `revision`, `content` and `bytes`, and with
/// `owner_id` and `access` if they are another's.
///
/// Each way to be allowed is a branch with an index of its own, never an `OR` of several. Each is in
/// the order of its keys, so that PostgreSQL can merge them and stop when a page is full.
pub(super) fn push(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    builder.push("space AS MATERIALIZED (");
    push_space(builder, query);
    builder.push(
        "), visible AS (
            (SELECT
                namespace_id, application, collection, key, revision, content, bytes,
                NULL AS owner_id, NULL AS access
            FROM documents
            WHERE namespace_id = (SELECT namespace_id FROM space) AND application = ",
    );
    builder.push_bind(query.application.to_string());
    builder.push(" AND collection = ");
    builder.push_bind(query.collection.to_string());
    builder.push(" AND NOT deleted ORDER BY key, namespace_id)");
    if query.organisation.is_none() {
        push_shared(builder, query);
    }
    builder.push(")");
}

/// The documents of others to which an open route of the reader leads, by whichever route allows
/// most.
fn push_shared(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    builder.push(
        " UNION ALL
        (SELECT
            document.namespace_id, document.application, document.collection, document.key,
            document.revision, document.content, document.bytes, owner.owner_id, reached.access
        FROM (
            SELECT namespace_id, key, max(access) AS access
            FROM (",
    );
    push_routes(builder, query);
    builder.push(
        ") AS routes
            GROUP BY namespace_id, key
        ) AS reached
        CROSS JOIN LATERAL (
            SELECT *
            FROM documents
            WHERE documents.namespace_id = reached.namespace_id AND documents.application = ",
    );
    builder.push_bind(query.application.to_string());
    builder.push(" AND documents.collection = ");
    builder.push_bind(query.collection.to_string());
    builder.push(
        " AND documents.key = reached.key AND NOT documents.deleted
            LIMIT 1
        ) AS document
        CROSS JOIN LATERAL (
            SELECT owner_id FROM namespaces WHERE namespace_id = reached.namespace_id LIMIT 1
        ) AS owner
        WHERE reached.namespace_id IS DISTINCT FROM (SELECT namespace_id FROM space)
        ORDER BY key, namespace_id)",
    );
}

/// The open routes of the reader: those of the user, of the user's organisations, of everybody.
fn push_routes(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    let reader = query.reader.to_string();
    builder.push(
        "SELECT namespace_id, key, access FROM routes
        WHERE reader_kind = 'user' AND reader_id = ",
    );
    builder.push_bind(reader.clone());
    push_open(builder, query);
    builder.push(
        " UNION ALL
        SELECT opened.namespace_id, opened.key, opened.access
        FROM memberships
        -- OFFSET keeps the planner from reading the routes of all organisations.
        CROSS JOIN LATERAL (
            SELECT namespace_id, key, access
            FROM routes
            WHERE reader_kind = 'organisation' AND reader_id = memberships.namespace_id::text",
    );
    push_open(builder, query);
    builder.push(
        "
            OFFSET 0
        ) AS opened
        WHERE NOT memberships.revoked AND memberships.user_id = ",
    );
    builder.push_bind(reader);
    builder.push(
        " UNION ALL
        SELECT namespace_id, key, access FROM routes
        WHERE reader_kind = 'everybody' AND reader_id = ''",
    );
    push_open(builder, query);
}

fn push_open(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    builder.push(" AND NOT routes.revoked AND routes.application = ");
    builder.push_bind(query.application.to_string());
    builder.push(" AND routes.collection = ");
    builder.push_bind(query.collection.to_string());
}

/// The namespace of the organisation, if the reader belongs to it, or else the reader's own.
fn push_space(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    let Some(organisation) = &query.organisation else {
        builder.push("SELECT namespace_id FROM namespaces WHERE kind = 'personal' AND owner_id = ");
        builder.push_bind(query.reader.to_string());
        return;
    };
    builder.push(
        "SELECT namespace_id
        FROM organisations
        JOIN memberships USING (namespace_id)
        WHERE NOT revoked AND organisation_id = ",
    );
    builder.push_bind(organisation.to_string());
    builder.push(" AND user_id = ");
    builder.push_bind(query.reader.to_string());
}
