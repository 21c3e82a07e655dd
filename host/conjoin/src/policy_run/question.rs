//! What a line asks: parsed, completed with the stated defaults, and held to the bounds of the contract's `json`.

use conjoin_engine::{Account, Candidate, Event, Identity};
use conjoin_guest::cases::{Case, CaseError, Input};
use conjoin_linking::bag::{Bags, MAX_DEPTH, Metadata, depth};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a line asks of the policy.
pub(super) enum Question {
    /// What the component says of itself.
    Describe,
    /// How one account's metadata goes into another's.
    Merge(Box<MergeQuestion>),
    /// Which of the found accounts to offer.
    SelectCandidates(Box<SelectQuestion>),
}

/// The input of `merge`.
pub(super) struct MergeQuestion {
    pub(super) event: Event,
    pub(super) primary: Account,
    pub(super) secondary: Account,
    /// The primary's bags, parsed.
    pub(super) primary_bags: Bags,
    /// The secondary's bags, parsed.
    pub(super) secondary_bags: Bags,
}

/// The input of `select-candidates`.
pub(super) struct SelectQuestion {
    pub(super) event: Event,
    pub(super) current: Account,
    pub(super) found: Vec<Candidate>,
}

/// Why a line asks nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum QuestionError {
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("a case is a JSON object")]
    NotAnObject,
    #[error("the line is not JSON, or its `hook` or `event` is of the wrong type: {0}")]
    Malformed(serde_json::Error),
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

/// What has to be known of a line before it can be read as a case. The rest is skipped.
#[derive(Deserialize)]
struct Outline {
    hook: Option<String>,
    event: Option<EventOutline>,
}

#[derive(Deserialize)]
struct EventOutline {
    settings: Option<IgnoredAny>,
}

impl Question {
    /// Reads a line. `settings` is JSON of an object, for an event that has none.
    pub(super) fn parse(line: &[u8], settings: &str) -> Result<Self, QuestionError> {
        let line = str::from_utf8(line).map_err(|_| QuestionError::NotUtf8)?;
        let outline: Outline = serde_json::from_str(line).map_err(QuestionError::Malformed)?;
        // A list would be taken for the fields in their order.
        if !line.trim_start().starts_with('{') {
            return Err(QuestionError::NotAnObject);
        }
        let case = match outline.hook.as_deref() {
            Some("merge" | "select-candidates") => Case::parse(line)?,
            None => parse_as_merge(line)?,
            Some("describe") => return describe(line),
            Some(other) => return Err(QuestionError::Hook(other.chars().take(64).collect())),
        };
        let has_settings = outline.event.is_some_and(|event| event.settings.is_some());
        let input = if has_settings {
            case.input
        } else {
            with_settings(case.input, settings)
        };
        Self::of(input)
    }

    fn of(input: Input) -> Result<Self, QuestionError> {
        match input {
            Input::Merge {
                event,
                primary,
                secondary,
            } => {
                let (primary, primary_bags) = account(primary)?;
                let (secondary, secondary_bags) = account(secondary)?;
                Ok(Self::Merge(Box::new(MergeQuestion {
                    event: checked_event(event)?,
                    primary,
                    secondary,
                    primary_bags,
                    secondary_bags,
                })))
            }
            Input::SelectCandidates { event, current, found } => Ok(Self::SelectCandidates(Box::new(SelectQuestion {
                event: checked_event(event)?,
                current: account(current)?.0,
                found: found.into_iter().map(candidate).collect(),
            }))),
        }
    }
}

fn parse_as_merge(line: &str) -> Result<Case, QuestionError> {
    let mut object: Metadata = serde_json::from_str(line).map_err(QuestionError::Malformed)?;
    object.insert("hook".to_owned(), Value::from("merge"));
    Ok(Case::parse(&Value::Object(object).to_string())?)
}

fn describe(line: &str) -> Result<Question, QuestionError> {
    let object: Metadata = serde_json::from_str(line).map_err(QuestionError::Malformed)?;
    match object.into_iter().find(|(key, _)| key != "hook" && key != "about") {
        Some((key, _)) => Err(QuestionError::Superfluous(key.chars().take(64).collect())),
        None => Ok(Question::Describe),
    }
}

fn with_settings(mut input: Input, settings: &str) -> Input {
    let (Input::Merge { event, .. } | Input::SelectCandidates { event, .. }) = &mut input;
    settings.clone_into(&mut event.settings);
    input
}

/// An ill-formed time or seed would end the call as the host's own fault, which it is not.
fn checked_event(event: conjoin_guest::Event) -> Result<Event, QuestionError> {
    let now = OffsetDateTime::parse(&event.now, &Rfc3339).map_err(|_| QuestionError::Now)?;
    if now < OffsetDateTime::UNIX_EPOCH {
        return Err(QuestionError::Now);
    }
    hex::decode_to_slice(&event.seed, &mut [0; 16]).map_err(|_| QuestionError::Seed)?;
    object("event.settings", &event.settings)?;
    object("event.context", &event.context)?;
    Ok(Event {
        transaction_id: event.transaction_id,
        tenant: event.tenant,
        client_id: event.client_id,
        organization: event.organization,
        now: event.now,
        seed: event.seed,
        settings: event.settings,
        context: event.context,
    })
}

/// The guest's and the engine's types are generated from one contract, each by its own generator.
fn account(account: conjoin_guest::Account) -> Result<(Account, Bags), QuestionError> {
    object("profile", &account.profile)?;
    let bags = Bags {
        user_metadata: object("user_metadata", &account.user_metadata)?,
        app_metadata: object("app_metadata", &account.app_metadata)?,
    };
    let account = Account {
        user_id: account.user_id,
        email: account.email,
        email_verified: account.email_verified,
        created_at: account.created_at,
        last_login: account.last_login,
        logins_count: account.logins_count,
        identities: account.identities.into_iter().map(identity).collect::<Result<_, _>>()?,
        profile: account.profile,
        user_metadata: account.user_metadata,
        app_metadata: account.app_metadata,
    };
    Ok((account, bags))
}

fn identity(identity: conjoin_guest::Identity) -> Result<Identity, QuestionError> {
    object("identities", &identity.profile)?;
    Ok(Identity {
        connection: identity.connection,
        provider: identity.provider,
        user_id: identity.user_id,
        is_social: identity.is_social,
        profile: identity.profile,
    })
}

fn candidate(candidate: conjoin_guest::Candidate) -> Candidate {
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

/// Guests in other languages trap on deeper nesting, so no host gives it to them.
fn object(name: &'static str, text: &str) -> Result<Metadata, QuestionError> {
    let object: Metadata = serde_json::from_str(text).map_err(QuestionError::Malformed)?;
    if depth(&object) > MAX_DEPTH {
        return Err(QuestionError::TooDeep(name));
    }
    Ok(object)
}
