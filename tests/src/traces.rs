//! Looks for somebody in a whole database.

use std::collections::BTreeSet;

use crate::TestDatabase;

/// The tables with a row that holds the text in any column, arrays and JSON included.
pub async fn tables_with(database: &TestDatabase, text: &str) -> BTreeSet<String> {
    let mut connection = database.connect().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables \
         WHERE table_type = 'BASE TABLE' AND table_schema = 'syncline'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the database answers");
    assert!(tables.len() > 10, "{tables:?}");
    let mut found = BTreeSet::new();
    for table in tables {
        let statement = format!(
            "SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text ILIKE '%' || $1 || '%')"
        );
        let holds: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(text)
            .fetch_one(&mut connection)
            .await
            .expect("the database answers");
        if holds {
            found.insert(table);
        }
    }
    found
}
