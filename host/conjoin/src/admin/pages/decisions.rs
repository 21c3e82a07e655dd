//! `GET /admin/decisions`: what policies decided and said last; with `live=1` the page is fetched again every few seconds, by the browser and without a script. A policy's log can quote accounts, and is whatever its author wrote: it is shown as text, cut, and with
//! what cannot be seen written out.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use conjoin_engine::LogEntry;
use conjoin_linking::contract::rfc3339;
use url::form_urlencoded;

use super::error::{PageError, html};
use super::session::Member;
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::pages::text::{Shown, name, shown_text};
use crate::store::NotedDecision;

/// How many are shown.
const SHOWN: u32 = 100;

/// The most characters of a decision's log that are shown.
const MAX_LOG: usize = 8_000;

/// The page.
#[derive(Template)]
#[template(path = "admin_decisions.html")]
struct Decisions {
    shell: Shell,
    decisions: Vec<Decision>,
    /// Whether it is followed.
    live: bool,
}

/// One decision.
struct Decision {
    at: String,
    transaction: String,
    hook: String,
    /// The version's digest.
    policy: String,
    ending: String,
    detail: Option<String>,
    fuel: Option<u64>,
    micros: u64,
    /// Of a version in shadow: names of keys and ids.
    differences: Option<Vec<String>>,
    log: Option<Shown>,
    log_truncated: bool,
}

/// Shows the latest decisions.
pub(super) async fn show(
    State(admin): State<Admin>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let caller = &member.caller;
    caller.needs(Scope::DecisionsRead)?;
    let decisions = admin.registry.store().decisions(caller.tenant(), SHOWN).await?;
    html(&Decisions {
        decisions: decisions.into_iter().map(Decision::from).collect(),
        shell: Shell::of(&admin, &member),
        live: is_live(&query.unwrap_or_default()),
    })
}

fn is_live(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "live" && value == "1")
}

impl From<NotedDecision> for Decision {
    fn from(noted: NotedDecision) -> Self {
        let record = noted.record;
        let named = |all: Vec<String>| all.iter().map(|one| name(one)).collect();
        Self {
            at: rfc3339(noted.noted_at.div_euclid(1_000_000)),
            transaction: name(&record.transaction),
            hook: record.hook,
            policy: record.policy,
            ending: record.ending,
            detail: record.detail.map(|detail| shown_text(&detail, MAX_LOG).text),
            fuel: record.fuel,
            micros: record.micros,
            differences: record.shadow.map(named),
            log: shown_log(&record.log.entries),
            log_truncated: record.log.truncated,
        }
    }
}

/// A policy's log, a line an entry; none where it said nothing.
pub(super) fn shown_log(entries: &[LogEntry]) -> Option<Shown> {
    if entries.is_empty() {
        return None;
    }
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}: {}", level(entry), entry.message))
        .collect();
    Some(shown_text(&lines.join("\n"), MAX_LOG))
}

fn level(entry: &LogEntry) -> String {
    let level = serde_json::to_value(entry.level).unwrap_or_default();
    level.as_str().unwrap_or("log").to_owned()
}
