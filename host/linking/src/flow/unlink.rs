//! From the wish to separate an identity to its preview.

use conjoin_auth0::{Identity, IdentityId, UserId};

use super::{Linking, random_hex};
use crate::candidates::Session;
use crate::error::LinkError;
use crate::plan::KnownIdentity;
use crate::record::{LinkId, Record, Stage};
use crate::unlink::UnlinkPlan;

impl Linking {
    /// Plans the separation of an identity of the signed-in account.
    ///
    /// # Errors
    /// [`LinkError::Proof`] when the session's own sign-in is too old for it, or shows no second factor where one is demanded; [`LinkError::PrimaryIdentity`], [`LinkError::NotLinked`].
    pub async fn request_unlink(&self, session: &Session, identity: &IdentityId) -> Result<Record, LinkError> {
        self.check_not_paused()?;
        self.check_proof(&session.proof).await?;
        let known = KnownIdentity {
            provider: identity.provider.clone(),
            user_id: identity.user_id.clone(),
            connection: String::new(),
        };
        let plan = self.unlink_plan(session, &known).await?;
        let separated = plan.separated().parse().ok();
        let accounts: Vec<&UserId> = std::iter::once(&plan.primary.user_id)
            .chain(separated.as_ref())
            .collect();
        self.check_settled(&accounts).await?;
        self.begin(session, LinkId(random_hex()), Stage::UnlinkPlanned(Box::new(plan)))
            .await
    }

    pub(super) async fn unlink_plan(
        &self,
        session: &Session,
        identity: &KnownIdentity,
    ) -> Result<UnlinkPlan, LinkError> {
        let user = self.management.user(&session.subject).await?;
        let is_held = |held: &Identity| held.provider == identity.provider && held.user_id == identity.user_id;
        // Before the journal is asked: what a form names can be any text.
        if !user.identities.iter().any(is_held) {
            return Err(LinkError::NotLinked);
        }
        let link = self
            .journal
            .link_that_joined(&self.tenant.name, &user.user_id, identity)
            .await?;
        let identity = IdentityId {
            provider: identity.provider.clone(),
            user_id: identity.user_id.clone(),
        };
        UnlinkPlan::build(&self.tenant.name, &user, &identity, link.as_ref())
    }
}
