//! What the host asks of the tenant once the person has agreed, request by request.

use serde_json::{Value, json};

use crate::person::Person;

/// What the person agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A link; the account that is signed in survives.
    Link,
    /// A link; the account that was found survives, since it holds two identities.
    LinkIntoFound,
    /// A link that the tenant refuses for good when it comes to joining the accounts: the way back.
    RefusedLink,
    /// An unlink.
    Unlink,
    /// An unlink that the tenant refuses for good.
    RefusedUnlink,
}

/// One request: the `nth` of its method and path since the person agreed, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// For names of cells.
    pub name: &'static str,
    /// For readers.
    pub title: &'static str,
    pub method: &'static str,
    pub path: Path,
    pub nth: u32,
    /// It is not this request that is struck but the one for a new Management token that it needs, because the old one is not accepted.
    pub token: bool,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Primary,
    Secondary,
    SessionsOf(Side),
    RefreshTokensOf(Side),
    /// Where identities are joined.
    Identities,
    /// The joined identity.
    Identity,
}

/// One of the two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Primary,
    Secondary,
}

impl Work {
    pub const ALL: [Self; 5] = [
        Self::Link,
        Self::LinkIntoFound,
        Self::RefusedLink,
        Self::Unlink,
        Self::RefusedUnlink,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::LinkIntoFound => "link-into-found",
            Self::RefusedLink => "refused-link",
            Self::Unlink => "unlink",
            Self::RefusedUnlink => "refused-unlink",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Link => "A link into the account that is signed in",
            Self::LinkIntoFound => "A link into the account that was found",
            Self::RefusedLink => {
                "A link that the tenant refuses for good when the accounts are to be joined (400 each time)"
            }
            Self::Unlink => "An unlink",
            Self::RefusedUnlink => "An unlink that the tenant refuses for good (400 each time)",
        }
    }

    pub fn is_unlink(self) -> bool {
        matches!(self, Self::Unlink | Self::RefusedUnlink)
    }

    /// The steps that faults strike.
    pub fn steps(self) -> Vec<Step> {
        match self {
            Self::Link => [
                link_steps(),
                token_steps(&link_steps(), &["read-primary", "write-primary", "join"]),
            ]
            .concat(),
            Self::LinkIntoFound => link_steps(),
            Self::RefusedLink => [
                vec![of(&link_steps(), "write-primary")],
                way_back(),
                token_steps(&way_back(), &["put-back"]),
            ]
            .concat(),
            Self::Unlink => [
                unlink_steps(),
                token_steps(&unlink_steps(), &["read-primary", "separate", "give-back"]),
            ]
            .concat(),
            Self::RefusedUnlink => second_looks(),
        }
    }

    /// Every request that the host makes when nothing strikes, as `METHOD path`, sorted.
    pub fn requests(self, person: &Person) -> Vec<String> {
        let steps = match self {
            Self::Link | Self::LinkIntoFound => link_steps(),
            // Joining is tried once and refused; looking at the joined account is not reached.
            Self::RefusedLink => {
                let mut steps = link_steps();
                steps.retain(|step| step.name != "look");
                [steps, way_back()].concat()
            }
            Self::Unlink => unlink_steps(),
            Self::RefusedUnlink => [unlink_steps().drain(..2).collect(), second_looks()].concat(),
        };
        let mut requests: Vec<String> = steps
            .iter()
            .map(|step| format!("{} {}", step.method, step.path.of(person)))
            .collect();
        requests.sort();
        requests
    }

    /// What makes the tenant refuse for good; of `name`.
    pub fn standing_fault(self, name: &str, person: &Person) -> Option<Value> {
        let (method, path) = match self {
            Self::RefusedLink => ("POST", Path::Identities),
            Self::RefusedUnlink => ("DELETE", Path::Identity),
            Self::Link | Self::LinkIntoFound | Self::Unlink => return None,
        };
        Some(json!({ "name": name, "method": method, "path": path.of(person), "status": 400 }))
    }
}

impl Path {
    /// The path for this person's accounts, decoded. Names end so that no account's is the beginning of another's.
    pub fn of(self, person: &Person) -> String {
        let (primary, secondary) = (person.primary(), person.secondary());
        let side = |side: Side| if side == Side::Primary { primary } else { secondary };
        match self {
            Self::Primary => format!("/api/v2/users/{primary}"),
            Self::Secondary => format!("/api/v2/users/{secondary}"),
            Self::SessionsOf(whose) => format!("/api/v2/users/{}/sessions", side(whose)),
            Self::RefreshTokensOf(whose) => format!("/api/v2/users/{}/refresh-tokens", side(whose)),
            Self::Identities => format!("/api/v2/users/{primary}/identities"),
            Self::Identity => format!("/api/v2/users/{primary}/identities/{}", secondary.replacen('|', "/", 1)),
        }
    }
}

impl Step {
    /// Whether it changes anything at the tenant.
    pub fn writes(&self) -> bool {
        !self.token && self.method != "GET"
    }
}

fn step(name: &'static str, title: &'static str, method: &'static str, path: Path, nth: u32) -> Step {
    Step {
        name,
        title,
        method,
        path,
        nth,
        token: false,
    }
}

fn link_steps() -> Vec<Step> {
    let secondary = Side::Secondary;
    vec![
        step("read-primary", "read the primary", "GET", Path::Primary, 0),
        step("read-secondary", "read the secondary", "GET", Path::Secondary, 0),
        step("write-primary", "write the merged metadata", "PATCH", Path::Primary, 0),
        step("read-again", "read the secondary meanwhile", "GET", Path::Secondary, 1),
        step(
            "end-sessions",
            "end the secondary's sessions",
            "DELETE",
            Path::SessionsOf(secondary),
            0,
        ),
        step(
            "end-tokens",
            "end its refresh tokens",
            "DELETE",
            Path::RefreshTokensOf(secondary),
            0,
        ),
        step("last-read", "read the primary once more", "GET", Path::Primary, 1),
        step("last-read-other", "and the secondary", "GET", Path::Secondary, 2),
        step("join", "join the accounts", "POST", Path::Identities, 0),
        step("look", "look at the result", "GET", Path::Primary, 2),
    ]
}

/// After the refusal to join.
fn way_back() -> Vec<Step> {
    vec![
        step("look-after-no", "look after the refusal", "GET", Path::Primary, 2),
        step("look-at-other", "and at the secondary", "GET", Path::Secondary, 3),
        step("look-again", "look again after a while", "GET", Path::Primary, 3),
        step("look-before-back", "look before putting back", "GET", Path::Primary, 4),
        step("put-back", "put the metadata back", "PATCH", Path::Primary, 1),
    ]
}

fn unlink_steps() -> Vec<Step> {
    let primary = Side::Primary;
    vec![
        step("read-primary", "read the account", "GET", Path::Primary, 0),
        step("separate", "separate the identity", "DELETE", Path::Identity, 0),
        step(
            "end-sessions",
            "end the primary's sessions",
            "DELETE",
            Path::SessionsOf(primary),
            0,
        ),
        step(
            "end-tokens",
            "end its refresh tokens",
            "DELETE",
            Path::RefreshTokensOf(primary),
            0,
        ),
        step("read-separated", "read the new account", "GET", Path::Secondary, 0),
        step("give-back", "give it its metadata back", "PATCH", Path::Secondary, 0),
        step("read-again", "read the primary once more", "GET", Path::Primary, 1),
        step("take-out", "take that out of the primary", "PATCH", Path::Primary, 0),
    ]
}

/// After the refusal to separate.
fn second_looks() -> Vec<Step> {
    vec![
        step("look-after-no", "look after the refusal", "GET", Path::Primary, 1),
        step("look-again", "look again after a while", "GET", Path::Primary, 2),
    ]
}

fn of(steps: &[Step], name: &str) -> Step {
    *steps
        .iter()
        .find(|step| step.name == name)
        .expect("a step of this name")
}

/// The Management token that these steps need.
fn token_steps(steps: &[Step], names: &[&str]) -> Vec<Step> {
    let token = |name: &&str| {
        let needed_for = of(steps, name);
        let (name, title) = match *name {
            "read-primary" => ("token-to-read", "a new token, to read"),
            "write-primary" => ("token-to-write", "a new token, to write"),
            "join" => ("token-to-join", "a new token, to join"),
            "put-back" => ("token-to-put-back", "a new token, to put back"),
            "separate" => ("token-to-separate", "a new token, to separate"),
            "give-back" => ("token-to-give-back", "a new token, to give back"),
            other => panic!("no name for the token of {other}"),
        };
        Step {
            name,
            title,
            token: true,
            ..needed_for
        }
    };
    names.iter().map(token).collect()
}
