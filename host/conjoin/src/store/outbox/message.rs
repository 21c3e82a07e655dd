//! What a message is, and how it is stored.

use std::borrow::Cow;

use conjoin_linking::notice::Notice;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::TABLE;
use crate::store::StoreError;
use crate::store::error::Attempt;
use crate::store::seal::{Place, Sealer};

/// The longest text of a failed delivery that is kept, in characters. Servers answer whole pages.
const MAX_ERROR: usize = 300;

/// The columns that [`Message::read`] reads.
pub(super) const COLUMNS: &str = "id, channel, state, created_at, due_at, attempts, sealed";

/// The way on which a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// To the platform team's systems: every kind of notice.
    Webhook,
    /// To the person: what changes their ways to sign in, when an address is known.
    Mail,
}

/// The channels that a tenant uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// Whether there is a consumer of webhooks.
    pub webhook: bool,
    /// Whether people are written to.
    pub mail: bool,
}

impl Channels {
    /// Whether anybody is told anything.
    pub(in crate::store) fn any(self) -> bool {
        self.webhook || self.mail
    }
}

/// How far the delivery of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// It is to be delivered.
    Pending,
    /// It was delivered.
    Delivered,
    /// It was given up.
    Dead,
}

/// A message, to be delivered once or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `msg_` and 128 random bits in hexadecimal; the same at every try, so that a consumer knows what it has seen.
    pub id: String,
    /// Whose link it tells of.
    pub tenant: TenantName,
    /// The way on which it goes.
    pub channel: Channel,
    /// What it tells.
    pub notice: Notice,
    /// Unix seconds.
    pub created_at: i64,
    /// The tries that failed.
    pub attempts: u32,
    /// Unix seconds; nobody claims it before.
    pub due_at: i64,
    /// How far it is.
    pub state: MessageState,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// What is sealed: it names people, and so may what a mail server answers.
#[derive(Serialize, Deserialize)]
pub(super) struct Contents<'a> {
    notice: Cow<'a, Notice>,
    last_error: Option<String>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(notice: &'a Notice, last_error: Option<&str>) -> Self {
        Self {
            notice: Cow::Borrowed(notice),
            last_error: last_error.map(|error| error.chars().take(MAX_ERROR).collect()),
        }
    }
}

impl Channel {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Webhook, Self::Mail]
            .into_iter()
            .find(|channel| channel.name() == name)
    }
}

impl MessageState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Dead]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl Message {
    pub(super) fn read(sealer: &Sealer, tenant: &TenantName, row: &AnyRow) -> Result<Self, StoreError> {
        const DOING: &str = "read a message";
        let unknown = StoreError::UnknownForm { table: TABLE };
        let text = |column: &str| row.try_get::<String, _>(column).to(DOING);
        let number = |column: &str| row.try_get::<i64, _>(column).to(DOING);
        let id = text("id")?;
        let (Some(channel), Some(state)) = (Channel::named(&text("channel")?), MessageState::named(&text("state")?))
        else {
            return Err(unknown);
        };
        let contents: Contents<'static> = sealer.open(Place::of(TABLE, tenant, &id), &text("sealed")?)?;
        Ok(Self {
            id,
            tenant: tenant.clone(),
            channel,
            notice: contents.notice.into_owned(),
            created_at: number("created_at")?,
            attempts: u32::try_from(number("attempts")?).unwrap_or(u32::MAX),
            due_at: number("due_at")?,
            state,
            last_error: contents.last_error,
        })
    }
}
