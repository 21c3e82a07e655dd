//! `GET /admin`: what decides, what waits, what is tried, and everything that can be done about it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use conjoin_engine::PolicyDigest;
use conjoin_linking::contract::rfc3339;
use serde_json::{Map, Value};

use super::auth0::Here;
use super::error::{PageError, html};
use super::session::{Member, Visitor};
use super::shell::{May, Shell};
use super::sign_in;
use crate::admin::Admin;
use crate::admin::activation;
use crate::admin::policies::Standing;
use crate::admin::trying::ShadowView;
use crate::admin::views::{ActivationView, ProposalView, VersionView, short};
use crate::pages::text;
use crate::store::Activation;

/// How many versions, and changes, are listed.
const LISTED: u32 = 50;

/// How many links that are not settled are listed.
const UNSETTLED: u32 = 50;

/// The most characters of settings that are shown.
const MAX_SETTINGS: usize = 2_000;

/// The overview.
#[derive(Template)]
#[template(path = "admin_overview.html")]
struct Overview {
    shell: Shell,
    may: May,
    said: Option<String>,
    /// Whether the configuration fixes the tenant's policy.
    fixed: bool,
    /// None where the token may not look, or there is nothing to look at.
    standing: Option<View>,
    /// Policies that ship with the host.
    shipped: Vec<&'static str>,
    unsettled: Vec<Unsettled>,
}

/// Where the tenant's policies stand.
struct View {
    active: ActivationView,
    versions: Vec<VersionView>,
    proposals: Vec<Proposed>,
    shadow: Option<ShadowView>,
    changes: Vec<Change>,
    names: Names,
}

struct Proposed {
    proposal: ProposalView,
    /// Whose it is cannot approve it.
    own: bool,
}

/// A change of what decides.
struct Change {
    view: ActivationView,
    /// Whether one can go back to it.
    back: bool,
}

/// A link that is neither done nor undone. Its accounts are for `conjoin links show`.
struct Unsettled {
    id: String,
    stage: &'static str,
    since: String,
}

/// What versions call themselves, by digest.
struct Names(BTreeMap<String, String>);

/// Shows the overview to whoever is signed in, and everyone else where to sign in.
pub(super) async fn show(
    State(admin): State<Admin>,
    member: Option<Member>,
    team: Option<Here>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let Some(member) = member else {
        return sign_in::page(&admin, &visitor, team.as_ref(), false).await;
    };
    let may = May::of(&member);
    let fixed = admin.registry.is_fixed(member.caller.tenant());
    let look = may.read && !fixed;
    html(&Overview {
        said: member.said().await?,
        standing: if look {
            Some(View::of(&admin, &member).await?)
        } else {
            None
        },
        unsettled: if may.read {
            unsettled(&admin, &member).await?
        } else {
            Vec::new()
        },
        shipped: conjoin_policies::shipped().iter().map(|shipped| shipped.name).collect(),
        shell: Shell::of(&admin, &member),
        may,
        fixed,
    })
}

impl Overview {
    /// Settings on one line.
    fn compact(&self, settings: &Map<String, Value>) -> String {
        let text = serde_json::to_string(settings).unwrap_or_default();
        text::shown_text(&text, MAX_SETTINGS).text
    }
}

impl View {
    async fn of(admin: &Admin, member: &Member) -> Result<Self, PageError> {
        let (caller, store) = (&member.caller, admin.registry.store());
        let tenant = caller.tenant();
        let standing = Standing::of(admin, caller).await?;
        let versions = store.versions(tenant, None, LISTED).await?;
        let versions: Vec<_> = versions.iter().map(|(version, _)| standing.view(version)).collect();
        let changes = store.activations(tenant, i64::MAX, LISTED).await?;
        let proposals = store.proposals(tenant).await?.into_iter().map(|proposal| Proposed {
            own: proposal.facts.token == caller.id(),
            proposal: proposal.into(),
        });
        Ok(Self {
            active: activation::standing(admin, caller).await?,
            proposals: proposals.collect(),
            shadow: store.shadow(tenant).await?.map(ShadowView::from),
            changes: listed(changes, &versions),
            names: Names::of(&versions),
            versions,
        })
    }
}

/// With what each can be gone back to: the last one decides, what was revoked stays so, and what nobody signed does not decide.
fn listed(changes: Vec<Activation>, versions: &[VersionView]) -> Vec<Change> {
    let out = |digest: &str| {
        let mut same = versions.iter().filter(|version| version.digest == digest);
        same.any(|version| version.state == "revoked" || version.needs_signature)
    };
    let changes = changes.into_iter().enumerate().map(|(place, change)| {
        let view = ActivationView::from(change);
        let back = place > 0 && view.policy.as_deref().is_some_and(|digest| !out(digest));
        Change { view, back }
    });
    changes.collect()
}

async fn unsettled(admin: &Admin, member: &Member) -> Result<Vec<Unsettled>, PageError> {
    let (store, tenant) = (admin.registry.store(), member.caller.tenant());
    let mut found = Vec::new();
    for record in store.unsettled_links(tenant, UNSETTLED).await? {
        let since = store.link_changed_at(tenant, &record.id).await?;
        found.push(Unsettled {
            stage: record.stage.name(),
            since: since.map(rfc3339).unwrap_or_default(),
            id: record.id.0,
        });
    }
    Ok(found)
}

impl Names {
    fn of(versions: &[VersionView]) -> Self {
        let called = |version: &VersionView| (version.digest.clone(), format!("{} {}", version.name, version.version));
        let mut names: BTreeMap<_, _> = versions.iter().map(called).collect();
        for shipped in conjoin_policies::shipped() {
            let digest = PolicyDigest::of(shipped.component).to_string();
            names
                .entry(digest)
                .or_insert_with(|| format!("{} (ships with this host)", shipped.name));
        }
        Self(names)
    }

    /// What a version calls itself, or the beginning of its digest.
    fn name(&self, digest: &str) -> String {
        let known = self.0.get(digest).map(String::as_str);
        text::name(known.unwrap_or_else(|| short(digest)))
    }
}
