//! A filter as a condition of SQL.
//!
//! It means what `Filter::evaluate` says, which a test holds it to. Each leaf is true or false: what
//! SQL would leave open, because a path is missing, is false.

use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use syncline_domain::{
    filter::{Bound, Comparison, Filter, Test, TextQuery},
    path::Path,
};

/// Where the statement has the values at paths, and the results of text queries.
pub(super) struct Columns<'q> {
    pub(super) paths: Vec<&'q Path>,
    pub(super) texts: Vec<&'q TextQuery>,
}

impl<'q> Columns<'q> {
    /// Adds what `filter` speaks of.
    pub(super) fn add(&mut self, filter: &'q Filter) {
        match filter {
            Filter::And(filters) | Filter::Or(filters) => {
                for filter in filters {
                    self.add(filter);
                }
            }
            Filter::Not(filter) => self.add(filter),
            Filter::Field(path, _) => self.add_path(path),
            Filter::Text(query) => {
                if !self.texts.contains(&query) {
                    self.texts.push(query);
                }
                for path in &query.fields {
                    self.add_path(path);
                }
            }
        }
    }

    /// Adds a path.
    pub(super) fn add_path(&mut self, path: &'q Path) {
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// The column with the value at `path`.
    pub(super) fn path(&self, path: &Path) -> String {
        format!("fields.p{}", index(&self.paths, &path))
    }

    /// The number of a text query.
    pub(super) fn text(&self, query: &TextQuery) -> usize {
        index(&self.texts, &query)
    }

    /// Writes the condition.
    pub(super) fn push(&self, builder: &mut QueryBuilder<Postgres>, filter: &Filter) {
        match filter {
            Filter::And(filters) => self.push_all(builder, filters, " AND ", "TRUE"),
            Filter::Or(filters) => self.push_all(builder, filters, " OR ", "FALSE"),
            Filter::Not(filter) => {
                builder.push("NOT ");
                self.push(builder, filter);
            }
            Filter::Field(path, test) => {
                builder.push("COALESCE(");
                push_test(builder, &self.path(path), test);
                builder.push(", FALSE)");
            }
            Filter::Text(query) => {
                let number = self.text(query);
                builder.push(format_args!("(terms.t{number} @@ queries.q{number})"));
            }
        }
    }

    fn push_all(
        &self,
        builder: &mut QueryBuilder<Postgres>,
        filters: &[Filter],
        between: &str,
        without: &str,
    ) {
        builder.push("(");
        if filters.is_empty() {
            builder.push(without);
        }
        for (index, filter) in filters.iter().enumerate() {
            if index > 0 {
                builder.push(between);
            }
            self.push(builder, filter);
        }
        builder.push(")");
    }
}

/// The place in `items`, which have it: all that a filter speaks of was added.
fn index<T: PartialEq>(items: &[T], item: &T) -> usize {
    items
        .iter()
        .position(|other| other == item)
        .unwrap_or(items.len())
}

fn push_test(builder: &mut QueryBuilder<Postgres>, value: &str, test: &Test) {
    match test {
        Test::Exists => {
            builder.push(format_args!("{value} IS NOT NULL"));
        }
        Test::Equals(wanted) => {
            builder.push(format_args!("{value} = "));
            push_json(builder, wanted);
        }
        Test::In(wanted) => {
            let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
            builder.push(format_args!("{value} = ANY ("));
            builder.push_bind(wanted);
            builder.push("::text[]::jsonb[])");
        }
        Test::Contains(wanted) => push_contains(builder, value, wanted),
        Test::Starts(start) => {
            builder.push(format_args!(
                "jsonb_typeof({value}) = 'string' AND starts_with({value} #>> '{{}}', "
            ));
            builder.push_bind(start.clone());
            builder.push(")");
        }
        Test::Compares(comparison, Bound::Number(bound)) => {
            let operator = operator(*comparison);
            builder.push(format_args!(
                "jsonb_typeof({value}) = 'number' AND {value} {operator} "
            ));
            push_json(builder, &Value::Number(bound.clone()));
        }
        Test::Compares(comparison, Bound::Text(bound)) => {
            let operator = operator(*comparison);
            builder.push(format_args!(
                "jsonb_typeof({value}) = 'string' AND ({value} #>> '{{}}') COLLATE \"C\" {operator} "
            ));
            builder.push_bind(bound.clone());
        }
    }
}

/// Only `CASE` keeps PostgreSQL from taking apart what is no array.
fn push_contains(builder: &mut QueryBuilder<Postgres>, value: &str, wanted: &Value) {
    builder.push(format_args!("CASE jsonb_typeof({value}) "));
    if let Value::String(part) = wanted {
        builder.push(format_args!(
            "WHEN 'string' THEN strpos({value} #>> '{{}}', "
        ));
        builder.push_bind(part.clone());
        builder.push(") > 0 ");
    }
    builder.push(format_args!(
        "WHEN 'array' THEN EXISTS (
            SELECT FROM jsonb_array_elements({value}) AS item WHERE item = "
    ));
    push_json(builder, wanted);
    builder.push(") END");
}

fn push_json(builder: &mut QueryBuilder<Postgres>, value: &Value) {
    builder.push_bind(value.to_string());
    builder.push("::jsonb");
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
    }
}
