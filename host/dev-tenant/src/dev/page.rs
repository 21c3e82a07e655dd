//! What the tenant's developer looks at, and its switches: one page, `/_dev/`.

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Call;
use super::rule::FaultRule;
use crate::clock;
use crate::inbox::Message;
use crate::oidc::Session;
use crate::pages::html;
use crate::state::{Shared, State as Changing};

/// Calls that the page shows; `GET /_dev/calls` answers all that are kept.
const SHOWN: usize = 100;

/// The faults that the page offers, as `POST /_dev/faults` takes them, but for how often they strike.
const OFFERED: [(&str, &str, &str); 7] = [
    (
        "unavailable",
        "The API answers 503",
        r#"{"path": "/api/v2/", "status": 503}"#,
    ),
    (
        "limited",
        "The API answers 429",
        r#"{"path": "/api/v2/", "status": 429, "retry_after": 2}"#,
    ),
    (
        "slow",
        "Everything takes two seconds longer",
        r#"{"path": "/", "delay_ms": 2000}"#,
    ),
    (
        "cut",
        "The connection is cut, and nothing was done",
        r#"{"path": "/api/v2/", "reset": true}"#,
    ),
    (
        "lost-link",
        "A link is made, and the answer is lost",
        r#"{"method": "POST", "path": "/api/v2/users/*/identities", "reset": true, "after_effect": true}"#,
    ),
    (
        "half",
        "A change is made, and half of the answer comes",
        r#"{"method": "PATCH", "path": "/api/v2/users/*", "malformed": true}"#,
    ),
    (
        "no-token",
        "The token endpoint answers 500",
        r#"{"path": "/oauth/token", "status": 500}"#,
    ),
];

#[derive(Template)]
#[template(path = "dev.html")]
struct DevPage {
    calls: Vec<CallRow>,
    sessions: Vec<SessionRow>,
    messages: Vec<Message>,
    rules: Vec<RuleRow>,
    offered: &'static [(&'static str, &'static str, &'static str)],
    silent_upstream: bool,
    strip_auth_time: bool,
    clock_skew: i64,
}

struct CallRow {
    number: u64,
    request: String,
    client: String,
    status: String,
    fault: String,
    body: String,
}

struct SessionRow {
    account: String,
    identity: String,
    connection: String,
    since: String,
    clients: String,
    refresh_tokens: usize,
}

struct RuleRow {
    name: String,
    rule: String,
}

/// The page and its forms.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/_dev/", get(show))
        .route("/_dev/page/faults", post(add_fault))
        .route("/_dev/page/faults/remove", post(remove_fault))
        .route("/_dev/page/switches", post(switch))
        .route("/_dev/page/calls/forget", post(forget_calls))
        .route("/_dev/page/reset", post(reset))
}

async fn show(State(tenant): State<Shared>) -> Response {
    let state = tenant.lock();
    let calls = state.calls.all().into_iter().rev().take(SHOWN);
    let mut sessions: Vec<&Session> = state.sessions.values().collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((session.sign_in.auth_time, &session.sid)));
    html(&DevPage {
        calls: calls.map(CallRow::from).collect(),
        sessions: sessions
            .into_iter()
            .map(|session| session_row(&state, session))
            .collect(),
        messages: state.inbox.messages().rev().cloned().collect(),
        rules: state.faults.rules().into_iter().map(RuleRow::from).collect(),
        offered: &OFFERED,
        silent_upstream: state.switches.silent_upstream,
        strip_auth_time: state.switches.strip_auth_time,
        clock_skew: state.switches.clock_skew,
    })
}

impl From<Call> for CallRow {
    fn from(call: Call) -> Self {
        let fault = call.fault_name.unwrap_or_else(|| "unnamed".to_owned());
        Self {
            number: call.number,
            request: format!("{} {}", call.method, call.path),
            client: call.client_id.unwrap_or_default(),
            status: call
                .status
                .map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
            fault: if call.fault { fault } else { String::new() },
            body: call.body.map(|body| format!("{body:#}")).unwrap_or_default(),
        }
    }
}

impl From<FaultRule> for RuleRow {
    fn from(rule: FaultRule) -> Self {
        let defaults = json!(FaultRule::default());
        let mut value = json!(rule);
        if let Value::Object(keys) = &mut value {
            keys.retain(|key, value| defaults.get(key) != Some(value));
        }
        Self {
            name: rule.name.unwrap_or_default(),
            rule: value.to_string(),
        }
    }
}

fn session_row(state: &Changing, session: &Session) -> SessionRow {
    let sign_in = &session.sign_in;
    let of_session = state
        .refresh_tokens
        .values()
        .filter(|grant| grant.subject.sid == session.sid && !grant.spent);
    SessionRow {
        account: sign_in.account.to_string(),
        identity: sign_in.identity.to_string(),
        connection: sign_in.connection.clone(),
        since: clock::text(sign_in.auth_time),
        clients: session.clients.join(", "),
        refresh_tokens: of_session.count(),
    }
}

/// Back to the page, where a form's change shows.
fn back(section: &str) -> Redirect {
    Redirect::to(&format!("/_dev/#{section}"))
}

/// Why a form is not taken.
type BadForm = (StatusCode, &'static str);

/// One of [`OFFERED`], and how often; always when that is empty.
#[derive(Deserialize)]
struct Offered {
    name: String,
    #[serde(default)]
    times: String,
}

async fn add_fault(State(tenant): State<Shared>, Form(form): Form<Offered>) -> Result<Redirect, BadForm> {
    let offered = OFFERED.iter().find(|(name, ..)| *name == form.name);
    let rule = offered.and_then(|(_, _, rule)| serde_json::from_str::<FaultRule>(rule).ok());
    let rule = rule.ok_or((StatusCode::BAD_REQUEST, "there is no such fault"))?;
    let rule = FaultRule {
        name: Some(form.name),
        times: times(form.times.trim())?,
        ..rule
    };
    tenant.lock().faults.append(vec![rule]);
    Ok(back("faults"))
}

fn times(text: &str) -> Result<Option<u32>, BadForm> {
    if text.is_empty() {
        return Ok(None);
    }
    let times = text.parse();
    times.map(Some).map_err(|_| {
        (
            StatusCode::BAD_REQUEST,
            "how often is a whole number, or empty for always",
        )
    })
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

/// By name; all of them without one.
async fn remove_fault(State(tenant): State<Shared>, Form(form): Form<Named>) -> Redirect {
    let faults = &mut tenant.lock().faults;
    if form.name.is_empty() {
        faults.replace(Vec::new());
    } else {
        faults.remove(&form.name);
    }
    back("faults")
}

/// Check boxes: what is not ticked is not sent.
#[derive(Deserialize)]
struct Ticked {
    silent_upstream: Option<String>,
    strip_auth_time: Option<String>,
    #[serde(default)]
    clock_skew: String,
}

async fn switch(State(tenant): State<Shared>, Form(form): Form<Ticked>) -> Result<Redirect, BadForm> {
    let clock_skew = form.clock_skew.trim().parse();
    let clock_skew = clock_skew.map_err(|_| (StatusCode::BAD_REQUEST, "the clock's skew is a number of seconds"))?;
    let switches = &mut tenant.lock().switches;
    switches.silent_upstream = form.silent_upstream.is_some();
    switches.strip_auth_time = form.strip_auth_time.is_some();
    switches.clock_skew = clock_skew;
    Ok(back("switches"))
}

async fn forget_calls(State(tenant): State<Shared>) -> Redirect {
    tenant.lock().calls.clear();
    back("calls")
}

async fn reset(State(tenant): State<Shared>) -> Redirect {
    tenant.lock().reset(&tenant.config);
    back("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_that_the_page_offers_is_a_rule_that_fails_or_delays() {
        for (name, _, rule) in OFFERED {
            let rule: FaultRule = serde_json::from_str(rule).unwrap();
            assert!(rule.fails() || rule.delay_ms.is_some(), "{name}");
        }
    }
}
