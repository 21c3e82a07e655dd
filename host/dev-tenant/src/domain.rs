use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use url::Url;

use crate::state::{Shared, Tenant};

/// The domain that a request was sent to, with a trailing slash: the tenant's own, or its custom one. Auth0's tokens name the domain that they were asked of, and are
/// good at that one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain(pub Url);

impl Domain {
    /// The custom domain where the host is its, the tenant's own otherwise.
    fn of(tenant: &Tenant, host: Option<&str>) -> Self {
        let custom = tenant.config.custom_domain.as_ref();
        let asked = custom.filter(|url| host.is_some_and(|host| host.eq_ignore_ascii_case(url.authority())));
        Self(asked.unwrap_or(&tenant.issuer).clone())
    }

    /// The domain that a request names.
    #[must_use]
    pub fn called(tenant: &Tenant, parts: &Parts) -> Self {
        let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        Self::of(tenant, authority.or(header))
    }

    /// An absolute URL below it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<Shared> for Domain {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, tenant: &Shared) -> Result<Self, Infallible> {
        Ok(Self::called(tenant, parts))
    }
}
