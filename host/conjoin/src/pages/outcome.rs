//! How a link or unlink ended, or how far it is.

use askama::Template;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::plan::LinkPlan;
use conjoin_linking::record::{Record, Stage};
use conjoin_linking::tenant::Tenant;
use conjoin_linking::unlink::UnlinkPlan;

use super::Shell;
use super::message::{MAX_POLICY_WORDS, NOTHING_CHANGED};
use super::tables::{AccountSide, label, listed, side};
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
            Stage::Requested(_) | Stage::Proven(_) | Stage::Planned(_) | Stage::UnlinkPlanned(_) => unfinished(),
            Stage::Confirmed(_) | Stage::MetadataWritten(_) | Stage::Linked(_) => under_way("Linking your accounts"),
            Stage::UnlinkConfirmed(_) | Stage::Separated(_) | Stage::Restored(_) => under_way("Unlinking the account"),
            Stage::Done(work) => self.done(&work.plan),
            Stage::Unlinked(plan) => self.unlinked(plan),
            Stage::Refused(by) => refused(by),
            Stage::Expired => Ending::new("neutral", "This took too long")
                .say(EXPIRED)
                .say(NOTHING_CHANGED)
                .say(AGAIN),
            Stage::RolledBack { left_alone, .. } => rolled_back(left_alone),
            Stage::NeedsAttention { .. } => needs_attention(),
        }
    }

    fn done(&self, plan: &LinkPlan) -> Ending {
        let mut account = side(self.tenant, &plan.primary);
        account.identities.extend(side(self.tenant, &plan.secondary).identities);
        Ending {
            accounts: vec![account],
            ..Ending::new("good", "Your accounts are linked")
                .say("From now on you have one account, and each of these ways to sign in leads to it.")
        }
    }

    fn unlinked(&self, plan: &UnlinkPlan) -> Ending {
        let label = name(label(self.tenant, &plan.identity));
        Ending::new("good", "The accounts are separate again")
            .say(format!(
                "{label} leads to an account of its own from now on: {}.",
                name(&plan.separated())
            ))
            .say(if plan.link.is_some() {
                "It has its own metadata back."
            } else {
                "It starts without metadata, since there was nothing to give back."
            })
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
}

fn unfinished() -> Ending {
    Ending::new("neutral", "This is not finished yet")
        .say("It was begun and waits for its next step.")
        .say(NOTHING_CHANGED)
        .say(AGAIN)
}

fn under_way(title: &'static str) -> Ending {
    Ending::new("neutral", title)
        .say("This usually takes a few seconds. The page loads itself again until it is done.")
        .say("You can close it: what you confirmed is finished, or undone, without you. Nothing is lost.")
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

fn rolled_back(left_alone: &[String]) -> Ending {
    let ending = Ending {
        keys: listed(left_alone.iter()),
        ..Ending::new("warning", "The link was undone")
            .say("The sign-in service did not accept the last step, so the steps before it were taken back.")
    };
    if left_alone.is_empty() {
        ending
            .say("Your accounts are separate, and both have the metadata that they had before. Nothing is lost.")
            .say(AGAIN)
    } else {
        ending
            .say("Your accounts are separate, and both have the metadata that they had before, except these entries. Someone else changed them meanwhile, so they were left alone:")
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
