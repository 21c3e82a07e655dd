//! `GET /admin/policies/{digest}`: one version, how it did, and what can be done with it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value};

use super::error::{PageError, html, shown_report};
use super::session::Member;
use super::shell::{May, Shell};
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::admin::policies::Standing;
use crate::admin::views::VersionView;
use crate::pages::text::Shown;

/// The page.
#[derive(Template)]
#[template(path = "admin_version.html")]
struct Page {
    shell: Shell,
    may: May,
    said: Option<String>,
    version: VersionView,
    schema: Shown,
    /// None while it is being checked.
    report: Option<Report>,
    /// The number of the last change.
    seen: i64,
    /// What the version that decides is set to, for the form of the same one.
    settings: String,
}

/// How it did.
struct Report {
    /// Why it could not be tried at all.
    problem: Option<String>,
    cases: Vec<Check>,
    conformance: Vec<Check>,
}

/// A case, or an item of the conformance set.
struct Check {
    name: String,
    about: String,
    /// `passed`, `failed`, `not-applicable`.
    verdict: String,
    /// What failed, and how.
    why: Option<Shown>,
}

/// Shows a version.
pub(super) async fn show(
    State(admin): State<Admin>,
    member: Member,
    Path(digest): Path<String>,
) -> Result<Response, PageError> {
    let caller = &member.caller;
    caller.needs(Scope::PoliciesRead)?;
    let version = admin.registry.version(caller.tenant(), &digest).await?;
    let active = admin.registry.active(caller.tenant()).await?;
    let decides = active.facts.policy.is_some_and(|policy| policy.policy == digest);
    let settings = if decides { active.facts.settings } else { Map::new() };
    html(&Page {
        version: Standing::of(&admin, caller).await?.view(&version),
        schema: shown_report(&version.facts.settings_schema),
        report: version.facts.report.as_ref().map(Report::of),
        seen: active.number,
        settings: serde_json::to_string_pretty(&settings).unwrap_or_default(),
        said: member.said().await?,
        may: May::of(&member),
        shell: Shell::of(&admin, &member),
    })
}

impl Report {
    /// Of what `conjoin policy test --json` gives, as it was kept.
    fn of(report: &Value) -> Self {
        Self {
            problem: report.get("problem").and_then(Value::as_str).map(str::to_owned),
            cases: list(report.get("cases")).map(Check::of_case).collect(),
            conformance: list(report.pointer("/conformance/items")).map(Check::of_item).collect(),
        }
    }
}

impl Check {
    fn of_case(case: &Value) -> Self {
        let passed = case.get("passed") == Some(&Value::Bool(true));
        // What is left are figures, and, of one that failed, why.
        let why = ["error", "expected", "actual", "detail", "log"];
        let why: Map<String, Value> = why
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), case.get(*key)?.clone())))
            .collect();
        Self {
            name: word(case, "name"),
            about: word(case, "about"),
            verdict: if passed { "passed" } else { "failed" }.to_owned(),
            why: (!passed).then(|| shown_report(&Value::Object(why))),
        }
    }

    fn of_item(item: &Value) -> Self {
        Self {
            name: word(item, "name"),
            about: word(item, "checks"),
            verdict: word(item, "verdict"),
            why: item.get("why").map(shown_report),
        }
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn word(of: &Value, key: &str) -> String {
    of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
