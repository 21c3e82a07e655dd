use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use url::Url;

use crate::state::{Shared, Tenant};

/// The domain that a request was sent to, with a trailing slash: the tenant's own, or its custom one. Auth0's tokens name the domain that they were asked of, and are
/// good at that one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain(pub Url);

impl Domain {
    /// The custom domain where the host is its, the tenant's own otherwise.
    fn of(tenant: &Tenant, host: Option<&str>) -> Self {
        let asked = tenant.config.custom_domain.as_ref().filter(|url| is_host_of(url, host));
        Self(asked.unwrap_or(&tenant.issuer).clone())
    }

    /// The domain that a request names.
    #[must_use]
    pub fn called(tenant: &Tenant, parts: &Parts) -> Self {
        Self::of(tenant, called_host(&parts.uri, &parts.headers))
    }

    /// An absolute URL below it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// The host that a request names, with its port where it names one.
#[must_use]
pub fn called_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let header = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(Authority::as_str).or(header)
}

/// Whether a request that names this host is one to this origin.
#[must_use]
pub fn is_host_of(origin: &Url, host: Option<&str>) -> bool {
    host.is_some_and(|host| host.eq_ignore_ascii_case(origin.authority()))
}

impl FromRequestParts<Shared> for Domain {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, tenant: &Shared) -> Result<Self, Infallible> {
        Ok(Self::called(tenant, parts))
    }
}
