//! Which documents the caller may see. The same rule as in sync: nowhere else is it decided what a
//! search can find.

use sqlx::{Postgres, QueryBuilder};
use syncline_application::ports::SearchQuery;

/// Writes the table expressions `space`, which is empty if the reader does not belong to the
/// organisation, and `visible`: the documents of the collection that the caller may see, with `namespace_id`, `application`, `collection`, `key`, `revision`, `content` and `bytes`.
///
/// Each way to be allowed is a branch with an index of its own, never an `OR` of several.
pub(super) fn push(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    builder.push("space AS MATERIALIZED (");
    push_space(builder, query);
    builder.push(
        "), visible AS (
            SELECT namespace_id, application, collection, key, revision, content, bytes
            FROM documents
            WHERE namespace_id = (SELECT namespace_id FROM space) AND application = ",
    );
    builder.push_bind(query.application.to_string());
    builder.push(" AND collection = ");
    builder.push_bind(query.collection.to_string());
    builder.push(" AND NOT deleted)");
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
