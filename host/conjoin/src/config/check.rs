//! What the schema cannot say: how values must fit together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;

use secrecy::SecretString;
use url::Url;

use super::problems::Found;
use super::tenant::credential;
use super::{Config, TenantConfig, admin};
use crate::addresses::is_private;
use crate::events::mail;
use crate::events::webhook::Webhook;

impl Config {
    /// Finds what cannot work.
    pub(super) fn check(&self, found: &mut Found<'_>) {
        if self.admin_listen.is_some_and(|admin| overlap(admin, self.listen)) {
            found.add(
                &["admin_listen"],
                "is where `listen` is already; leave it out, and both share that",
            );
        }
        let mut known: BTreeMap<(String, Option<u16>), &str> = BTreeMap::new();
        let https = self.tenants.values().any(|tenant| tenant.base_url.scheme() == "https");
        for (name, tenant) in &self.tenants {
            let base = &tenant.base_url;
            let path = ["tenants", name, "base_url"];
            if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
                found.add(
                    &path,
                    "must be a host name without a path: tenants are told apart by their host names",
                );
            }
            if https && base.scheme() != "https" {
                found.add(
                    &path,
                    "must be `https`, as another tenant's is: they share one listener",
                );
            }
            let authority = (base.host_str().unwrap_or_default().to_owned(), base.port());
            match known.entry(authority) {
                Entry::Occupied(other) => found.add(&path, format!("is that of the tenant `{}` too", other.get())),
                Entry::Vacant(free) => {
                    free.insert(name);
                }
            }
            check_tenant(name, tenant, found);
        }
        admin::check(self, found);
    }

    /// Finds what is named and not there: a host does not start without it.
    pub(super) fn check_files(&self, found: &mut Found<'_>) {
        for (name, tenant) in &self.tenants {
            let Some(component) = tenant.policy.as_ref().map(|policy| &policy.component) else {
                continue;
            };
            let shipped = component
                .to_str()
                .is_some_and(|name| conjoin_policies::by_name(name).is_some());
            if !shipped && !component.is_file() {
                found.add(
                    &["tenants", name, "policy", "component"],
                    "is neither a policy that ships with the host nor a file that is there",
                );
            }
        }
    }
}

/// Whether two listeners would want the same port of the same address. With port 0 each gets its own.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let same_address = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && same_address
}

fn check_tenant(name: &str, tenant: &TenantConfig, found: &mut Found<'_>) {
    let mut at = |key: &[&str], text: &str| found.add(&[&["tenants", name], key].concat(), text);
    let credentials: [(&str, [Option<&SecretString>; 2]); 2] = [
        (
            "client_secret",
            [tenant.client_secret.as_ref(), tenant.client_private_key.as_ref()],
        ),
        (
            "management_client_secret",
            [
                tenant.management_client_secret.as_ref(),
                tenant.management_client_private_key.as_ref(),
            ],
        ),
    ];
    for (key, [secret, private_key]) in credentials {
        if let Err(error) = credential(secret, private_key) {
            at(&[key], &error.to_string());
        }
    }
    let addresses: [(&str, Option<&Url>); 2] = [
        ("issuer", Some(&tenant.issuer)),
        ("management_url", tenant.management_url.as_ref()),
    ];
    for (key, url) in addresses {
        if url.is_some_and(|url| !is_private(url)) {
            at(&[key], "must be `https`, but for an address of this machine");
        }
    }
    if let Some(Err(error)) = tenant.webhook.as_ref().map(Webhook::new) {
        at(&["webhook", "url"], &unnamed(&error));
    }
    if let Some(Err(error)) = tenant.mail.as_ref().map(mail::check) {
        at(&["mail", "smtp"], &unnamed(&error));
    }
    if let Err(error) = tenant.limits.limits() {
        at(&["limits", error.limit], &error.to_string());
    }
}

/// Such an error begins with the name of the key, which stands before it already.
fn unnamed(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let rest = text.strip_prefix('`').and_then(|text| text.split_once("` "));
    rest.map_or(text.clone(), |(_, rest)| rest.to_owned())
}
