//! The binary itself.

use std::process::{Command, Output};

use secrecy::SecretString;
use syncline_application::ports::Clock;
use syncline_cli::clock::SystemClock;
use syncline_identity::SessionTokens;
use tempfile::TempDir;

use crate::support::SECRET;

/// Runs `syncline` in an empty folder with these variables and no other of ours.
fn syncline(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path());
    command.env("SYNCLINE_DATA_DIR", "data").args(arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn a_token_is_printed_alone_and_is_accepted_with_the_same_secret() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("SYNCLINE_JWT_SECRET", SECRET)];
    let output = syncline(&folder, &["token", "--user", "ada"], &variables);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let tokens = SessionTokens::new(&[SecretString::from(SECRET)]).unwrap();
    let token = text(&output.stdout).trim_end();
    let session = tokens.verify(token, SystemClock.now()).unwrap();
    assert_eq!(session.user_id.as_str(), "ada");
}

#[test]
fn without_a_secret_one_is_generated_that_a_second_run_uses() {
    let folder = tempfile::tempdir().unwrap();
    let print = || syncline(&folder, &["token", "--user", "ada"], &[]);
    let (first, second) = (print(), print());
    let secret = std::fs::read_to_string(folder.path().join("data/jwt-secret")).unwrap();
    let tokens = SessionTokens::new(&[SecretString::from(secret.trim())]).unwrap();
    for output in [first, second] {
        let token = text(&output.stdout).trim_end();
        assert!(
            tokens.verify(token, SystemClock.now()).is_ok(),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_configuration_in_effect_is_json_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let output = syncline(
        &folder,
        &["config", "check"],
        &[("SYNCLINE_JWT_SECRET", SECRET)],
    );
    let shown = text(&output.stdout);
    let effective: serde_json::Value = serde_json::from_str(shown).unwrap();
    assert_eq!(effective["listen"], "127.0.0.1:8080");
    assert_eq!(effective["auth"]["jwt"]["secret"], "(set)");
    assert!(!shown.contains(SECRET));
}

#[test]
fn a_schema_that_is_none_is_named_with_its_collection() {
    let folder = tempfile::tempdir().unwrap();
    let key = "SYNCLINE_APPLICATIONS__TODO__COLLECTIONS__TASKS__SCHEMA";
    let output = syncline(&folder, &["config", "check"], &[(key, r#"{"type": 7}"#)]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("applications.todo.collections.tasks"),
        "{error}"
    );
}

#[test]
fn a_provider_that_lacks_something_is_named_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = "SYNCLINE_AUTH__PROVIDERS__GITHUB__CLIENT_ID";
    let output = syncline(&folder, &["config", "check"], &[(key, "a")]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("`auth.providers.github.clientSecret` is missing"),
        "{error}"
    );
}

#[test]
fn looking_at_the_configuration_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        syncline(&folder, &["config", "check"], &[])
            .status
            .success()
    );
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_mistake_is_one_sentence_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let output = syncline(&folder, &["config", "check"], &[("SYNCLINE_LISTN", "x")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let expected = "syncline: `SYNCLINE_LISTN` is not known; did you mean `SYNCLINE_LISTEN`?\n";
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn shells_take_the_scripts_that_complete_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = syncline(&folder, &["completions", shell], &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let script = text(&output.stdout);
        for word in ["syncline", "serve", "migrate", "completions"] {
            assert!(script.contains(word), "{shell}: {word} is missing");
        }
    }
    let script = syncline(&folder, &["completions", "bash"], &[]).stdout;
    let ask = "COMP_WORDS=(syncline ser); COMP_CWORD=1; _syncline syncline ser syncline; \
               echo \"${COMPREPLY[@]}\"";
    let asked = format!("{}\n{ask}", text(&script));
    let shell = Command::new("bash").args(["-c", &asked]).output().unwrap();
    assert_eq!(
        text(&shell.stdout).trim(),
        "serve",
        "{}",
        text(&shell.stderr)
    );
}

#[test]
fn what_depends_on_no_configuration_needs_none_that_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["openapi"][..], &["completions", "bash"]] {
        let output = syncline(&folder, arguments, &[("SYNCLINE_LISTEN", "nowhere")]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}
