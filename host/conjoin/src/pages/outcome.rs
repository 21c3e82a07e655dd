//! How a link or unlink ended, or how far it is.

use askama::Template;
use conjoin_linking::bag::Bag;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::record::{Cause, Confirmed, Record, Revocation, Stage};
use conjoin_linking::tenant::Tenant;
use conjoin_linking::unlink::UnlinkPlan;

use super::Shell;
use super::message::{MAX_POLICY_WORDS, NOTHING_CHANGED};
use super::tables::{AccountSide, label, listed, places, side};
use super::text::{name, words};

/// `/link/review/{id}` once there is nothing left to confirm. Loads itself again while the work is under way.
#[derive(Template)]
#[template(path = "outcome.html")]
pub struct Outcome<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The link or unlink.
    pub record: &'a Record,
    /// Whose labels the connections are shown with.
    pub tenant: &'a Tenant,
}

/// What the page says.
struct Ending {
    /// The style class.
    tone: &'static str,
    title: &'static str,
    /// Our own words.
    paragraphs: Vec<String>,
    /// The policy's words, shown as a quotation.
    quotation: Option<String>,
    /// Keys that were left as someone else wrote them.
    keys: Vec<String>,
    /// Ways to sign in.
    accounts: Vec<AccountSide>,
    /// Whether to name the record, for the people who run the service.
    reference: bool,
}

const EXPIRED: &str = "A link has to be confirmed within half an hour of asking for it.";
const AGAIN: &str = "You can start again from your account whenever you like.";

impl Outcome<'_> {
    fn is_under_way(&self) -> bool {
        self.record.stage.is_under_way()
    }

    fn ending(&self) -> Ending {
        match &self.record.stage {
            Stage::Requested(_) | Stage::Proven(_) | Stage::Planned(_) | Stage::Agreed(_) | Stage::UnlinkPlanned(_) => {
                unfinished()
            }
            Stage::Confirmed(_) | Stage::MetadataWritten(_) | Stage::Linked(_) => {
                self.under_way("Linking your accounts")
            }
            Stage::Undoing(_) => self.under_way("Undoing the link"),
            Stage::UnlinkConfirmed(_) | Stage::UnlinkRefused { .. } | Stage::Separated(_) | Stage::Restored(_) => {
                self.under_way("Unlinking the account")
            }
            Stage::Done(work) => self.done(work),
            Stage::Unlinked(plan) => self.unlinked(plan),
            Stage::Refused(by) => refused(by),
            Stage::Expired => Ending::new("neutral", "This took too long")
                .say(EXPIRED)
                .say(NOTHING_CHANGED)
                .say(AGAIN),
            Stage::RolledBack { cause, left_alone, .. } => rolled_back(cause, left_alone),
            Stage::NeedsAttention { .. } => needs_attention(),
            Stage::Closed { .. } => closed(),
            Stage::Forgotten { .. } => forgotten(),
        }
    }

    fn under_way(&self, title: &'static str) -> Ending {
        let ending = Ending::new("neutral", title);
        let said = if self.record.tries.count == 0 {
            ending.say("This usually takes a few seconds. The page loads itself again until it is done.")
        } else {
            ending.say("The sign-in service gives no clear answer at the moment. We keep trying, and the page loads itself again until it is clear.")
        };
        said.say("You can close it: what you confirmed is finished, or undone, without you. Nothing is lost.")
    }

    fn done(&self, work: &Confirmed) -> Ending {
        let plan = &work.plan;
        let mut account = side(self.tenant, &plan.primary);
        account.identities.extend(side(self.tenant, &plan.secondary).identities);
        Ending {
            accounts: vec![account],
            keys: places(&work.kept),
            ..Ending::new("good", "Your accounts are linked")
                .say("From now on you have one account, and each of these ways to sign in leads to it.")
                .say_if(!work.kept.is_empty(), "These entries were changed by someone else while the accounts were being linked, so they stay as they are now:")
        }
    }

    fn unlinked(&self, plan: &UnlinkPlan) -> Ending {
        let (label, own) = (name(label(self.tenant, &plan.identity)), name(&plan.separated()));
        let ending = Ending {
            keys: places(&plan.kept),
            ..Ending::new("good", "The accounts are separate again")
        };
        ending
            .say(if plan.progress.gone {
                format!("{label} does not lead to this account any more. The account of its own that it led to, {own}, has been deleted since.")
            } else {
                format!("{label} leads to an account of its own from now on: {own}.")
            })
            .say(if plan.progress.gone {
                "So there was nothing to give its metadata back to."
            } else if plan.link.is_some() {
                "It has its own metadata back."
            } else {
                "It starts without metadata, since there was nothing to give back."
            })
            .say_each(
                &plan.unstorable,
                "The sign-in service did not take these entries back: ",
            )
            .say(sessions(plan.sessions))
            .say_if(
                !plan.kept.is_empty(),
                "These entries were changed by someone else meanwhile, so they stay as they are now:",
            )
    }
}

impl Ending {
    fn new(tone: &'static str, title: &'static str) -> Self {
        Self {
            tone,
            title,
            paragraphs: Vec::new(),
            quotation: None,
            keys: Vec::new(),
            accounts: Vec::new(),
            reference: false,
        }
    }

    fn say(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    fn say_each(self, places_of: &[(Bag, String)], before: &str) -> Self {
        if places_of.is_empty() {
            return self;
        }
        self.say(format!("{before}{}.", places(places_of).join(", ")))
    }

    fn say_if(self, so: bool, paragraph: &str) -> Self {
        if so { self.say(paragraph) } else { self }
    }
}

/// Sessions obtained through a separated identity would go on.
fn sessions(revocation: Revocation) -> &'static str {
    match revocation {
        Revocation::Ended => {
            "All sign-ins to the account that stays are being ended, also in applications that ask the sign-in service. Sign in to them again."
        }
        Revocation::NotAsked | Revocation::NotOffered | Revocation::Failed => {
            "Sign-ins that were made before could not be ended: an application where you signed in with the separated account may keep you signed in to the account that stays until you sign out there."
        }
    }
}

fn forgotten() -> Ending {
    Ending::new("neutral", "This was some time ago")
        .say("It came to its end, and what we recorded of the accounts for it has been removed since.")
        .say("Your account shows what is linked today.")
}

fn unfinished() -> Ending {
    Ending::new("neutral", "This is not finished yet")
        .say("It was begun and waits for its next step.")
        .say(NOTHING_CHANGED)
        .say(AGAIN)
}

fn refused(by: &RefusedBy) -> Ending {
    let ending = Ending::new("neutral", "Nothing was done");
    let said = match by {
        RefusedBy::Person => ending.say("You cancelled the sign-in."),
        RefusedBy::Tenant(_) => ending.say("The sign-in service refused."),
        RefusedBy::Proof(_) => ending.say("The sign-in did not show that the account you chose is yours."),
        RefusedBy::Policy { message, .. } => Ending {
            quotation: Some(words(message, MAX_POLICY_WORDS)).filter(|words| !words.is_empty()),
            ..ending.say("The rules of this service do not allow these two accounts to be linked.")
        },
        RefusedBy::Host(_) => ending.say("A check before linking said no."),
    };
    said.say(NOTHING_CHANGED).say(AGAIN)
}

fn rolled_back(cause: &Cause, left_alone: &[String]) -> Ending {
    // What someone else changed, an account that was deleted included, cannot be said to be as before.
    let (why, now) = match cause {
        Cause::Refused(_) => (
            "The sign-in service did not accept the last step, so the steps before it were taken back.",
            "Your accounts are separate, and both have the metadata that they had before",
        ),
        Cause::Changed(_) => (
            "One of the accounts was changed while they were being linked, so what you had agreed to was no longer what would have been done. The steps before were taken back.",
            "What was changed stays as it is now, and everything else is as it was before",
        ),
    };
    let ending = Ending {
        keys: listed(left_alone.iter()),
        ..Ending::new("warning", "The link was undone").say(why)
    };
    if left_alone.is_empty() {
        ending.say(format!("{now}. Nothing is lost.")).say(AGAIN)
    } else {
        ending.say(format!(
            "{now}, except these entries. Someone else changed them meanwhile, so they were left alone:"
        ))
    }
}

fn closed() -> Ending {
    Ending {
        reference: true,
        ..Ending::new("neutral", "The people who run this service have ended this")
            .say("One step could not be finished, and they decided to leave your accounts as they are now.")
            .say("Nothing is lost: the metadata of both accounts was recorded before the first change.")
            .say("Your account shows what is linked today. If something is missing, give them this reference.")
    }
}

fn needs_attention() -> Ending {
    Ending {
        reference: true,
        ..Ending::new("warning", "This needs a person to look at it")
            .say("One step could not be finished, and we stopped instead of guessing.")
            .say("Nothing is lost: the metadata of both accounts was recorded before the first change.")
            .say("Please tell the people who run this service, and give them this reference. Do not try again until they answer.")
    }
}
