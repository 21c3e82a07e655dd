use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::id_token::{self, Subject};
use super::request::AuthorizationRequest;
use super::session::{self, Session};
use super::token::{self, CodeGrant};
use crate::pages;
use crate::state::{State, Tenant};
use crate::store::User;

/// Seconds that an access token from the browser's side is good for.
const FRONT_CHANNEL_SECONDS: u32 = 7200;

/// Answers the client: a code, tokens, or both.
pub fn answer(
    tenant: &Tenant,
    state: &mut State,
    request: &AuthorizationRequest,
    user: &User,
    session: &Session,
) -> Response {
    let subject = Subject::new(request, session);
    session::note_client(state, &session.sid, &request.client_id);
    let mut parameters = Vec::new();
    let mut hashes = Vec::new();
    if request.response_types.code {
        let code = state.codes.insert(CodeGrant::new(request, subject.clone()));
        hashes.push(("c_hash", half_hash(&code)));
        parameters.push(("code", code));
    }
    if request.response_types.token {
        let Ok(token) = token::access_token(tenant, state, &subject, user) else {
            return pages::error(500, "the access token cannot be signed");
        };
        hashes.push(("at_hash", half_hash(&token)));
        parameters.push(("access_token", token));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", FRONT_CHANNEL_SECONDS.to_string()));
        parameters.push(("scope", request.scope.clone()));
    }
    if request.response_types.id_token {
        let Ok(token) = id_token::issue(tenant, state, &subject, user, &hashes) else {
            return pages::error(500, "the ID token cannot be signed");
        };
        parameters.push(("id_token", token));
    }
    request.responder.respond(parameters)
}

/// OpenID Connect Core 3.3.2.11: the left half of the hash.
fn half_hash(value: &str) -> String {
    let digest = Sha256::digest(value.as_bytes());
    let (left, _) = digest.split_at(digest.len() / 2);
    BASE64_URL_SAFE_NO_PAD.encode(left)
}
