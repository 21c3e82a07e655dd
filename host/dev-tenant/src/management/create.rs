use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::Caller;
use super::changes::check_attribute;
use super::error::ApiError;
use super::payload;
use super::users::Body;
use crate::clock;
use crate::expiring::random_token;
use crate::state::Shared;
use crate::store::{User, UserId};

const ALLOWED: [&str; 17] = [
    "app_metadata",
    "blocked",
    "connection",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "password",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
    "verify_email",
];

/// `POST /users`: 201 with a new user of a database connection. Federated accounts come to be by signing in; a test adds them with `PUT /_dev/users/{id}`.
pub async fn user(
    State(tenant): State<Shared>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require(&["create:users"])?;
    let mut object = payload::object(&body?, &ALLOWED)?;
    let connection = payload::text(&mut object, "connection")?
        .ok_or_else(|| ApiError::payload("Missing required property: connection"))?;
    let connection = tenant
        .config
        .connection(&connection)
        .ok_or_else(ApiError::no_connection)?;
    if !connection.is_database() {
        return Err(ApiError::not_supported(
            "The connection does not support creating users",
        ));
    }
    let id = payload::text(&mut object, "user_id")?.unwrap_or_else(|| {
        random_token()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(24)
            .collect()
    });
    let email = payload::text(&mut object, "email")?
        .ok_or_else(|| ApiError::payload("Missing required property: email"))?
        .to_lowercase();
    let password = payload::text(&mut object, "password")?
        .ok_or_else(|| ApiError::payload("Missing required property: password"))?;
    object.remove("verify_email");
    object.insert("email".to_owned(), email.clone().into());
    object
        .iter()
        .filter(|(key, _)| !key.ends_with("_metadata"))
        .try_for_each(|(key, value)| check_attribute(key, value))?;
    object.entry("email_verified").or_insert(Value::Bool(false));
    let user_id = UserId::of(&connection.strategy, &id);
    for (key, value) in [
        ("user_id", user_id.to_string()),
        ("password", password),
        ("created_at", clock::now_text()),
    ] {
        object.insert(key.to_owned(), value.into());
    }
    let identity = serde_json::json!([{"connection": connection.name, "user_id": id, "provider": connection.strategy, "isSocial": false}]);
    object.insert("identities".to_owned(), identity);
    let user = User::from_fixture(Value::Object(object)).map_err(|error| ApiError::payload(error))?;
    let mut state = tenant.lock();
    let taken = state
        .store
        .sign_in_candidates(&connection.name, &email)
        .into_iter()
        .any(|identity| identity.profile_text("email") == Some(&email));
    if taken || state.store.owner(&user_id).is_some() {
        return Err(ApiError::new(StatusCode::CONFLICT, "The user already exists.").with_code("auth0_idp_error"));
    }
    let answer = user.to_json();
    state.store.put(user);
    Ok((StatusCode::CREATED, Json(answer)))
}
