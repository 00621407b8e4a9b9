//! The statement of a search.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, QueryBuilder};
use syncline_application::ports::SearchQuery;
use syncline_domain::{filter::TextQuery, path::Path, sort::SortBy};

use super::{condition::Columns, order::Order, visible};

/// How much JSON a page holds, if it has more than one document.
const MAX_BYTES: i64 = 4 * 1024 * 1024;

/// Whether a search looks at the words of whole documents.
pub(super) fn needs_terms(query: &SearchQuery) -> bool {
    columns(query)
        .texts
        .iter()
        .any(|text| text.fields.is_empty())
}

/// The statement of a search, while it is written.
pub(super) struct Statement<'q> {
    query: &'q SearchQuery,
    columns: Columns<'q>,
    order: Order,
    wanted: Vec<&'q TextQuery>,
    builder: QueryBuilder<Postgres>,
}

impl<'q> Statement<'q> {
    /// The statement of `query`.
    pub(super) fn of(query: &'q SearchQuery) -> Self {
        Self::behind("", query)
    }

    /// The statement that runs the one of `query` and tells how.
    pub(super) fn explaining(query: &'q SearchQuery) -> Self {
        Self::behind("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ", query)
    }

    fn behind(beginning: &str, query: &'q SearchQuery) -> Self {
        let columns = columns(query);
        let mut statement = Self {
            order: Order::of(&query.sort, &columns),
            wanted: query.filter.wanted_texts(),
            columns,
            query,
            builder: QueryBuilder::new(beginning),
        };
        statement.builder.push("WITH ");
        statement.push_queries();
        visible::push(&mut statement.builder, query);
        statement.push_matched();
        statement.push_page();
        statement.push_answer();
        statement
    }

    /// The statement with everything bound.
    pub(super) fn build(&mut self) -> Query<'_, Postgres, PgArguments> {
        self.builder.build()
    }

    /// The text queries, read once: `queries`.
    fn push_queries(&mut self) {
        if self.columns.texts.is_empty() {
            return;
        }
        self.builder.push("queries AS MATERIALIZED (SELECT *, ");
        self.push_sum(" || ", "''::tsquery", |number| format!("q{number}"));
        self.builder.push(" AS wanted FROM (SELECT ");
        for (number, text) in self.columns.texts.iter().enumerate() {
            if number > 0 {
                self.builder.push(", ");
            }
            self.builder.push("websearch_to_tsquery(");
            push_configuration(&mut self.builder, self.query);
            self.builder.push(", ");
            self.builder.push_bind(text.query.clone());
            self.builder.push(format_args!(") AS q{number}"));
        }
        self.builder.push(") AS read), ");
    }

    /// All documents that are meant, without their content: `matched`.
    fn push_matched(&mut self) {
        self.builder.push(
            ", matched AS (
                SELECT visible.namespace_id, visible.application, visible.collection, visible.key,
                    visible.revision, visible.bytes, visible.owner_id, visible.access",
        );
        if !self.wanted.is_empty() {
            self.builder.push(", ");
            self.push_sum(" + ", "0", |number| {
                format!("ts_rank(terms.t{number}, queries.q{number}, 1)::float8")
            });
            self.builder.push(" AS score");
        }
        self.order.push_columns(&mut self.builder);
        self.builder.push(" FROM visible");
        self.push_fields();
        self.push_terms();
        self.builder.push(" WHERE ");
        self.columns.push(&mut self.builder, &self.query.filter);
        self.builder.push(")");
    }

    /// The values at all paths: `fields`.
    fn push_fields(&mut self) {
        if self.columns.paths.is_empty() {
            return;
        }
        self.builder.push(" CROSS JOIN LATERAL (SELECT ");
        for (number, path) in self.columns.paths.iter().enumerate() {
            if number > 0 {
                self.builder.push(", ");
            }
            push_value(&mut self.builder, path);
            self.builder.push(format_args!(" AS p{number}"));
        }
        self.builder.push(") AS fields");
    }

    /// The words that each text query looks at: `terms`. Those of whole documents were kept, or are
    /// computed anew; those of fields are not kept.
    fn push_terms(&mut self) {
        if self.columns.texts.is_empty() {
            return;
        }
        self.builder.push(
            " CROSS JOIN queries
            -- LIMIT keeps the planner from joining what it takes for empty in a worse way.
            LEFT JOIN LATERAL (
                SELECT terms
                FROM document_terms
                WHERE namespace_id = visible.namespace_id
                  AND application = visible.application
                  AND collection = visible.collection
                  AND key = visible.key
                  AND revision = visible.revision
                  AND configuration = ",
        );
        self.builder.push_bind(self.query.configuration.to_string());
        self.builder
            .push(" LIMIT 1) AS kept ON TRUE CROSS JOIN LATERAL (SELECT ");
        for (number, text) in self.columns.texts.iter().enumerate() {
            if number > 0 {
                self.builder.push(", ");
            }
            let values: Vec<_> = text
                .fields
                .iter()
                .map(|path| self.columns.path(path))
                .collect();
            if values.is_empty() {
                self.builder.push("COALESCE(kept.terms, text_terms(");
                push_configuration(&mut self.builder, self.query);
                self.builder.push(", visible.content))");
            } else {
                self.builder.push("text_terms(");
                push_configuration(&mut self.builder, self.query);
                let values = values.join(", ");
                self.builder
                    .push(format_args!(", jsonb_build_array({values}))"));
            }
            self.builder.push(format_args!(" AS t{number}"));
        }
        self.builder.push(") AS terms");
    }

    /// The documents of this page, and the one behind them: `page`; those of them that fit: `shown`.
    fn push_page(&mut self) {
        self.builder.push(
            ", page AS (
                SELECT *, row_number() OVER running AS number, sum(bytes) OVER running AS total_bytes
                FROM (SELECT * FROM matched WHERE ",
        );
        match &self.query.after {
            Some(position) => self.order.push_behind(&mut self.builder, position),
            None => {
                self.builder.push("TRUE");
            }
        }
        self.builder.push(" ORDER BY ");
        self.order.push_list(&mut self.builder);
        self.builder.push(" LIMIT ");
        self.builder.push_bind(i64::from(self.query.limit) + 1);
        self.builder
            .push(") AS behind WINDOW running AS (ORDER BY ");
        self.order.push_list(&mut self.builder);
        self.builder.push(
            ")), shown AS MATERIALIZED (
                SELECT
                    page.*,
                    (
                        SELECT content
                        FROM documents
                        WHERE documents.namespace_id = page.namespace_id
                          AND documents.application = page.application
                          AND documents.collection = page.collection
                          AND documents.key = page.key
                    ) AS content
                FROM page
                WHERE number = 1 OR (number <= ",
        );
        self.builder.push_bind(i64::from(self.query.limit));
        self.builder.push(" AND total_bytes <= ");
        self.builder.push_bind(MAX_BYTES);
        self.builder.push("))");
    }

    /// What is answered.
    fn push_answer(&mut self) {
        self.builder.push(
            "SELECT
                (
                    SELECT string_agg(
                        '{\"_key\":' || to_json(key)::text
                        || ',\"_rev\":' || to_json(revision)::text
                        || CASE WHEN owner_id IS NULL THEN '' ELSE
                            ',\"_owner\":' || to_json(owner_id)::text
                            || ',\"_access\":\"' || access || '\"'
                        END",
        );
        if !self.wanted.is_empty() {
            self.builder.push(
                " || ',\"_score\":' || score::text || ',\"_highlight\":' || COALESCE(highlights(",
            );
            push_configuration(&mut self.builder, self.query);
            self.builder
                .push(", content, (SELECT wanted FROM queries))::text, '{}')");
        }
        self.builder.push(
            " || CASE WHEN content = '{}' THEN '}' ELSE ',' || right(content::text, -1) END,
                        ',' ORDER BY number
                    )
                    FROM shown
                ) AS documents,
                CASE WHEN (SELECT count(*) FROM page) > (SELECT count(*) FROM shown) THEN (SELECT ",
        );
        self.order.push_position(&mut self.builder);
        self.builder
            .push(" FROM shown ORDER BY number DESC LIMIT 1) END AS last, EXISTS (SELECT FROM space) AS has_space, ");
        self.builder.push(if self.query.wants_total {
            "(SELECT count(*) FROM matched) AS total"
        } else {
            "NULL::bigint AS total"
        });
    }

    /// What `each` says of every wanted text query, combined.
    fn push_sum(&mut self, between: &str, without: &str, each: impl Fn(usize) -> String) {
        let numbers = self.wanted.iter().map(|text| self.columns.text(text));
        let parts: Vec<_> = numbers.map(each).collect();
        self.builder.push(if parts.is_empty() {
            without.to_owned()
        } else {
            parts.join(between)
        });
    }
}

fn columns(query: &SearchQuery) -> Columns<'_> {
    let mut columns = Columns {
        paths: Vec::new(),
        texts: Vec::new(),
    };
    columns.add(&query.filter);
    for term in &query.sort {
        if let SortBy::Field(path) = &term.by {
            columns.add_path(path);
        }
    }
    columns
}

/// The value at `path`. `->` takes keys only of objects; `#>` would take numbers for places in
/// arrays as well.
fn push_value(builder: &mut QueryBuilder<Postgres>, path: &Path) {
    builder.push("visible.content");
    for key in path.keys() {
        builder.push(" -> ");
        builder.push_bind(key.into_owned());
    }
}

fn push_configuration(builder: &mut QueryBuilder<Postgres>, query: &SearchQuery) {
    builder.push_bind(query.configuration.to_string());
    builder.push("::text::regconfig");
}
