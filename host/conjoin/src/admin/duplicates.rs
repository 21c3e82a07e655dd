//! Who has several accounts: a report, made in the background from an export of the tenant's users.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use conjoin_linking::contract::rfc3339;
use conjoin_linking::duplicates::{Combination, Duplicates, Person};
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use super::caller::{Caller, Scope};
use super::problem::{Problem, ProblemDetails};
use crate::store::{DuplicatesReport, ReportState};

/// The last report.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportView {
    /// `being-made`, `made` or `failed`.
    pub(super) state: &'static str,
    /// RFC 3339.
    pub(super) began_at: String,
    /// RFC 3339; null while it is made.
    pub(super) ended_at: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
    /// What it found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<FoundView>,
}

/// What a report found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundView {
    /// Accounts that the export had.
    pub(super) users: u64,
    /// Lines of it that are no account.
    pub(super) unreadable: u64,
    /// Accounts left out: without an address that the tenant has verified.
    pub(super) unverified: u64,
    /// Accounts left out: of connections that this tenant does not link.
    pub(super) untrusted: u64,
    /// Accounts left out: after two million addresses no further ones are told apart.
    pub(super) not_counted: u64,
    /// People, by address, with more than one of the remaining accounts.
    pub(super) people: u64,
    /// Their accounts.
    pub(super) accounts: u64,
    /// Over which connections, the most frequent first, at most 50.
    pub(super) combinations: Vec<CombinationView>,
    /// Some of these people, in the order of their addresses, at most 500.
    pub(super) listed: Vec<PersonView>,
}

/// How many people have accounts at just these connections.
#[derive(Serialize, ToSchema)]
pub(super) struct CombinationView {
    /// One for each account.
    pub(super) connections: Vec<String>,
    /// How many people.
    pub(super) people: u64,
}

/// Whoever has several accounts.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonView {
    /// In lower case.
    pub(super) email: String,
    /// Their accounts.
    pub(super) accounts: Vec<AccountView>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountView {
    /// Its id.
    pub(super) user_id: String,
    /// Its connection.
    pub(super) connection: String,
}

/// The last report. It names people: personal data.
#[utoipa::path(get, path = "/admin/v1/duplicates", operation_id = "showDuplicates", responses((status = 200, body = ReportView), (status = 403, response = ProblemDetails), (status = 404, response = ProblemDetails)))]
pub(super) async fn show(State(admin): State<Admin>, caller: Caller) -> Result<Json<ReportView>, Problem> {
    caller.needs(Scope::AccountsRead)?;
    let report = admin.registry.store().duplicates(caller.tenant()).await?;
    Ok(Json(
        report
            .ok_or_else(|| Problem::none_yet("there is no report yet; `POST` here begins one"))?
            .into(),
    ))
}

/// Begins one, in the place of the last. The tenant exports its users for it, which takes minutes; nothing is offered or linked.
#[utoipa::path(post, path = "/admin/v1/duplicates", operation_id = "reportDuplicates", responses((status = 202, description = "It is being made"), (status = 403, response = ProblemDetails), (status = 409, response = ProblemDetails)))]
pub(super) async fn begin(State(admin): State<Admin>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.needs(Scope::AccountsRead)?;
    admin.accounts.begin_report(caller.tenant(), &caller.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}

impl From<DuplicatesReport> for ReportView {
    fn from(report: DuplicatesReport) -> Self {
        let (state, found, problem) = match report.state {
            ReportState::BeingMade => ("being-made", None, None),
            ReportState::Made(found) => ("made", Some(found.into()), None),
            ReportState::Failed(problem) => ("failed", None, Some(problem)),
        };
        Self {
            state,
            began_at: rfc3339(report.began_at),
            ended_at: report.ended_at.map(rfc3339),
            problem,
            found,
        }
    }
}

impl From<Duplicates> for FoundView {
    fn from(found: Duplicates) -> Self {
        Self {
            users: found.users,
            unreadable: found.unreadable,
            unverified: found.unverified,
            untrusted: found.untrusted,
            not_counted: found.not_counted,
            people: found.people,
            accounts: found.accounts,
            combinations: found.combinations.into_iter().map(CombinationView::from).collect(),
            listed: found.listed.into_iter().map(PersonView::from).collect(),
        }
    }
}

impl From<Combination> for CombinationView {
    fn from(combination: Combination) -> Self {
        Self {
            connections: combination.connections,
            people: combination.people,
        }
    }
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        let accounts = person.accounts.into_iter().map(|account| AccountView {
            user_id: account.user_id.to_string(),
            connection: account.connection,
        });
        Self {
            email: person.email,
            accounts: accounts.collect(),
        }
    }
}
