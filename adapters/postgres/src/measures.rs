//! What is measured of the database.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use syncline_application::ports::{Freshness, PageQuery, PurgeReport};

use crate::PostgresStore;

const CONNECTIONS: &str = "syncline_database_connections";
const MOST_CONNECTIONS: &str = "syncline_database_connections_limit";
const PAGES: &str = "syncline_pages_read_total";
const PURGED: &str = "syncline_purged_rows_total";
const PURGE: &str = "syncline_purge_timestamp_seconds";
const HORIZON: &str = "syncline_horizon_timestamp_seconds";

impl PostgresStore {
    /// Notes how the pool of connections is used at this moment.
    pub fn measure(&self) {
        let open = f64::from(self.pool.size());
        let idle = u32::try_from(self.pool.num_idle()).map_or(open, f64::from);
        gauge!(CONNECTIONS, "state" => "idle").set(idle);
        gauge!(CONNECTIONS, "state" => "busy").set((open - idle).max(0.0));
        let most = self.pool.max_size();
        gauge!(MOST_CONNECTIONS).set(f64::from(most));
    }
}

/// Says what each measure means.
pub fn describe_measures() {
    describe_gauge!(
        CONNECTIONS,
        Unit::Count,
        "Connections to the database, busy and idle."
    );
    describe_gauge!(
        MOST_CONNECTIONS,
        Unit::Count,
        "The most connections to the database that this server opens."
    );
    describe_counter!(
        PAGES,
        Unit::Count,
        "Pages of pulls where there is a standby, by the database that they were read from."
    );
    describe_counter!(
        PURGED,
        Unit::Count,
        "Rows that were removed because they are older than the retention."
    );
    describe_gauge!(
        PURGE,
        Unit::Seconds,
        "When this server's last purge succeeded, in seconds since 1970."
    );
    describe_gauge!(
        HORIZON,
        Unit::Seconds,
        "The horizon, in seconds since 1970: devices that synced last before it fetch everything anew."
    );
}

/// The standby has answered a query.
pub(crate) fn page_of_standby() {
    counter!(PAGES, "database" => "standby").increment(1);
}

/// The primary answers a query, where there is a standby.
pub(crate) fn page_of_primary(query: &PageQuery) {
    let database = match query.freshness {
        Freshness::Now => "primary",
        // The standby would have done, had it been further.
        Freshness::Seen(_) => "instead",
    };
    counter!(PAGES, "database" => database).increment(1);
}

/// A purge at `present` has moved the horizon, both in milliseconds since 1970.
pub(crate) fn purged(report: &PurgeReport, present: f64, horizon: f64) {
    for (kind, count) in [
        ("tombstones", report.tombstones),
        ("versions", report.versions),
        ("pushes", report.pushes),
        ("routes", report.routes),
    ] {
        counter!(PURGED, "kind" => kind).increment(count);
    }
    gauge!(PURGE).set(present / 1_000.0);
    gauge!(HORIZON).set(horizon / 1_000.0);
}
