//! `GET /admin/decisions`: what policies decided and said last; with `until` the page is fetched again every few seconds up to that moment, by the browser and without a script. A policy's log can quote accounts, and is whatever its author wrote: it is shown as text, cut, and with
//! what cannot be seen written out.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use conjoin_engine::LogEntry;
use conjoin_linking::clock::now;
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

/// How long the page is followed without being asked anew, in seconds. Each time that it is fetched counts as use: without an end no session of an unattended browser
/// would have one.
const FOLLOWED: i64 = 30 * 60;

/// How far the clocks of two hosts may be apart, in seconds: the next request may come to the other.
const APART: i64 = 60;

/// The most characters of a decision's log that are shown.
const MAX_LOG: usize = 8_000;

/// The page.
#[derive(Template)]
#[template(path = "admin_decisions.html")]
struct Decisions {
    shell: Shell,
    decisions: Vec<Decision>,
    following: Following,
    /// Until when it is followed if one says so now, in Unix seconds.
    until: i64,
}

/// Whether the page is fetched again by itself.
enum Following {
    Not,
    Now,
    /// It was, for long enough.
    Ended,
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
        following: Following::of(&query.unwrap_or_default(), now()),
        until: now().saturating_add(FOLLOWED),
    })
}

impl Following {
    /// By `until` of a query, in Unix seconds. What is no time, or further ahead than one can ask for, is as if it was not there.
    fn of(query: &str, now: i64) -> Self {
        let until = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "until");
        match until.and_then(|(_, value)| value.parse::<i64>().ok()) {
            Some(until) if until > now.saturating_add(FOLLOWED + APART) => Self::Not,
            Some(until) if until > now => Self::Now,
            Some(_) => Self::Ended,
            None => Self::Not,
        }
    }
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
