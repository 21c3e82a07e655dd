use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::error::OauthError;
use super::id_token;
use crate::domain::Domain;
use crate::management::{bearer, verify};
use crate::rate_limit::{self, Drawn};
use crate::state::{Shared, Tenant};
use crate::store::{User, UserId};

/// `GET /userinfo`: the person as they are now.
pub async fn show(State(tenant): State<Shared>, domain: Domain, headers: HeaderMap) -> Response {
    let known =
        bearer(&headers).and_then(|token| opaque(&tenant, &domain, token).or_else(|| signed(&tenant, &domain, token)));
    let Some((user, scope)) = known else {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, challenge)],
            "Unauthorized",
        )
            .into_response();
    };
    let told = async {
        let mut claims = id_token::profile(&scope, &user);
        claims.insert("sub".to_owned(), user.user_id.to_string().into());
        Json(Value::Object(claims)).into_response()
    };
    let drawn = Drawn::UserInfo(&user.user_id);
    rate_limit::answer(&tenant, drawn, OauthError::too_many_requests(), told).await
}

/// Good at the domain that it was asked of.
fn opaque(tenant: &Tenant, domain: &Domain, token: &str) -> Option<(User, String)> {
    let state = tenant.lock();
    let subject = &state.access_tokens.get(token)?.subject;
    let opens = subject.domain == *domain && subject.has_scope("openid");
    let user = state.store.get(&subject.sign_in.account).filter(|_| opens)?;
    Some((user.clone(), subject.scope.clone()))
}

/// A token for the Management API opens `/userinfo` too, when it holds `openid`.
fn signed(tenant: &Tenant, domain: &Domain, token: &str) -> Option<(User, String)> {
    let caller = verify(tenant, domain, token)
        .ok()
        .filter(|caller| caller.has_scope("openid"))?;
    let user = tenant
        .lock()
        .store
        .owner(&UserId::from(caller.subject.as_str()))
        .cloned()?;
    Some((user, caller.scope))
}
