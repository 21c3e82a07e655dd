//! Who has several accounts at a tenant: a report for its team, of what people could link. Nothing is offered or linked by it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use conjoin_auth0::{ExportedUser, UserId, email_fold};
use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;

/// The most addresses that are told apart: some hundred bytes each.
const MAX_ADDRESSES: usize = 2_000_000;

/// The most accounts of one address that are kept. Whoever has more is no person.
const MAX_OF_ONE: usize = 20;

/// How many combinations of connections are told.
const MAX_COMBINATIONS: usize = 50;

/// How many people are listed.
const MAX_LISTED: usize = 500;

/// What there is to link. Holds addresses and ids, so wherever it is kept it is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// Accounts that the export had.
    pub users: u64,
    /// Lines of it that are no account.
    pub unreadable: u64,
    /// Accounts left out: without an address that the tenant has verified.
    pub unverified: u64,
    /// Accounts left out: of connections that this tenant does not link.
    pub untrusted: u64,
    /// Accounts left out: after two million addresses no further ones are told apart.
    pub not_counted: u64,
    /// People, by address, with more than one of the remaining accounts.
    pub people: u64,
    /// The accounts of these people.
    pub accounts: u64,
    /// Over which connections, the most frequent first.
    pub combinations: Vec<Combination>,
    /// Some of these people, in the order of their addresses.
    pub listed: Vec<Person>,
}

/// How many people have accounts at just these connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combination {
    /// Their names, one for each account.
    pub connections: Vec<String>,
    /// How many.
    pub people: u64,
}

/// Whoever has several accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// As addresses are compared: in lower case.
    pub email: String,
    /// Their accounts.
    pub accounts: Vec<FoundAccount>,
}

/// An account of a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAccount {
    /// Its id.
    pub user_id: UserId,
    /// Its connection.
    pub connection: String,
}

/// Counts while users come in.
pub struct Counting {
    tenant: Arc<Tenant>,
    found: HashMap<String, Vec<(UserId, usize)>>,
    so_far: Duplicates,
}

impl Counting {
    /// By the connections of a tenant.
    pub fn new(tenant: Arc<Tenant>) -> Self {
        Self {
            tenant,
            found: HashMap::new(),
            so_far: Duplicates::default(),
        }
    }

    /// Takes one account in.
    pub fn add(&mut self, user: ExportedUser) {
        self.so_far.users += 1;
        let Some(email) = user.email.filter(|_| user.email_verified) else {
            self.so_far.unverified += 1;
            return;
        };
        let mut connections = self.tenant.connections.iter();
        let Some(connection) = connections.position(|connection| connection.name == user.connection) else {
            self.so_far.untrusted += 1;
            return;
        };
        let email = email_fold(&email);
        if self.found.len() >= MAX_ADDRESSES && !self.found.contains_key(&email) {
            self.so_far.not_counted += 1;
            return;
        }
        let accounts = self.found.entry(email).or_default();
        if accounts.len() < MAX_OF_ONE {
            accounts.push((user.user_id, connection));
        }
    }

    /// After the last one; `unreadable` lines were none. Sorts all of it: not for a thread that serves people.
    pub fn finish(self, unreadable: u64) -> Duplicates {
        let name = |place: usize| {
            let connection = self.tenant.connections.get(place);
            connection.map(|connection| connection.name.clone()).unwrap_or_default()
        };
        let several = self.found.into_iter().filter(|(_, accounts)| accounts.len() > 1);
        let mut several: Vec<_> = several.collect();
        several.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let (mut combinations, mut accounts) = (BTreeMap::<Vec<usize>, u64>::new(), 0);
        for (_, own) in &several {
            let mut places: Vec<_> = own.iter().map(|(_, place)| *place).collect();
            places.sort_unstable();
            *combinations.entry(places).or_default() += 1;
            accounts += own.len() as u64;
        }
        let mut combinations: Vec<_> = combinations
            .into_iter()
            .map(|(places, people)| Combination {
                connections: places.into_iter().map(name).collect(),
                people,
            })
            .collect();
        combinations.sort_by_key(|combination| std::cmp::Reverse(combination.people));
        combinations.truncate(MAX_COMBINATIONS);
        let people = several.len() as u64;
        let listed = several.into_iter().take(MAX_LISTED).map(|(email, own)| Person {
            email,
            accounts: own
                .into_iter()
                .map(|(user_id, place)| FoundAccount {
                    user_id,
                    connection: name(place),
                })
                .collect(),
        });
        Duplicates {
            unreadable,
            people,
            accounts,
            combinations,
            listed: listed.collect(),
            ..self.so_far
        }
    }
}
