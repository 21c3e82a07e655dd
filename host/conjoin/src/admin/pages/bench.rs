//! `/admin/bench`: two accounts that are typed in, or read from the tenant by whoever may, and what one or two versions make of them, side by side. Nothing is written
//! but that it was used.

use askama::Template;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use conjoin_auth0::{User, UserId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::decisions::shown_log;
use super::error::{PageError, html, shown_report};
use super::form::{Signed, bad, settings};
use super::session::Member;
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::admin::policies::Standing;
use crate::admin::problem::Problem;
use crate::admin::views::{VersionView, short};
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
    /// Whether accounts of the tenant may be read.
    accounts: bool,
    asked: Asked,
    tried: Vec<Tried>,
    /// Why nothing was tried.
    problem: Option<Problem>,
}

/// What is typed.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    primary: String,
    #[serde(default)]
    secondary: String,
    /// The accounts to read, by id.
    #[serde(default)]
    primary_id: String,
    #[serde(default)]
    secondary_id: String,
    #[serde(default)]
    settings: String,
    #[serde(default)]
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
        ..Asked::default()
    };
    page(&admin, &member, asked, Ok(Vec::new())).await
}

/// Tries what was typed. Where it cannot be tried, the page says why, and what was typed is still there.
pub(super) async fn act(State(admin): State<Admin>, form: Signed<Asked>) -> Result<Response, PageError> {
    let Signed { member, fields } = form;
    member.caller.needs(Scope::PoliciesRead)?;
    match tried(&admin, &member, &fields).await {
        Ok(tried) => page(&admin, &member, fields, Ok(tried)).await,
        Err(error) => refused(&admin, &member, fields, error).await,
    }
}

/// Puts two accounts of the tenant into the fields, as a policy would see them.
pub(super) async fn read(State(admin): State<Admin>, form: Signed<Asked>) -> Result<Response, PageError> {
    let Signed { member, mut fields } = form;
    member.caller.needs(Scope::PoliciesRead)?;
    member.caller.needs(Scope::AccountsRead)?;
    match accounts(&admin, &member, &fields).await {
        Ok([primary, secondary]) => {
            (fields.primary, fields.secondary) = (primary, secondary);
            page(&admin, &member, fields, Ok(Vec::new())).await
        }
        Err(error) => refused(&admin, &member, fields, error).await,
    }
}

async fn accounts(admin: &Admin, member: &Member, asked: &Asked) -> Result<[String; 2], PageError> {
    let id = |text: &str| {
        let id = text.trim().parse::<UserId>();
        id.map_err(|error| bad(format!("`{}` is no user id: {error}", text.trim())))
    };
    let ids = [id(&asked.primary_id)?, id(&asked.secondary_id)?];
    let caller = &member.caller;
    let read = admin.accounts.read(caller.tenant(), &caller.actor(), ids).await?;
    let text = |user: &User| serde_json::to_string_pretty(user).unwrap_or_default();
    Ok(read.each_ref().map(text))
}

/// The page with what was typed, and why nothing came of it.
async fn refused(admin: &Admin, member: &Member, asked: Asked, error: PageError) -> Result<Response, PageError> {
    let PageError::Problem(problem) = error else {
        return Err(error);
    };
    let status = problem.status();
    let retry_after = problem.details().retry_after();
    tracing::info!(code = problem.details().code(), "admin request refused");
    let mut response = (status, page(admin, member, asked, Err(problem)).await?).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

async fn tried(admin: &Admin, member: &Member, asked: &Asked) -> Result<Vec<Tried>, PageError> {
    let caller = &member.caller;
    let chosen = [&asked.first, &asked.second];
    let (primary, secondary) = (
        account("the first account", &asked.primary)?,
        account("the second account", &asked.secondary)?,
    );
    let task = BenchTask {
        policies: chosen
            .iter()
            .filter(|one| !one.is_empty())
            .map(|one| (*one).clone())
            .collect(),
        settings: settings(&asked.settings)?,
        select: json!({"hook": "select-candidates", "current": &primary, "found": [candidate(&secondary)]}),
        merge: json!({"hook": "merge", "primary": &primary, "secondary": &secondary}),
    };
    let benched = admin.registry.bench(caller.tenant(), &caller.actor(), task).await?;
    Ok(benched.into_iter().map(Tried::from).collect())
}

async fn page(
    admin: &Admin,
    member: &Member,
    asked: Asked,
    tried: Result<Vec<Tried>, Problem>,
) -> Result<Response, PageError> {
    let (tried, problem) = match tried {
        Ok(tried) => (tried, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    html(&Bench {
        versions: versions(admin, member).await?,
        accounts: member.caller.may(Scope::AccountsRead),
        shell: Shell::of(admin, member),
        asked,
        tried,
        problem,
    })
}

/// What there is to choose from.
async fn versions(admin: &Admin, member: &Member) -> Result<Vec<(String, String)>, PageError> {
    let caller = &member.caller;
    let known = admin.registry.store().versions(caller.tenant(), None, LISTED).await?;
    let uploaded = if admin.registry.is_fixed(caller.tenant()) {
        Vec::new()
    } else {
        let standing = Standing::of(admin, caller).await?;
        known
            .iter()
            .map(|(version, _)| called(standing.view(version)))
            .collect()
    };
    let shipped = conjoin_policies::shipped().iter().map(|shipped| shipped.name);
    let shipped = shipped.map(|name| (name.to_owned(), format!("{name} (ships with this host)")));
    Ok(uploaded.into_iter().chain(shipped).collect())
}

fn called(version: VersionView) -> (String, String) {
    let called = format!(
        "{} {} ({}, {})",
        version.name,
        version.version,
        short(&version.digest),
        version.state
    );
    (version.digest, called)
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
