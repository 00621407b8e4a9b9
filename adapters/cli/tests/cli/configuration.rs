//! The configuration, as an operator meets it: files, environment and errors.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use secrecy::ExposeSecret;
use serde_json::json;
use syncline_cli::configuration::{Configuration, Limits, LogFormat, LogLevel};
use syncline_domain::identifier::{ApplicationName, CollectionName};

use crate::support::{Folder, SECRET};

#[test]
fn without_any_source_the_defaults_are_in_effect() {
    let configuration = Folder::new().load(&[]).unwrap();
    assert_eq!(configuration.listen.to_string(), "127.0.0.1:8080");
    assert!(configuration.database.url.is_none());
    assert!(configuration.applications.is_empty());
    let defaults = Limits {
        body_bytes: 16_777_216,
        document_bytes: 1_048_576,
        changes: 1000,
        clock_skew_seconds: 300,
        request_seconds: 30,
        search_seconds: 10,
        database_connections: 20,
        requests_per_minute: 6000,
        address_requests_per_minute: 60_000,
        sign_ins_per_minute: 300,
        trusted_proxy_hops: 0,
        live_streams: 10_000,
        live_streams_per_user: 32,
    };
    assert_eq!(configuration.limits, defaults);
    assert!(configuration.orgs.registerable);
    assert_eq!(configuration.retention.days, 30);
    assert!(configuration.cors.origins.is_empty());
    assert_eq!(configuration.log.format, LogFormat::Pretty);
    assert_eq!(configuration.log.level, LogLevel::Info);
}

#[test]
fn the_file_wins_over_defaults_and_the_environment_over_the_file() {
    let folder = Folder::new();
    folder.write("syncline.toml", "[limits]\nbodyBytes = 2048\nchanges = 7\n");
    let limits = folder
        .load(&[("SYNCLINE_LIMITS__BODY_BYTES", "4096")])
        .unwrap()
        .limits;
    assert_eq!(
        (limits.body_bytes, limits.changes, limits.request_seconds),
        (4096, 7, 30)
    );
}

#[test]
fn the_three_formats_say_the_same() {
    let files = [
        (
            "syncline.toml",
            "listen = \"[::1]:1\"\n[applications.todo]\n[limits]\nchanges = 7",
        ),
        (
            "syncline.yaml",
            "listen: '[::1]:1'\napplications:\n  todo:\nlimits:\n  changes: 7\n",
        ),
        (
            "syncline.json",
            r#"{"listen": "[::1]:1", "applications": {"todo": {}}, "limits": {"changes": 7}}"#,
        ),
    ];
    for (name, text) in files {
        let folder = Folder::new();
        folder.write(name, text);
        let configuration = folder.load(&[]).unwrap();
        assert_eq!(configuration.listen.to_string(), "[::1]:1", "{name}");
        assert_eq!(configuration.applications.len(), 1, "{name}");
        assert_eq!(configuration.limits.changes, 7, "{name}");
    }
}

#[test]
fn two_files_side_by_side_are_an_error() {
    let folder = Folder::new();
    folder.write("syncline.toml", "");
    folder.write("syncline.json", "{}");
    let error = folder.error(&[]);
    assert!(
        error.contains("syncline.toml") && error.contains("syncline.json"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let error = Folder::new().error(&[("SYNCLINE_CONFIG", "absent.toml")]);
    assert!(error.contains("absent.toml cannot be read"), "{error}");
}

#[test]
fn the_command_line_wins_over_the_environment_in_naming_the_file() {
    let folder = Folder::new();
    folder.write("typed.toml", "[limits]\nchanges = 1");
    folder.write("set.toml", "[limits]\nchanges = 2");
    let environment = folder.environment(&[("SYNCLINE_CONFIG", "set.toml")]);
    let load = |path| Configuration::load(path, &environment);
    assert_eq!(
        load(Some(Path::new("typed.toml"))).unwrap().limits.changes,
        1
    );
    assert_eq!(load(None).unwrap().limits.changes, 2);
}

#[test]
fn every_short_name_works() {
    let folder = Folder::new();
    folder.write("named.toml", "[retention]\ndays = 3");
    let url = "postgres://ada:hunter2@db/syncline";
    let configuration = folder
        .load(&[
            ("SYNCLINE_CONFIG", "named.toml"),
            ("SYNCLINE_LISTEN", "0.0.0.0:9"),
            ("SYNCLINE_DATABASE_URL", url),
            ("SYNCLINE_DATA_DIR", "data"),
            ("SYNCLINE_JWT_SECRET", SECRET),
        ])
        .unwrap();
    assert_eq!(configuration.retention.days, 3);
    assert_eq!(configuration.listen.to_string(), "0.0.0.0:9");
    assert_eq!(
        configuration.database.url.as_ref().unwrap().expose_secret(),
        url
    );
    assert_eq!(configuration.data_dir, folder.path().join("data"));
    assert_eq!(
        configuration.session_secrets().unwrap()[0].expose_secret(),
        SECRET
    );
}

#[test]
fn an_empty_variable_is_not_set() {
    let configuration = Folder::new()
        .load(&[("SYNCLINE_DATABASE_URL", "")])
        .unwrap();
    assert!(configuration.database.url.is_none());
}

#[test]
fn lists_are_written_with_commas_in_the_environment() {
    let variables = [(
        "SYNCLINE_CORS__ORIGINS",
        "https://a.example, http://localhost:5173",
    )];
    let origins = Folder::new().load(&variables).unwrap().cors.origins;
    assert_eq!(origins, ["https://a.example", "http://localhost:5173"]);
}

#[test]
fn applications_can_come_from_the_environment() {
    let folder = Folder::new();
    folder.write(
        "syncline.toml",
        "[applications.shopping_list.collections.myItems]\n",
    );
    let schema = r#"{"type": "object"}"#;
    let configuration = folder
        .load(&[
            (
                "SYNCLINE_APPLICATIONS__SHOPPING_LIST__COLLECTIONS__MY_ITEMS__SCHEMA",
                schema,
            ),
            (
                "SYNCLINE_APPLICATIONS__SHOPPING_LIST__TEXT_SEARCH",
                "english",
            ),
            ("SYNCLINE_APPLICATIONS__YEAR_PLANNER", "{}"),
            (
                "SYNCLINE_APPLICATIONS__YEAR_PLANNER__COLLECTIONS__PLANNERS__SCHEMA",
                schema,
            ),
        ])
        .unwrap();
    let effective = configuration.without_secrets().unwrap();
    let expected = json!({
        "shopping_list": {
            "collections": { "myItems": { "schema": { "type": "object" } } },
            "publicInSync": true,
            "textSearch": "english",
        },
        "year-planner": {
            "collections": { "planners": { "schema": { "type": "object" } } },
            "publicInSync": true,
            "textSearch": "simple",
        },
    });
    assert_eq!(effective["applications"], expected);
}

#[test]
fn a_schema_file_is_read_from_beside_the_configuration() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("etc")).unwrap();
    let key = "[applications.todo.collections.notes]\nschemaPath = \"./note.json\"";
    folder.write("etc/own.toml", key);
    folder.write("etc/note.json", r#"{ "type": "object" }"#);
    let configuration = folder.load(&[("SYNCLINE_CONFIG", "etc/own.toml")]).unwrap();
    let schema = configuration.without_secrets().unwrap();
    let schema = &schema["applications"]["todo"]["collections"]["notes"]["schema"];
    assert_eq!(*schema, json!({ "type": "object" }));
}

#[test]
fn the_data_folder_is_where_data_of_the_user_is() {
    let data_dir = |variables, is_root| {
        let folder = Folder::new();
        folder
            .load_as(variables, is_root)
            .map(|configuration| configuration.data_dir)
    };
    let home: &[(&str, &str)] = &[("HOME", "/home/ada")];
    let both: &[(&str, &str)] = &[("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data")];
    assert_eq!(
        data_dir(home, false).unwrap(),
        Path::new("/home/ada/.local/share/syncline")
    );
    assert_eq!(data_dir(both, false).unwrap(), Path::new("/data/syncline"));
    assert_eq!(
        data_dir(both, true).unwrap(),
        Path::new("/var/lib/syncline")
    );
    assert!(
        data_dir(&[], false)
            .unwrap_err()
            .to_string()
            .contains("SYNCLINE_DATA_DIR")
    );
}

fn sample() -> Configuration {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/syncline.toml");
    let environment = Folder::new().environment(&[]);
    Configuration::load(Some(&path), &environment).unwrap()
}

#[test]
fn the_sample_configuration_is_valid() {
    let configuration = sample();
    let applications: Vec<_> = configuration
        .applications
        .keys()
        .map(ApplicationName::as_str)
        .collect();
    assert_eq!(applications, ["shopping-list", "todo", "year-planner"]);
    assert_eq!(configuration.limits, Limits::default());
    let schemas = configuration
        .applications
        .values()
        .flat_map(|collections| collections.values());
    assert!(
        schemas
            .map(|schema| schema.as_ref().unwrap())
            .all(serde_json::Value::is_object)
    );
}

#[test]
fn the_sample_schemas_accept_what_they_are_meant_for_and_nothing_else() {
    let registry = sample().registry().unwrap();
    let violations = |application: &str, collection: &str, document: serde_json::Value| {
        let application = registry
            .get(&ApplicationName::new(application).unwrap())
            .unwrap();
        let schema = application
            .schema(&CollectionName::new(collection).unwrap())
            .unwrap();
        schema.violations(document.as_object().unwrap()).len()
    };
    let meta = json!({ "name": "Ours", "year": 2026, "lang": "en", "theme": "dark" });
    let day = json!({ "type": 2, "mood": 4, "notes": "- sea" });
    let planner = json!({ "meta": meta, "days": { "2026-07-03": day } });
    assert_eq!(violations("year-planner", "planners", planner), 0);
    let task = json!({ "title": "Milk", "done": false, "priority": "low", "notes": "" });
    assert_eq!(violations("todo", "tasks", task), 0);
    assert_eq!(
        violations("todo", "notes", json!({ "title": "Sea", "tags": ["a"] })),
        0
    );
    for (application, collection, document) in [
        (
            "year-planner",
            "planners",
            json!({ "meta": { "name": "Ours" } }),
        ),
        (
            "year-planner",
            "planners",
            json!({ "meta": meta, "days": { "3 July": {} } }),
        ),
        ("todo", "tasks", json!({ "done": true })),
        (
            "todo",
            "tasks",
            json!({ "title": "Milk", "priority": "urgent" }),
        ),
        ("todo", "notes", json!({ "title": "" })),
    ] {
        assert_eq!(
            violations(application, collection, document.clone()),
            1,
            "{document}"
        );
    }
}

#[test]
fn a_generated_secret_stays_and_is_its_owners_alone() {
    let folder = Folder::new();
    let read = || {
        let configuration = folder.load(&[("SYNCLINE_DATA_DIR", "data")]).unwrap();
        configuration.session_secrets().unwrap()[0]
            .expose_secret()
            .to_owned()
    };
    let first = read();
    assert_eq!((first.len(), &first), (64, &read()));
    let files: Vec<_> = fs::read_dir(folder.path().join("data")).unwrap().collect();
    assert_eq!(files.len(), 1, "no draft is left behind");
    let file = folder.path().join("data/jwt-secret");
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn with_a_database_url_a_secret_is_required() {
    let configuration = Folder::new()
        .load(&[("SYNCLINE_DATABASE_URL", "postgres://db")])
        .unwrap();
    let error = configuration.session_secrets().unwrap_err().to_string();
    assert!(
        error.contains("SYNCLINE_JWT_SECRET") && error.contains("openssl"),
        "{error}"
    );
    assert_eq!(
        configuration.without_secrets().unwrap_err().to_string(),
        error
    );
}

#[test]
fn a_secret_of_the_environment_replaces_the_file_that_the_configuration_names() {
    let folder = Folder::new();
    folder.write("secret", &format!("{}\n", SECRET.replace('a', "b")));
    folder.write("syncline.toml", "[auth.jwt]\nsecretFile = \"secret\"");
    let secret = |variables| {
        let secrets = folder.load(variables).unwrap().session_secrets().unwrap();
        secrets[0].expose_secret().to_owned()
    };
    assert_eq!(secret(&[]), SECRET.replace('a', "b"));
    assert_eq!(secret(&[("SYNCLINE_JWT_SECRET", SECRET)]), SECRET);
}

#[test]
fn secrets_are_never_shown() {
    let folder = Folder::new();
    let previous = SECRET.replace('a', "c");
    let configuration = folder
        .load(&[
            (
                "SYNCLINE_DATABASE_URL",
                "postgres://ada:hunter2@db/syncline",
            ),
            ("SYNCLINE_JWT_SECRET", SECRET),
            ("SYNCLINE_AUTH__JWT__PREVIOUS_SECRETS", &previous),
        ])
        .unwrap();
    assert_eq!(configuration.session_secrets().unwrap().len(), 2);
    let effective = configuration.without_secrets().unwrap();
    assert_eq!(effective["databaseUrl"], "(set)");
    assert_eq!(
        effective["auth"]["jwt"],
        json!({ "secret": "(set)", "previousSecrets": ["(set)"] })
    );
    for shown in [effective.to_string(), format!("{configuration:?}")] {
        for secret in [SECRET, &previous, "hunter2"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// As Kubernetes sets them for a service that is called like us.
#[test]
fn variables_of_services_say_nothing() {
    let folder = Folder::new();
    let links = [
        ("SYNCLINE_SERVICE_HOST", "10.0.0.1"),
        ("SYNCLINE_SERVICE_PORT", "8080"),
        ("SYNCLINE_SERVICE_PORT_HTTP", "8080"),
        ("SYNCLINE_PORT", "tcp://10.0.0.1:8080"),
        ("SYNCLINE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("SYNCLINE_PORT_8080_TCP_PROTO", "tcp"),
        ("SYNCLINE_PORT_8080_TCP_PORT", "8080"),
        ("SYNCLINE_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("SYNCLINE_DATABASE_SERVICE_HOST", "10.0.0.2"),
        ("SYNCLINE_DATABASE_PORT", "tcp://10.0.0.2:5432"),
        ("SYNCLINE_LISTEN", "127.0.0.1:9"),
    ];
    let configuration = folder.load(&links).unwrap();
    assert_eq!(configuration.listen.port(), 9);
    for (name, value) in [
        ("SYNCLINE_PORT", "8080"),
        ("SYNCLINE_PORT_8080", "8080"),
        ("SYNCLINE_PORT_8080_TCP_HOST", "8080"),
        ("SYNCLINE_LIMITS__SERVICE_PORT", "8080"),
    ] {
        let error = folder.error(&[(name, value)]);
        assert!(error.contains("is not known"), "{error}");
    }
}

#[test]
fn either_ending_of_yaml_is_found() {
    for name in ["syncline.yaml", "syncline.yml"] {
        let folder = Folder::new();
        folder.write(name, "listen: 127.0.0.1:9\n");
        assert_eq!(folder.load(&[]).unwrap().listen.port(), 9, "{name}");
    }
}
