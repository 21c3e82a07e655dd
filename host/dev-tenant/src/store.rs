//! The tenant's users, and what Auth0 does to them: pure, synchronous, no HTTP.
//!
//! Reading order: [`identity`], [`user`], [`metadata`], then [`linking`], which is what this crate exists for. [`lucene`] and [`index`] serve the
//! users search. Nothing here may know requests, tokens or pages.

mod fixture;
mod identity;
mod index;
mod linking;
mod lucene;
mod metadata;
mod user;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

pub use fixture::FixtureError;
pub use identity::{Identity, UserId};
pub use index::SearchIndex;
pub use linking::{LinkError, UnlinkError};
pub use lucene::{Query, wildcard};
pub use metadata::{Emptied, check_key, merge_first_level};
pub use user::{User, is_email};

/// Every user of the tenant by id, and the delayed copy that the users search reads.
pub struct Store {
    users: BTreeMap<UserId, User>,
    index: SearchIndex,
}

impl Store {
    /// A store whose users are all searchable at once.
    #[must_use]
    pub fn new(users: Vec<User>, search_lag: Duration) -> Self {
        let users: BTreeMap<UserId, User> = users.into_iter().map(|user| (user.user_id.clone(), user)).collect();
        let index = SearchIndex::new(users.values().cloned(), search_lag);
        Self { users, index }
    }

    /// The user with this id; a linked identity's former id finds nobody, as in Auth0.
    #[must_use]
    pub fn get(&self, id: &UserId) -> Option<&User> {
        self.users.get(id)
    }

    /// Every user, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Adds a user, or replaces the one of the same id.
    pub fn put(&mut self, user: User) {
        self.index
            .record(Instant::now(), user.user_id.clone(), Some(user.clone()));
        self.users.insert(user.user_id.clone(), user);
    }

    /// Takes a user out, with every identity linked into it.
    pub fn remove(&mut self, id: &UserId) -> Option<User> {
        let user = self.users.remove(id)?;
        self.index.record(Instant::now(), id.clone(), None);
        Some(user)
    }

    /// Changes one user in place; `None` when there is no such user. The change is kept only if `change` succeeds.
    pub fn update<E>(
        &mut self,
        id: &UserId,
        change: impl FnOnce(&mut User) -> Result<(), E>,
    ) -> Option<Result<User, E>> {
        let mut user = self.users.get(id)?.clone();
        Some(change(&mut user).map(|()| {
            self.put(user.clone());
            user
        }))
    }

    /// The user that owns an identity, as its own or as a linked one.
    #[must_use]
    pub fn owner(&self, identity: &UserId) -> Option<&User> {
        self.users
            .get(identity)
            .or_else(|| self.users.values().find(|user| user.identity(identity).is_some()))
    }

    /// Users whose own e-mail address is exactly `email`; with `linked` also those who have it by a linked identity.
    pub fn by_email<'a>(&'a self, email: &'a str, linked: bool) -> impl Iterator<Item = &'a User> {
        let by_identity = move |user: &User| {
            let mut identities = user.identities.iter();
            identities.any(|identity| identity.profile_text("email") == Some(email))
        };
        self.users
            .values()
            .filter(move |user| user.email() == Some(email) || linked && by_identity(user))
    }

    /// What the users search sees: all users as they were one search lag ago, that match, in no particular order.
    pub fn search(&mut self, query: Option<&Query>) -> Vec<Value> {
        self.index.advance(Instant::now());
        let documents = self.index.users().map(User::to_json);
        documents
            .filter(|document| query.is_none_or(|query| query.matches(document)))
            .collect()
    }

    /// Identities of one connection that a person could name at its sign-in form: by e-mail address (any case), by username, by the identity's
    /// id, or by the last part of a three-part id.
    #[must_use]
    pub fn sign_in_candidates(&self, connection: &str, name: &str) -> Vec<Identity> {
        let of_connection = |user: &User| -> Vec<Identity> {
            user.full_identities()
                .into_iter()
                .filter(|identity| identity.connection == connection && identity.answers_to(name))
                .collect()
        };
        self.users.values().flat_map(of_connection).collect()
    }

    /// The identity of one connection that has an e-mail address, in any case.
    #[must_use]
    pub fn identity_by_email(&self, connection: &str, email: &str) -> Option<Identity> {
        let email = email.to_lowercase();
        let mut candidates = self.sign_in_candidates(connection, &email).into_iter();
        candidates.find(|identity| {
            let own = identity.profile_text("email");
            own.is_some_and(|own| own.to_lowercase() == email)
        })
    }
}
