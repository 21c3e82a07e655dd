//! The front page, and the account that is signed in.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_auth0::{Identity, ManagementError, User};
use conjoin_linking::LinkError;
use conjoin_linking::candidates::Offer;
use conjoin_linking::record::{LinkId, Stage};
use conjoin_linking::tenant::Tenant;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::pages::{Account, AccountView, Home, LinkedIdentity, Notice, OfferView, OffersView};
use crate::web::error::{WebError, html};
use crate::web::visitor::{Member, Visitor};

/// What brought the browser to `/user`.
#[derive(Deserialize)]
pub struct Arrival {
    /// `linked` or `unlinked`, after one.
    done: Option<Done>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Linked,
    Unlinked,
}

/// `GET /`.
pub async fn home(app: App, visitor: Visitor) -> Result<Response, WebError> {
    if visitor.remembered.signed_in.is_some() {
        return Ok(Redirect::to("/user").into_response());
    }
    html(&Home {
        shell: visitor.shell(&app),
    })
}

/// `GET /user`.
pub async fn user(
    app: App,
    member: Member,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Result<Response, WebError> {
    let look = match app.linking.look(&member.linking()).await {
        Err(error @ LinkError::Tenant(ManagementError::NotFound)) => {
            // Joined into another account by this very session, which has not seen the end yet: there it learns which account it is now.
            if let Some(id) = own_link(&app, &member).await? {
                return Ok(Redirect::to(&format!("/link/review/{}", id.0)).into_response());
            }
            // Joined by somebody else, or deleted: a session of nobody must not come to life again with an account of the same id.
            member.visitor.sign_out(&app).await?;
            return Err(error.into());
        }
        look => look?,
    };
    let offers = offers(&member, &look.user, look.offers)?;
    let notice = arrival.ok().and_then(|arrival| arrival.0.done).map(|done| match done {
        Done::Linked => Notice::info("Your accounts are linked. Both ways to sign in now lead to this account."),
        Done::Unlinked => Notice::info("The accounts are separate again."),
    });
    html(&Account {
        shell: member.visitor.shell(&app),
        user: account_view(&app.linking.tenant, &look.user),
        offers,
        linked: linked(&app.linking.tenant, &look.user),
        notice,
    })
}

/// The newest link of the session's account, when this session asked for it and it is confirmed.
async fn own_link(app: &App, member: &Member) -> Result<Option<LinkId>, WebError> {
    let session = member.linking();
    let newest = app
        .store
        .links_of(&app.linking.tenant.name, &session.subject, 1)
        .await?;
    let own = newest.into_iter().find(|record| record.session == session.handle);
    let joins = own.filter(|record| matches!(record.stage, Stage::Done(_)) || record.stage.is_unsettled());
    Ok(joins.map(|record| record.id))
}

/// A tenant that does not answer is an error; a policy that fails takes the offers away, and the page stays.
fn offers(member: &Member, user: &User, offers: Result<Vec<Offer>, LinkError>) -> Result<OffersView, WebError> {
    match offers {
        _ if !user.email_verified || user.email.is_none() => Ok(OffersView::Unverified),
        Ok(offers) if offers.is_empty() => Ok(OffersView::None),
        Ok(offers) => {
            let view = |offer: Offer| OfferView {
                token: member.visitor.offer_token(&offer.user_id),
                label: offer.label,
                reason: offer.reason,
            };
            Ok(OffersView::Offers(offers.into_iter().map(view).collect()))
        }
        // The policy's no reads like an empty list: what it knows of unproven accounts stays with it.
        Err(LinkError::RefusedByPolicy(_)) => Ok(OffersView::None),
        Err(error @ (LinkError::Tenant(_) | LinkError::Journal(_))) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "nothing could be offered");
            Ok(OffersView::Unavailable)
        }
    }
}

fn account_view(tenant: &Tenant, user: &User) -> AccountView {
    let connection = user.own_identity().map_or("", |identity| identity.connection.as_str());
    AccountView {
        user_id: user.user_id.to_string(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        name: text(&user.profile, "name"),
        connection_label: tenant.label(connection).to_owned(),
        user_metadata: pretty(&user.user_metadata),
        app_metadata: pretty(&user.app_metadata),
    }
}

fn linked(tenant: &Tenant, user: &User) -> Vec<LinkedIdentity> {
    let view = |identity: &Identity| LinkedIdentity {
        provider: identity.provider.clone(),
        user_id: identity.user_id.clone(),
        connection_label: tenant.label(&identity.connection).to_owned(),
        is_primary: identity.provider == user.user_id.provider() && identity.user_id == user.user_id.local_id(),
        email: text(&identity.profile_data, "email"),
    };
    user.identities.iter().map(view).collect()
}

fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn pretty(bag: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(bag).unwrap_or_default()
}
