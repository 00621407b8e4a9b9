use std::pin::Pin;

use oauth2::basic::BasicClient;
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySet, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, TokenUrl,
    core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreTokenResponse},
    url::{ParseError, Url},
};
use serde::Deserialize;
use syncline_application::ports::{Authorization, Grant, ProviderError};

use crate::http::{HttpClient, HttpError};

/// A sign-in with one provider, in two steps: the way there, and [`Flow::exchange`] when the browser
/// is back.
pub(super) struct Flow<'f> {
    pub(super) client_id: &'f str,
    pub(super) scopes: &'static [&'static str],
    /// Where browsers are sent.
    pub(super) authorization_endpoint: &'f str,
    /// Where codes are exchanged.
    pub(super) token_endpoint: &'f str,
    /// To where the browser comes back.
    pub(super) callback: &'f str,
}

impl Flow<'_> {
    /// The way to an `OpenID` provider. `more` are parameters of the provider's own.
    pub(super) fn open_id_authorization(
        &self,
        more: &[(&'static str, &'static str)],
    ) -> Result<Authorization, ProviderError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = CoreClient::new(self.client_id(), self.issuer()?, JsonWebKeySet::default())
            .set_auth_uri(self.auth_url()?)
            .set_redirect_uri(self.redirect_url()?);
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(self.scopes())
            .set_pkce_challenge(challenge);
        for &(name, value) in more {
            request = request.add_extra_param(name, value);
        }
        let (url, state, nonce) = request.url();
        Ok(authorization(url, &state, &nonce, verifier))
    }

    /// The way to a provider that knows no ID tokens, and so no nonce.
    pub(super) fn oauth_authorization(&self) -> Result<Authorization, ProviderError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = BasicClient::new(self.client_id())
            .set_auth_uri(self.auth_url()?)
            .set_redirect_uri(self.redirect_url()?);
        let (url, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(self.scopes())
            .set_pkce_challenge(challenge)
            .url();
        Ok(authorization(
            url,
            &state,
            &Nonce::new(String::new()),
            verifier,
        ))
    }

    /// The provider's tokens for what the browser brought back.
    pub(super) async fn exchange(
        &self,
        client_secret: String,
        grant: &Grant,
        http: &HttpClient,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let token_url = TokenUrl::new(self.token_endpoint.to_owned()).map_err(bad_address)?;
        CoreClient::new(self.client_id(), self.issuer()?, JsonWebKeySet::default())
            .set_client_secret(ClientSecret::new(client_secret))
            // What every provider takes, Apple nothing else.
            .set_auth_type(AuthType::RequestBody)
            .set_redirect_uri(self.redirect_url()?)
            .set_token_uri(token_url)
            .exchange_code(AuthorizationCode::new(grant.code.clone()))
            .set_pkce_verifier(PkceCodeVerifier::new(grant.verifier.clone()))
            .request_async(&Sender(http))
            .await
            .map_err(refusal)
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.client_id.to_owned())
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.scopes.iter().map(|&name| Scope::new(name.to_owned()))
    }

    /// The client wants one, and does not look at it: ID tokens are checked elsewhere.
    fn issuer(&self) -> Result<IssuerUrl, ProviderError> {
        IssuerUrl::new(self.token_endpoint.to_owned()).map_err(bad_address)
    }

    fn auth_url(&self) -> Result<AuthUrl, ProviderError> {
        AuthUrl::new(self.authorization_endpoint.to_owned()).map_err(bad_address)
    }

    fn redirect_url(&self) -> Result<RedirectUrl, ProviderError> {
        RedirectUrl::new(self.callback.to_owned()).map_err(bad_address)
    }
}

fn authorization(
    url: Url,
    state: &CsrfToken,
    nonce: &Nonce,
    verifier: PkceCodeVerifier,
) -> Authorization {
    Authorization {
        url: url.into(),
        state: state.secret().clone(),
        nonce: nonce.secret().clone(),
        verifier: verifier.into_secret(),
    }
}

/// Sends what `openidconnect` asks for.
struct Sender<'h>(&'h HttpClient);

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

fn bad_address(error: ParseError) -> ProviderError {
    ProviderError::Unavailable(format!("one of its addresses is none: {error}"))
}

type ExchangeError = RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>;

/// What GitHub says in an answer with status 200.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Answers are not quoted: they may hold tokens.
fn refusal(error: ExchangeError) -> ProviderError {
    match error {
        RequestTokenError::ServerResponse(said) => {
            ProviderError::Refused(format!("it does not take the code: {}", said.error()))
        }
        RequestTokenError::Request(error) => ProviderError::Unavailable(error.to_string()),
        RequestTokenError::Parse(_, body) => match serde_json::from_slice::<Refusal>(&body) {
            Ok(said) => {
                ProviderError::Refused(format!("it does not take the code: {}", said.error))
            }
            Err(_) => ProviderError::Unavailable("its answer holds no tokens".into()),
        },
        RequestTokenError::Other(_) => {
            ProviderError::Unavailable("its answer holds no tokens".into())
        }
    }
}
