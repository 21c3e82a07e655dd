//! The tenant as an OpenID provider: what Auth0's Authentication API does with a browser and a client.
//!
//! Reading order: [`request`] (what `/authorize` was asked), [`transaction`] (where a sign-in stands and what comes next), [`login`] and [`upstream`] (the
//! forms), [`callback`] (back from a provider), [`action`] (what the tenant's developer has run at each sign-in), [`finish`] (the answer), then [`token`], [`id_token`] and [`userinfo`]. Users change here by what signing in and signing
//! up do to them: the stamp of a sign-in, a new account, an Action's metadata.

mod action;
mod apart;
mod authorize;
mod callback;
mod client_assertion;
mod client_authentication;
mod cors;
mod discovery;
mod email_code;
mod error;
mod finish;
mod id_token;
mod login;
mod logout;
mod parameters;
mod passwordless;
mod pushed;
mod request;
mod respond;
mod second_factor;
mod session;
mod signup;
mod token;
mod transaction;
mod upstream;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

use crate::state::Shared;

pub use apart::keep_apart;
pub use callback::Assertion;
pub use client_authentication::basic;
pub use cors::cors;
pub use parameters::Parameters;
pub use passwordless::MailedCode;
pub use session::{Session, SignIn};
pub use token::{AccessGrant, CodeGrant, RefreshGrant};
pub use transaction::Transaction;

/// What pages of other origins may call.
pub fn api() -> Router<Shared> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/.well-known/jwks.json", get(discovery::keys))
        .route("/oauth/token", post(token::exchange))
        .route("/oauth/revoke", post(token::revoke))
        .route("/oauth/par", post(pushed::push))
        .route("/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/passwordless/start", post(passwordless::start))
        .route("/dbconnections/signup", post(signup::register))
        .route("/dbconnections/change_password", post(signup::change_password))
}

/// What browsers are sent to.
pub fn pages() -> Router<Shared> {
    Router::new()
        .route("/authorize", get(authorize::by_query).post(authorize::by_form))
        .route("/authorize/resume", get(authorize::resume))
        .route("/continue", get(action::by_query).post(action::by_form))
        .route("/u/login", get(login::page).post(login::submit))
        .route("/u/login/connection", post(login::choose_connection))
        .route("/u/login/continue", post(login::keep_session))
        .route("/u/signup", get(signup::page).post(signup::submit))
        .route("/u/email-code", get(email_code::page).post(email_code::submit))
        .route("/u/cancel", get(login::cancel))
        .route("/u/second-factor", get(second_factor::page).post(second_factor::submit))
        .route(
            "/u/consent",
            get(second_factor::consent_page).post(second_factor::consent),
        )
        .route("/login/callback", get(callback::show))
        .route("/upstream/{connection}", get(upstream::page).post(upstream::submit))
        .route("/upstream/{connection}/new", post(upstream::sign_up))
        .route("/v2/logout", get(logout::legacy))
        .route(
            "/oidc/logout",
            get(logout::initiated_by_query).post(logout::initiated_by_form),
        )
}
