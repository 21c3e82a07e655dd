//! What every admin page has around its own content.

use std::sync::{Arc, OnceLock};

use super::session::Member;
use crate::admin::Admin;
use crate::admin::caller::Scope;

/// Around every page.
pub(super) struct Shell {
    /// Who is signed in.
    pub(super) who: Option<Who>,
    /// Whether the tenant is simulated: pages say so.
    pub(super) dev: bool,
}

/// Who is signed in.
#[derive(Clone)]
pub(super) struct Who {
    /// What the token is called, or the account's id.
    pub(super) name: String,
    /// The tenant whose policies these are.
    pub(super) tenant: String,
    /// Put into every form.
    pub(super) csrf_token: String,
    /// What is offered to them.
    pub(super) may: May,
}

/// What they may do, by their scopes.
#[derive(Clone, Copy)]
pub(super) struct May {
    /// `policies:read`.
    pub(super) read: bool,
    /// `policies:upload`.
    pub(super) upload: bool,
    /// `policies:activate`.
    pub(super) activate: bool,
    /// `decisions:read`.
    pub(super) decisions: bool,
    /// `accounts:read`.
    pub(super) accounts: bool,
}

/// Who turned out to be signed in while a request was answered; shared with what writes the pages of errors.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<OnceLock<Who>>);

impl Shell {
    /// Of somebody who is signed in.
    pub(super) fn of(admin: &Admin, member: &Member) -> Self {
        Self {
            who: Some(Who::of(member)),
            dev: admin.dev,
        }
    }

    /// Where nobody is signed in.
    pub(super) fn nobody(admin: &Admin) -> Self {
        Self {
            who: None,
            dev: admin.dev,
        }
    }

    /// Put into every form; empty where nobody is signed in.
    pub(super) fn csrf_token(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.csrf_token)
    }
}

impl Seen {
    /// Notes that it is this one.
    pub(super) fn note(&self, member: &Member) {
        self.0.get_or_init(|| Who::of(member));
    }

    /// What an error's page has around it.
    pub(super) fn shell(&self, admin: &Admin) -> Shell {
        Shell {
            who: self.0.get().cloned(),
            dev: admin.dev,
        }
    }
}

impl Who {
    fn of(member: &Member) -> Self {
        let caller = &member.caller;
        Self {
            name: caller.name().to_owned(),
            tenant: caller.tenant().0.clone(),
            csrf_token: member.csrf_token().to_owned(),
            may: May::of(member),
        }
    }
}

impl May {
    /// By the scopes that they have.
    pub(super) fn of(member: &Member) -> Self {
        let may = |scope| member.caller.may(scope);
        Self {
            read: may(Scope::PoliciesRead),
            upload: may(Scope::PoliciesUpload),
            activate: may(Scope::PoliciesActivate),
            decisions: may(Scope::DecisionsRead),
            accounts: may(Scope::AccountsRead),
        }
    }
}
