use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::changes::check_attribute;
use super::error::ApiError;
use super::limits::{check_keys, check_size};
use super::payload;
use super::users::Body;
use crate::config::{Config, Connection};
use crate::expiring::{random_id, random_token};
use crate::state::{Shared, Tenant};
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

/// `POST /users`: 201 with a new user of a database, or of the connection that mails codes. Federated accounts come to be by signing in; a test adds them with
/// `PUT /_dev/users/{id}`.
pub async fn user(
    State(tenant): State<Shared>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require(&["create:users"])?;
    let user = new_user(&tenant, payload::object(&body?, &ALLOWED)?)?;
    Ok((StatusCode::CREATED, Json(user.to_json())))
}

/// A new user, from the properties that `POST /users` takes.
///
/// # Errors
/// 400 for a property that is missing or malformed, 409 for an address that is taken.
pub fn new_user(tenant: &Tenant, object: Map<String, Value>) -> Result<User, ApiError> {
    let user = read(&tenant.config, &tenant.clock().now_text(), object)?;
    let mut state = tenant.lock();
    if is_taken(&state.store, &user) {
        return Err(ApiError::new(StatusCode::CONFLICT, "The user already exists.").with_code("auth0_idp_error"));
    }
    state.store.put(user.clone());
    Ok(user)
}

/// A well-formed user that is not in the tenant yet.
///
/// # Errors
/// 400 in Auth0's words.
pub fn read(config: &Config, now: &str, mut object: Map<String, Value>) -> Result<User, ApiError> {
    let connection = writable(config, &required(&mut object, "connection")?)?;
    let id = payload::text(&mut object, "user_id")?.unwrap_or_else(random_id);
    let email = required(&mut object, "email")?.to_lowercase();
    if connection.is_database() {
        let password = required(&mut object, "password")?;
        if password.is_empty() {
            return Err(payload::invalid("String is too short (0 chars), minimum 1", "password"));
        }
        object.insert("password".to_owned(), password.into());
    } else if object.contains_key("password") {
        return Err(ApiError::not_supported("Cannot set password for non-database user"));
    }
    object.remove("verify_email");
    object.insert("email".to_owned(), email.into());
    let attributes = object
        .iter()
        .filter(|(key, _)| !key.ends_with("_metadata") && *key != "password");
    attributes
        .into_iter()
        .try_for_each(|(key, value)| check_attribute(key, value))?;
    object.entry("email_verified").or_insert(Value::Bool(false));
    let user_id = UserId::of(&connection.strategy, &id);
    for (key, value) in [("user_id", user_id.to_string()), ("created_at", now.to_owned())] {
        object.insert(key.to_owned(), value.into());
    }
    let identity =
        json!({"connection": connection.name, "user_id": id, "provider": connection.strategy, "isSocial": false});
    object.insert("identities".to_owned(), json!([identity]));
    let user = User::from_fixture(Value::Object(object)).map_err(ApiError::payload)?;
    check_keys(
        config.unconfirmed,
        user.user_metadata.as_ref(),
        user.app_metadata.as_ref(),
    )?;
    check_size(config.unconfirmed, &user)?;
    Ok(user)
}

/// A user of an import file, in a database: `password_hash` and its like are taken and not looked at.
///
/// # Errors
/// 400 in the words of [`read`].
pub fn new_imported_user(
    config: &Config,
    connection: &Connection,
    now: &str,
    mut object: Map<String, Value>,
) -> Result<User, ApiError> {
    for hidden in [
        "password_hash",
        "custom_password_hash",
        "password_set_date",
        "mfa_factors",
    ] {
        object.remove(hidden);
    }
    if let Some(name) = object.keys().find(|name| !ALLOWED.contains(&name.as_str())) {
        return Err(ApiError::payload(format!("Additional properties not allowed: {name}")));
    }
    object.insert("connection".to_owned(), connection.name.clone().into());
    // Nobody can type it, so nobody signs in by it.
    object.insert("password".to_owned(), random_token().into());
    read(config, now, object)
}

fn required(object: &mut Map<String, Value>, name: &str) -> Result<String, ApiError> {
    payload::text(object, name)?.ok_or_else(|| ApiError::payload(format!("Missing required property: {name}")))
}

fn writable<'a>(config: &'a Config, name: &str) -> Result<&'a Connection, ApiError> {
    let connection = config.connection(name).ok_or_else(ApiError::no_connection)?;
    if !connection.is_federated() {
        Ok(connection)
    } else {
        Err(ApiError::not_supported(
            "The connection does not support creating users",
        ))
    }
}

/// Whether the id exists, or the address, in any case, in this connection.
#[must_use]
pub fn is_taken(store: &Store, user: &User) -> bool {
    let connection = user
        .own_identity()
        .map(|identity| identity.connection.as_str())
        .unwrap_or_default();
    let email = user.email().unwrap_or_default();
    store.owner(&user.user_id).is_some() || store.identity_by_email(connection, email).is_some()
}
