//! Does what an Action asked for, and answers the browser.

use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde_json::{Map, Value};
use url::Url;

use super::runner::Answer;
use super::{Acting, Away, Call, Progress, device};
use crate::expiring::random_token;
use crate::management::{check_keys, check_size};
use crate::oidc::finish;
use crate::pages;
use crate::state::{State, Tenant};
use crate::store::{Emptied, UserId, merge_first_level};

/// What the calls come to.
#[derive(Default)]
struct Effects {
    redirect: Option<String>,
    denied: Option<String>,
    primary: Option<UserId>,
    app_metadata: Map<String, Value>,
    user_metadata: Map<String, Value>,
}

impl Effects {
    fn of(calls: Vec<Call>) -> Self {
        let mut effects = Self::default();
        for call in calls {
            match call {
                Call::Redirect(url) => effects.redirect = Some(url),
                Call::Deny(reason) => effects.denied = Some(reason),
                Call::SetPrimaryUser(id) => effects.primary = Some(UserId::from(id.as_str())),
                Call::SetAppMetadata(key, value) => drop(effects.app_metadata.insert(key, value)),
                Call::SetUserMetadata(key, value) => drop(effects.user_metadata.insert(key, value)),
            }
        }
        effects
    }
}

/// After a run of `handler`: the next address, or the client's answer.
pub fn apply(tenant: &Tenant, acting: Acting, handler: &str, answer: Answer) -> Response {
    let mut state = tenant.lock();
    let effects = Effects::of(answer.calls);
    // `deny` does not take metadata back, and what was asked for before a redirect is written before it.
    if let Err(problem) = write_metadata(tenant, &mut state, &acting.user, &effects) {
        return refuse(&mut state, &acting, "server_error", &problem);
    }
    // What a live tenant answers to an Action that throws is UNCONFIRMED, but that the sign-in fails.
    if let Some(error) = answer.error {
        return refuse(&mut state, &acting, "server_error", &error);
    }
    if let Some(reason) = effects.denied {
        return refuse(&mut state, &acting, "access_denied", &reason);
    }
    match effects.redirect {
        Some(_) if handler != "onExecutePostLogin" => {
            let problem = "an Action that goes on cannot redirect again";
            refuse(&mut state, &acting, "server_error", problem)
        }
        Some(url) => send_away(&mut state, acting, &url),
        None => finish_as(tenant, &mut state, &acting, effects.primary),
    }
}

fn send_away(state: &mut State, acting: Acting, url: &str) -> Response {
    let Ok(mut url) = Url::parse(url) else {
        return refuse(state, &acting, "server_error", "the Action redirects to no address");
    };
    let id = acting.id.clone();
    let Some(transaction) = state.transactions.get_mut(&id) else {
        return pages::lost_transaction();
    };
    if transaction.request.prompt.none {
        return refuse(state, &acting, "interaction_required", "External interaction required");
    }
    let device = random_token();
    let cookies = device::cookies(&device).map(|cookie| (SET_COOKIE, cookie));
    transaction.action = Progress::Away(Box::new(Away { device, acting }));
    url.query_pairs_mut().append_pair("state", &id);
    (AppendHeaders(cookies), Redirect::to(url.as_str())).into_response()
}

/// The end of the sign-in: as the account that it began with, or as the one that the Action named.
fn finish_as(tenant: &Tenant, state: &mut State, acting: &Acting, primary: Option<UserId>) -> Response {
    let Some(transaction) = state.transactions.get(&acting.id).cloned() else {
        return pages::lost_transaction();
    };
    if primary.is_some() && transaction.request.organization.is_some() {
        let problem = "organizations is not supported together with primary user modifications";
        return refuse(state, acting, "server_error", problem);
    }
    let id = primary.clone().unwrap_or_else(|| acting.user.clone());
    let Some(user) = state.store.get(&id).cloned() else {
        return refuse(state, acting, "server_error", "Unable to construct login user");
    };
    let mut session = acting.session.clone();
    if primary.is_some() && user.identity(&session.sign_in.identity).is_none() {
        let problem = "the primary user does not hold the identity that signed in";
        return refuse(state, acting, "server_error", problem);
    }
    if user.is_blocked() {
        return refuse(state, acting, "access_denied", "user is blocked");
    }
    session.sign_in.account = id;
    state.transactions.take(&acting.id);
    finish::answer(tenant, state, &transaction.request, &user, &session)
}

fn refuse(state: &mut State, acting: &Acting, error: &str, description: &str) -> Response {
    match state.transactions.take(&acting.id) {
        Some(transaction) => transaction.request.responder.error(error, description),
        None => pages::lost_transaction(),
    }
}

/// Metadata beside `setPrimaryUser` is lost: documented for `user_metadata`, and UNCONFIRMED for `app_metadata`, where losing it is the reading that shows a careless Action.
fn write_metadata(tenant: &Tenant, state: &mut State, user: &UserId, effects: &Effects) -> Result<(), String> {
    if effects.primary.is_some() || (effects.app_metadata.is_empty() && effects.user_metadata.is_empty()) {
        return Ok(());
    }
    let readings = tenant.config.unconfirmed;
    check_keys(readings, Some(&effects.user_metadata), Some(&effects.app_metadata)).map_err(|error| error.message)?;
    let now = state.clock().now_text();
    let changed = state.store.update(user, |user| {
        if !effects.user_metadata.is_empty() {
            merge_first_level(
                &mut user.user_metadata,
                effects.user_metadata.clone(),
                Emptied::StaysEmpty,
            );
        }
        if !effects.app_metadata.is_empty() {
            merge_first_level(&mut user.app_metadata, effects.app_metadata.clone(), Emptied::Vanishes);
        }
        user.touch(&now);
        check_size(readings, user).map_err(|error| error.message)
    });
    changed.transpose().map(drop)
}
