use url::Url;

use super::parameters::Parameters;
use super::respond::{Responder, ResponseMode};
use crate::config::{Client, Config, GrantType};
use crate::domain::Domain;

/// The `acr_values` with which Auth0 is asked for a second factor.
pub const SECOND_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// What the client wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseTypes {
    /// An authorization code.
    pub code: bool,
    /// An access token.
    pub token: bool,
    /// An ID token.
    pub id_token: bool,
}

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Show nothing; fail instead.
    pub none: bool,
    /// Ask for a sign-in whatever the session.
    pub login: bool,
    /// Ask for consent.
    pub consent: bool,
    /// Ask which account.
    pub select_account: bool,
}

/// A well-formed authorization request of a known client.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// Whose.
    pub client_id: String,
    /// Where it was asked.
    pub domain: Domain,
    /// Where the answer goes.
    pub responder: Responder,
    /// What it holds.
    pub response_types: ResponseTypes,
    /// Space-separated.
    pub scope: String,
    /// For the ID token.
    pub nonce: Option<String>,
    /// PKCE, S256.
    pub code_challenge: Option<String>,
    /// What may or must be shown.
    pub prompt: Prompt,
    /// Seconds; 0 is a value.
    pub max_age: Option<i64>,
    /// Fills the form.
    pub login_hint: Option<String>,
    /// Where to sign in.
    pub connection: Option<String>,
    /// Whether that is by a mailed code.
    pub passwordless: bool,
    /// Whether the form should be the one for new people (`screen_hint=signup`).
    pub wants_sign_up: bool,
    /// `org_…`.
    pub organization: Option<String>,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// Which API the access token is for.
    pub audience: Option<String>,
}

/// Why a request is not taken.
pub enum Refusal {
    /// Shown to the person: the client or its callback is not known, so that a redirect could go to anyone.
    Page {
        /// 400, or 403 for a callback that is not allowed.
        status: u16,
        /// For the person, and the developer.
        message: String,
    },
    /// Told to the client.
    Client {
        /// Where.
        responder: Box<Responder>,
        /// OAuth's code.
        error: &'static str,
        /// For the developer.
        description: String,
    },
}

impl AuthorizationRequest {
    /// Reads the parameters of `/authorize`.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn parse(config: &Config, domain: &Domain, parameters: &Parameters) -> Result<Self, Refusal> {
        let client = known_client(config, parameters)?;
        let response_types = ResponseTypes::parse(parameters.get("response_type"));
        let responder = allowed_responder(client, parameters, response_types)?;
        let refuse = |error, description: &str| Refusal::Client {
            responder: Box::new(responder.clone()),
            error,
            description: description.to_owned(),
        };
        let response_types = response_types
            .ok_or_else(|| refuse("unsupported_response_type", "Unsupported or missing response type"))?;
        check_grants(client, response_types).map_err(|description| refuse("unauthorized_client", description))?;
        check_mode(parameters, response_types).map_err(|description| refuse("invalid_request", description))?;
        let code_challenge = code_challenge(client, parameters, response_types)
            .map_err(|description| refuse("invalid_request", description))?;
        let prompt = Prompt::parse(parameters).map_err(|description| refuse("invalid_request", description))?;
        let max_age = max_age(parameters).map_err(|description| refuse("invalid_request", description))?;
        let connection = parameters.get("connection").map(|name| config.connection(name));
        if connection.is_some_and(|known| known.is_none()) {
            return Err(refuse("invalid_request", "the connection was not found"));
        }
        let organization = parameters.get("organization").map(|named| config.organization(named));
        if organization.is_some_and(|known| known.is_none()) {
            return Err(refuse("invalid_request", "parameter organization is invalid"));
        }
        Ok(Self {
            client_id: client.client_id.clone(),
            domain: domain.clone(),
            responder,
            response_types,
            scope: parameters
                .owned("scope")
                .unwrap_or_else(|| "openid profile email".to_owned()),
            nonce: parameters.owned("nonce"),
            code_challenge,
            prompt,
            max_age,
            login_hint: parameters.owned("login_hint"),
            connection: parameters.owned("connection"),
            passwordless: connection.flatten().is_some_and(|known| known.is_passwordless()),
            wants_sign_up: parameters.get("screen_hint") == Some("signup"),
            organization: organization.flatten().map(|known| known.id.clone()),
            second_factor: parameters.words("acr_values").any(|value| value == SECOND_FACTOR),
            audience: parameters.owned("audience"),
        })
    }

    /// Whether the ID token has to say when the person signed in: Auth0 does so for `prompt=login` and for any `max_age`, 0 among them.
    #[must_use]
    pub fn wants_auth_time(&self) -> bool {
        self.prompt.login || self.max_age.is_some()
    }
}

fn known_client<'a>(config: &'a Config, parameters: &Parameters) -> Result<&'a Client, Refusal> {
    let page = |message: String| Refusal::Page { status: 400, message };
    let id = parameters
        .get("client_id")
        .ok_or_else(|| page("invalid_request: missing required parameter: client_id".to_owned()))?;
    config
        .client(id)
        .ok_or_else(|| page(format!("invalid_request: Unknown client: {id}")))
}

fn allowed_responder(
    client: &Client,
    parameters: &Parameters,
    types: Option<ResponseTypes>,
) -> Result<Responder, Refusal> {
    let missing = || Refusal::Page {
        status: 400,
        message: "invalid_request: missing required parameter: redirect_uri".to_owned(),
    };
    let text = parameters.get("redirect_uri").ok_or_else(missing)?;
    let allowed = |url: &Url| client.callbacks.iter().any(|pattern| pattern.matches(url));
    let redirect_uri = Url::parse(text).ok().filter(allowed).ok_or_else(|| Refusal::Page {
        status: 403,
        message: format!("Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs of {}: {text}", client.client_id),
    })?;
    let web_message = parameters.get("response_mode") == Some("web_message");
    if web_message && !client.allows_web_origin(&origin_of(&redirect_uri)) {
        return Err(Refusal::Page {
            status: 403,
            message: format!(
                "Web origin mismatch. The origin of redirect_uri is not in the list of allowed web origins of {}",
                client.client_id
            ),
        });
    }
    let in_front = types.is_some_and(|types| types.token || types.id_token);
    let mode = match parameters.get("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        Some("web_message") => ResponseMode::WebMessage,
        Some("fragment") => ResponseMode::Fragment,
        Some("query") if !in_front => ResponseMode::Query,
        _ if in_front => ResponseMode::Fragment,
        _ => ResponseMode::Query,
    };
    Ok(Responder {
        redirect_uri,
        redirect_text: text.to_owned(),
        mode,
        state: parameters.owned("state"),
    })
}

fn origin_of(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin
}

impl ResponseTypes {
    fn parse(text: Option<&str>) -> Option<Self> {
        let mut types = Self::default();
        for word in text?.split_ascii_whitespace() {
            match word {
                "code" => types.code = true,
                "token" => types.token = true,
                "id_token" => types.id_token = true,
                _ => return None,
            }
        }
        (types != Self::default()).then_some(types)
    }
}

impl Prompt {
    fn parse(parameters: &Parameters) -> Result<Self, &'static str> {
        let mut prompt = Self::default();
        for word in parameters.words("prompt") {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return Err("unsupported prompt"),
            }
        }
        let shows = prompt.login || prompt.consent || prompt.select_account;
        if prompt.none && shows {
            Err("prompt=none cannot be combined with other prompts")
        } else {
            Ok(prompt)
        }
    }
}

fn check_grants(client: &Client, types: ResponseTypes) -> Result<(), &'static str> {
    if types.code && !client.may(GrantType::AuthorizationCode) {
        return Err("Grant type 'authorization_code' not allowed for the client.");
    }
    if (types.token || types.id_token) && !client.may(GrantType::Implicit) {
        return Err("Grant type 'implicit' not allowed for the client.");
    }
    Ok(())
}

fn check_mode(parameters: &Parameters, types: ResponseTypes) -> Result<(), &'static str> {
    match parameters.get("response_mode") {
        Some("query") if types.token || types.id_token => Err("response_mode 'query' cannot carry tokens"),
        None | Some("query" | "fragment" | "form_post" | "web_message") => {
            if types.id_token && parameters.get("nonce").is_none() {
                Err("Missing required parameter: nonce")
            } else {
                Ok(())
            }
        }
        Some(_) => Err("Unsupported response_mode"),
    }
}

/// S256 only: the reference of Auth0's `/authorize` lists nothing else.
fn code_challenge(
    client: &Client,
    parameters: &Parameters,
    types: ResponseTypes,
) -> Result<Option<String>, &'static str> {
    let challenge = parameters.owned("code_challenge");
    match (&challenge, parameters.get("code_challenge_method")) {
        (Some(_), Some("S256")) => Ok(challenge),
        (Some(_), _) => Err("code_challenge_method must be S256"),
        (None, Some(_)) => Err("Missing required parameter: code_challenge"),
        (None, None) if types.code && client.is_public() => {
            Err("Parameter 'code_challenge' is required for this client")
        }
        (None, None) => Ok(None),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<i64>, &'static str> {
    let invalid = "max_age must be a number of seconds, 0 or more";
    match parameters.get("max_age").map(str::parse::<i64>) {
        None => Ok(None),
        Some(Ok(seconds)) if seconds >= 0 => Ok(Some(seconds)),
        Some(_) => Err(invalid),
    }
}
