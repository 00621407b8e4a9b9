//! A real OpenID provider, `oidc-provider` from npm: see `tests/provider`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::Client;
use serde_json::{Value, json};

use crate::server::client;

/// A provider that runs as long as this value lives.
pub struct Provider {
    process: Child,
    address: String,
    client: Client,
}

impl Provider {
    /// Starts one on a free port.
    #[must_use]
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider");
        assert!(
            folder.join("node_modules").exists(),
            "the provider is not installed: run `npm ci --prefix tests/provider`"
        );
        let mut process = Command::new("node")
            .arg(folder.join("provider.js"))
            // It ends with its input, and so with this process however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is installed");
        let output = process.stdout.take().expect("its output is read");
        let mut lines = BufReader::new(output).lines();
        let address = lines.by_ref().find_map(|line| {
            let line = line.expect("the output is text");
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        // Its output must go on being read, or it would end at its next word.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address: address.expect("the provider listens"),
            client: client(),
        }
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The key with which Apple's client secrets are signed.
    pub async fn apple_key(&self) -> String {
        let request = self.client.get(format!("{}/apple-key", self.address));
        let response = request.send().await.expect("the provider answers");
        response.text().await.expect("a key is text")
    }

    /// A token with these claims, signed by one of its keys: see `tests/provider/keys.js`.
    pub async fn sign(&self, key: &str, claims: &Value) -> String {
        let answer = self.post(&format!("/sign?key={key}"), claims).await;
        let token = answer["token"].as_str();
        token.expect("the provider signs").to_owned()
    }

    /// Publishes one more public key at `/rotating-jwks`.
    pub async fn rotate(&self) {
        self.post("/rotate", &json!({})).await;
    }

    /// How often its public keys were fetched from `/rotating-jwks`.
    pub async fn fetches(&self) -> u64 {
        let answer = self.post("/fetches", &json!({})).await;
        answer["fetches"].as_u64().expect("it counts")
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.address));
        let response = request.json(body).send().await;
        let response = response.expect("the provider answers");
        response.json().await.expect("the provider answers JSON")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It has no state to lose; an error means that it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
