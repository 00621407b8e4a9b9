//! Nothing secret is ever in the log, however much is logged.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use reqwest::{Method, Url};
use syncline_cli::demo::Browser;
use syncline_tests::{provider::Provider, server::answer};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::support::{PAGE, as_user, provider_server, redeem, signed_in};

/// A log that the test reads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The parameters of an address that nobody else may know.
fn secrets(url: &Url) -> Vec<String> {
    let secret = ["code", "state", "nonce", "code_challenge"];
    url.query_pairs()
        .filter(|(name, _)| secret.contains(&&**name))
        .map(|(_, value)| value.into_owned())
        .collect()
}

#[tokio::test]
async fn tokens_codes_and_secrets_are_in_no_log_line() {
    let log = Log::default();
    let writer = log.clone();
    let lines = fmt::layer().with_writer(move || writer.clone());
    tracing_subscriber::registry()
        .with(EnvFilter::new("trace,h2=off"))
        .with(lines)
        .init();
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let mut secret = vec![
        "a secret that only the tests of Syncline use".to_owned(),
        "syncline-google-secret".to_owned(),
        "syncline-github-secret".to_owned(),
        provider
            .apple_key()
            .await
            .lines()
            .nth(1)
            .unwrap()
            .to_owned(),
    ];
    for name in ["google", "github", "apple"] {
        let mut browser = Browser::new().unwrap();
        let callback = server.url(&format!("/auth/{name}/callback"));
        let begin = server.url(&format!("/auth/{name}?redirectUri={PAGE}"));
        let way = browser.first_step(&begin).await.unwrap();
        secret.extend(secrets(&way));
        let own = server.url("/").parse().unwrap();
        secret.extend(browser.cookie(&own, "syncline-sign-in"));
        let step = browser.approach(way.as_str(), &callback).await.unwrap();
        secret.extend(secrets(&step.url));
        secret.extend(step.fields.iter().map(|(_, value)| value.clone()));
        let page = browser.approach_step(&step, PAGE).await.unwrap();
        let code = secrets(&page.url).pop().unwrap();
        let (_, token) = signed_in(&redeem(&server, &code).await);
        answer(as_user(&server, Method::GET, "/auth/me", &token)).await;
        // Failures log more than successes.
        redeem(&server, &code).await;
        browser.step(&step).await.unwrap();
        let linking = answer(as_user(&server, Method::POST, "/auth/link/apple", &token)).await;
        secret.extend(
            linking.body["url"]
                .as_str()
                .map(|url| secrets(&url.parse().unwrap()))
                .unwrap(),
        );
        secret.extend([code, token]);
    }
    server.finish().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("POST") && log.len() > 10_000,
        "something is logged"
    );
    assert!(secret.len() > 20, "{}", secret.len());
    for secret in secret.iter().filter(|secret| secret.len() > 8) {
        let told = log.lines().find(|line| line.contains(&**secret));
        assert_eq!(told, None, "{secret}");
    }
}
