//! `syncline demo login`: signing in, told step by step.

mod caller;
mod stage;

use clap::Args;
use serde_json::{Value, json};

use super::{Browser, DemoError, terminal::Terminal, tour::Tour};
use crate::signals::StopSignals;
use caller::{Caller, at};
use stage::LoginStage;

/// With whom the demonstration signs in.
#[derive(Clone, Debug, Args)]
pub struct LoginOptions {
    /// The address of an OpenID provider that signs in without asking anybody, such as the one of
    /// our tests: `node tests/provider/provider.js`.
    #[arg(long, value_name = "URL")]
    pub issuer: String,

    /// The id that the provider has given this server, with `/auth/google/callback` and
    /// `/auth/microsoft/callback` on `127.0.0.1` as redirect addresses.
    #[arg(long, value_name = "ID", default_value = "syncline-demo")]
    pub client_id: String,

    /// The secret that belongs to the client id.
    #[arg(long, value_name = "SECRET", default_value = "syncline-demo-secret")]
    pub client_secret: String,
}

/// Plays it, on a server of its own.
pub(super) async fn run(
    options: &LoginOptions,
    terminal: Terminal,
    signals: &mut StopSignals,
) -> Result<(), DemoError> {
    let stage = LoginStage::set(options, signals.told()).await?;
    let told = tokio::select! {
        told = tell(terminal, &stage) => told,
        () = signals.told() => Err(DemoError::Interrupted),
    };
    let struck = stage.strike().await;
    told.and(struck)
}

async fn tell(terminal: Terminal, stage: &LoginStage) -> Result<(), DemoError> {
    let server = format!("{}, started for this tour", stage.url);
    let mut tour = Tour::begin(terminal, "Syncline: sign in through others", &server)?;
    let mut browser = Browser::new()?;
    let (user, token) = sign_in(&mut tour, stage, &mut browser).await?;
    page(&mut tour, stage, &mut browser, &user).await?;
    refresh(&mut tour, stage, &user).await?;
    let token = link(&mut tour, stage, &mut browser, &user, &token).await?;
    unlink(&mut tour, stage, &token).await?;
    tour.end()
}

/// A session through one provider.
async fn sign_in(
    tour: &mut Tour,
    stage: &LoginStage,
    browser: &mut Browser,
) -> Result<(Value, String), DemoError> {
    tour.chapter("Signing in")?;
    tour.act(
        "browser",
        "visits /auth/google, and the provider sends it back",
    )?;
    let arrival = browser.visit(&stage.address("/auth/google")).await?;
    let answer: Value = serde_json::from_str(&arrival.body).unwrap_or_default();
    tour.show("user", &at(&answer, "/user"))?;
    tour.promise(
        "it is signed in through google",
        &json!(["google"]),
        &at(&answer, "/user/providers"),
    )?;
    let token = at(&answer, "/token")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let me = Caller::new(stage, &token)?.get("/auth/me").await?;
    tour.promise("the token is that user's", &at(&answer, "/user"), &me.body)?;
    Ok((at(&answer, "/user"), token))
}

/// The same for a page, which gets a code.
async fn page(
    tour: &mut Tour,
    stage: &LoginStage,
    browser: &mut Browser,
    user: &Value,
) -> Result<(), DemoError> {
    tour.chapter("A page gets a code, never a token")?;
    let page = stage.address("/");
    let begin = stage.address(&format!("/auth/google?redirectUri={page}&state=mine"));
    let step = browser.approach(&begin, &format!("{page}?")).await?;
    tour.act("browser", "is sent back to the page")?;
    let query = step.url.query().unwrap_or_default();
    tour.promise("no token is in its address", &false, &query.contains("eyJ"))?;
    let code = step.url.query_pairs().find(|(name, _)| name == "code");
    let code = json!({ "code": code.map(|(_, code)| code.into_owned()) });
    let caller = Caller::new(stage, "")?;
    let exchanged = caller.post("/auth/token", Some(&code)).await?;
    tour.promise(
        "its code is exchanged for a session of the same user",
        user,
        &at(&exchanged.body, "/user"),
    )?;
    let again = caller.post("/auth/token", Some(&code)).await?;
    tour.promise("and is good once", &400, &usize::from(again.status))
}

/// A token that was used is replaced.
async fn refresh(tour: &mut Tour, stage: &LoginStage, user: &Value) -> Result<(), DemoError> {
    tour.chapter("A session goes on while it is used")?;
    tour.act("client", "calls with a token that is two hours old")?;
    let old = stage.old_token(at(user, "/userId").as_str().unwrap_or_default())?;
    let answer = Caller::new(stage, &old)?.get("/auth/me").await?;
    tour.promise(
        "the answer has the next one in `X-Auth-Token`",
        &true,
        &answer.next_token.is_some(),
    )?;
    let next = answer.next_token.unwrap_or_default();
    let me = Caller::new(stage, &next)?.get("/auth/me").await?;
    tour.promise("which is the same user's", user, &me.body)
}

/// A second provider for the same user.
async fn link(
    tour: &mut Tour,
    stage: &LoginStage,
    browser: &mut Browser,
    user: &Value,
    token: &str,
) -> Result<String, DemoError> {
    tour.chapter("A second way to sign in")?;
    tour.act(
        "client",
        "asks to link microsoft, and its browser goes there",
    )?;
    let caller = Caller::new(stage, token)?;
    let begun = caller.post("/auth/link/microsoft", None).await?;
    browser.keep(&stage.parsed_url()?, &begun.cookie.unwrap_or_default());
    let way = at(&begun.body, "/url")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let arrival = browser.visit(&way).await?;
    let answer: Value = serde_json::from_str(&arrival.body).unwrap_or_default();
    tour.promise(
        "both are linked",
        &json!(["google", "microsoft"]),
        &at(&answer, "/user/providers"),
    )?;
    let arrival = browser.visit(&stage.address("/auth/microsoft")).await?;
    let other: Value = serde_json::from_str(&arrival.body).unwrap_or_default();
    tour.promise(
        "through either it is the same user",
        &at(user, "/userId"),
        &at(&other, "/user/userId"),
    )?;
    Ok(at(&answer, "/token")
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// And less again, but never none.
async fn unlink(tour: &mut Tour, stage: &LoginStage, token: &str) -> Result<(), DemoError> {
    tour.chapter("And one less, but never none")?;
    let caller = Caller::new(stage, token)?;
    tour.act("client", "takes google away")?;
    let left = caller.delete("/auth/providers/google").await?;
    tour.promise(
        "microsoft is left",
        &json!(["microsoft"]),
        &at(&left.body, "/user/providers"),
    )?;
    let refused = caller.delete("/auth/providers/microsoft").await?;
    tour.promise("the last one stays", &409, &usize::from(refused.status))?;
    tour.show("answer", &at(&refused.body, "/error"))
}
