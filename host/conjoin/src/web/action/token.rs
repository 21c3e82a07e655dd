//! The tokens that go with the browser: the Action's on the way here, ours on the way back. Both are signed with the secret that the two sides share; what each is for is
//! in it, so that neither can be used as the other.

use conjoin_auth0::UserId;
use conjoin_linking::clock::now;
use conjoin_linking::plan::PlanHash;
use conjoin_linking::proof::Proof;
use conjoin_linking::record::LinkId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::visit::Visit;
use crate::app::App;
use crate::web::error::WebError;

/// How far the tenant's clock may be from ours, in seconds.
const LEEWAY: u64 = 30;

/// The longest that a session token may be good for, in seconds: what `api.redirect.encodeToken` gives by default.
pub const MAX_LIFETIME: i64 = 15 * 60;

/// How long a return token without an agreement is good for, in seconds. The browser is sent with it at once.
const RETURN_LIFETIME: i64 = 2 * 60;

/// What the session token is for.
const LINK: &str = "conjoin-link";

/// What ours is for.
const RETURN: &str = "conjoin-return";

/// What `api.redirect.encodeToken` puts into a token (`sub`, `iss`, `iat`, `exp`, and an `ip` that is not compared: people's networks change), and the payload of our Action.
#[derive(Deserialize)]
struct Claims {
    sub: UserId,
    iat: i64,
    exp: i64,
    purpose: String,
    /// Unix seconds of the sign-in that the Action runs in, by the tenant's clock. A session that answered without a sign-in keeps the time of the one before.
    auth_time: i64,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    connection: Option<String>,
    #[serde(default)]
    organization: Option<String>,
}

/// Who is signing in, as the Action says.
pub struct Arriving {
    /// The sign-in that waits.
    pub proof: Proof,
    /// For the sign-in form of the other account.
    pub email: Option<String>,
    /// When the token ends, in Unix seconds.
    pub expires_at: i64,
}

/// Why a session token is not accepted. None of it quotes the token.
#[derive(Debug, thiserror::Error)]
pub enum InvalidToken {
    /// Not signed with the secret, expired, of another issuer, or no such token at all.
    #[error("the session token is not valid: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
    /// Signed with the secret, for something else.
    #[error("the session token is for something else")]
    Purpose,
    /// Its times do not fit each other.
    #[error("the session token's times do not fit each other, or it is good for too long")]
    Times,
}

/// Reads a session token.
///
/// # Errors
/// [`InvalidToken`].
pub fn read(app: &App, secret: &SecretString, token: &str) -> Result<Arriving, InvalidToken> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    validation.set_issuer(&app.addresses.tenant_hosts);
    // `encodeToken` names no audience; a shared secret has one.
    validation.validate_aud = false;
    validation.leeway = LEEWAY;
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)?.claims;
    if claims.purpose != LINK {
        return Err(InvalidToken::Purpose);
    }
    let leeway = i64::try_from(LEEWAY).unwrap_or_default();
    let lasts = claims.exp.saturating_sub(claims.iat);
    let in_order = claims.auth_time <= claims.iat.saturating_add(leeway) && claims.iat <= now().saturating_add(leeway);
    if !in_order || !(1..=MAX_LIFETIME).contains(&lasts) {
        return Err(InvalidToken::Times);
    }
    Ok(Arriving {
        proof: Proof {
            subject: claims.sub,
            connection: claims.connection,
            auth_time: claims.auth_time,
            issued_at: claims.iat,
            // From when it was made, so that the time a token lay around counts.
            received_at: claims.iat.min(now()),
            amr: if claims.mfa { vec!["mfa".to_owned()] } else { Vec::new() },
            organization: claims.organization,
        },
        email: claims.email.filter(|email| email.len() <= 320),
        expires_at: claims.exp,
    })
}

/// How a visit ended, for the Action.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The person agreed: the Action may ask for it.
    Agreed {
        /// What to.
        link: LinkId,
        /// To which plan of it.
        plan: PlanHash,
        /// Which account survives.
        primary_user_id: UserId,
        /// When the agreement ends, in Unix seconds. The token says it as its own end.
        #[serde(skip)]
        expires_at: i64,
    },
    /// The person does not want to.
    Declined,
    /// There is nothing to link.
    Nothing,
    /// It did not work this time.
    Failed,
}

impl Outcome {
    /// An agreement waits on a page for the person to go on, and its token ends with it. In Unix seconds.
    fn ends_at(&self) -> i64 {
        match self {
            Self::Agreed { expires_at, .. } => *expires_at,
            Self::Declined | Self::Nothing | Self::Failed => now().saturating_add(RETURN_LIFETIME),
        }
    }
}

/// What goes back. `state` binds it to the sign-in that waits, and to the browser with it: `api.redirect.validateToken` compares it.
#[derive(Serialize)]
struct Answer<'a> {
    iss: &'a str,
    sub: &'a UserId,
    iat: i64,
    exp: i64,
    state: &'a str,
    purpose: &'static str,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// Signs how a visit ended.
///
/// # Errors
/// [`WebError::NotFound`] where the tenant has no Action any more.
pub fn sign(app: &App, visit: &Visit, outcome: &Outcome) -> Result<String, WebError> {
    let secret = app.action_secret.as_ref().ok_or(WebError::NotFound)?;
    let answer = Answer {
        iss: app.addresses.base.host_str().unwrap_or_default(),
        sub: &visit.kept.proof.subject,
        iat: now(),
        exp: outcome.ends_at(),
        state: &visit.kept.state,
        purpose: RETURN,
        outcome,
    };
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &answer, &key)
        .map_err(|error| WebError::Internal(format!("signing a return token: {error}")))
}
