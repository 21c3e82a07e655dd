//! Texts about sign-ins that do not prove what they should.

use super::{MessageView, NOTHING_LOST, TO_SIGN_IN};

impl MessageView {
    /// Somebody signed in, but not to the account that was chosen.
    pub fn wrong_account() -> Self {
        Self::new(403, "wrong-account", "That was another account").say(
            "You signed in, but not to the account that you chose to link. You are still signed in here as before.",
            "Go back, choose the account again, and sign in to that one. If the sign-in page picks an account by itself, choose “use another account” there.",
        )
    }

    /// The person cancelled at the tenant.
    pub fn cancelled() -> Self {
        // The tenant says the same of a person who cancels, of a blocked account, and of one outside an organization.
        Self::new(200, "cancelled", "You did not sign in").say(
            "The sign-in was cancelled, or the sign-in service does not let that account in.",
            "You can go on using your account, or try again whenever you like.",
        )
    }

    /// The tenant answered the sign-in with an error. Its text is not shown: anyone can write one into the address.
    pub fn tenant_refused() -> Self {
        Self::new(403, "tenant-refused", "The sign-in did not work").say(
            "The sign-in service answered with an error instead of signing you in.",
            "Try again. If it happens again, tell the people who run this service.",
        )
    }

    /// An account's address is missing or not verified.
    pub fn unverified() -> Self {
        Self::new(403, "unverified", "An e-mail address is not verified").say(
            "Accounts can be linked only when the e-mail address of both is verified: anyone could sign up with an address that is not theirs.",
            "Open the verification message that was sent to you, or ask for a new one. Then sign in again.",
        )
    }

    /// The two accounts' addresses are not, or no longer, the same.
    pub fn email_differs() -> Self {
        Self::new(403, "email-differs", "The e-mail addresses are not the same").say(
            "The two accounts no longer have the same e-mail address, so they cannot be linked.",
            "If both are yours, give them the same address and verify it. Then try again.",
        )
    }

    /// A good sign-in, too long ago by now.
    pub fn proof_too_old() -> Self {
        Self {
            action: TO_SIGN_IN,
            ..Self::new(403, "proof-too-old", "Please sign in again").say(
                "You signed in some time ago. Linking and unlinking need a sign-in of the last few minutes, so that nobody can do it at a computer you left.",
                "Sign in again, then repeat what you were about to do.",
            )
        }
    }

    /// A good sign-in that has served for an unlink.
    pub fn proof_spent() -> Self {
        Self {
            action: TO_SIGN_IN,
            ..Self::new(403, "proof-spent", "Please sign in again").say(
                "A way to sign in to this account was separated since you signed in. We cannot tell which way you came by, so what you do next needs a new sign-in.",
                "Sign in again, then repeat what you were about to do.",
            )
        }
    }

    /// The tenant did not say when the sign-in happened.
    pub fn no_auth_time() -> Self {
        Self::new(403, "no-auth-time", "We cannot tell when you signed in").say(
            "The sign-in service did not say when you signed in, so the sign-in cannot be used to link accounts.",
            "Try again. If it happens again, tell the people who run this service.",
        )
    }

    /// The tenant's single sign-on answered without asking.
    pub fn not_fresh() -> Self {
        Self::new(403, "not-fresh", "You were not asked to sign in").say(
            "Linking needs a new sign-in to the other account. This time an older sign-in was used instead.",
            "Try again, and enter your password or confirm with your provider when you are asked to.",
        )
    }

    /// No second factor where one is demanded.
    pub fn no_second_factor() -> Self {
        Self::new(403, "no-second-factor", "A second step is needed").say(
            "Linking needs a sign-in with a second step, such as a code from your phone. This sign-in had none.",
            "Set up a second step for the account, then try again.",
        )
    }

    /// The sign-in is of another organization than the session.
    pub fn other_organization() -> Self {
        Self::new(403, "other-organization", "That was another organization").say(
            "You signed in to another organization than the one you are working in here.",
            "Try again, and choose the same organization as for your first sign-in.",
        )
    }

    /// A sign-in came back that was not asked for in this session, or was used already, or took too long.
    pub fn stray_sign_in() -> Self {
        Self {
            action: TO_SIGN_IN,
            ..Self::new(410, "stray-sign-in", "This sign-in was not expected").say(
                "A sign-in came back that is not, or no longer, under way in this browser. It may have taken too long, or been used before.",
                "Start again, and finish in the same browser.",
            )
        }
    }

    /// A repeated sign-in of the person themselves was to another account.
    pub fn other_person() -> Self {
        Self::new(403, "other-person", "That was another account").say(
            "You were asked to sign in again to the account you are using here, and signed in to another one. You are still signed in here as before.",
            "Go back and sign in to the account you are using. To change accounts, log out first.",
        )
    }

    /// The session has had another name for a moment: this tab asked before its browser knew.
    pub fn another_tab() -> Self {
        Self {
            nothing_lost: NOTHING_LOST,
            ..Self::new(409, "another-tab", "One moment, please").say(
                "Something that you did in another tab, or by clicking twice, has just been finished.",
                "This page looks again by itself. If it does not, look at your account to see how it ended.",
            )
        }
    }

    /// There is no session, or no longer.
    pub fn signed_out() -> Self {
        Self {
            action: TO_SIGN_IN,
            ..Self::new(403, "signed-out", "You are not signed in").say(
                "You are signed out, or were for too long without doing anything.",
                "Sign in and start again.",
            )
        }
    }
}
