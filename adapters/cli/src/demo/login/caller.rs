use reqwest::{Client, Method, header::SET_COOKIE};
use serde_json::Value;

use super::{DemoError, stage::LoginStage};
use crate::demo::browser::BrowserError;

/// A program that calls the server, in somebody's name or nobody's.
pub(super) struct Caller<'s> {
    stage: &'s LoginStage,
    token: &'s str,
    client: Client,
}

/// What it was answered.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) next_token: Option<String>,
    pub(super) cookie: Option<String>,
}

impl<'s> Caller<'s> {
    pub(super) fn new(stage: &'s LoginStage, token: &'s str) -> Result<Self, DemoError> {
        let client = Client::builder().build().map_err(BrowserError::from)?;
        Ok(Self {
            stage,
            token,
            client,
        })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answered, DemoError> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answered, DemoError> {
        self.call(Method::POST, path, body).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Answered, DemoError> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answered, DemoError> {
        let mut request = self.client.request(method, self.stage.address(path));
        if !self.token.is_empty() {
            request = request.bearer_auth(self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(BrowserError::from)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        Ok(Answered {
            status: response.status().as_u16(),
            next_token: header("x-auth-token"),
            cookie: header(SET_COOKIE.as_str()),
            body: response.json().await.map_err(BrowserError::from)?,
        })
    }
}

/// What stands at `pointer` in an answer, or null.
pub(super) fn at(answer: &Value, pointer: &str) -> Value {
    answer.pointer(pointer).cloned().unwrap_or_default()
}
