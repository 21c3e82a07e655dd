//! New people of a database: the page that `screen_hint=signup` asks for, and what applications call for their own forms.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::authorize::TransactionQuery;
use super::login;
use super::parameters::Parameters;
use crate::config::Connection;
use crate::inbox::Message;
use crate::management::new_user;
use crate::pages::{self, SignUpPage};
use crate::state::{Shared, Tenant};
use crate::store::{User, is_email};

/// The form.
#[derive(Deserialize)]
pub struct Entered {
    #[serde(default)]
    state: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// What `POST /dbconnections/signup` may say of the new person.
const PROFILE: [&str; 7] = [
    "username",
    "given_name",
    "family_name",
    "name",
    "nickname",
    "picture",
    "user_metadata",
];

/// `GET /u/signup`.
pub async fn page(State(tenant): State<Shared>, Query(query): Query<TransactionQuery>) -> Response {
    show(&tenant, &query.state, None, None)
}

/// `POST /u/signup`: a new person, signed in.
pub async fn submit(State(tenant): State<Shared>, jar: CookieJar, Form(form): Form<Entered>) -> Response {
    let Some(transaction) = login::find(&tenant, &form.state) else {
        return pages::lost_transaction();
    };
    let Some(connection) = login::database(&tenant, &transaction) else {
        return pages::error(400, "this tenant has no database connection");
    };
    let body = json!({"email": form.email.trim(), "password": form.password});
    match sign_up(&tenant, connection, body) {
        Ok(user) => match user.own_identity() {
            Some(identity) => login::sign_in(&tenant, jar, &form.state, identity, None),
            None => pages::error(500, "the new account has no identity"),
        },
        Err(()) => show(
            &tenant,
            &form.state,
            Some(&form.email),
            Some("Something went wrong, please try again later"),
        ),
    }
}

/// `POST /dbconnections/signup`: 200 with the new user's id. The client proves nothing: Auth0 lets every application's page do this.
pub async fn register(State(tenant): State<Shared>, headers: axum::http::HeaderMap, body: Bytes) -> Response {
    let named = |parameters: &Parameters| {
        let connection = tenant.config.connection(parameters.get("connection")?)?;
        tenant.config.client(parameters.get("client_id")?)?;
        connection.is_database().then_some(connection)
    };
    let Some(connection) = Parameters::from_body(&headers, &body).as_ref().and_then(named) else {
        return refused(
            "invalid_request",
            "BadRequestError",
            "the client or the connection does not exist",
        );
    };
    let Ok(Value::Object(mut given)) = serde_json::from_slice(&body) else {
        return refused("invalid_body", "BadRequestError", "the body is not a JSON object");
    };
    given.retain(|name, _| PROFILE.contains(&name.as_str()) || matches!(name.as_str(), "email" | "password"));
    match sign_up(&tenant, connection, Value::Object(given)) {
        Ok(user) => Json(registered(&user)).into_response(),
        Err(()) => refused("invalid_signup", "BadRequestError", "Invalid sign up"),
    }
}

/// `POST /dbconnections/change_password`: the same words whether or not there is such a person, as Auth0 does against enumeration.
pub async fn change_password(State(tenant): State<Shared>, headers: axum::http::HeaderMap, body: Bytes) -> Response {
    let parameters = Parameters::from_body(&headers, &body).unwrap_or_default();
    let Some(email) = parameters.owned("email").filter(|email| is_email(email)) else {
        return (StatusCode::BAD_REQUEST, "email is required").into_response();
    };
    let mut state = tenant.lock();
    let sent_at = state.clock().now_text();
    let connection = parameters.get("connection").unwrap_or_default();
    if !state.store.sign_in_candidates(connection, &email).is_empty() {
        state.inbox.deliver(Message {
            to: email,
            subject: "Reset your password",
            code: None,
            sent_at,
        });
    }
    "We've just sent you an email to reset your password.".into_response()
}

/// Auth0 tells a caller nothing about why: the address may be another person's.
fn sign_up(tenant: &Tenant, connection: &Connection, body: Value) -> Result<User, ()> {
    let Value::Object(mut object) = body else {
        return Err(());
    };
    object.insert("connection".to_owned(), connection.name.clone().into());
    new_user(tenant, object).map_err(drop)
}

/// The id is the identity's, without `auth0|`.
fn registered(user: &User) -> Value {
    let mut answer: Map<String, Value> = user.attributes.clone();
    answer.retain(|name, _| PROFILE.contains(&name.as_str()) || name == "email");
    answer.insert("_id".to_owned(), user.user_id.local().into());
    answer.insert("email_verified".to_owned(), false.into());
    Value::Object(answer)
}

fn refused(code: &str, name: &str, description: &str) -> Response {
    let body = json!({"name": name, "code": code, "description": description, "statusCode": 400});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn show(tenant: &Tenant, id: &str, email: Option<&str>, problem: Option<&str>) -> Response {
    let Some(transaction) = login::find(tenant, id) else {
        return pages::lost_transaction();
    };
    let page = SignUpPage {
        state: id,
        client: &transaction.request.client_id,
        email: email.or(transaction.request.login_hint.as_deref()).unwrap_or_default(),
        problem,
    };
    pages::form(&page, problem.is_some())
}
