//! Signing in with a code that is mailed: the codes themselves, and `POST /passwordless/start`. The pages are in [`super::email_code`].

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use thiserror::Error;

use super::client_authentication::authenticate;
use super::error::OauthError;
use super::parameters::Parameters;
use crate::config::Connection;
use crate::expiring::{random_code, random_id};
use crate::inbox::Message;
use crate::state::{Shared, State as Changing};
use crate::store::{Identity, User, is_email};

/// Wrong codes after which the right one is not taken either (Auth0, "Passwordless Authentication with Email").
const ATTEMPTS: u8 = 3;

/// A code that was mailed. Auth0 takes only the last one of an address.
pub struct MailedCode {
    connection: String,
    email: String,
    code: String,
    failures: u8,
}

/// Why a code opens nothing. The words are Auth0's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is none, it is too old, or it is another.
    #[error("Wrong email or verification code.")]
    Wrong,
    /// It was guessed at too often.
    #[error("You've reached the maximum number of attempts. Please try to login again.")]
    TooManyAttempts,
}

/// Mails a new code; an older one for the same address is void.
pub fn mail(state: &mut Changing, connection: &Connection, email: &str) {
    let email = email.trim().to_lowercase();
    let code = random_code();
    let sent_at = state.clock().now_text();
    state
        .mailed_codes
        .retain(|other| other.connection != connection.name || other.email != email);
    state.inbox.deliver(Message {
        to: email.clone(),
        subject: "Your sign-in code",
        code: Some(code.clone()),
        sent_at,
    });
    state.mailed_codes.insert(MailedCode {
        connection: connection.name.clone(),
        email,
        code,
        failures: 0,
    });
}

/// Uses a code up, and answers the identity of its address: a new account's where there was none, as Auth0 signs people up in this way.
///
/// # Errors
/// See [`Refused`].
pub fn verify(state: &mut Changing, connection: &Connection, email: &str, code: &str) -> Result<Identity, Refused> {
    let email = email.trim().to_lowercase();
    let mailed = |other: &MailedCode| other.connection == connection.name && other.email == email;
    let known = state.mailed_codes.values_mut().find(|other| mailed(other));
    let known = known.ok_or(Refused::Wrong)?;
    if known.failures >= ATTEMPTS {
        return Err(Refused::TooManyAttempts);
    }
    if known.code != code.trim() {
        known.failures += 1;
        return Err(Refused::Wrong);
    }
    state.mailed_codes.retain(|other| !mailed(other));
    let existing = state.store.identity_by_email(&connection.name, &email);
    Ok(existing.unwrap_or_else(|| sign_up(state, connection, &email)))
}

fn sign_up(state: &mut Changing, connection: &Connection, email: &str) -> Identity {
    let identity = Identity::new(connection, &random_id());
    let attributes = json!({"email": email, "email_verified": true});
    let user = User::signed_up(identity.clone(), attributes, &state.clock().now_text());
    state.store.put(user);
    identity
}

/// `POST /passwordless/start`: mails a code, or says that it mailed a link. Only codes can be used here.
pub async fn start(State(tenant): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(parameters) = Parameters::from_body(&headers, &body) else {
        return OauthError::invalid_request("the body is not a JSON object").into_response();
    };
    // Auth0 asks for the secret of clients that have one.
    if let Err(error) = authenticate(&tenant, &headers, &parameters) {
        return error.into_response();
    }
    let named = parameters
        .get("connection")
        .and_then(|name| tenant.config.connection(name));
    let Some(connection) = named.filter(|connection| connection.is_passwordless()) else {
        return bad("bad.connection", "Connection does not exist");
    };
    let Some(email) = parameters.get("email").filter(|email| is_email(email)) else {
        return bad("bad.email", "error in email - email format validation failed");
    };
    let mut state = tenant.lock();
    let known = state.store.identity_by_email(&connection.name, email);
    let id = known.map_or_else(random_id, |identity| identity.local_id());
    mail(&mut state, connection, email);
    Json(json!({"_id": id, "email": email, "email_verified": false})).into_response()
}

fn bad(error: &str, description: &str) -> Response {
    let body: Value = json!({"error": error, "error_description": description});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
