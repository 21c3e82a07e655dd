use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use url::Url;

use super::parameters::Parameters;
use super::session;
use crate::config::UrlPattern;
use crate::management::verify_hint;
use crate::pages::{self, LogoutPage};
use crate::state::{Shared, Tenant};

/// `GET /v2/logout`: ends the session and goes where the client's allow-list (the tenant's, when no client is named) lets it.
pub async fn legacy(State(tenant): State<Shared>, jar: CookieJar, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::from_urlencoded(query.unwrap_or_default().as_bytes());
    let target = match target(&tenant, &parameters, "returnTo", parameters.get("client_id")) {
        Ok(target) => target,
        Err(message) => return pages::error(400, &message),
    };
    leave(&tenant, jar, &parameters, target)
}

/// `GET /oidc/logout`.
pub async fn initiated_by_query(State(tenant): State<Shared>, jar: CookieJar, RawQuery(query): RawQuery) -> Response {
    initiated(
        &tenant,
        jar,
        Parameters::from_urlencoded(query.unwrap_or_default().as_bytes()),
        false,
    )
}

/// `POST /oidc/logout`: a client's, or the confirmation of the page.
pub async fn initiated_by_form(State(tenant): State<Shared>, jar: CookieJar, body: Bytes) -> Response {
    let parameters = Parameters::from_urlencoded(&body);
    let confirmed = parameters.get("confirmed").is_some();
    initiated(&tenant, jar, parameters, confirmed)
}

/// OpenID Connect RP-Initiated Logout. Without a hint that fits the session the person is asked first, as Auth0 does.
fn initiated(tenant: &Tenant, jar: CookieJar, parameters: Parameters, confirmed: bool) -> Response {
    let hinted = match parameters.get("id_token_hint").map(|token| verify_hint(tenant, token)) {
        None => None,
        Some(Some(hint)) => Some(hint),
        Some(None) => return pages::error(400, "invalid_request: id_token_hint is not a token of this tenant"),
    };
    let client = parameters
        .owned("client_id")
        .or_else(|| hinted.as_ref().map(|hint| hint.client_id.clone()));
    if hinted
        .as_ref()
        .is_some_and(|hint| client.as_ref() != Some(&hint.client_id))
    {
        return pages::error(400, "invalid_request: client_id and id_token_hint do not match");
    }
    let target = match target(tenant, &parameters, "post_logout_redirect_uri", client.as_deref()) {
        Ok(target) => target,
        Err(message) => return pages::error(400, &message),
    };
    let live = session::current(&tenant.lock(), &jar);
    let sid = hinted
        .and_then(|hint| hint.sid)
        .or_else(|| parameters.owned("logout_hint"));
    let known = live.is_none_or(|session| sid.is_some_and(|sid| sid == session.sid));
    if !known && !confirmed {
        let field = |name: &str| parameters.get(name).unwrap_or_default().to_owned();
        let page = LogoutPage {
            target: &field("post_logout_redirect_uri"),
            client: client.as_deref().unwrap_or_default(),
            state: &field("state"),
        };
        return pages::form(&page, false);
    }
    leave(tenant, jar, &parameters, target)
}

/// Where to go afterwards, if anywhere.
///
/// # Errors
/// The message of the page, when it is not a place to go.
fn target(tenant: &Tenant, parameters: &Parameters, name: &str, client: Option<&str>) -> Result<Option<Url>, String> {
    let Some(text) = parameters.get(name) else {
        return Ok(None);
    };
    let allowed: &[UrlPattern] = match client {
        None => &tenant.config.logout_urls,
        Some(id) => match tenant.config.client(id) {
            Some(client) => &client.logout_urls,
            None => return Err(format!("invalid_request: Unknown client: {id}")),
        },
    };
    let url = Url::parse(text)
        .ok()
        .filter(|url| allowed.iter().any(|pattern| pattern.matches(url)));
    let refusal =
        || format!("The \"{name}\" querystring parameter \"{text}\" is not in the list of Allowed Logout URLs");
    url.map(Some).ok_or_else(refusal)
}

/// Ends the session, with `federated` also that at the simulated provider which it came from. Auth0 sends the browser there for it; here both are at one place.
fn leave(tenant: &Tenant, jar: CookieJar, parameters: &Parameters, target: Option<Url>) -> Response {
    {
        let mut state = tenant.lock();
        let upstream = session::end(&mut state, &jar).and_then(|session| session.upstream);
        if let Some(upstream) = upstream.filter(|_| parameters.has("federated")) {
            state.upstream_sessions.take(&upstream);
        }
    }
    let answer = match target {
        Some(mut url) => {
            if let Some(state) = parameters.get("state") {
                url.query_pairs_mut().append_pair("state", state);
            }
            Redirect::to(url.as_str()).into_response()
        }
        None => pages::signed_out(),
    };
    ([(header::SET_COOKIE, expired_cookie())], answer).into_response()
}

fn expired_cookie() -> String {
    let mut cookie = Cookie::build((session::COOKIE, "")).path("/").http_only(true).build();
    cookie.make_removal();
    cookie.to_string()
}
