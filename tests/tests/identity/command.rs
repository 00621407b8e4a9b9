//! What the command says and shows of signing in.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use syncline_tests::{TestDatabase, process::binary, provider::Provider};

/// What `syncline serve` says first of how people sign in.
fn ways_in(database: &TestDatabase, variables: &[(&str, &str)]) -> String {
    let mut server = Command::new(binary())
        .arg("serve")
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .env("SYNCLINE_DATABASE_URL", database.url())
        .env(
            "SYNCLINE_JWT_SECRET",
            "a secret that only the tests of Syncline use",
        )
        .env("SYNCLINE_LOG__LEVEL", "off")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| {
        let line = line.unwrap();
        line.trim().strip_prefix("sign in ").map(str::to_owned)
    });
    server.kill().unwrap();
    server.wait().unwrap();
    line.unwrap()
}

#[tokio::test]
async fn that_anyone_may_be_anyone_is_said_at_the_start() {
    let database = TestDatabase::create().await;
    let development = ways_in(&database, &[]);
    assert!(development.contains("/auth/dev?name=ada"), "{development}");
    assert!(development.contains("anyone"), "{development}");
    let key = |name: &str| format!("SYNCLINE_AUTH__PROVIDERS__GITHUB__{name}");
    let (id, secret) = (key("CLIENT_ID"), key("CLIENT_SECRET"));
    let github = ways_in(&database, &[(&id, "a"), (&secret, "b")]);
    assert_eq!(github.trim(), "through github");
    database.drop().await;
}

#[test]
fn the_demonstration_of_signing_in_keeps_its_promises() {
    let provider = Provider::start();
    let output = Command::new(binary())
        .args(["demo", "login", "--issuer", provider.address()])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}{errors}");
    let kept = told.matches('✓').count();
    assert!(kept >= 11, "{told}");
    assert!(
        told.ends_with(&format!("All {kept} promises were kept.\n")),
        "{told}"
    );
}
