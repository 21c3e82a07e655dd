//! What a policy is given: accounts, candidates and the event, with their JSON read into Rust types on demand.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Account, Candidate, Document, Event, Failure, Identity, Reason, Side, Suggestion};

/// One of the two metadata bags of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bag {
    /// `user_metadata`: preferences, often editable by the person.
    User,
    /// `app_metadata`: facts that applications rely on.
    App,
}

impl Account {
    /// One metadata bag as it stands in its text: what the strategies of this library work on. Every call reads anew: keep what it returns.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the text is no JSON object, which the host rules out.
    pub fn document(&self, bag: Bag) -> Result<Document<'_>, Failure> {
        let (name, text) = self.named(bag);
        Document::named(name, text)
    }

    /// One metadata bag as a tree, for code of the author's own. Every call parses anew: keep what it returns.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the text is no JSON object, which the host rules out.
    pub fn bag(&self, bag: Bag) -> Result<Map<String, Value>, Failure> {
        let (name, text) = self.named(bag);
        read(name, text)
    }

    fn named(&self, bag: Bag) -> (&'static str, &str) {
        match bag {
            Bag::User => ("user_metadata", &self.user_metadata),
            Bag::App => ("app_metadata", &self.app_metadata),
        }
    }

    /// The other root attributes (`name`, `phone_number`...) as a type of the author's, or as a [`Map`].
    ///
    /// # Errors
    /// [`Failure::Broken`] when the attributes do not fit the type.
    pub fn profile<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        read("profile", &self.profile)
    }
}

impl Identity {
    /// What the identity provider said of the person (Auth0's `profileData`).
    ///
    /// # Errors
    /// [`Failure::Broken`] when the attributes do not fit the type.
    pub fn profile<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        read("profile of an identity", &self.profile)
    }
}

impl Candidate {
    /// Offers this account. `reason` is the code of one of the policy's declared reasons, or empty.
    #[must_use]
    pub fn suggest(&self, primary: Side, reason: &str) -> Suggestion {
        Suggestion {
            user_id: self.user_id.clone(),
            primary,
            reason: reason.to_owned(),
        }
    }
}

impl Reason {
    /// A text for a reason code in one language (BCP 47). Every code needs an `en` text.
    #[must_use]
    pub fn new(code: &str, locale: &str, text: &str) -> Self {
        Self {
            code: code.to_owned(),
            locale: locale.to_owned(),
            text: text.to_owned(),
        }
    }
}

impl Event {
    /// The tenant's settings as a type of the author's.
    ///
    /// # Errors
    /// [`Failure::Broken`] when they do not fit the type. The host has checked them against the settings schema, so this
    /// means that schema and type differ.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        read("settings", &self.settings)
    }

    /// What else is known of the decision (`locale`, `begun_by`, `current`), as a type of the author's. New keys appear
    /// over time: do not deny unknown ones.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the context does not fit the type.
    pub fn context<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        read("context", &self.context)
    }
}

pub(crate) fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        // serde_json's own text can quote a value; metadata must not reach a log.
        Failure::broken(format!(
            "cannot read {name}: {:?} error at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    })
}
