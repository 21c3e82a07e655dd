//! The authorization request: what is asked of the tenant, and what is kept until the browser comes back.

use std::fmt;
use std::time::Duration;

use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow};
use openidconnect::{
    AuthenticationContextClass, CsrfToken, LanguageTag, LoginHint, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use url::Url;

use super::Client;

/// What to ask of the tenant's `/authorize`. What is `None` is not sent.
#[derive(Debug, Clone)]
pub struct AuthorizeRequest {
    /// Where the tenant sends the browser back to; registered with the application.
    pub redirect_uri: Url,
    /// Beside `openid`, which is always asked for: `email`, `profile`.
    pub scopes: Vec<String>,
    /// How the tenant must treat a session it already has. A hint that the browser's owner can strip.
    pub prompt: Option<Prompt>,
    /// Seconds since the last sign-in. `Some(0)` is sent, and asks for one now.
    pub max_age: Option<u64>,
    /// The address to fill in.
    pub login_hint: Option<String>,
    /// Auth0's `connection`, by name: go straight to this one.
    pub connection: Option<String>,
    /// Auth0's `organization`, by id (`org_…`): the token must then carry the same `org_id`.
    pub organization: Option<String>,
    /// Auth0's `audience`: the identifier of the API that the access token is to be for.
    pub audience: Option<String>,
    /// Authentication contexts, best first, separated by spaces.
    pub acr_values: Option<String>,
    /// Languages of the login page, best first, separated by spaces.
    pub ui_locales: Option<String>,
}

/// `prompt` of OpenID Connect Core 1.0 §3.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Answer from the session or not at all.
    None,
    /// Ask for the credentials again.
    Login,
    /// Ask for consent again.
    Consent,
    /// Let the person choose an account.
    SelectAccount,
}

/// A sign-in about to begin.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Where to send the browser.
    pub url: Url,
    /// What to keep, bound to the browser's session.
    pub pending: PendingAuthorization,
}

/// What a callback is checked against. Kept on the server, used once; `Debug` prints none of its secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// Comes back in the callback: find this record by it.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves to the token endpoint that who began is who ends (RFC 7636).
    pub pkce_verifier: String,
    /// The one asked with; the token endpoint compares it.
    pub redirect_uri: Url,
    /// The organization asked for.
    pub organization: Option<String>,
    /// The `max_age` asked for.
    pub max_age: Option<u64>,
    /// When it was asked, by this host's clock, in seconds since 1970.
    pub requested_at: i64,
}

pub(super) fn authorization(client: &Client, request: &AuthorizeRequest) -> Authorization {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut builder = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
            request.redirect_uri.clone(),
        )))
        .set_pkce_challenge(challenge);
    // The library adds `openid` itself.
    for scope in request.scopes.iter().filter(|scope| *scope != "openid") {
        builder = builder.add_scope(Scope::new(scope.clone()));
    }
    if let Some(prompt) = request.prompt {
        builder = builder.add_prompt(prompt.into());
    }
    if let Some(seconds) = request.max_age {
        builder = builder.set_max_age(Duration::from_secs(seconds));
    }
    if let Some(hint) = &request.login_hint {
        builder = builder.set_login_hint(LoginHint::new(hint.clone()));
    }
    if let Some(values) = &request.acr_values {
        builder = builder.add_auth_context_value(AuthenticationContextClass::new(values.clone()));
    }
    if let Some(locales) = &request.ui_locales {
        builder = builder.add_ui_locale(LanguageTag::new(locales.clone()));
    }
    let own = [
        ("connection", &request.connection),
        ("organization", &request.organization),
        ("audience", &request.audience),
    ];
    for (name, value) in own {
        if let Some(value) = value {
            builder = builder.add_extra_param(name, value.clone());
        }
    }
    let (url, state, nonce) = builder.url();
    Authorization {
        url,
        pending: PendingAuthorization {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.into_secret(),
            redirect_uri: request.redirect_uri.clone(),
            organization: request.organization.clone(),
            max_age: request.max_age,
            requested_at: OffsetDateTime::now_utc().unix_timestamp(),
        },
    }
}

impl From<Prompt> for CoreAuthPrompt {
    fn from(prompt: Prompt) -> Self {
        match prompt {
            Prompt::None => Self::None,
            Prompt::Login => Self::Login,
            Prompt::Consent => Self::Consent,
            Prompt::SelectAccount => Self::SelectAccount,
        }
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PendingAuthorization")
            .field("redirect_uri", &self.redirect_uri.as_str())
            .field("organization", &self.organization)
            .field("max_age", &self.max_age)
            .field("requested_at", &self.requested_at)
            .finish_non_exhaustive()
    }
}
