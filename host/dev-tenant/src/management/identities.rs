//! Linking and unlinking.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::Caller;
use super::error::ApiError;
use super::link_token;
use super::payload;
use super::users::{Body, UserPath};
use crate::config::Config;
use crate::state::{Shared, Tenant};
use crate::store::{Identity, UserId};

/// The identities of an answer.
pub type Identities = Json<Vec<Identity>>;

/// Providers that the API's description enumerates. Their number is confirmed, not each name: a configured connection's strategy counts as well.
const PROVIDERS: [&str; 55] = [
    "ad",
    "adfs",
    "amazon",
    "apple",
    "dropbox",
    "bitbucket",
    "auth0-oidc",
    "auth0",
    "baidu",
    "bitly",
    "box",
    "custom",
    "daccount",
    "dwolla",
    "email",
    "evernote-sandbox",
    "evernote",
    "exact",
    "facebook",
    "fitbit",
    "github",
    "google-apps",
    "google-oauth2",
    "instagram",
    "ip",
    "line",
    "linkedin",
    "oauth1",
    "oauth2",
    "office365",
    "oidc",
    "okta",
    "paypal",
    "paypal-sandbox",
    "pingfederate",
    "planningcenter",
    "salesforce-community",
    "salesforce-sandbox",
    "salesforce",
    "samlp",
    "sharepoint",
    "shopify",
    "shop",
    "sms",
    "soundcloud",
    "thirtysevensignals",
    "twitter",
    "untappd",
    "vkontakte",
    "waad",
    "weibo",
    "windowslive",
    "wordpress",
    "yahoo",
    "yandex",
];

/// How a request names the account to link.
enum Secondary {
    /// By an ID token of its owner.
    Token(String),
    /// By its provider and id, with or without the provider in front.
    Identity {
        provider: String,
        user_id: String,
        connection_id: Option<String>,
    },
}

/// `POST /users/{id}/identities`: 201 with all identities of the primary.
pub async fn link(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
    body: Body,
) -> Result<(StatusCode, Identities), ApiError> {
    let primary = UserId::from(path?.0);
    caller.require(&["update:users", "update:current_user_identities"])?;
    let secondary = Secondary::parse(&tenant.config, &body?)?;
    let secondary = match secondary {
        Secondary::Token(token) => {
            caller.require_for(&primary, &["update:users"], "update:current_user_identities")?;
            link_token::subject(&tenant, &caller, &token)?
        }
        Secondary::Identity {
            provider,
            user_id,
            connection_id,
        } => {
            // A person's own token proves nothing about the other account: only an ID token may name it.
            caller.require(&["update:users"])?;
            find(&tenant, &provider, &user_id, connection_id.as_deref())?
        }
    };
    let mut state = tenant.lock();
    let scim = state
        .store
        .get(&secondary)
        .and_then(|user| user.own_identity())
        .and_then(|identity| tenant.config.connection(&identity.connection));
    if primary != secondary && scim.is_some_and(|connection| connection.scim) {
        // Auth0 documents that a user provisioned by SCIM has to be the primary; that the API refuses is unconfirmed.
        return Err(ApiError::not_supported("Unable to link with the secondary account."));
    }
    let now = state.clock().now_text();
    let readings = tenant.config.unconfirmed;
    let linked = state
        .store
        .link(&primary, &secondary, readings.link_moves_memberships, &now);
    let identities = linked.map_err(|error| ApiError::of_link(error, readings))?;
    if readings.link_moves_sessions {
        state.hand_over(&secondary, &primary);
    } else {
        state.sign_out(&secondary);
    }
    Ok((StatusCode::CREATED, Json(identities)))
}

/// `DELETE /users/{id}/identities/{provider}/{user_id}`: 200 with the identities that remain.
pub async fn unlink(
    State(tenant): State<Shared>,
    caller: Caller,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Identities, ApiError> {
    let (primary, provider, user_id) = path?.0;
    let primary = UserId::from(primary);
    caller.require_for(&primary, &["update:users"], "update:current_user_identities")?;
    let mut state = tenant.lock();
    let now = state.clock().now_text();
    // Sessions and refresh tokens stay where they are, with the primary: see `SignIn::account`.
    let readings = tenant.config.unconfirmed;
    let identity = UserId::of(&provider, &user_id);
    let unlinked = state.store.unlink(&primary, &identity, &now);
    let identities = unlinked.map_err(|error| ApiError::of_unlink(error, readings))?;
    if !readings.unlink_keeps_email_verified {
        state.store.update(&identity, |user| {
            user.attributes.insert("email_verified".to_owned(), false.into());
            Ok::<(), ApiError>(())
        });
    }
    Ok(Json(identities))
}

impl Secondary {
    fn parse(config: &Config, body: &[u8]) -> Result<Self, ApiError> {
        let mut object = payload::object(body, &["link_with", "provider", "user_id", "connection_id"])?;
        let token = payload::text(&mut object, "link_with")?;
        if let Some(token) = token {
            return if object.is_empty() {
                Ok(Self::Token(token))
            } else {
                Err(ApiError::payload("link_with has to stand alone"))
            };
        }
        let user_id = match object.remove("user_id") {
            Some(Value::String(id)) => id,
            Some(Value::Number(id)) if !id.is_f64() => id.to_string(),
            Some(other) => return Err(payload::expected("string", "user_id", &other)),
            None => return Err(ApiError::payload("Missing required property: user_id")),
        };
        // Recorded: without a provider the connection is what does not exist.
        let provider = payload::text(&mut object, "provider")?.ok_or_else(ApiError::no_connection)?;
        let is_configured = config
            .connections
            .iter()
            .any(|connection| connection.strategy == provider);
        if !is_configured && !PROVIDERS.contains(&provider.as_str()) {
            return Err(payload::invalid(&format!("No enum match for: {provider}"), "provider"));
        }
        let connection_id = payload::text(&mut object, "connection_id")?;
        let well_formed = |id: &str| {
            id.strip_prefix("con_")
                .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        if connection_id.as_deref().is_some_and(|id| !well_formed(id)) {
            return Err(payload::invalid(
                "String does not match pattern ^con_[A-Za-z0-9]{16}$",
                "connection_id",
            ));
        }
        Ok(Self::Identity {
            provider,
            user_id,
            connection_id,
        })
    }
}

fn find(tenant: &Tenant, provider: &str, user_id: &str, connection_id: Option<&str>) -> Result<UserId, ApiError> {
    let connections = || {
        tenant
            .config
            .connections
            .iter()
            .filter(|connection| connection.strategy == provider)
    };
    let named = connection_id
        .map(|id| {
            connections()
                .find(|connection| connection.id == id)
                .ok_or_else(ApiError::no_connection)
        })
        .transpose()?;
    if connections().next().is_none() {
        return Err(ApiError::no_connection());
    }
    // Both forms are accepted, as recorded: `1001`, and `google-oauth2|1001`.
    let local = user_id
        .strip_prefix(provider)
        .and_then(|rest| rest.strip_prefix('|'))
        .unwrap_or(user_id);
    let id = UserId::of(provider, local);
    let state = tenant.lock();
    let owner = state.store.owner(&id);
    let in_connection = owner
        .and_then(|owner| owner.identity(&id))
        .filter(|identity| named.is_none_or(|named| named.name == identity.connection));
    if in_connection.is_some() {
        return Ok(id);
    }
    let message = if named.is_some() {
        "Linking to an inexistent identity is not allowed."
    } else {
        "Linking to an inexistent identity requires a connection."
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, message))
}
