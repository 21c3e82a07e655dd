use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::parameters::Parameters;
use super::request::{AuthorizationRequest, SECOND_FACTOR};
use super::session::{Session, SignIn};
use crate::config::Client;
use crate::dev::{ForgedAlgorithm, Forgery};
use crate::domain::Domain;
use crate::expiring::random_token;
use crate::keys::SigningKey;
use crate::state::{State, Tenant};
use crate::store::User;

/// Seconds that an ID token is good for: Auth0's default.
const LIFETIME: i64 = 36_000;

/// Profile claims that the scope `profile` gives.
const PROFILE: [&str; 7] = [
    "name",
    "given_name",
    "family_name",
    "nickname",
    "picture",
    "locale",
    "updated_at",
];

/// Who signed in, for whom, and how: everything a token says but the user's own attributes, which are read when it is made.
#[derive(Clone)]
pub struct Subject {
    /// Where it was asked.
    pub domain: Domain,
    /// The client.
    pub client_id: String,
    /// Space-separated.
    pub scope: String,
    /// The API that the access token is for.
    pub audience: Option<String>,
    /// Given back in the ID token.
    pub nonce: Option<String>,
    /// The organization signed in to.
    pub organization: Option<String>,
    /// The sign-in.
    pub sign_in: SignIn,
    /// The session.
    pub sid: String,
    /// Whether the ID token says when.
    pub with_auth_time: bool,
}

impl Subject {
    /// The answer to a request.
    #[must_use]
    pub fn new(request: &AuthorizationRequest, session: &Session) -> Self {
        Self {
            domain: request.domain.clone(),
            client_id: request.client_id.clone(),
            scope: request.scope.clone(),
            audience: request.audience.clone(),
            nonce: request.nonce.clone(),
            organization: request.organization.clone(),
            sign_in: session.sign_in.clone(),
            sid: session.sid.clone(),
            with_auth_time: request.wants_auth_time(),
        }
    }

    /// The answer to a client that asked for tokens without a browser.
    #[must_use]
    pub fn direct(domain: &Domain, client: &Client, parameters: &Parameters, sign_in: SignIn) -> Self {
        Self {
            domain: domain.clone(),
            client_id: client.client_id.clone(),
            scope: parameters
                .owned("scope")
                .unwrap_or_else(|| "openid profile email".to_owned()),
            audience: parameters.owned("audience"),
            nonce: None,
            organization: None,
            sign_in,
            sid: random_token(),
            with_auth_time: false,
        }
    }

    /// Whether a scope was granted.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split_ascii_whitespace().any(|granted| granted == scope)
    }
}

/// Makes an ID token for a user, with whatever defect the switches ask for.
///
/// # Errors
/// When it cannot be signed.
pub fn issue(
    tenant: &Tenant,
    state: &mut State,
    subject: &Subject,
    user: &User,
    hashes: &[(&str, String)],
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut claims = profile(&subject.scope, user);
    claims.extend(registered(tenant, subject, user, state));
    claims.extend(
        hashes
            .iter()
            .map(|(name, hash)| ((*name).to_owned(), Value::String(hash.clone()))),
    );
    let key = state.keys.current();
    match state.switches.next_id_token.take() {
        None => encode(&claims, &key),
        Some(forgery) => forge(tenant, &subject.client_id, claims, &forgery, &key),
    }
}

fn registered(tenant: &Tenant, subject: &Subject, user: &User, state: &State) -> Map<String, Value> {
    let now = state.clock().now();
    let switches = &state.switches;
    let mut claims = Map::new();
    let mut add = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    add("iss", json!(subject.domain.0));
    add("sub", json!(user.user_id));
    add("aud", json!(subject.client_id));
    add("iat", json!(now));
    add("exp", json!(now + LIFETIME));
    add("sid", json!(subject.sid));
    if let Some(nonce) = &subject.nonce {
        add("nonce", json!(nonce));
    }
    if let Some(organization) = &subject.organization {
        add("org_id", json!(organization));
    }
    let with_auth_time = subject.with_auth_time || tenant.config.unconfirmed.auth_time_always;
    if with_auth_time && !switches.strip_auth_time {
        add("auth_time", json!(subject.sign_in.auth_time + switches.skew_auth_time));
    }
    if subject.sign_in.second_factor {
        add("amr", json!(["mfa"]));
        add("acr", json!(SECOND_FACTOR));
    }
    claims
}

/// The claims that the scopes `profile` and `email` give, with the types that the user's attributes have.
#[must_use]
pub fn profile(scope: &str, user: &User) -> Map<String, Value> {
    let has = |wanted: &str| scope.split_ascii_whitespace().any(|granted| granted == wanted);
    let mut names: Vec<&str> = Vec::new();
    if has("profile") {
        names.extend(PROFILE);
    }
    if has("email") {
        names.extend(["email", "email_verified"]);
    }
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), user.attributes.get(name)?.clone())))
        .collect()
}

/// Signs claims as the tenant does: RS256 with the current key.
///
/// # Errors
/// When the key does not sign.
pub fn encode(claims: &Map<String, Value>, key: &Arc<SigningKey>) -> Result<String, jsonwebtoken::errors::Error> {
    let header = Header {
        kid: Some(key.key_id.clone()),
        ..Header::new(Algorithm::RS256)
    };
    jsonwebtoken::encode(&header, claims, &key.private)
}

/// Makes a token with the defects that are asked for.
///
/// # Errors
/// When it cannot be signed.
pub fn forge(
    tenant: &Tenant,
    client_id: &str,
    mut claims: Map<String, Value>,
    forgery: &Forgery,
    key: &Arc<SigningKey>,
) -> Result<String, jsonwebtoken::errors::Error> {
    for (name, value) in &forgery.claims {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    let secret = tenant
        .config
        .client(client_id)
        .and_then(|client| client.client_secret.clone())
        .unwrap_or_default();
    let symmetric = |secret: &str| {
        let header = Header {
            kid: Some(key.key_id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes()))
    };
    match forgery.algorithm {
        ForgedAlgorithm::Rs256 => encode(&claims, key),
        ForgedAlgorithm::ClientSecret => symmetric(&secret),
        ForgedAlgorithm::PublicKeyAsSecret => symmetric(&key.public_pem),
        ForgedAlgorithm::None => {
            let header = BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": "JWT"}).to_string());
            Ok(format!(
                "{header}.{}.",
                BASE64_URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string())
            ))
        }
        ForgedAlgorithm::BrokenSignature => encode(&claims, key).map(|token| spoil(&token)),
    }
}

/// Changes the signature's first character: the last one may hold only padding bits.
fn spoil(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest: String = signature.chars().skip(1).collect();
    format!("{signed}.{first}{rest}")
}
