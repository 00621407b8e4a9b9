//! Where the database is, and the secrets that are kept in files.

use secrecy::ExposeSecret;

use crate::support::{Folder, SECRET};

const URL: &str = "postgres://ada:hunter2@db/syncline";

#[test]
fn secrets_are_read_from_files() {
    let folder = Folder::new();
    folder.write("url", &format!("{URL}\n"));
    folder.write("direct", "postgres://direct/syncline");
    folder.write("standby", "postgres://standby/syncline");
    folder.write("password", " hunter3\n");
    folder.write("secret", SECRET);
    let configuration = folder
        .load(&[
            ("SYNCLINE_DATABASE_URL_FILE", "url"),
            ("SYNCLINE_DATABASE_DIRECT_URL_FILE", "direct"),
            ("SYNCLINE_DATABASE_STANDBY_URL_FILE", "standby"),
            ("SYNCLINE_DATABASE_PASSWORD_FILE", "password"),
            ("SYNCLINE_DATABASE_SCHEMA", "sync_2"),
            ("SYNCLINE_JWT_SECRET_FILE", "secret"),
        ])
        .unwrap();
    let database = &configuration.database;
    assert_eq!(database.url.as_ref().unwrap().expose_secret(), URL);
    let direct = database.direct_url.as_ref().unwrap().expose_secret();
    assert_eq!(direct, "postgres://direct/syncline");
    let standby = database.standby_url.as_ref().unwrap().expose_secret();
    assert_eq!(standby, "postgres://standby/syncline");
    assert_eq!(
        database.password.as_ref().unwrap().expose_secret(),
        "hunter3"
    );
    assert_eq!(database.schema.as_str(), "sync_2");
    let secrets = configuration.session_secrets().unwrap();
    assert_eq!(secrets[0].expose_secret(), SECRET);
    let shown = configuration.without_secrets().unwrap();
    assert_eq!(shown["databaseSchema"], "sync_2");
    let shown = shown.to_string();
    for secret in ["hunter", "direct/", "standby/"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_address_of_the_environment_replaces_the_file_that_the_configuration_names() {
    let folder = Folder::new();
    folder.write("syncline.toml", "databaseUrlFile = \"missing\"");
    let configuration = folder.load(&[("SYNCLINE_DATABASE_URL", URL)]).unwrap();
    let url = configuration.database.url.unwrap();
    assert_eq!(url.expose_secret(), URL);
}

#[test]
fn what_is_wrong_is_named_and_never_quoted() {
    let folder = Folder::new();
    folder.write("empty", "\n");
    folder.write("words", "hunter2");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[("SYNCLINE_DATABASE_URL", "postgres://hunter2@[")],
            "`databaseUrl` (in SYNCLINE_DATABASE_URL) has to be an address",
        ),
        (
            &[("SYNCLINE_DATABASE_URL_FILE", "missing")],
            "`databaseUrlFile` names",
        ),
        (&[("SYNCLINE_DATABASE_URL_FILE", "empty")], "which is empty"),
        (
            &[("SYNCLINE_DATABASE_URL_FILE", "words")],
            "names a file whose text has to be an address that begins with `postgres://`",
        ),
        (
            &[
                ("SYNCLINE_DATABASE_URL_FILE", "words"),
                ("SYNCLINE_DATABASE_URL", URL),
            ],
            "`databaseUrl` stands beside `databaseUrlFile`; keep one of the two",
        ),
        (
            &[("SYNCLINE_DATABASE_DIRECT_URL", URL)],
            "`databaseDirectUrl` is of no use without `databaseUrl`",
        ),
        (
            &[("SYNCLINE_DATABASE_STANDBY_URL", URL)],
            "`databaseStandbyUrl` is of no use without `databaseUrl`",
        ),
        (
            &[("SYNCLINE_DATABASE_SCHEMA", "Mine; --")],
            "has to be 1 to 63 lower-case letters",
        ),
    ];
    for (variables, expected) in cases {
        let error = folder.error(variables);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
