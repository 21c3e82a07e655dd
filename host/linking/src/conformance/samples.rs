//! The accounts that a policy is shown.

use conjoin_engine::{Account, Candidate, Identity};
use serde_json::{Value, json};

use crate::bag::{Bags, Metadata};

/// Two accounts, and what is special about them.
pub(super) struct Pair {
    /// Completes "with …".
    pub(super) about: String,
    pub(super) primary: Account,
    pub(super) secondary: Account,
    pub(super) primary_bags: Bags,
    pub(super) secondary_bags: Bags,
}

impl Pair {
    /// Bags as `[user_metadata, app_metadata]`, objects.
    pub(super) fn new(about: &str, primary: [Value; 2], secondary: [Value; 2]) -> Self {
        let (primary_bags, secondary_bags) = (bags(primary), bags(secondary));
        Self {
            about: about.to_owned(),
            primary: account("auth0|conformance-primary", "2019-05-01T08:00:00.000Z", &primary_bags),
            secondary: account(
                "google-oauth2|1000000000000000000001",
                "2024-02-29T12:30:00.000Z",
                &secondary_bags,
            ),
            primary_bags,
            secondary_bags,
        }
    }

    /// Both accounts changed.
    fn with(mut self, change: impl Fn(&mut Account)) -> Self {
        change(&mut self.primary);
        change(&mut self.secondary);
        self
    }
}

/// What merges meet every day.
pub(super) fn ordinary() -> Vec<Pair> {
    let empty = || json!({});
    vec![
        Pair::new(
            "keys that only the secondary has",
            [json!({"theme": "dark"}), json!({"tier": 1})],
            [
                json!({"city": "Paris", "tags": ["x", "y"]}),
                json!({"plan": "pro", "org": {"id": 7, "roles": ["owner"]}}),
            ],
        ),
        Pair::new(
            "the same on both sides",
            [json!({"theme": "dark", "tags": ["a"]}), json!({"plan": "pro"})],
            [json!({"theme": "dark", "tags": ["a"]}), json!({"plan": "pro"})],
        ),
        Pair::new(
            "different scalars in user_metadata",
            [json!({"theme": "dark", "count": 1, "flag": false}), empty()],
            [json!({"theme": "light", "count": 2, "flag": true}), empty()],
        ),
        Pair::new(
            "different scalars in app_metadata",
            [empty(), json!({"plan": "free", "seats": 1})],
            [empty(), json!({"plan": "pro", "seats": 5})],
        ),
        Pair::new(
            "different arrays",
            [json!({"tags": ["a", "b"]}), json!({"roles": ["member"]})],
            [json!({"tags": ["b", "c", "c"]}), json!({"roles": ["beta", "member"]})],
        ),
        Pair::new(
            "objects on both sides",
            [json!({"address": {"city": "London", "geo": {"lat": 51.5}}}), empty()],
            [
                json!({"address": {"zip": "75001", "geo": {"lon": 2.35}}, "prefs": {"mail": true}}),
                empty(),
            ],
        ),
        Pair::new(
            "types that do not match",
            [json!({"a": ["p"], "b": "text", "c": {"x": 1}, "d": 1}), empty()],
            [json!({"a": "s", "b": ["s"], "c": ["s"], "d": {"x": 1}}), empty()],
        ),
    ]
}

/// Identities and profiles that hold what could be mistaken for metadata.
pub(super) fn with_identities() -> Vec<Pair> {
    let pair = Pair::new(
        "identities and profiles full of data",
        [json!({"theme": "dark"}), json!({"plan": "pro"})],
        [json!({"city": "Paris"}), json!({"seats": 2})],
    );
    vec![pair.with(|account| {
        let own = account.user_id.clone();
        account.profile = json!({"name": "Ada", "nickname": own, "picture": "https://example.com/ada.png", "phone_number": "+4412345"})
            .to_string();
        for identity in &mut account.identities {
            identity.profile = json!({"email": "ada@example.com", "nickname": own, "plan": "enterprise"}).to_string();
        }
        account.identities.push(identity("samlp", "acme|hopper", r#"{"groups":["admin"]}"#));
    })]
}

/// Accounts of which the tenant says as little as it can.
pub(super) fn unknown() -> Vec<Pair> {
    let pair = Pair::new(
        "neither address, dates, identities nor profile",
        [json!({"theme": "dark"}), json!({})],
        [json!({"city": "Paris"}), json!({})],
    );
    vec![pair.with(|account| {
        (account.email, account.created_at, account.last_login) = (None, None, None);
        account.logins_count = 0;
        account.identities.clear();
        account.profile = "{}".to_owned();
    })]
}

/// The account that is signed in.
pub(super) fn current() -> Account {
    account(
        "auth0|conformance-current",
        "2021-07-04T10:00:00.000Z",
        &bags([json!({"theme": "dark"}), json!({"plan": "pro"})]),
    )
}

/// The signed-in account, and the accounts that its own data names: linked already, unverified, blocked, somebody else's. The host gave none of them.
pub(super) fn bait() -> (Account, Vec<String>) {
    let [linked, unverified, blocked, unknown] = ["github|77", "facebook|unverified", "auth0|blocked", "auth0|unknown"];
    let known = json!({"other_accounts": [{"user_id": unverified, "email_verified": false}, {"user_id": blocked, "blocked": true}]});
    let mut account = current();
    account.identities.push(identity("github", "77", "{}"));
    account.user_metadata = known.to_string();
    account.app_metadata = json!({ "link_next": unknown }).to_string();
    account.profile = json!({"name": "Ada", "linked_accounts": [unverified, blocked, unknown]}).to_string();
    let own = account.user_id.clone();
    let left_out = [linked, unverified, blocked, unknown].map(str::to_owned);
    (account, left_out.into_iter().chain([own]).collect())
}

/// So many accounts, of several connections, some of unknown age, two of the same instant.
pub(super) fn candidates(count: usize) -> Vec<Candidate> {
    let created = [
        Some("2018-03-01T00:00:00.000Z"),
        Some("2018-03-01T01:00:00.000+01:00"),
        None,
        Some("2025-12-31T23:59:59.999Z"),
    ];
    let providers = ["google-oauth2", "auth0", "samlp", "github"];
    let attributes = providers.into_iter().zip(created).cycle().zip(0_u32..).take(count);
    attributes
        .map(|((provider, created_at), number)| Candidate {
            user_id: format!("{provider}|candidate-{number}"),
            connection: connection(provider),
            provider: provider.to_owned(),
            is_social: provider != "auth0" && provider != "samlp",
            created_at: created_at.map(str::to_owned),
            last_login: (number % 2 == 0).then(|| "2025-06-01T00:00:00.000Z".to_owned()),
            logins_count: number,
        })
        .collect()
}

fn account(user_id: &str, created_at: &str, bags: &Bags) -> Account {
    let (provider, local) = user_id.split_once('|').unwrap_or(("auth0", user_id));
    Account {
        user_id: user_id.to_owned(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        created_at: Some(created_at.to_owned()),
        last_login: Some("2025-11-20T09:15:00.000Z".to_owned()),
        logins_count: 12,
        identities: vec![identity(provider, local, "{}")],
        profile: r#"{"name":"Ada","blocked":false}"#.to_owned(),
        user_metadata: text(&bags.user_metadata),
        app_metadata: text(&bags.app_metadata),
    }
}

fn identity(provider: &str, user_id: &str, profile: &str) -> Identity {
    Identity {
        connection: connection(provider),
        provider: provider.to_owned(),
        user_id: user_id.to_owned(),
        is_social: provider != "auth0" && provider != "samlp",
        profile: profile.to_owned(),
    }
}

fn connection(provider: &str) -> String {
    let database = provider == "auth0";
    let name = if database {
        "Username-Password-Authentication"
    } else {
        provider
    };
    name.to_owned()
}

fn bags(values: [Value; 2]) -> Bags {
    let [user_metadata, app_metadata] = values.map(|value| match value {
        Value::Object(bag) => bag,
        _ => Metadata::new(),
    });
    Bags {
        user_metadata,
        app_metadata,
    }
}

fn text(bag: &Metadata) -> String {
    Value::Object(bag.clone()).to_string()
}
