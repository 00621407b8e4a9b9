//! Queries of pages as the arrays that the statement takes.

use sqlx::{Postgres, postgres::PgArguments, query::Query};
use syncline_application::ports::{PageQuery, ReportsFor};

use crate::rows::namespace;

#[derive(Default)]
pub(crate) struct PageColumns {
    kinds: Vec<&'static str>,
    owners: Vec<String>,
    readers: Vec<String>,
    applications: Vec<String>,
    collections: Vec<String>,
    everybody: Vec<bool>,
    begins: Vec<String>,
    first_unseen: Vec<String>,
    seen_own: Vec<Option<String>>,
    later_than: Vec<Option<String>>,
    ends: Vec<Option<String>>,
    positions: Vec<String>,
    position_keys: Vec<String>,
    tombstones: Vec<bool>,
    limits: Vec<i64>,
    bytes: Vec<i64>,
    own: Vec<Option<String>>,
    own_is_known: Vec<bool>,
    wants_reports: Vec<bool>,
    devices: Vec<Option<String>>,
    without: KeyColumns,
    reports: KeyColumns,
}

/// Documents, each with the query that names it and a transaction or a node.
#[derive(Default)]
struct KeyColumns {
    ordinals: Vec<i64>,
    keys: Vec<String>,
    others: Vec<String>,
}

impl PageColumns {
    pub(crate) fn of<'a>(queries: impl IntoIterator<Item = &'a PageQuery>) -> Self {
        let mut columns = Self::default();
        for (ordinal, query) in (1..).zip(queries) {
            columns.push_place(query);
            columns.push_bounds(query);
            columns.push_reports(ordinal, &query.reports);
            for position in &query.without {
                let transaction = position.transaction.to_string();
                columns
                    .without
                    .push(ordinal, position.key.as_str(), transaction);
            }
        }
        columns
    }

    fn push_place(&mut self, query: &PageQuery) {
        let scope = &query.scope;
        let (kind, owner) = namespace(&scope.namespace);
        self.kinds.push(kind);
        self.owners.push(owner.to_owned());
        self.readers.push(query.reader.to_string());
        self.applications.push(scope.application.to_string());
        self.collections.push(scope.collection.to_string());
        self.everybody.push(query.everybody);
    }

    fn push_bounds(&mut self, query: &PageQuery) {
        let seen = &query.seen;
        let paging = seen.paging.as_ref();
        let first_unseen = seen.begin.first_unseen();
        // One bound for the index to begin at: the last page, or the first that may be unseen.
        let (position, key) = match paging {
            Some((_, last)) if last.transaction >= first_unseen => {
                (last.transaction, last.key.to_string())
            }
            _ => (first_unseen, String::new()),
        };
        self.begins.push(seen.begin.to_string());
        self.first_unseen.push(first_unseen.to_string());
        self.seen_own.push(seen.own.map(|own| own.to_string()));
        self.later_than
            .push(query.later_than.as_ref().map(ToString::to_string));
        self.ends.push(paging.map(|(end, _)| end.to_string()));
        self.positions.push(position.to_string());
        self.position_keys.push(key);
        self.tombstones.push(query.tombstones);
        self.limits.push(query.limit.into());
        self.bytes.push(query.bytes.into());
        self.own.push(query.own.map(|own| own.to_string()));
        self.own_is_known.push(query.own_is_known);
    }

    fn push_reports(&mut self, ordinal: i64, reports: &ReportsFor) {
        self.wants_reports.push(*reports != ReportsFor::Nobody);
        self.devices.push(match reports {
            ReportsFor::Device(node) => Some(node.as_str().to_owned()),
            ReportsFor::Nobody | ReportsFor::Pushes(_) => None,
        });
        if let ReportsFor::Pushes(pushes) = reports {
            for (key, node) in pushes {
                self.reports
                    .push(ordinal, key.as_str(), node.as_str().to_owned());
            }
        }
    }

    /// What looking whether there is a page takes of them.
    pub(crate) fn bind_for_look<'q>(
        &'q self,
        statement: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments> {
        self.bind_seen(statement)
            .bind(&self.wants_reports)
            .bind(&self.limits)
    }

    /// Where to read, and what was seen.
    fn bind_seen<'q>(
        &'q self,
        statement: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments> {
        statement
            .bind(&self.kinds)
            .bind(&self.owners)
            .bind(&self.readers)
            .bind(&self.applications)
            .bind(&self.collections)
            .bind(&self.everybody)
            .bind(&self.begins)
            .bind(&self.first_unseen)
            .bind(&self.seen_own)
    }

    pub(crate) fn bind<'q>(
        &'q self,
        statement: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments> {
        self.bind_seen(statement)
            .bind(&self.later_than)
            .bind(&self.ends)
            .bind(&self.positions)
            .bind(&self.position_keys)
            .bind(&self.tombstones)
            .bind(&self.limits)
            .bind(&self.bytes)
            .bind(&self.own)
            .bind(&self.own_is_known)
            .bind(&self.wants_reports)
            .bind(&self.devices)
            .bind(&self.without.ordinals)
            .bind(&self.without.others)
            .bind(&self.without.keys)
            .bind(&self.reports.ordinals)
            .bind(&self.reports.keys)
            .bind(&self.reports.others)
    }
}

impl KeyColumns {
    fn push(&mut self, ordinal: i64, key: &str, other: String) {
        self.ordinals.push(ordinal);
        self.keys.push(key.to_owned());
        self.others.push(other);
    }
}
