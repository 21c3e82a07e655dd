use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::OauthError;
use crate::domain::Domain;
use crate::rate_limit::{self, Drawn};
use crate::state::{Shared, Tenant};

/// `GET /.well-known/openid-configuration`: what this tenant really does, in Auth0's order and spelling.
pub async fn configuration(State(tenant): State<Shared>, domain: Domain) -> Json<Value> {
    let mut document = json!({
        "issuer": domain.0,
        "authorization_endpoint": domain.url("authorize"),
        "token_endpoint": domain.url("oauth/token"),
        "userinfo_endpoint": domain.url("userinfo"),
        "jwks_uri": domain.url(".well-known/jwks.json"),
        "revocation_endpoint": domain.url("oauth/revoke"),
        "scopes_supported": ["openid", "profile", "offline_access", "name", "given_name", "family_name", "nickname", "email", "email_verified",
            "picture", "created_at", "identities", "phone", "address"],
        "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "claims_supported": ["aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name", "iat", "identities",
            "iss", "name", "nickname", "phone_number", "picture", "sub"],
        "acr_values_supported": [super::request::SECOND_FACTOR],
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
    });
    let mut add = |name: &str, path: &str| {
        document
            .as_object_mut()
            .map(|object| object.insert(name.to_owned(), domain.url(path).into()))
    };
    if tenant.config.rp_initiated_logout {
        add("end_session_endpoint", "oidc/logout");
    }
    if tenant.config.pushed_authorization_requests {
        add("pushed_authorization_request_endpoint", "oauth/par");
    }
    Json(document)
}

/// `GET /.well-known/jwks.json`.
pub async fn keys(State(tenant): State<Shared>) -> Response {
    let published = async { published(&tenant) };
    rate_limit::answer(&tenant, Drawn::Keys, OauthError::too_many_requests(), published).await
}

fn published(tenant: &Tenant) -> Response {
    let keys: Vec<Value> = tenant.lock().keys.published().map(|key| key.jwk.clone()).collect();
    (
        [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=15"))],
        Json(json!({"keys": keys})),
    )
        .into_response()
}
