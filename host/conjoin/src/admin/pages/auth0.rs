//! Signing in with the tenant's own Auth0: the authorization code flow with PKCE, for the API whose permissions say what somebody may do here.
//!
//! The session's cookie is `SameSite=Strict`, which browsers do not send along when the tenant sends them back. So the way there and back has a cookie of its own, and ends
//! at a page of ours that leads on.

use askama::Template;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawQuery, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conjoin_auth0::{AuthorizeRequest, CallbackOutcome, PendingAuthorization};
use conjoin_linking::audit::AuditEntry;
use conjoin_linking::clock::now;
use conjoin_linking::contract::rfc3339;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use subtle::ConstantTimeEq;

use super::error::{PageError, html};
use super::not_signed_in::NotSignedIn;
use super::session::{LIFETIME, Visitor};
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::Caller;
use crate::admin::problem::Problem;
use crate::admin::team::{TeamMember, TeamSignIn};
use crate::app::App;

/// How long somebody may take at the tenant, in seconds.
const AWAY: i64 = 30 * 60;

/// The way in of the tenant whose pages were asked for.
pub(super) struct Here(TeamSignIn);

/// A sign-in under way, kept on the server under its `state`.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    pending: PendingAuthorization,
    /// The browser's session when it was begun. It ends once somebody is signed in: on the way back browsers do not send its cookie.
    session: Option<String>,
}

/// The page that leads on to the overview.
#[derive(Template)]
#[template(path = "admin_signed_in.html")]
struct SignedIn {
    shell: Shell,
}

/// `GET /admin/sign-in/auth0`. Who begins too often waits; who is at the tenant already comes back all the same.
pub(super) async fn begin(
    State(admin): State<Admin>,
    Here(team): Here,
    visitor: Visitor,
    jar: CookieJar,
) -> Result<Response, PageError> {
    admin.limits.begins(team.tenant())?;
    let request = AuthorizeRequest {
        redirect_uri: team.callback().clone(),
        // No scope of the API: what somebody may do is what they were assigned, not what is asked for.
        scopes: Vec::new(),
        prompt: None,
        max_age: None,
        login_hint: None,
        connection: None,
        organization: None,
        audience: Some(team.audience().to_owned()),
        acr_values: None,
        ui_locales: None,
    };
    let authorization = team.relying_party().authorize(&request).await;
    let authorization = authorization.map_err(NotSignedIn::Failed)?;
    let (url, pending) = (authorization.url, authorization.pending);
    let browser = known(&team, &jar).unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let under_way = UnderWay {
        session: visitor.session_id(),
        pending,
    };
    let pending = &under_way.pending;
    let (state, until) = (kept_as(&pending.state), pending.requested_at.saturating_add(AWAY));
    admin
        .registry
        .store()
        .keep_sign_in(team.tenant(), &state, &browser, &under_way, until)
        .await?;
    let jar = CookieJar::new().add(cookie(&team, browser, AWAY));
    Ok((jar, Redirect::to(url.as_str())).into_response())
}

/// `GET /admin/callback`. Refusals are slowed down with those of tokens; who is let in is not kept out by them.
pub(super) async fn callback(
    State(admin): State<Admin>,
    Here(team): Here,
    visitor: Visitor,
    jar: CookieJar,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    match end(&admin, &team, visitor, &jar, query.as_deref().unwrap_or_default()).await {
        Ok(page) => Ok((CookieJar::new().add(cookie(&team, String::new(), 0)), page).into_response()),
        Err(PageError::NotSignedIn(refused)) if refused.is_a_guess() => {
            admin.limits.guessed()?;
            Err(refused.into())
        }
        Err(other) => Err(other),
    }
}

/// What a browser is known by that has a sign-in under way in another tab: both can end, and all of a browser's are counted together.
fn known(team: &TeamSignIn, jar: &CookieJar) -> Option<String> {
    let value = jar.get(cookie_name(team))?.value();
    let random = URL_SAFE_NO_PAD.decode(value).ok()?;
    (random.len() == 32).then(|| value.to_owned())
}

async fn end(
    admin: &Admin,
    team: &TeamSignIn,
    visitor: Visitor,
    jar: &CookieJar,
    query: &str,
) -> Result<Response, PageError> {
    let (code, under_way) = taken_back(admin, team, jar, query).await?;
    let member = member(team, &code, &under_way.pending).await?;
    // Whoever may not come in is not noted as having been.
    let caller = Caller::member(admin, team.tenant(), &member, None)?;
    let facts = json!({ "scopes": team.scopes(&member), "until": rfc3339(member.ends_at) });
    let facts: Map<_, _> = facts.as_object().cloned().unwrap_or_default();
    let entry = AuditEntry::of_tenant("admin.signed_in", caller.actor(), facts);
    admin.registry.store().note_event(team.tenant(), &entry).await?;
    visitor
        .sign_in_member(admin.registry.store(), team.tenant(), member, under_way.session)
        .await?;
    html(&SignedIn {
        shell: Shell::nobody(admin),
    })
}

/// The code, once the state turns out to be ours, unused, and of this very browser. It is used up whatever comes of it.
async fn taken_back(
    admin: &Admin,
    team: &TeamSignIn,
    jar: &CookieJar,
    query: &str,
) -> Result<(String, UnderWay), PageError> {
    let (state, answer) = match team.relying_party().callback_outcome(query) {
        CallbackOutcome::Code { code, state } => (state, Ok(code)),
        CallbackOutcome::Denied {
            error,
            description,
            state: Some(state),
        } => {
            let description = description.unwrap_or_default();
            (state, Err(NotSignedIn::Denied { error, description }))
        }
        CallbackOutcome::Denied { .. } | CallbackOutcome::Malformed => return Err(NotSignedIn::Stray.into()),
    };
    let store = admin.registry.store();
    let taken = store.take_sign_in::<UnderWay>(team.tenant(), &kept_as(&state)).await?;
    let browser = jar.get(cookie_name(team)).map(Cookie::value).unwrap_or_default();
    let taken = taken.filter(|taken| bool::from(taken.session.as_bytes().ct_eq(browser.as_bytes())));
    let taken = taken.ok_or(NotSignedIn::Stray)?;
    Ok((answer?, taken.body))
}

/// Who the code stands for, if they were assigned anything.
async fn member(team: &TeamSignIn, code: &str, pending: &PendingAuthorization) -> Result<TeamMember, NotSignedIn> {
    let exchanged = team
        .relying_party()
        .exchange_for_api(code, pending, team.audience())
        .await;
    let (sign_in, access) = exchanged.map_err(NotSignedIn::Failed)?;
    let held = access.permissions.iter();
    let member = TeamMember {
        subject: sign_in.subject,
        registration: team.registration().clone(),
        permissions: held
            .filter(|held| team.permissions().any(|known| known == *held))
            .cloned()
            .collect(),
        ends_at: access.expires_at.min(now().saturating_add(LIFETIME.whole_seconds())),
    };
    if member.permissions.is_empty() {
        return Err(NotSignedIn::NoPermission {
            audience: team.audience().to_owned(),
            permissions: team.permissions().map(str::to_owned).collect(),
        });
    }
    Ok(member)
}

/// Sign-ins of people are kept in the same table: one of theirs is none of ours.
fn kept_as(state: &str) -> String {
    format!("admin {state}")
}

fn cookie_name(team: &TeamSignIn) -> &'static str {
    if team.is_https() {
        "__Host-conjoin-admin-sign-in"
    } else {
        "conjoin-admin-sign-in"
    }
}

fn cookie(team: &TeamSignIn, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build((cookie_name(team), value))
        .path("/")
        .secure(team.is_https())
        .http_only(true)
        // The tenant's answer is a navigation from another site.
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// That of the tenant whose pages were asked by their own name. A host with one tenant answers to any, but under another no cookie would come back.
impl OptionalFromRequestParts<Admin> for Here {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Option<Self>, PageError> {
        let header = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = parts
            .uri
            .authority()
            .map(|authority| authority.as_str())
            .or_else(header);
        let asked = parts.extensions.get::<App>().map(|app| &app.linking.tenant.name);
        let found = admin
            .teams
            .iter()
            .filter(|team| asked.is_none_or(|tenant| team.tenant() == tenant))
            .find(|team| authority.is_some_and(|authority| team.is_at(authority)));
        Ok(found.cloned().map(Self))
    }
}

/// Where there is none, neither is there such a page.
impl FromRequestParts<Admin> for Here {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, PageError> {
        let team = <Self as OptionalFromRequestParts<Admin>>::from_request_parts(parts, admin).await?;
        team.ok_or_else(|| Problem::no_such_path().into())
    }
}
