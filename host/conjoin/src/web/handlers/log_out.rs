//! Signing out: a GET shows a button, since following a link must not end anything.

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::pages::LogOut;
use crate::web::error::{WebError, html};
use crate::web::form::SignedForm;
use crate::web::visitor::Member;

/// The form has no fields but the token.
#[derive(Deserialize)]
pub struct Nothing {}

/// `GET /logout`.
pub async fn ask(app: App, member: Option<Member>) -> Result<Response, WebError> {
    match member {
        Some(member) => html(&LogOut {
            shell: member.visitor.shell(&app),
        }),
        None => Ok(Redirect::to("/").into_response()),
    }
}

/// `POST /logout`: ends the session here, forgets what was under way, then ends the tenant's.
pub async fn act(app: App, form: SignedForm<Nothing>) -> Result<Response, WebError> {
    let member = form.member;
    app.store
        .forget_sign_ins(&app.linking.tenant.name, &member.visitor.remembered.handle)
        .await?;
    if !member.visitor.sign_out(&app).await? {
        // A sign-in that was under way in another tab finished first. The browser has its new cookie by now or soon: ask once more.
        return Ok(Redirect::to("/logout").into_response());
    }
    match app
        .relying_party
        .logout_url(&app.addresses.base, Some(&member.signed_in.id_token))
        .await
    {
        Ok(url) => Ok(Redirect::to(url.as_str()).into_response()),
        Err(error) => {
            // Here the person is signed out; the tenant's own session ends with its time.
            tracing::warn!(%error, "the tenant's session could not be ended");
            Ok(Redirect::to("/").into_response())
        }
    }
}
