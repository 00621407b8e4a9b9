//! The order of results, as columns that are compared one after the other.

use sqlx::{Postgres, QueryBuilder};
use syncline_application::ports::SearchPosition;
use syncline_domain::sort::{SORTED_CHARS, SortBy, SortTerm};

use super::condition::Columns;

/// Columns that are compared together.
struct Term {
    columns: Vec<Column>,
    descending: bool,
}

struct Column {
    name: String,
    /// What it is computed from; none if it is there already.
    expression: Option<String>,
    /// Its type in a position, which holds texts.
    kind: &'static str,
}

/// An order in which no two documents are alike.
pub(super) struct Order {
    terms: Vec<Term>,
}

impl Order {
    /// The order of `sort`, and of keys where it finds documents alike.
    pub(super) fn of(sort: &[SortTerm], columns: &Columns<'_>) -> Self {
        let mut terms: Vec<_> = sort
            .iter()
            .enumerate()
            .map(|(number, term)| Term {
                columns: term_columns(number, &term.by, columns),
                descending: term.descending,
            })
            .collect();
        terms.push(Term {
            columns: vec![existing("key", "text"), existing("namespace_id", "bigint")],
            descending: false,
        });
        Self { terms }
    }

    /// Writes the computed columns, each behind a comma.
    pub(super) fn push_columns(&self, builder: &mut QueryBuilder<Postgres>) {
        for column in self.columns() {
            if let Some(expression) = &column.expression {
                builder.push(format_args!(", {expression} AS {}", column.name));
            }
        }
    }

    /// Writes the list behind `ORDER BY`.
    pub(super) fn push_list(&self, builder: &mut QueryBuilder<Postgres>) {
        let mut list = builder.separated(", ");
        for term in &self.terms {
            let direction = if term.descending { "DESC" } else { "ASC" };
            for column in &term.columns {
                list.push(format_args!("{} {direction}", column.name));
            }
        }
    }

    /// Writes an array of texts: where a document is in this order.
    pub(super) fn push_position(&self, builder: &mut QueryBuilder<Postgres>) {
        builder.push("ARRAY[");
        let mut list = builder.separated(", ");
        for column in self.columns() {
            list.push(format_args!("{}::text", column.name));
        }
        builder.push("]");
    }

    /// Writes the condition that a document is behind `position`: a later term decides among those
    /// that the earlier ones find alike.
    pub(super) fn push_behind(
        &self,
        builder: &mut QueryBuilder<Postgres>,
        position: &SearchPosition,
    ) {
        let mut parts = position.0.iter();
        for term in &self.terms {
            let values: Vec<_> = parts.by_ref().take(term.columns.len()).collect();
            builder.push("(");
            term.push_comparison(builder, if term.descending { "<" } else { ">" }, &values);
            builder.push(" OR (");
            term.push_comparison(builder, "=", &values);
            builder.push(" AND ");
        }
        builder.push("FALSE");
        for _ in &self.terms {
            builder.push("))");
        }
    }

    fn columns(&self) -> impl Iterator<Item = &Column> {
        self.terms.iter().flat_map(|term| &term.columns)
    }
}

impl Term {
    fn push_comparison(
        &self,
        builder: &mut QueryBuilder<Postgres>,
        operator: &str,
        values: &[&String],
    ) {
        let names: Vec<_> = self.columns.iter().map(|column| &*column.name).collect();
        builder.push(format_args!("({}) {operator} (", names.join(", ")));
        for (index, (column, value)) in self.columns.iter().zip(values).enumerate() {
            if index > 0 {
                builder.push(", ");
            }
            builder.push_bind((*value).clone());
            builder.push(format_args!("::{}", column.kind));
        }
        builder.push(")");
    }
}

fn term_columns(number: usize, by: &SortBy, columns: &Columns<'_>) -> Vec<Column> {
    match by {
        SortBy::Key => vec![existing("key", "text")],
        SortBy::Revision => vec![existing("revision", "text")],
        SortBy::Score => vec![existing("score", "float8")],
        SortBy::Field(path) => field_columns(number, &columns.path(path)),
    }
}

fn existing(name: &str, kind: &'static str) -> Column {
    Column {
        name: name.to_owned(),
        expression: None,
        kind,
    }
}

/// What `sort::compare` says, as columns without nulls: the type's rank, the number, the text.
fn field_columns(number: usize, value: &str) -> Vec<Column> {
    let kind = format!("jsonb_typeof({value})");
    let column = |name: &str, expression: String, kind| Column {
        name: format!("s{number}_{name}"),
        expression: Some(expression),
        kind,
    };
    vec![
        column(
            "rank",
            format!(
                "CASE {kind} WHEN 'null' THEN 1 WHEN 'boolean' THEN 2 WHEN 'number' THEN 3 \
                 WHEN 'string' THEN 4 WHEN 'array' THEN 5 WHEN 'object' THEN 5 ELSE 0 END"
            ),
            "integer",
        ),
        column(
            "number",
            format!("CASE {kind} WHEN 'number' THEN {value}::numeric ELSE 0 END"),
            "numeric",
        ),
        column(
            "text",
            format!(
                "CASE WHEN {kind} IN ('string', 'boolean') \
                 THEN left({value} #>> '{{}}', {SORTED_CHARS}) ELSE '' END COLLATE \"C\""
            ),
            "text",
        ),
    ]
}
