//! What is remembered of somebody whom the Action sent here, until they go back.

use conjoin_linking::candidates::{BegunBy, Session};
use conjoin_linking::clock::now;
use conjoin_linking::proof::Proof;
use conjoin_linking::record::{LIFETIME, LinkId, Record};
use serde::{Deserialize, Serialize};

use super::token::{Arriving, MAX_LIFETIME};
use crate::app::App;
use crate::web::error::WebError;
use crate::web::visitor::{Visitor, random};

/// How long it lasts, in seconds: longer than any token that begins one, and than the link.
const VISIT_LIFETIME: i64 = LIFETIME + MAX_LIFETIME;

/// A visit in the browser that it belongs to. There is no other way to have one, so its handlers cannot be reached from another browser.
pub struct Visit {
    /// Names it in addresses and forms.
    pub id: String,
    /// The browser.
    pub visitor: Visitor,
    /// The rest.
    pub kept: Kept,
}

/// What is kept of a visit, sealed.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// The browser's handle: [`crate::web::visitor::Remembered::handle`].
    browser: String,
    /// The tenant's, of the sign-in that waits.
    pub state: String,
    /// That sign-in.
    pub proof: Proof,
    /// For the sign-in form of the other account.
    pub email: Option<String>,
    /// The link that is under way, once an account is chosen.
    pub link: Option<LinkId>,
}

impl Visit {
    /// Begins a visit; none when the session token has begun one before.
    ///
    /// # Errors
    /// When it, or the browser's session, cannot be kept.
    pub async fn begin(
        app: &App,
        visitor: Visitor,
        token: &str,
        state: String,
        arriving: Arriving,
    ) -> Result<Option<Self>, WebError> {
        let id = random();
        let kept = Kept {
            browser: visitor.remembered.handle.clone(),
            state,
            proof: arriving.proof,
            email: arriving.email,
            link: None,
        };
        let expires_at = now().max(arriving.expires_at).saturating_add(VISIT_LIFETIME);
        let tenant = &app.linking.tenant.name;
        if !app.store.begin_visit(tenant, &id, token, &kept, expires_at).await? {
            return Ok(None);
        }
        visitor.save(app).await?;
        Ok(Some(Self { id, visitor, kept }))
    }

    /// The visit of this id, in the browser that began it.
    ///
    /// # Errors
    /// [`WebError::StrayCallback`] when it is over, or another browser's.
    pub async fn find(app: &App, visitor: Visitor, id: String) -> Result<Self, WebError> {
        let kept: Option<Kept> = app.store.visit(&app.linking.tenant.name, &id).await?;
        let kept = kept
            .filter(|kept| kept.browser == visitor.remembered.handle)
            .ok_or(WebError::StrayCallback)?;
        Ok(Self { id, visitor, kept })
    }

    /// Notes which link is under way.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn follow(&mut self, app: &App, link: LinkId) -> Result<(), WebError> {
        self.kept.link = Some(link);
        let tenant = &app.linking.tenant.name;
        Ok(app.store.change_visit(tenant, &self.id, &self.kept).await?)
    }

    /// The visit in the domain's terms. Its handle is no browser session's: what is begun here cannot be confirmed on the ordinary pages, nor the other way round.
    pub fn session(&self) -> Session {
        Session {
            handle: format!("visit:{}", self.id),
            subject: self.kept.proof.subject.clone(),
            organization: self.kept.proof.organization.clone(),
            locale: self.visitor.locale.clone(),
            proof: self.kept.proof.clone(),
            begun_by: BegunBy::Action,
        }
    }

    /// The link that is under way, as it stands.
    ///
    /// # Errors
    /// [`conjoin_linking::LinkError::NoSuchLink`] when there is none.
    pub async fn record(&self, app: &App) -> Result<Record, WebError> {
        let link = self.kept.link.as_ref().ok_or(WebError::StrayCallback)?;
        Ok(app.linking.record(&self.session(), link).await?)
    }

    /// An error whose page leads back to the sign-in.
    pub fn failed(&self, error: impl Into<WebError>) -> WebError {
        WebError::OnVisit {
            visit: self.id.clone(),
            error: Box::new(error.into()),
        }
    }
}
