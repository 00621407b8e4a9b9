//! Where the database is, and how to speak to it there.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr, postgres::PgConnectOptions};

use crate::{schema_name::SchemaName, store::LONGEST_TRANSACTION};

/// Where the database is: straight at PostgreSQL, and perhaps at a pooler in front of it as well.
#[derive(Clone)]
pub struct Location {
    direct: PgConnectOptions,
    pooled: Option<PgConnectOptions>,
    schema: SchemaName,
    is_standby: bool,
}

impl Location {
    /// A PostgreSQL, where everything is in the schema `syncline`.
    #[must_use]
    pub fn new(direct: PgConnectOptions) -> Self {
        Self {
            direct,
            pooled: None,
            schema: SchemaName::default(),
            is_standby: false,
        }
    }

    /// The same, whose requests go through a pooler in transaction mode. Only what needs a session
    /// of its own, `LISTEN` and migrations, goes straight to PostgreSQL.
    #[must_use]
    pub fn through_pooler(self, pooled: PgConnectOptions) -> Self {
        Self {
            pooled: Some(pooled),
            ..self
        }
    }

    /// The same, with everything in another schema.
    #[must_use]
    pub fn in_schema(self, schema: SchemaName) -> Self {
        Self { schema, ..self }
    }

    /// The same, whose sessions read the state of a standby, and know what its snapshots leave out.
    pub(crate) fn of_standby(self) -> Self {
        Self {
            is_standby: true,
            ..self
        }
    }

    /// The schema in which everything is.
    pub(crate) fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// Whether it is a standby.
    pub(crate) fn is_standby(&self) -> bool {
        self.is_standby
    }

    /// Whether a pooler may give every transaction another session.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// For requests: through the pooler, if there is one.
    ///
    /// A pooler knows nothing of settings that are given at the start of a session, and refuses
    /// those that it does not know: see [`Location::begin`].
    pub(crate) fn for_requests(&self) -> PgConnectOptions {
        let Some(pooled) = &self.pooled else {
            return self.for_sessions();
        };
        let pooled = pooled.clone().application_name("syncline");
        pooled.extra_float_digits(None)
    }

    /// For sessions of one's own, which find Syncline's tables and give up on what takes too long.
    pub(crate) fn for_sessions(&self) -> PgConnectOptions {
        let direct = self.direct.clone().application_name("syncline");
        direct.options(self.settings())
    }

    /// For telling other servers of changes, and for hearing of theirs: straight to PostgreSQL, since
    /// no pooler in transaction mode hands on what is told there.
    pub(crate) fn for_live(&self) -> PgConnectOptions {
        self.for_sessions().application_name("syncline live")
    }

    /// For migrations, which take the time that they need.
    pub(crate) fn for_migrations(&self) -> PgConnectOptions {
        self.for_sessions().options([
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
        ])
    }

    /// What a transaction begins with: behind a pooler each brings its settings along.
    pub(crate) fn begin(&self, begin: &str) -> SqlStr {
        let mut statement = begin.to_owned();
        if self.is_pooled() {
            let settings = self.settings().into_iter();
            statement
                .extend(settings.map(|(name, value)| format!("; SET LOCAL {name} = '{value}'")));
        }
        AssertSqlSafe(statement).into_sql_str()
    }

    /// None of the values has a quote or a space in it.
    fn settings(&self) -> [(&'static str, String); 7] {
        let longest = LONGEST_TRANSACTION.as_millis().to_string();
        let standby = if self.is_standby { "on" } else { "off" };
        [
            ("search_path", self.schema.to_string()),
            ("statement_timeout", longest.clone()),
            ("idle_in_transaction_session_timeout", longest),
            // Our few statements read by key whatever their parameters: planning them anew each
            // time, or compiling them, costs more than running them.
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            ("jit", "off".to_owned()),
            // A plan may be older than the first documents: what looks empty then is not for long.
            ("enable_seqscan", "off".to_owned()),
            ("syncline.standby", standby.to_owned()),
        ]
    }
}

impl From<PgConnectOptions> for Location {
    fn from(direct: PgConnectOptions) -> Self {
        Self::new(direct)
    }
}
