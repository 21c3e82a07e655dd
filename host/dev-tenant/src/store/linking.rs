use serde_json::{Map, Value};
use thiserror::Error;

use super::Store;
use super::identity::{Identity, UserId};
use super::user::User;

/// Why two accounts were not linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// There is no user with the primary's id.
    #[error("The user does not exist.")]
    PrimaryMissing,
    /// Both ids name the same account.
    #[error("Main identity and the new one are the same.")]
    Same,
    /// The identity is linked already, to this account or to another one.
    #[error("Specified identity already exists.")]
    AlreadyLinked,
    /// There is no such user.
    #[error("Provided secondary account not found.")]
    SecondaryMissing,
}

/// Why an identity was not taken out of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnlinkError {
    /// There is no user with this id.
    #[error("The user does not exist.")]
    PrimaryMissing,
    /// It is the account's own identity.
    #[error("Main identity cannot be removed.")]
    MainIdentity,
    /// The account has no such identity.
    #[error("The identity does not exist.")]
    IdentityMissing,
}

impl Store {
    /// Links `secondary` into `primary`: its identity, and every identity linked into it, are appended; its metadata is lost, and unless `with_memberships` its
    /// roles, permissions and organizations are; the user `secondary` is gone. Answers all identities of the primary.
    ///
    /// That a secondary brings its own links, and in which order, is unconfirmed for a live tenant: here its own identity comes first.
    ///
    /// # Errors
    /// See [`LinkError`]; nothing has changed then.
    pub fn link(
        &mut self,
        primary: &UserId,
        secondary: &UserId,
        with_memberships: bool,
        now: &str,
    ) -> Result<Vec<Identity>, LinkError> {
        let account = self.get(primary).ok_or(LinkError::PrimaryMissing)?;
        if primary == secondary {
            return Err(LinkError::Same);
        }
        if account.identity(secondary).is_some() {
            return Err(LinkError::AlreadyLinked);
        }
        if self.get(secondary).is_none() {
            // An identity that another account holds exists already, though not as a user. Unconfirmed for a live tenant.
            return Err(self
                .owner(secondary)
                .map_or(LinkError::SecondaryMissing, |_| LinkError::AlreadyLinked));
        }
        let mut account = account.clone();
        if let Some(secondary) = self.remove(secondary) {
            account.identities.extend(secondary.full_identities());
            if with_memberships {
                account.take_memberships(secondary);
            }
        }
        account.touch(now);
        let identities = account.full_identities();
        self.put(account);
        Ok(identities)
    }

    /// Takes an identity out of an account and makes a new user of it, without metadata. Answers the identities that remain.
    ///
    /// The new user's id, profile and `email_verified` are the identity's; it is created now and has never signed in. Unconfirmed for a live tenant.
    ///
    /// # Errors
    /// See [`UnlinkError`]; nothing has changed then.
    pub fn unlink(&mut self, primary: &UserId, identity: &UserId, now: &str) -> Result<Vec<Identity>, UnlinkError> {
        let mut account = self.get(primary).ok_or(UnlinkError::PrimaryMissing)?.clone();
        if primary == identity {
            return Err(UnlinkError::MainIdentity);
        }
        let position = account
            .identities
            .iter()
            .position(|candidate| candidate.id() == *identity);
        let taken = account.identities.remove(position.ok_or(UnlinkError::IdentityMissing)?);
        account.touch(now);
        let remaining = account.full_identities();
        self.put(account);
        self.put(User::from_identity(taken, now));
        Ok(remaining)
    }
}

impl User {
    fn take_memberships(&mut self, other: Self) {
        for organization in other.organizations {
            if !self.organizations.contains(&organization) {
                self.organizations.push(organization);
            }
        }
        for (own, others) in [
            (&mut self.roles, other.roles),
            (&mut self.permissions, other.permissions),
        ] {
            for one in others {
                if !own.contains(&one) {
                    own.push(one);
                }
            }
        }
    }

    /// Stamps a change.
    pub fn touch(&mut self, now: &str) {
        self.attributes
            .insert("updated_at".to_owned(), Value::String(now.to_owned()));
    }

    /// A new account around one identity, as unlinking leaves it.
    #[must_use]
    pub fn from_identity(mut identity: Identity, now: &str) -> Self {
        let mut attributes: Map<String, Value> = identity.profile.take().unwrap_or_default();
        if let Some(email) = attributes.get("email").cloned() {
            attributes.entry("name").or_insert(email);
        }
        for key in ["created_at", "updated_at"] {
            attributes.insert(key.to_owned(), Value::String(now.to_owned()));
        }
        attributes.insert("logins_count".to_owned(), Value::from(0));
        Self {
            user_id: identity.id(),
            attributes,
            identities: vec![identity],
            user_metadata: None,
            app_metadata: None,
            organizations: Vec::new(),
            roles: Vec::new(),
            permissions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-01-01T00:00:00.000Z";

    fn store() -> Store {
        let user = |value: Value| User::from_fixture(value).unwrap();
        let users = vec![
            user(json!({"user_id": "auth0|a", "email": "a@example.com", "user_metadata": {"x": 1}})),
            user(
                json!({"user_id": "github|7", "email": "a@example.com", "email_verified": true, "password": "p", "app_metadata": {"y": 1},
                "blocked": false, "identities": [{"provider": "github", "connection": "github", "user_id": 7, "isSocial": true}]}),
            ),
            user(json!({"user_id": "samlp|acme|h", "email": "a@example.com"})),
        ];
        Store::new(users, Duration::ZERO)
    }

    fn ids(identities: &[Identity]) -> Vec<String> {
        identities.iter().map(|identity| identity.id().to_string()).collect()
    }

    #[test]
    fn link_appends_the_identity_and_loses_metadata() {
        let mut store = store();
        let identities = store.link(&"auth0|a".into(), &"github|7".into(), false, NOW).unwrap();
        assert_eq!(ids(&identities), ["auth0|a", "github|7"]);
        assert!(identities.iter().all(|identity| identity.profile.is_some()));
        assert!(store.get(&"github|7".into()).is_none());
        let account = store.get(&"auth0|a".into()).unwrap();
        assert_eq!(account.user_metadata, json!({"x": 1}).as_object().cloned());
        assert_eq!(account.app_metadata, None);
        assert_eq!(store.owner(&"github|7".into()).unwrap().user_id, "auth0|a".into());
    }

    #[test]
    fn unlink_makes_a_user_without_metadata_that_can_still_sign_in() {
        let mut store = store();
        store.link(&"auth0|a".into(), &"github|7".into(), false, NOW).unwrap();
        let remaining = store.unlink(&"auth0|a".into(), &"github|7".into(), NOW).unwrap();
        assert_eq!(ids(&remaining), ["auth0|a"]);
        let recreated = store.get(&"github|7".into()).unwrap();
        assert_eq!((&recreated.user_metadata, &recreated.app_metadata), (&None, &None));
        assert_eq!(recreated.attributes.get("email_verified"), Some(&json!(true)));
        let own = recreated.own_identity().unwrap();
        assert_eq!((&own.user_id, own.password.as_deref()), (&json!(7), Some("p")));
    }

    #[test]
    fn a_secondary_brings_its_own_links() {
        let mut store = store();
        store
            .link(&"github|7".into(), &"samlp|acme|h".into(), false, NOW)
            .unwrap();
        let identities = store.link(&"auth0|a".into(), &"github|7".into(), false, NOW).unwrap();
        assert_eq!(ids(&identities), ["auth0|a", "github|7", "samlp|acme|h"]);
        let remaining = store.unlink(&"auth0|a".into(), &"github|7".into(), NOW).unwrap();
        assert_eq!(ids(&remaining), ["auth0|a", "samlp|acme|h"]);
    }

    #[test]
    fn refuses_itself_the_unknown_and_the_linked() {
        let mut store = store();
        let (a, github, saml) = ("auth0|a".into(), "github|7".into(), "samlp|acme|h".into());
        assert_eq!(store.link(&a, &a, false, NOW).err(), Some(LinkError::Same));
        assert_eq!(
            store.link(&a, &"auth0|nobody".into(), false, NOW).err(),
            Some(LinkError::SecondaryMissing)
        );
        assert_eq!(
            store.link(&"auth0|nobody".into(), &a, false, NOW).err(),
            Some(LinkError::PrimaryMissing)
        );
        store.link(&a, &github, false, NOW).unwrap();
        assert_eq!(
            store.link(&a, &github, false, NOW).err(),
            Some(LinkError::AlreadyLinked)
        );
        assert_eq!(
            store.link(&saml, &github, false, NOW).err(),
            Some(LinkError::AlreadyLinked)
        );
        assert_eq!(store.unlink(&a, &a, NOW).err(), Some(UnlinkError::MainIdentity));
        assert_eq!(store.unlink(&a, &saml, NOW).err(), Some(UnlinkError::IdentityMissing));
    }
}
