use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::changes::check_attribute;
use super::error::ApiError;
use super::payload;
use super::users::Body;
use crate::config::{Config, Connection};
use crate::expiring::random_token;
use crate::state::Shared;
use crate::store::{Store, User, UserId};

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
    let user = read(&tenant.config, &tenant.clock().now_text(), &body?)?;
    let mut state = tenant.lock();
    if is_taken(&state.store, &user) {
        return Err(ApiError::new(StatusCode::CONFLICT, "The user already exists.").with_code("auth0_idp_error"));
    }
    let answer = user.to_json();
    state.store.put(user);
    Ok((StatusCode::CREATED, Json(answer)))
}

fn read(config: &Config, now: &str, body: &[u8]) -> Result<User, ApiError> {
    let mut object = payload::object(body, &ALLOWED)?;
    let connection = database(config, &required(&mut object, "connection")?)?;
    let random = || {
        random_token()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(24)
            .collect()
    };
    let id = payload::text(&mut object, "user_id")?.unwrap_or_else(random);
    let email = required(&mut object, "email")?.to_lowercase();
    let password = required(&mut object, "password")?;
    object.remove("verify_email");
    object.insert("email".to_owned(), email.into());
    let attributes = object.iter().filter(|(key, _)| !key.ends_with("_metadata"));
    attributes
        .into_iter()
        .try_for_each(|(key, value)| check_attribute(key, value))?;
    object.entry("email_verified").or_insert(Value::Bool(false));
    let user_id = UserId::of(&connection.strategy, &id);
    for (key, value) in [
        ("user_id", user_id.to_string()),
        ("password", password),
        ("created_at", now.to_owned()),
    ] {
        object.insert(key.to_owned(), value.into());
    }
    let identity =
        json!({"connection": connection.name, "user_id": id, "provider": connection.strategy, "isSocial": false});
    object.insert("identities".to_owned(), json!([identity]));
    User::from_fixture(Value::Object(object)).map_err(ApiError::payload)
}

fn required(object: &mut Map<String, Value>, name: &str) -> Result<String, ApiError> {
    payload::text(object, name)?.ok_or_else(|| ApiError::payload(format!("Missing required property: {name}")))
}

fn database<'a>(config: &'a Config, name: &str) -> Result<&'a Connection, ApiError> {
    let connection = config.connection(name).ok_or_else(ApiError::no_connection)?;
    if connection.is_database() {
        Ok(connection)
    } else {
        Err(ApiError::not_supported(
            "The connection does not support creating users",
        ))
    }
}

/// Whether the id exists, or the address in this connection.
fn is_taken(store: &Store, user: &User) -> bool {
    let connection = user
        .own_identity()
        .map(|identity| identity.connection.as_str())
        .unwrap_or_default();
    let email = user.email().unwrap_or_default();
    let others = store.sign_in_candidates(connection, email);
    store.owner(&user.user_id).is_some()
        || others
            .iter()
            .any(|identity| identity.profile_text("email") == Some(email))
}
