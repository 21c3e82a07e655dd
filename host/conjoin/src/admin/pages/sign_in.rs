//! Where one signs in; with an admin token, and out.

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use super::HOME;
use super::auth0::Here;
use super::error::{PageError, html};
use super::form::{Nothing, Signed};
use super::session::Visitor;
use super::shell::Shell;
use crate::admin::Admin;
use crate::admin::caller::{Caller, Unrecognised};
use crate::admin::problem::Problem;
use crate::app::App;

/// Where one signs in.
#[derive(Template)]
#[template(path = "admin_sign_in.html")]
struct SignIn<'a> {
    shell: Shell,
    csrf_token: &'a str,
    /// Whether the tenant's own Auth0 is a way in.
    auth0: bool,
    /// The token that was shown is none.
    refused: bool,
}

/// What is typed.
#[derive(Deserialize)]
pub(super) struct Shown {
    csrf_token: String,
    token: String,
}

/// The page for somebody who is not signed in.
pub(super) async fn page(
    admin: &Admin,
    visitor: &Visitor,
    team: Option<&Here>,
    refused: bool,
) -> Result<Response, PageError> {
    visitor.keep().await?;
    html(&SignIn {
        shell: Shell::nobody(admin),
        csrf_token: visitor.csrf_token(),
        auth0: team.is_some(),
        refused,
    })
}

/// `POST /admin/sign-in`.
pub(super) async fn act(
    State(admin): State<Admin>,
    asked: Option<Extension<App>>,
    team: Option<Here>,
    visitor: Visitor,
    form: Result<Form<Shown>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(form) = form.map_err(Problem::from)?;
    visitor.sent(&form.csrf_token)?;
    let asked = asked.as_ref().map(|Extension(app)| app);
    match Caller::showing(&admin, Some(form.token.trim()), asked).await {
        Ok(caller) => {
            visitor.sign_in_with_token(&caller).await?;
            Ok(Redirect::to(HOME).into_response())
        }
        Err(Unrecognised::Nobody) => {
            let page = page(&admin, &visitor, team.as_ref(), true).await?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /admin/sign-out`.
pub(super) async fn out(form: Signed<Nothing>) -> Result<Redirect, PageError> {
    form.member.sign_out().await?;
    Ok(Redirect::to(HOME))
}
