//! What an operator reads who made a mistake: the place, the rule, what to do.

use crate::support::{Folder, SECRET};

#[track_caller]
fn in_file(name: &str, text: &str) -> String {
    let folder = Folder::new();
    folder.write(name, text);
    let error = folder.error(&[]);
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[track_caller]
fn in_variable(name: &str, value: &str) -> String {
    Folder::new().error(&[(name, value)])
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let cases = [
        (
            "syncline.toml",
            "listen = \"127.0.0.1:1\"\n\n[limits]\nbodyByte = 1\n",
            4,
        ),
        (
            "syncline.yaml",
            "listen: 127.0.0.1:1\n\nlimits:\n  bodyByte: 1\n",
            4,
        ),
        (
            "syncline.json",
            "{\n\t\"limits\": {\n\t\t\"bodyByte\": 1\n\t}\n}",
            3,
        ),
    ];
    for (name, text, line) in cases {
        let expected = format!(
            "`limits.bodyByte` ({name}, line {line}) is not known; did you mean `limits.bodyBytes`?"
        );
        assert_eq!(in_file(name, text), expected);
    }
}

#[test]
fn the_nearest_key_is_found_in_another_place_case_or_level() {
    let cases = [
        ("database_url = 1", "`databaseUrl`"),
        ("[limit]", "`limits`"),
        ("bodyBytes = 1", "`limits.bodyBytes`"),
        (
            "[applications.todo.collection]",
            "`applications.todo.collections`",
        ),
        (
            "[applications.todo.collections.tasks]\nschemapath = 1",
            "`applications.todo.collections.tasks.schemaPath`",
        ),
    ];
    for (text, nearest) in cases {
        let error = in_file("syncline.toml", text);
        assert!(
            error.contains(&format!("did you mean {nearest}?")),
            "{text}: {error}"
        );
    }
}

#[test]
fn nothing_is_suggested_for_a_key_that_is_like_no_other() {
    let error = in_file("syncline.toml", "xyzzy = 1");
    assert!(
        error.starts_with("`xyzzy` (syncline.toml, line 1) is not known;"),
        "{error}"
    );
    assert!(
        error.contains("here may stand `listen`, `databaseUrl`"),
        "{error}"
    );
}

#[test]
fn nothing_is_suggested_for_a_variable_that_is_like_no_other() {
    let expected = "`SYNCLINE_FOO` is not known; `syncline --help` says how variables are named";
    assert_eq!(in_variable("SYNCLINE_FOO", "1"), expected);
}

#[test]
fn an_unknown_variable_is_named_with_the_nearest_known_one() {
    let cases = [
        ("SYNCLINE_LISTN", "SYNCLINE_LISTEN"),
        ("SYNCLINE_JWT_SECRETS", "SYNCLINE_JWT_SECRET"),
        ("SYNCLINE_LIMITS_BODY_BYTES", "SYNCLINE_LIMITS__BODY_BYTES"),
        ("SYNCLINE_LIMITS__BODYBYTES", "SYNCLINE_LIMITS__BODY_BYTES"),
        ("SYNCLINE_CONFG", "SYNCLINE_CONFIG"),
    ];
    for (name, nearest) in cases {
        let expected = format!("`{name}` is not known; did you mean `{nearest}`?");
        assert_eq!(in_variable(name, "1"), expected);
    }
}

#[test]
fn a_value_that_breaks_its_rule_is_named_with_the_rule() {
    let cases = [
        (
            "listen = \"localhost\"",
            "`listen` (syncline.toml, line 1) has to be an IP address",
        ),
        (
            "databaseUrl = \"mysql://db\"",
            "has to be an address that begins with `postgres://`",
        ),
        (
            "[limits]\nbodyBytes = 0",
            "(syncline.toml, line 2) has to be a whole number from 1024",
        ),
        (
            "[limits]\nchanges = -1",
            "has to be a whole number from 1 to 100000",
        ),
        ("[limits]\nchanges = 1.5", "has to be a whole number"),
        ("[limits]\nchanges = \"7\"", "has to be a whole number"),
        (
            "[limits]\ndatabaseConnections = 4000000000",
            "has to be a whole number",
        ),
        (
            "[retention]\ndays = 0",
            "`retention.days` (syncline.toml, line 2)",
        ),
        (
            "limits = 7",
            "`limits` (syncline.toml, line 1) has to be a table",
        ),
        ("[cors]\norigins = \"*\"", "has to be a list of origins"),
        ("[cors]\norigins = [7]", "has to be a list of origins"),
        (
            "[cors]\norigins = [\"https://A.example\"]",
            "has to be a list of origins as browsers send them",
        ),
        (
            "[cors]\norigins = [\"https://a.example:443\"]",
            "has to be a list of origins as browsers send them",
        ),
        (
            "[cors]\norigins = [\"https://a.example/path\"]",
            "has to be a list of origins",
        ),
        (
            "[log]\nlevel = \"loud\"",
            "has to be `off`, `error`, `warn`",
        ),
        ("[log]\nformat = \"xml\"", "has to be `pretty` or `json`"),
        ("[auth.jwt]\nsecret = 7", "has to have at least 32 bytes"),
        ("[applications.\"a b\"]", "is no name for an application"),
        ("[applications.auth]", "is no name for an application"),
        ("[applications.docIndex]", "is no name for an application"),
        (
            "[applications.todo.collections.\"\"]",
            "is no name for a collection",
        ),
        (
            "[applications.todo.collections.a]\nschema = 7",
            "has to be a JSON Schema",
        ),
    ];
    for (text, expected) in cases {
        let error = in_file("syncline.toml", text);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_variable_is_checked_as_a_file_is() {
    let cases = [
        (
            "SYNCLINE_LIMITS__CHANGES",
            "many",
            "`limits.changes` (in SYNCLINE_LIMITS__CHANGES)",
        ),
        (
            "SYNCLINE_LISTEN",
            "8080",
            "`listen` (in SYNCLINE_LISTEN) has to be an IP address",
        ),
        (
            "SYNCLINE_APPLICATIONS",
            "{",
            "`SYNCLINE_APPLICATIONS` has to be JSON",
        ),
        (
            "SYNCLINE_APPLICATIONS",
            r#"{"todo": {"colections": {}}}"#,
            "did you mean `applications.todo.collections`?",
        ),
        (
            "SYNCLINE_APPLICATIONS__AUTH",
            "{}",
            "is no name for an application",
        ),
    ];
    for (name, value, expected) in cases {
        let error = in_variable(name, value);
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_file_that_cannot_be_parsed_is_named_with_the_line() {
    let cases = [
        (
            "syncline.toml",
            "listen = \"127.0.0.1:1\"\nlimits = {",
            "syncline.toml, line 2, is not valid TOML",
        ),
        ("syncline.yaml", "listen: [\n", "is not valid YAML"),
        (
            "syncline.json",
            "{\n\"listen\": }",
            "syncline.json, line 2, is not valid JSON",
        ),
    ];
    for (name, text, expected) in cases {
        let error = in_file(name, text);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_schema_file_that_is_of_no_use_is_named_with_its_key() {
    let text = "[applications.todo.collections.notes]\nschemaPath = \"note.json\"";
    let key = "`applications.todo.collections.notes.schemaPath` names";
    let folder = Folder::new();
    folder.write("syncline.toml", text);
    for (schema, expected) in [
        (None, "note.json cannot be read"),
        (Some("{\n"), "note.json, line 2, is not valid JSON"),
        (Some("[]"), "note.json, which is no JSON Schema"),
    ] {
        if let Some(schema) = schema {
            folder.write("note.json", schema);
        }
        let error = folder.error(&[]);
        assert!(
            error.starts_with(key) && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn what_is_said_twice_is_an_error() {
    let folder = Folder::new();
    let twice = [
        ("SYNCLINE_JWT_SECRET", SECRET),
        ("SYNCLINE_AUTH__JWT__SECRET", SECRET),
    ];
    let error = folder.error(&twice);
    assert!(
        error.contains("says the same as `SYNCLINE_AUTH__JWT__SECRET`"),
        "{error}"
    );
    let text = format!("[auth.jwt]\nsecret = \"{SECRET}\"\nsecretFile = \"x\"");
    let error = in_file("syncline.toml", &text);
    assert!(error.contains("`auth.jwt` has both"), "{error}");
    let text = "[applications.a.collections.b]\nschemaPath = \"x.json\"\nschema = {}";
    let error = in_file("syncline.toml", text);
    assert!(
        error.contains("has both `schema` and `schemaPath`"),
        "{error}"
    );
}

#[test]
fn no_error_shows_a_secret() {
    let short = "hunter2-hunter2";
    let files = [
        format!("[auth.jwt]\nsecret = \"{short}\""),
        format!("[auth.jwt]\nsecret = [\"{short}\"]"),
        format!("[auth.jwt]\npreviousSecrets = [\"{short}\"]"),
        format!("[auth.jwt]\nsecret = \"{short}"),
        format!("databaseUrl = \"ada:{short}@db\""),
    ];
    for text in files {
        let error = in_file("syncline.toml", &text);
        assert!(!error.contains(short), "{error}");
    }
    for text in [
        format!("auth: {short}: {short}"),
        format!("auth: [{short}"),
        format!("- {short}"),
    ] {
        let error = in_file("syncline.yaml", &text);
        assert!(!error.contains(short), "{error}");
    }
    for name in [
        "SYNCLINE_JWT_SECRET",
        "SYNCLINE_DATABASE_URL",
        "SYNCLINE_AUTH__JWT",
    ] {
        let error = in_variable(name, short);
        assert!(!error.contains(short), "{error}");
    }
}
