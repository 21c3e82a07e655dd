//! `/admin/duplicates`: who has several accounts.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};

use super::error::{PageError, html};
use super::form::{Nothing, Signed};
use super::session::Member;
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::Scope;
use crate::admin::duplicates::ReportView;

/// The page.
#[derive(Template)]
#[template(path = "admin_duplicates.html")]
struct Duplicates {
    shell: Shell,
    said: Option<String>,
    report: Option<ReportView>,
}

/// Shows the last report.
pub(super) async fn show(State(admin): State<Admin>, member: Member) -> Result<Response, PageError> {
    member.caller.needs(Scope::AccountsRead)?;
    let report = admin.registry.store().duplicates(member.caller.tenant()).await?;
    html(&Duplicates {
        said: member.said().await?,
        shell: Shell::of(&admin, &member),
        report: report.map(ReportView::from),
    })
}

/// `POST /admin/duplicates`: begins one.
pub(super) async fn begin(State(admin): State<Admin>, form: Signed<Nothing>) -> Result<Redirect, PageError> {
    let caller = &form.member.caller;
    caller.needs(Scope::AccountsRead)?;
    admin.accounts.begin_report(caller.tenant(), &caller.actor()).await?;
    Ok(Redirect::to("/admin/duplicates"))
}
