//! A database for each test, cloned from one that was migrated once.

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::cluster;

/// An advisory lock that only one process holds while it makes or copies the template.
const TEMPLATE_LOCK: i64 = 7_265_133;

/// A migrated database of a test's own.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    name: String,
    options: PgConnectOptions,
}

impl TestDatabase {
    /// Clones the template.
    pub async fn create() -> Self {
        let name = new_name();
        let mut admin = admin().await;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut admin)
            .await
            .expect("the template's lock is free");
        let template = template(&mut admin).await;
        execute(
            &mut admin,
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        admin.close().await.expect("the connection closes");
        let options = cluster::connect_options(&name).await;
        Self { name, options }
    }

    /// A database without anything in it.
    pub async fn empty() -> Self {
        let name = new_name();
        execute(&mut admin().await, format!("CREATE DATABASE {name}")).await;
        let options = cluster::connect_options(&name).await;
        Self { name, options }
    }

    /// The database that these options lead to.
    #[must_use]
    pub fn at(options: PgConnectOptions) -> Self {
        let name = options
            .get_database()
            .expect("the options name a database")
            .to_owned();
        Self { name, options }
    }

    /// How to connect to it.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to connect to it, as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        let socket = self.options.get_socket().expect("the cluster has a socket");
        let socket = socket.display().to_string().replace('/', "%2F");
        let (user, port) = (self.options.get_username(), self.options.get_port());
        format!("postgres://{user}@{socket}:{port}/{}", self.name)
    }

    /// A connection that finds Syncline's tables.
    pub async fn connect(&self) -> PgConnection {
        let options = self.options().options([("search_path", "syncline")]);
        PgConnection::connect_with(&options)
            .await
            .expect("the test's database answers")
    }

    /// Removes it. A test that fails leaves its database to be looked at; the whole cluster goes
    /// when the tests end.
    pub async fn drop(self) {
        let mut admin = admin().await;
        execute(
            &mut admin,
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        )
        .await;
    }
}

/// One that failed long ago may have left its database, and its process's number.
fn new_name() -> String {
    format!("test_{}_{:08x}", std::process::id(), rand::random::<u32>())
}

async fn admin() -> PgConnection {
    let options = cluster::connect_options("postgres").await;
    PgConnection::connect_with(&options)
        .await
        .expect("the cluster answers")
}

/// The name of the migrated template, which is made by whoever needs it first.
async fn template(admin: &mut PgConnection) -> &'static str {
    let name = "syncline_template";
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(format!("{name}_ready"))
            .fetch_one(&mut *admin)
            .await
            .expect("the cluster answers");
    if !exists {
        execute(admin, format!("DROP DATABASE IF EXISTS {name}")).await;
        execute(admin, format!("CREATE DATABASE {name}")).await;
        syncline_postgres::migrate(cluster::connect_options(name).await)
            .await
            .expect("the template migrates");
        // Only a finished template has this name.
        execute(
            admin,
            format!("ALTER DATABASE {name} RENAME TO {name}_ready"),
        )
        .await;
    }
    "syncline_template_ready"
}

/// Names of databases cannot be bound; these are our own.
async fn execute(connection: &mut PgConnection, statement: String) {
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await
        .expect("the cluster does as it is told");
}
