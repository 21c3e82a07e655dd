//! The page for everything that did not happen, and for every end.

mod account_texts;
mod proof_texts;
mod service_texts;

use std::borrow::Cow;

use askama::Template;

use super::Shell;

/// The most characters of a policy's own words, by the contract.
pub(super) const MAX_POLICY_WORDS: usize = 300;

/// That nothing was written.
pub(super) const NOTHING_CHANGED: &str =
    "Nothing was changed. Your accounts, and everything stored with them, are as they were.";

/// For failures that can also hit after a confirmation.
const NOTHING_LOST: &str = "Nothing is lost. If you had confirmed something, it is finished, or undone, without you; your account shows how it ended.";

/// One page that says what happened, that nothing is lost, and what to do.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// What it says, and with which status.
    pub message: MessageView,
}

/// What a [`Message`] says. There is one constructor for every case, and no other way to make one: all texts are in this module's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The HTTP status to answer with.
    pub status: u16,
    /// The constructor's name with hyphens: `data-message`.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// In one or two sentences.
    pub what_happened: String,
    /// Somebody else's words, shown as a quotation: a policy's, once both accounts are proven.
    pub quotation: Option<String>,
    /// That nothing is lost or changed.
    pub nothing_lost: &'static str,
    /// In one or two sentences.
    pub what_to_do: &'static str,
    /// Where to go on: a path on this host, and its label.
    pub action: Option<(Cow<'static, str>, &'static str)>,
    /// What the people who run the service can look for in their log.
    pub reference: Option<String>,
}

/// Back to the account.
const TO_ACCOUNT: Option<(Cow<'static, str>, &str)> = Some((Cow::Borrowed("/user"), "Back to your account"));

/// To sign in.
const TO_SIGN_IN: Option<(Cow<'static, str>, &str)> = Some((Cow::Borrowed("/login"), "Sign in"));

/// To sign out, and in with something else.
const TO_LOG_OUT: Option<(Cow<'static, str>, &str)> = Some((Cow::Borrowed("/logout"), "Log out"));

impl MessageView {
    /// Adds what the people who run the service can look for in their log.
    #[must_use]
    pub fn with_reference(self, reference: impl Into<String>) -> Self {
        Self {
            reference: Some(reference.into()),
            ..self
        }
    }

    /// The same for a person whom the tenant's Action sent here: what they want is to go on signing in. `href` leads back.
    #[must_use]
    pub fn on_a_visit(self, href: String) -> Self {
        Self {
            what_to_do: "Go on signing in. Your accounts stay separate for now, and you are asked again another time.",
            action: Some((Cow::Owned(href), "Go on signing in")),
            ..self
        }
    }

    fn new(status: u16, name: &'static str, title: &'static str) -> Self {
        Self {
            status,
            name,
            title,
            what_happened: String::new(),
            quotation: None,
            nothing_lost: NOTHING_CHANGED,
            what_to_do: "",
            action: TO_ACCOUNT,
            reference: None,
        }
    }

    fn say(self, what_happened: &str, what_to_do: &'static str) -> Self {
        Self {
            what_happened: what_happened.to_owned(),
            what_to_do,
            ..self
        }
    }
}
