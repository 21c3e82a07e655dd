//! The tenant's pages: server-rendered, no third-party assets, working without JavaScript, and never to be mistaken for Auth0's.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::config::Connection;
use crate::state::Shared;
use crate::store::User;

/// No `form-action`: browsers apply it to redirects after a form too, and a client's callback may lead anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The tenant's own sign-in form.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// Who asks.
    pub client: &'a str,
    /// Filled in.
    pub username: &'a str,
    /// What went wrong before.
    pub problem: Option<&'a str>,
    /// The account of a live session that may be kept.
    pub signed_in: Option<&'a str>,
    /// The buttons.
    pub connections: &'a [&'a Connection],
}

/// The form of a simulated provider.
#[derive(Template)]
#[template(path = "upstream.html")]
pub struct UpstreamPage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// Which provider.
    pub connection: &'a Connection,
    /// Back to the tenant, to say no.
    pub cancel: &'a str,
    /// Filled in.
    pub username: &'a str,
    /// What went wrong before.
    pub problem: Option<&'a str>,
}

/// The second step.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactorPage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// What to type.
    pub code: &'a str,
    /// What went wrong before.
    pub problem: Option<&'a str>,
}

/// Consent.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// Who asks.
    pub client: &'a str,
    /// For what.
    pub scope: &'a str,
}

/// "Do you want to sign out?"
#[derive(Template)]
#[template(path = "logout.html")]
pub struct LogoutPage<'a> {
    /// Where to go.
    pub target: &'a str,
    /// For whom.
    pub client: &'a str,
    /// Given back.
    pub state: &'a str,
}

/// A form that the browser posts to the client: by a script, or by a button without one.
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage<'a> {
    /// The client's callback.
    pub action: &'a str,
    /// Its fields.
    pub fields: &'a [(&'static str, String)],
}

/// An answer that the page tells the window that opened or embeds it.
#[derive(Template)]
#[template(path = "web_message.html")]
pub struct WebMessagePage<'a> {
    /// Of that window; no other is told.
    pub origin: &'a str,
    /// JSON.
    pub response: &'a str,
}

/// Signing in with a mailed code: first the address, then the code.
#[derive(Template)]
#[template(path = "email_code.html")]
pub struct EmailCodePage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// Who asks.
    pub client: &'a str,
    /// Filled in, or where the code went.
    pub email: &'a str,
    /// Whether a code was mailed.
    pub mailed: bool,
    /// What went wrong before.
    pub problem: Option<&'a str>,
}

/// The form for new people.
#[derive(Template)]
#[template(path = "signup.html")]
pub struct SignUpPage<'a> {
    /// The transaction.
    pub state: &'a str,
    /// Who asks.
    pub client: &'a str,
    /// Filled in.
    pub email: &'a str,
    /// What went wrong before.
    pub problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    title: &'a str,
    message: &'a str,
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    issuer: &'a str,
    users: &'a [UserRow],
}

struct UserRow {
    id: String,
    email: String,
    verified: String,
    notes: String,
    identities: Vec<String>,
    metadata: String,
}

/// The start page and the assets.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(index))
        .route(
            "/assets/style.css",
            get(|| async { asset("text/css; charset=utf-8", include_str!("../assets/style.css")) }),
        )
        .route(
            "/assets/submit.js",
            get(|| async { asset("text/javascript; charset=utf-8", include_str!("../assets/submit.js")) }),
        )
        .route(
            "/assets/web_message.js",
            get(|| async {
                asset(
                    "text/javascript; charset=utf-8",
                    include_str!("../assets/web_message.js"),
                )
            }),
        )
        .fallback(|| async { error(404, "there is no such page") })
}

/// A page.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (
                headers.map(|(name, value)| (name, HeaderValue::from_static(value))),
                text,
            )
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that one other origin may embed.
pub fn framed(page: &impl Template, origin: &str) -> Response {
    let mut response = html(page);
    let policy = POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {origin}"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A form's page: 400 when it is shown again because of a problem.
pub fn form(page: &impl Template, has_problem: bool) -> Response {
    let mut response = html(page);
    if has_problem {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

/// An error that no client may be told by a redirect.
pub fn error(status: u16, message: &str) -> Response {
    let mut response = html(&MessagePage {
        title: "Oops, something went wrong",
        message,
    });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

/// The transaction that a page names is over or never was.
pub fn lost_transaction() -> Response {
    error(
        400,
        "This sign-in is over: it was finished, cancelled, or begun too long ago. Go back to the application and start again.",
    )
}

/// After a sign-out that leads nowhere.
pub fn signed_out() -> Response {
    html(&MessagePage {
        title: "Signed out",
        message: "You are signed out of the dev tenant.",
    })
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        text,
    )
        .into_response()
}

async fn index(State(tenant): State<Shared>) -> Response {
    let users: Vec<UserRow> = tenant.lock().store.users().map(UserRow::new).collect();
    html(&IndexPage {
        issuer: tenant.issuer.as_str(),
        users: &users,
    })
}

impl UserRow {
    fn new(user: &User) -> Self {
        let verified = user
            .attributes
            .get("email_verified")
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut notes = Vec::new();
        if user.is_blocked() {
            notes.push("blocked");
        }
        if user.has_second_factor() {
            notes.push("second factor");
        }
        if !user.organizations.is_empty() {
            notes.push("in an organization");
        }
        let bags = [
            ("user_metadata", &user.user_metadata),
            ("app_metadata", &user.app_metadata),
        ];
        let shown = bags
            .iter()
            .filter_map(|(name, bag)| Some(format!("{name} {:#}", serde_json::Value::Object(bag.as_ref()?.clone()))));
        Self {
            id: user.user_id.to_string(),
            email: user.email().unwrap_or_default().to_owned(),
            verified,
            notes: notes.join(", "),
            identities: user
                .identities
                .iter()
                .map(|identity| format!("{} ({})", identity.id(), identity.connection))
                .collect(),
            metadata: shown.collect::<Vec<_>>().join("\n"),
        }
    }
}
