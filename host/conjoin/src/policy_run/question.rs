//! What a line asks: parsed, completed with the stated defaults, and held to the bounds of the contract's `json`.

use conjoin_cases::{self as cases, Case, CaseError, Input};
use conjoin_engine::{Account, Candidate, Event, Identity};
use conjoin_linking::bag::{Bags, MAX_DEPTH, Metadata, depth};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a line asks of the policy.
pub(crate) enum Question {
    /// What the component says of itself.
    Describe,
    /// How one account's metadata goes into another's.
    Merge(Box<MergeQuestion>),
    /// Which of the found accounts to offer.
    SelectCandidates(Box<SelectQuestion>),
}

/// The input of `merge`.
pub(crate) struct MergeQuestion {
    pub(crate) event: Event,
    pub(crate) primary: Account,
    pub(crate) secondary: Account,
    /// The primary's bags, parsed.
    pub(crate) primary_bags: Bags,
    /// The secondary's bags, parsed.
    pub(crate) secondary_bags: Bags,
}

/// The input of `select-candidates`.
pub(crate) struct SelectQuestion {
    pub(crate) event: Event,
    pub(crate) current: Account,
    pub(crate) found: Vec<Candidate>,
}

/// Why a line asks nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuestionError {
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("the line is not JSON, or no JSON object: {0}")]
    Malformed(serde_json::Error),
    #[error("`hook` is a text")]
    HookType,
    #[error("there is no hook `{0}`; it is `merge`, `select-candidates` or `describe`")]
    Hook(String),
    #[error("the hook `describe` takes no key `{0}`")]
    Superfluous(String),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error("`{0}` is nested deeper than {MAX_DEPTH} levels")]
    TooDeep(&'static str),
    #[error("`event.now` is not an RFC 3339 time after 1970")]
    Now,
    #[error("`event.seed` is not 32 hexadecimal digits")]
    Seed,
}

impl Question {
    /// Reads a line. `settings` are for an event that has none.
    pub(crate) fn parse(line: &[u8], settings: &Metadata) -> Result<Self, QuestionError> {
        let line = str::from_utf8(line).map_err(|_| QuestionError::NotUtf8)?;
        let mut object: Metadata = serde_json::from_str(line).map_err(QuestionError::Malformed)?;
        match object.get("hook").unwrap_or(&Value::Null) {
            Value::Null => {
                object.insert("hook".to_owned(), Value::from("merge"));
            }
            Value::String(hook) => match hook.as_str() {
                "merge" | "select-candidates" => {}
                "describe" => return describe(object),
                other => return Err(QuestionError::Hook(other.chars().take(64).collect())),
            },
            _ => return Err(QuestionError::HookType),
        }
        Self::of(Case::from_object(object)?.input, settings)
    }

    /// Holds a case's input to the bounds of the contract. `settings` are for an event that has none.
    pub(crate) fn of(input: Input, settings: &Metadata) -> Result<Self, QuestionError> {
        match input {
            Input::Merge {
                event,
                primary,
                secondary,
            } => Ok(Self::Merge(Box::new(MergeQuestion {
                event: checked_event(event, settings)?,
                primary_bags: bags(&primary),
                secondary_bags: bags(&secondary),
                primary: account(primary)?,
                secondary: account(secondary)?,
            }))),
            Input::SelectCandidates { event, current, found } => Ok(Self::SelectCandidates(Box::new(SelectQuestion {
                event: checked_event(event, settings)?,
                current: account(current)?,
                found: found.into_iter().map(candidate).collect(),
            }))),
        }
    }
}

fn describe(object: Metadata) -> Result<Question, QuestionError> {
    match object.into_iter().find(|(key, _)| key != "hook" && key != "about") {
        Some((key, _)) => Err(QuestionError::Superfluous(key.chars().take(64).collect())),
        None => Ok(Question::Describe),
    }
}

/// An ill-formed time or seed would end the call as the host's own fault, which it is not.
fn checked_event(event: cases::Event, settings: &Metadata) -> Result<Event, QuestionError> {
    let now = OffsetDateTime::parse(&event.now, &Rfc3339).map_err(|_| QuestionError::Now)?;
    if now < OffsetDateTime::UNIX_EPOCH {
        return Err(QuestionError::Now);
    }
    hex::decode_to_slice(&event.seed, &mut [0; 16]).map_err(|_| QuestionError::Seed)?;
    Ok(Event {
        transaction_id: event.transaction_id,
        tenant: event.tenant,
        client_id: event.client_id,
        organization: event.organization,
        now: event.now,
        seed: event.seed,
        settings: text("event.settings", event.settings.unwrap_or_else(|| settings.clone()))?,
        context: text("event.context", event.context)?,
    })
}

fn bags(account: &cases::Account) -> Bags {
    Bags {
        user_metadata: account.user_metadata.clone(),
        app_metadata: account.app_metadata.clone(),
    }
}

fn account(account: cases::Account) -> Result<Account, QuestionError> {
    Ok(Account {
        user_id: account.user_id,
        email: account.email,
        email_verified: account.email_verified,
        created_at: account.created_at,
        last_login: account.last_login,
        logins_count: account.logins_count,
        identities: account.identities.into_iter().map(identity).collect::<Result<_, _>>()?,
        profile: text("profile", account.profile)?,
        user_metadata: text("user_metadata", account.user_metadata)?,
        app_metadata: text("app_metadata", account.app_metadata)?,
    })
}

fn identity(identity: cases::Identity) -> Result<Identity, QuestionError> {
    Ok(Identity {
        connection: identity.connection,
        provider: identity.provider,
        user_id: identity.user_id,
        is_social: identity.is_social,
        profile: text("identities", identity.profile)?,
    })
}

fn candidate(candidate: cases::Candidate) -> Candidate {
    Candidate {
        user_id: candidate.user_id,
        connection: candidate.connection,
        provider: candidate.provider,
        is_social: candidate.is_social,
        created_at: candidate.created_at,
        last_login: candidate.last_login,
        logins_count: candidate.logins_count,
    }
}

/// As the contract's `json`. Guests in other languages trap on deeper nesting, so no host gives it to them.
fn text(name: &'static str, object: Metadata) -> Result<String, QuestionError> {
    if depth(&object) > MAX_DEPTH {
        return Err(QuestionError::TooDeep(name));
    }
    Ok(Value::Object(object).to_string())
}
