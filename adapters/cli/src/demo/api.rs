use reqwest::{Client, Method, Url};
use serde_json::Value;

use super::{DemoError, stage::Stage};

/// Sends the requests of the demonstration that are no sync. A path is the list of its segments.
pub(super) struct Api {
    client: Client,
    url: Url,
}

impl Api {
    pub(super) fn new(stage: &Stage) -> Result<Self, DemoError> {
        let url = Url::parse(&stage.url);
        Ok(Self {
            client: Client::builder().build()?,
            url: url.map_err(|_| DemoError::Options("`--url` takes the URL of a server"))?,
        })
    }

    pub(super) async fn get(&self, token: &str, path: &[&str]) -> Result<Value, DemoError> {
        self.send(Method::GET, token, path, None).await
    }

    pub(super) async fn post(
        &self,
        token: &str,
        path: &[&str],
        body: &Value,
    ) -> Result<Value, DemoError> {
        self.send(Method::POST, token, path, Some(body)).await
    }

    pub(super) async fn patch(
        &self,
        token: &str,
        path: &[&str],
        body: &Value,
    ) -> Result<(), DemoError> {
        self.send(Method::PATCH, token, path, Some(body)).await?;
        Ok(())
    }

    pub(super) async fn delete(&self, token: &str, path: &[&str]) -> Result<(), DemoError> {
        self.send(Method::DELETE, token, path, None).await?;
        Ok(())
    }

    /// The user whose session this is.
    pub(super) async fn user_of(&self, token: &str) -> Result<String, DemoError> {
        let session = self.get(token, &["auth", "me"]).await?;
        let user = session.get("userId").and_then(Value::as_str);
        Ok(user.unwrap_or_default().to_owned())
    }

    /// Sends a request that should succeed; the value of no body is null.
    async fn send(
        &self,
        method: Method,
        token: &str,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, DemoError> {
        let name = format!("{method} /{}", path.join("/"));
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.bearer_auth(token).send().await?;
        let status = response.status();
        let body = response.text().await?;
        if status.is_success() {
            return Ok(serde_json::from_str(&body).unwrap_or_default());
        }
        Err(DemoError::Answer {
            request: name,
            status: status.as_u16(),
            body,
        })
    }
}
