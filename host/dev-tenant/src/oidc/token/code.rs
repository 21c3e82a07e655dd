use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Answer, access, refresh};
use crate::config::Client;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::Subject;
use crate::oidc::parameters::Parameters;
use crate::oidc::request::AuthorizationRequest;
use crate::state::Tenant;

/// What an authorization code stands for.
pub struct CodeGrant {
    /// For whom, to which client.
    pub subject: Subject,
    redirect_uri: String,
    code_challenge: Option<String>,
}

impl CodeGrant {
    /// For the answer to this request.
    #[must_use]
    pub fn new(request: &AuthorizationRequest, subject: Subject) -> Self {
        Self {
            subject,
            redirect_uri: request.responder.redirect_text.clone(),
            code_challenge: request.code_challenge.clone(),
        }
    }

    /// The token request has to repeat the callback, and to know the secret of the challenge.
    fn check(&self, parameters: &Parameters) -> Result<(), OauthError> {
        let sent = parameters.get("redirect_uri").unwrap_or("null");
        if sent != self.redirect_uri {
            let description = format!(
                "The redirect URI is wrong. You sent {sent}, and we expected {}",
                self.redirect_uri
            );
            return Err(OauthError::invalid_grant(description));
        }
        let matches = match (&self.code_challenge, parameters.get("code_verifier")) {
            (Some(challenge), Some(verifier)) => {
                *challenge == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
            }
            (challenge, verifier) => challenge.is_none() && verifier.is_none(),
        };
        if matches {
            Ok(())
        } else {
            Err(OauthError::invalid_grant("Failed to verify code verifier"))
        }
    }
}

/// `grant_type=authorization_code`.
pub fn exchange(tenant: &Tenant, client: &Client, parameters: &Parameters) -> Answer {
    let code = parameters.get("code").ok_or_else(|| OauthError::missing("code"))?;
    let mut state = tenant.lock();
    // Taken out before it is looked at: a code that was tried is spent.
    let grant = state
        .codes
        .take(code)
        .filter(|grant| grant.subject.client_id == client.client_id);
    let grant = grant.ok_or_else(|| OauthError::invalid_grant("Invalid authorization code"))?;
    grant.check(parameters)?;
    let mut answer = access::tokens(tenant, &mut state, &grant.subject)?;
    refresh::add_to(&mut answer, &mut state, client, grant.subject);
    Ok(Value::Object(answer))
}
