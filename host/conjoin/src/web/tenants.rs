//! Which tenant a request is for: the one whose host name the browser asked.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::error::WebError;
use crate::app::App;

/// The tenants of a host, by the authority of their addresses.
#[derive(Clone)]
pub struct Hosts(Arc<Known>);

struct Known {
    by_authority: HashMap<String, App>,
    /// Where there is one alone, it answers under any name: a proxy may call the host what it likes. Cookies and the origin of forms still have to be its own.
    only: Option<App>,
    https: bool,
}

impl Hosts {
    /// All of a host's tenants. No two have the same authority, and either all are `https` or none is: the configuration makes sure of it.
    pub fn new(apps: Vec<App>) -> Self {
        let https = apps.iter().any(|app| app.addresses.base.scheme() == "https");
        let only = if let [only] = apps.as_slice() {
            Some(only.clone())
        } else {
            None
        };
        let by_authority = apps
            .into_iter()
            .map(|app| (authority(&app.addresses.base), app))
            .collect();
        Self(Arc::new(Known {
            by_authority,
            only,
            https,
        }))
    }

    /// Whether browsers reach the host over TLS.
    pub fn are_https(&self) -> bool {
        self.0.https
    }

    fn asked(&self, uri: &Uri, headers: &HeaderMap) -> Option<&App> {
        let header = || headers.get(HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 has no header for it.
        let asked = uri.authority().map(|authority| authority.as_str()).or_else(header)?;
        let asked = asked.to_ascii_lowercase();
        let plain = asked.strip_suffix(if self.0.https { ":443" } else { ":80" });
        self.0.by_authority.get(plain.unwrap_or(&asked))
    }
}

/// Host and port, as browsers send them: without a port that the scheme implies.
fn authority(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Gives the request its tenant. A name that is none of ours must not come to any.
pub async fn choose(State(hosts): State<Hosts>, mut request: Request, next: Next) -> Response {
    let asked = hosts.asked(request.uri(), request.headers()).or(hosts.0.only.as_ref());
    let Some(app) = asked.cloned() else {
        let text = "this host serves no tenant under the name that was asked; ask it by the `base_url` of one\n";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    };
    request.extensions_mut().insert(app);
    next.run(request).await
}

/// Gives the request its tenant if its host name has one: what does not depend on it may still have to fit it.
pub async fn note(State(hosts): State<Hosts>, mut request: Request, next: Next) -> Response {
    if let Some(app) = hosts.asked(request.uri(), request.headers()).cloned() {
        request.extensions_mut().insert(app);
    }
    next.run(request).await
}

impl<S: Send + Sync> FromRequestParts<S> for App {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let app = parts.extensions.get::<Self>().cloned();
        app.ok_or_else(|| WebError::Internal("a request came to a handler without its tenant".to_owned()))
    }
}
