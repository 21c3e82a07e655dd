//! Texts about this service and the tenant: what failed, what was in the way, what is not there.

use super::{MessageView, NOTHING_LOST};

impl MessageView {
    /// It took too long.
    pub fn expired() -> Self {
        Self::new(410, "expired", "This took too long").say(
            "A link has to be confirmed within half an hour of asking for it.",
            "Go back to your account and start again.",
        )
    }

    /// An account or the rules changed after the preview.
    pub fn changed() -> Self {
        Self::new(409, "changed", "Something changed meanwhile").say(
            "One of the accounts, or the rules of this service, changed after you looked at the preview. What you saw is no longer what would happen.",
            "Look at the new preview before you confirm.",
        )
    }

    /// The version of the policy that the link began with is gone.
    pub fn policy_gone() -> Self {
        Self::new(409, "policy-gone", "The rules changed meanwhile").say(
            "The rules of this service changed after you began.",
            "Go back to your account and start again.",
        )
    }

    /// The tenant's team has paused linking.
    pub fn paused() -> Self {
        Self::new(503, "paused", "Combining accounts is paused").say(
            "The people who run this service have paused the combining of accounts for now.",
            "Nothing is wrong with your accounts: sign in as you always do, and come back later.",
        )
    }

    /// The policy gave no answer.
    pub fn policy_failed() -> Self {
        Self::new(500, "policy-failed", "The accounts could not be combined").say(
            "The rules that decide how two accounts are combined did not give an answer. The people who run this service can see why.",
            "Try again later. If it happens again, tell the people who run this service.",
        )
    }

    /// The policy's answer goes beyond what any policy may do.
    pub fn not_allowed() -> Self {
        Self::new(500, "not-allowed", "The accounts could not be combined safely").say(
            "The rules of this service would have lost or made up some of what is stored with the accounts, so we stopped. The people who run this service can see why.",
            "Trying again does not help until the rules are corrected. Tell the people who run this service.",
        )
    }

    /// Another link or unlink holds one of the accounts.
    pub fn busy() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(409, "busy", "One moment, please").say(
                "One of these accounts is being linked or unlinked right now, perhaps in another window. This attempt did nothing.",
                "Wait a minute, then look at your account.",
            )
        }
    }

    /// Another window or host moved the same link on.
    pub fn moved_on() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(409, "moved-on", "This went on elsewhere").say(
                "The same link or unlink was carried on in another window.",
                "Look at your account to see how it ended.",
            )
        }
    }

    /// An earlier link or unlink of one of the accounts is not settled.
    pub fn unsettled() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(409, "unsettled", "Something earlier is not finished yet").say(
                "An earlier link or unlink of one of these accounts has not come to its end, because the sign-in service gave no clear answer. We keep trying. Until it is clear, nothing else is done with these accounts.",
                "Look at your account in a few minutes. If it stays like this, tell the people who run this service.",
            )
        }
    }

    /// The tenant cannot be reached, or gives no usable answer.
    pub fn tenant_unreachable() -> Self {
        Self::new(503, "tenant-unreachable", "The sign-in service does not answer").say(
            "The service that keeps your accounts could not be reached.",
            "Try again in a few minutes.",
        )
    }

    /// The tenant answers no more requests for now.
    pub fn tenant_rate_limited() -> Self {
        Self::new(503, "tenant-rate-limited", "The sign-in service is busy").say(
            "The service that keeps your accounts answers no more requests for the moment.",
            "Try again in a few minutes.",
        )
    }

    /// The tenant said no to this service's own request.
    pub fn tenant_refused_request() -> Self {
        Self::new(502, "tenant-refused-request", "The sign-in service said no").say(
            "The service that keeps your accounts did not accept a request of ours.",
            "Try again later. If it happens again, tell the people who run this service.",
        )
    }

    /// Our own storage failed.
    pub fn storage_failed() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(503, "storage-failed", "This cannot be done right now").say(
                "We could not read or write our own records, and without them we do nothing.",
                "Try again in a few minutes.",
            )
        }
    }

    /// No such page, or no such link of this session: nobody can tell the two apart.
    pub fn not_found() -> Self {
        Self::new(404, "not-found", "There is nothing here").say(
            "This page does not exist, or what it showed belongs to another sign-in.",
            "Go back to your account.",
        )
    }

    /// A request that no page of ours sends.
    pub fn bad_request() -> Self {
        Self::new(400, "bad-request", "This request is not complete").say(
            "The request that reached us lacks something, or has something that does not belong there.",
            "Go back to your account and start again from there.",
        )
    }

    /// A form without this session's token: sent from elsewhere, or from a page of an earlier sign-in.
    pub fn forged_form() -> Self {
        Self::new(403, "forged-form", "This form is out of date").say(
            "The form was sent from a page that is not, or no longer, part of your sign-in.",
            "Go back to your account, load it again and repeat what you were about to do.",
        )
    }

    /// Something broke that no other text is for.
    pub fn internal() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(500, "internal", "Something went wrong here").say(
                "We made a mistake that we did not foresee.",
                "Try again later. If it happens again, tell the people who run this service.",
            )
        }
    }
}
