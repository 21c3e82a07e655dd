//! `/admin/bench`: two accounts that are typed in, and what one or two versions make of them, side by side. Nothing is written but that it was used.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::decisions::shown_log;
use super::error::{PageError, html, shown_report};
use super::form::{Signed, bad, settings};
use super::session::Member;
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::pages::text::Shown;
use crate::registry::{BenchAnswer, BenchTask, Benched};

/// How many versions there are to choose from.
const LISTED: u32 = 100;

/// What the fields hold at first.
const PRIMARY: &str =
    "{\n  \"user_id\": \"auth0|ada\",\n  \"user_metadata\": { \"tags\": [\"a\", \"b\"] },\n  \"app_metadata\": {}\n}";

/// The same of the other account.
const SECONDARY: &str =
    "{\n  \"user_id\": \"google-oauth2|1001\",\n  \"user_metadata\": { \"tags\": [\"c\"] },\n  \"app_metadata\": {}\n}";

/// The page.
#[derive(Template)]
#[template(path = "admin_bench.html")]
struct Bench {
    shell: Shell,
    /// Digest or name, and how it is called.
    versions: Vec<(String, String)>,
    asked: Asked,
    tried: Vec<Tried>,
}

/// What is typed.
#[derive(Deserialize)]
pub(super) struct Asked {
    primary: String,
    secondary: String,
    #[serde(default)]
    settings: String,
    first: String,
    /// Empty for none.
    #[serde(default)]
    second: String,
}

/// What a version made of it.
struct Tried {
    name: String,
    parts: Vec<Part>,
}

/// A part of what a version made of it.
struct Part {
    name: &'static str,
    title: &'static str,
    shown: Shown,
}

/// Shows the empty bench.
pub(super) async fn show(State(admin): State<Admin>, member: Member) -> Result<Response, PageError> {
    member.caller.needs(Scope::PoliciesRead)?;
    let asked = Asked {
        primary: PRIMARY.to_owned(),
        secondary: SECONDARY.to_owned(),
        settings: "{}".to_owned(),
        first: String::new(),
        second: String::new(),
    };
    page(&admin, &member, asked, Vec::new()).await
}

/// Tries what was typed.
pub(super) async fn act(State(admin): State<Admin>, form: Signed<Asked>) -> Result<Response, PageError> {
    let Signed { member, fields } = form;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesRead)?;
    let chosen = [&fields.first, &fields.second];
    let (primary, secondary) = (
        account("the first account", &fields.primary)?,
        account("the second account", &fields.secondary)?,
    );
    let task = BenchTask {
        policies: chosen
            .iter()
            .filter(|one| !one.is_empty())
            .map(|one| (*one).clone())
            .collect(),
        settings: settings(&fields.settings)?,
        select: json!({"hook": "select-candidates", "current": &primary, "found": [candidate(&secondary)]}),
        merge: json!({"hook": "merge", "primary": &primary, "secondary": &secondary}),
    };
    let benched = admin.registry.bench(caller.tenant(), &caller.actor(), task).await?;
    let tried = benched.into_iter().map(Tried::from).collect();
    page(&admin, &member, fields, tried).await
}

async fn page(admin: &Admin, member: &Member, asked: Asked, tried: Vec<Tried>) -> Result<Response, PageError> {
    let known = admin
        .registry
        .store()
        .versions(member.caller.tenant(), None, LISTED)
        .await?;
    let uploaded = known.into_iter().map(|(version, _)| {
        let short = version.digest.get(..12).unwrap_or_default().to_owned();
        let called = format!(
            "{} {} ({short}, {})",
            version.facts.name,
            version.facts.version,
            version.state.name()
        );
        (version.digest, called)
    });
    let shipped = conjoin_policies::shipped().iter();
    let shipped = shipped.map(|shipped| {
        (
            shipped.name.to_owned(),
            format!("{} (ships with this host)", shipped.name),
        )
    });
    html(&Bench {
        versions: uploaded.chain(shipped).collect(),
        shell: Shell::of(admin, member),
        asked,
        tried,
    })
}

fn account(which: &str, text: &str) -> Result<Map<String, Value>, PageError> {
    serde_json::from_str(text).map_err(|error| bad(format!("{which} is no JSON object: {error}")))
}

/// An account as a policy sees it before it is proven: what a candidate has, of what the account says.
fn candidate(account: &Map<String, Value>) -> Value {
    let mut candidate = Map::new();
    for key in ["user_id", "created_at", "last_login", "logins_count"] {
        if let Some(value) = account.get(key) {
            candidate.insert(key.to_owned(), value.clone());
        }
    }
    let identity = account.get("identities").and_then(|all| all.get(0));
    for (key, names) in [
        ("connection", &["connection"][..]),
        ("provider", &["provider"]),
        ("is_social", &["is_social", "isSocial"]),
    ] {
        let value = identity.and_then(|identity| names.iter().find_map(|name| identity.get(name)));
        if let Some(value) = value {
            candidate.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(candidate)
}

impl From<Benched> for Tried {
    fn from(benched: Benched) -> Self {
        let Benched { name, select, merge } = benched;
        let part = |name, title, shown: Option<Shown>| shown.map(|shown| Part { name, title, shown });
        let costs = json!({"select-candidates": select.cost(), "merge": merge.cost()});
        let log: Vec<_> = select.log().iter().chain(merge.log()).cloned().collect();
        let parts = [
            part("offers", "Offers", Some(shown_report(&select.said("suggestions")))),
            part("patch", "Patch", Some(shown_report(&merge.said("plan")))),
            part("result", "Result", result(&merge)),
            part("cost", "Cost", Some(shown_report(&costs))),
            part("log", "Log", shown_log(&log)),
        ];
        Self {
            name,
            parts: parts.into_iter().flatten().collect(),
        }
    }
}

fn result(merge: &BenchAnswer) -> Option<Shown> {
    merge.value("result").map(shown_report)
}
