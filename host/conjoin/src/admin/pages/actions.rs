//! What is done on the pages to what decides. Each ends at the overview, which says what was done.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use super::HOME;
use super::error::PageError;
use super::form::{Nothing, Signed, bad, number, settings};
use super::session::Member;
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::admin::views::short;
use crate::pages::text;
use crate::registry::{Activated, Wanted};

/// A version, and what it is to be set to.
#[derive(Deserialize)]
pub(super) struct Chosen {
    pub(super) policy: String,
    /// JSON; empty for none.
    #[serde(default)]
    pub(super) settings: String,
    /// The number of the change that the page showed.
    #[serde(default)]
    pub(super) seen: String,
}

/// Where to go back to.
#[derive(Deserialize)]
pub(super) struct Back {
    to: String,
    seen: String,
}

/// What to take back.
#[derive(Deserialize)]
pub(super) struct Revoked {
    policy: String,
    /// Only there when the box is ticked.
    #[serde(default)]
    confirm: String,
}

/// A proposal.
#[derive(Deserialize)]
pub(super) struct Proposed {
    id: String,
}

/// `POST /admin/activate`.
pub(super) async fn activate(State(admin): State<Admin>, form: Signed<Chosen>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let activated = activated(&admin, &member, &fields).await;
    let said = activated.map_err(|error| error.typed("/admin/activate", &fields))?;
    done(&member, said).await
}

async fn activated(admin: &Admin, member: &Member, chosen: &Chosen) -> Result<String, PageError> {
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    let wanted = Wanted {
        policy: chosen.policy.clone(),
        settings: settings(&chosen.settings)?,
        expected: number(&chosen.seen)?,
    };
    let actor = caller.actor();
    let activated = admin.registry.activate(caller.tenant(), &actor, caller.id(), wanted);
    let named = text::name(short(&chosen.policy));
    Ok(match activated.await? {
        Activated::Now(change) => format!("{named} decides now (change {}).", change.number),
        Activated::Proposed(_) => {
            format!(
                "{named} is proposed. It decides once somebody else, with a token or an account of their own, approves it."
            )
        }
    })
}

/// `POST /admin/rollback`.
pub(super) async fn roll_back(State(admin): State<Admin>, form: Signed<Back>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    let (to, seen) = (number(&fields.to)?, number(&fields.seen)?);
    let change = admin
        .registry
        .roll_back(caller.tenant(), &caller.actor(), Some(seen), Some(to))
        .await?;
    done(
        &member,
        format!(
            "What decided after change {to} decides again (change {}).",
            change.number
        ),
    )
    .await
}

/// `POST /admin/revoke`.
pub(super) async fn revoke(State(admin): State<Admin>, form: Signed<Revoked>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    if fields.confirm != "yes" {
        return Err(bad("a version is revoked for ever: tick the box to confirm it"));
    }
    admin
        .registry
        .revoke(caller.tenant(), &caller.actor(), &fields.policy)
        .await?;
    done(&member, format!("{} is revoked.", text::name(short(&fields.policy)))).await
}

/// `POST /admin/shadow`.
pub(super) async fn shadow(State(admin): State<Admin>, form: Signed<Chosen>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let tried = tried(&admin, &member, &fields).await;
    let said = tried.map_err(|error| error.typed("/admin/shadow", &fields))?;
    done(&member, said).await
}

async fn tried(admin: &Admin, member: &Member, chosen: &Chosen) -> Result<String, PageError> {
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    let wanted = Wanted {
        policy: chosen.policy.clone(),
        settings: settings(&chosen.settings)?,
        expected: 0,
    };
    admin.registry.try_out(caller.tenant(), &caller.actor(), wanted).await?;
    let named = text::name(short(&chosen.policy));
    Ok(format!("{named} is asked in shadow, and decides nothing."))
}

/// `POST /admin/shadow/stop`.
pub(super) async fn stop_shadow(State(admin): State<Admin>, form: Signed<Nothing>) -> Result<Redirect, PageError> {
    let member = form.member;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    admin.registry.stop_trying(caller.tenant(), &caller.actor()).await?;
    done(&member, "The version in shadow is not asked any more.".to_owned()).await
}

/// `POST /admin/approve`.
pub(super) async fn approve(State(admin): State<Admin>, form: Signed<Proposed>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    let change = admin
        .registry
        .approve(caller.tenant(), &caller.actor(), caller.id(), &fields.id)
        .await?;
    done(&member, format!("Approved: it decides now (change {}).", change.number)).await
}

/// `POST /admin/withdraw`.
pub(super) async fn withdraw(State(admin): State<Admin>, form: Signed<Proposed>) -> Result<Redirect, PageError> {
    let Signed { member, fields } = form;
    let caller = &member.caller;
    caller.needs(Scope::PoliciesActivate)?;
    admin
        .registry
        .withdraw(caller.tenant(), &caller.actor(), &fields.id)
        .await?;
    done(&member, "The proposal is withdrawn.".to_owned()).await
}

async fn done(member: &Member, said: String) -> Result<Redirect, PageError> {
    member.say(said).await?;
    Ok(Redirect::to(HOME))
}
