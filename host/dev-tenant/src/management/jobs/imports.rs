use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::registry::{Kind, Outcome, begin};
use crate::config::Connection;
use crate::management::caller::Caller;
use crate::management::create::{is_taken, new_imported_user};
use crate::management::error::ApiError;
use crate::management::limits::check_size;
use crate::state::{Shared, State as Changing, Tenant};

/// Bytes of a file (Auth0, "Bulk User Imports").
const LARGEST: usize = 500 * 1024;
/// Imports that may be pending beside each other.
const AT_ONCE: usize = 2;

/// The form.
#[derive(Default)]
struct Upload {
    users: Option<Vec<u8>>,
    connection_id: Option<String>,
    upsert: bool,
    external_id: Option<String>,
    send_completion_email: bool,
}

/// `POST /jobs/users-imports`: 202 with a pending job. The file is a JSON array of users in Auth0's import shape.
///
/// Password hashes are taken and not looked at: whoever is imported here cannot sign in by password until one is set.
pub async fn create(
    State(tenant): State<Shared>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require(&[Kind::Import.scope()])?;
    let upload = read(form.map_err(malformed)?).await?;
    let missing = |name: &str| ApiError::payload(format!("Missing required property: {name}"));
    let connection_id = upload.connection_id.ok_or_else(|| missing("connection_id"))?;
    let mut known = tenant.config.connections.iter();
    let connection = known.find(|connection| connection.id == connection_id && connection.is_database());
    let connection = connection.ok_or_else(ApiError::no_connection)?.clone();
    let users = upload.users.ok_or_else(|| missing("users"))?;
    let unreadable = || {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "Failed to parse users file JSON when importing users.",
        )
    };
    let users: Vec<Value> = serde_json::from_slice(&users).map_err(|_| unreadable())?;
    if tenant.lock().jobs.pending(Kind::Import) >= AT_ONCE {
        let message = "There are 2 active import users jobs, please wait until some of them are finished and try again";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, message).with_code("too_many_requests"));
    }
    let asked = json!({
        "connection_id": connection.id, "connection": connection.name, "upsert": upload.upsert,
        "external_id": upload.external_id, "send_completion_email": upload.send_completion_email,
    });
    let mut asked: Map<String, Value> = asked.as_object().cloned().unwrap_or_default();
    asked.retain(|_, value| !value.is_null());
    let upsert = upload.upsert;
    let job = begin(&tenant, Kind::Import, asked, move |tenant, state| {
        import(tenant, state, &connection, upsert, users)
    });
    Ok((StatusCode::ACCEPTED, Json(job)))
}

async fn read(mut form: Multipart) -> Result<Upload, ApiError> {
    let mut upload = Upload {
        send_completion_email: true,
        ..Upload::default()
    };
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(malformed)?;
        if bytes.len() > LARGEST {
            let message = format!("Payload content length greater than maximum allowed: {LARGEST}");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "users" => upload.users = Some(bytes.to_vec()),
            "connection_id" => upload.connection_id = Some(text()),
            "upsert" => upload.upsert = text() == "true",
            "external_id" => upload.external_id = Some(text()),
            "send_completion_email" => upload.send_completion_email = text() != "false",
            other => {
                let problem = format!("Additional properties not allowed: {other}");
                return Err(ApiError::payload(problem));
            }
        }
    }
    Ok(upload)
}

fn malformed(_: impl std::error::Error) -> ApiError {
    ApiError::payload("the body is not a form with parts")
}

fn import(tenant: &Tenant, state: &mut Changing, connection: &Connection, upsert: bool, users: Vec<Value>) -> Outcome {
    let (mut inserted, mut updated, mut errors) = (0, 0, Vec::new());
    let mut seen = BTreeSet::new();
    for user in users {
        let address = user.get("email").and_then(Value::as_str).unwrap_or_default();
        let imported = if address.is_empty() || seen.insert(address.to_lowercase()) {
            import_one(tenant, state, connection, upsert, &user)
        } else {
            Err(("DUPLICATED_USER", format!("{address} is in the file already")))
        };
        match imported {
            Ok(Done::Inserted) => inserted += 1,
            Ok(Done::Updated) => updated += 1,
            Err((code, message)) => {
                errors.push(json!({"user": user, "errors": [{"code": code, "message": message}]}));
            }
        }
    }
    Outcome::Imported {
        inserted,
        updated,
        errors,
    }
}

enum Done {
    Inserted,
    Updated,
}

/// The codes are those of Auth0's description of the errors; the words are ours.
fn import_one(
    tenant: &Tenant,
    state: &mut Changing,
    connection: &Connection,
    upsert: bool,
    user: &Value,
) -> Result<Done, (&'static str, String)> {
    let Value::Object(object) = user else {
        return Err(("INVALID_FORMAT", "a user has to be an object".to_owned()));
    };
    let user = new_imported_user(&tenant.config, connection, &state.clock().now_text(), object.clone());
    let user = user.map_err(|error| ("INVALID_FORMAT", error.message))?;
    if !is_taken(&state.store, &user) {
        state.store.put(user);
        return Ok(Done::Inserted);
    }
    let email = user.email().unwrap_or_default();
    let existing = state.store.identity_by_email(&connection.name, email);
    let existing = existing.and_then(|identity| state.store.owner(&identity.id()));
    let Some(existing) = existing.filter(|_| upsert).map(|owner| owner.user_id.clone()) else {
        let message = format!("Failed to insert user with email {email}: it exists already");
        return Err(("DUPLICATED_USER", message));
    };
    // Of root attributes Auth0 lets `upsert` change these; it cannot block people. A bag is replaced whole, unlike by PATCH: for `user_metadata` Auth0's staff
    // say so, for `app_metadata` it is unconfirmed.
    let changeable = [
        "given_name",
        "family_name",
        "name",
        "nickname",
        "picture",
        "email_verified",
    ];
    let now = state.clock().now_text();
    let changed = state.store.update(&existing, |target| {
        let given = object.keys().filter(|name| changeable.contains(&name.as_str()));
        let given = given.filter_map(|name| Some((name.clone(), user.attributes.get(name)?.clone())));
        target.attributes.extend(given);
        target.user_metadata = user.user_metadata.or(target.user_metadata.take());
        target.app_metadata = user.app_metadata.or(target.app_metadata.take());
        target.touch(&now);
        check_size(tenant.config.unconfirmed, target)
    });
    match changed {
        Some(Ok(_)) => Ok(Done::Updated),
        Some(Err(error)) => Err(("INVALID_FORMAT", error.message)),
        None => Err(("DUPLICATED_USER", "the user is gone".to_owned())),
    }
}
