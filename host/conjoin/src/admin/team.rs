//! The tenant's own Auth0 as a way in to the admin pages: which application asks there, and what permissions let somebody do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context;
use conjoin_auth0::{RelyingParty, UserId};
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Scope;
use crate::config::TenantConfig;

/// How one tenant's team signs in. Cheap to clone.
#[derive(Clone)]
pub struct TeamSignIn(Arc<Inner>);

struct Inner {
    tenant: TenantName,
    relying_party: RelyingParty,
    registration: Registration,
    callback: Url,
    scopes: BTreeMap<String, BTreeSet<Scope>>,
}

/// As what these pages are known at the tenant. What a sign-in was worth under one, it is not under another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registration {
    issuer: Url,
    client_id: String,
    /// The API's identifier.
    audience: String,
}

/// Somebody who signed in so: all that a session keeps of them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct TeamMember {
    /// Their account at the tenant.
    pub(super) subject: UserId,
    /// By which application, and for which API.
    pub(super) registration: Registration,
    /// Those permissions of the API that they were assigned when they signed in and that meant something. What they mean is looked up at every request.
    pub(super) permissions: BTreeSet<String>,
    /// When that ends, in Unix seconds.
    pub(super) ends_at: i64,
}

impl TeamSignIn {
    /// Of a tenant whose configuration has it.
    ///
    /// # Errors
    /// When there is not exactly one of secret and private key, or no callback can be made.
    pub fn new(name: &str, tenant: &TenantConfig, http: &reqwest::Client) -> anyhow::Result<Option<Self>> {
        let Some(config) = &tenant.admin else {
            return Ok(None);
        };
        let relying_party = config.relying_party(&tenant.issuer).context("`admin.client_secret`")?;
        let base = config.base_url.as_ref().unwrap_or(&tenant.base_url);
        let registration = Registration {
            issuer: relying_party.issuer.clone(),
            client_id: relying_party.client_id.clone(),
            audience: config.audience.clone(),
        };
        Ok(Some(Self(Arc::new(Inner {
            tenant: TenantName(name.to_owned()),
            relying_party: RelyingParty::new(relying_party, http.clone()),
            registration,
            callback: base.join("/admin/callback")?,
            scopes: config.permissions.clone(),
        }))))
    }

    /// Whose team.
    pub(super) fn tenant(&self) -> &TenantName {
        &self.0.tenant
    }

    /// OpenID Connect with the tenant, as the application of these pages.
    pub(super) fn relying_party(&self) -> &RelyingParty {
        &self.0.relying_party
    }

    /// The API's identifier.
    pub(super) fn audience(&self) -> &str {
        &self.0.registration.audience
    }

    /// Where the tenant sends browsers back to.
    pub(super) fn callback(&self) -> &Url {
        &self.0.callback
    }

    /// Whether browsers reach the pages over TLS.
    pub(super) fn is_https(&self) -> bool {
        self.0.callback.scheme() == "https"
    }

    /// Whether an authority (`admin.example.com:8443`), as a browser sends it, is that of these pages.
    pub(super) fn is_at(&self, authority: &str) -> bool {
        let asked = Url::parse(&format!("{}://{authority}", self.0.callback.scheme()));
        asked.is_ok_and(|asked| asked.origin() == self.0.callback.origin())
    }

    /// As what these pages are known at the tenant.
    pub(super) fn registration(&self) -> &Registration {
        &self.0.registration
    }

    /// What somebody may do by the configuration of now: nothing where they signed in through another application or for another API.
    pub(super) fn scopes(&self, member: &TeamMember) -> BTreeSet<Scope> {
        if member.registration != self.0.registration {
            return BTreeSet::new();
        }
        let allowed = member.permissions.iter().filter_map(|held| self.0.scopes.get(held));
        allowed.flatten().copied().collect()
    }

    /// The permissions that let somebody do anything.
    pub(super) fn permissions(&self) -> impl Iterator<Item = &str> {
        let some = self.0.scopes.iter().filter(|(_, scopes)| !scopes.is_empty());
        some.map(|(permission, _)| permission.as_str())
    }
}
