//! `[tenants.NAME.admin]`: how a tenant's team signs in to the admin pages with the tenant's own Auth0.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use conjoin_auth0::RelyingPartyConfig;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::problems::Found;
use super::tenant::credential;
use super::{Config, TenantConfig};
use crate::admin::Scope;

/// Lets the tenant's team sign in to the admin pages with accounts of the tenant itself. What each may do is what Auth0's RBAC assigns them of one API: the
/// `permissions` of an access token for it, and nothing that metadata could hold. Signing in with an admin token stays possible.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// A regular web application for these pages alone, with the callback `/admin/callback` and no other: people sign in through another, so that no token of theirs is
    /// one for the team.
    #[schemars(length(min = 1))]
    pub client_id: String,
    /// Its secret; or give `client_private_key`.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub client_secret: Option<SecretString>,
    /// Its RSA private key in PEM, instead of `client_secret`.
    #[schemars(with = "Option<String>", extend("format" = "private-key"))]
    pub client_private_key: Option<SecretString>,
    /// The identifier of the API: signed with RS256, with "Enable RBAC" and "Add Permissions in the Access Token".
    #[schemars(length(min = 1))]
    pub audience: String,
    /// Where the team's browsers reach the admin pages, with `admin_listen`: the callback is made from it, and the tenant known by it, so each needs a name of its own.
    /// Default, and without `admin_listen` always: the tenant's `base_url`.
    #[schemars(with = "Option<String>", extend("format" = "uri"))]
    pub base_url: Option<Url>,
    /// What each permission of the API lets somebody do; those that are not named let nobody do anything. Default: permissions are called as the scopes are.
    #[serde(default = "default_permissions")]
    #[schemars(extend("minProperties" = 1))]
    pub permissions: BTreeMap<String, BTreeSet<Scope>>,
}

impl AdminConfig {
    /// For the OIDC relying party of the pages.
    ///
    /// # Errors
    /// When there is not exactly one of secret and private key.
    pub fn relying_party(&self, issuer: &Url) -> anyhow::Result<RelyingPartyConfig> {
        Ok(RelyingPartyConfig {
            issuer: issuer.clone(),
            client_id: self.client_id.clone(),
            credential: credential(self.client_secret.as_ref(), self.client_private_key.as_ref())?,
        })
    }
}

/// Finds what cannot work in how teams sign in.
pub(super) fn check(config: &Config, found: &mut Found<'_>) {
    let mut known = BTreeMap::new();
    for (name, tenant) in &config.tenants {
        let Some(admin) = &tenant.admin else { continue };
        let mut at = |key: &str, text: &str| found.add(&["tenants", name, "admin", key], text);
        if let Err(error) = credential(admin.client_secret.as_ref(), admin.client_private_key.as_ref()) {
            at("client_secret", &error.to_string());
        }
        if admin.client_id == tenant.client_id {
            at(
                "client_id",
                "must be an application of its own, not the one through which people sign in",
            );
        }
        match &admin.base_url {
            None if config.admin_listen.is_some() => {
                at(
                    "base_url",
                    "is missing: with `admin_listen` the pages have an address of their own",
                );
            }
            None => {}
            Some(_) if config.admin_listen.is_none() => {
                at(
                    "base_url",
                    "is for `admin_listen`; without that the pages are at the tenant's `base_url`",
                );
            }
            Some(base) => {
                if let Some(problem) = unfit(base, tenant) {
                    at("base_url", problem);
                }
                if let Some(other) = known.insert(base.origin().ascii_serialization(), name) {
                    at("base_url", &format!("is that of the tenant `{other}` too"));
                }
            }
        }
    }
}

fn unfit(base: &Url, tenant: &TenantConfig) -> Option<&'static str> {
    if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
        return Some("must be a host name without a path");
    }
    // The pages' cookie is `Secure` where people's is.
    (base.scheme() != tenant.base_url.scheme()).then_some("must be of the same scheme as the tenant's `base_url`")
}

/// Each scope by its own name.
pub fn default_permissions() -> BTreeMap<String, BTreeSet<Scope>> {
    let named = |scope: &Scope| (scope.name().to_owned(), BTreeSet::from([*scope]));
    Scope::value_variants().iter().map(named).collect()
}
