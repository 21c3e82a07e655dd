//! What the numbers mean, in short. Where the cases come from, and what is expected in full, is in the project's list of scenarios.

/// A scenario or attack.
#[derive(Clone, Copy)]
pub struct Numbered {
    /// `s07`.
    pub number: &'static str,
    pub title: &'static str,
    /// What its tests leave out, where that must be said.
    pub note: &'static str,
}

const fn tested(number: &'static str, title: &'static str) -> Numbered {
    noted(number, title, "")
}

const fn noted(number: &'static str, title: &'static str, note: &'static str) -> Numbered {
    Numbered { number, title, note }
}

/// Whether there is such a number.
pub fn is_known(number: &str) -> bool {
    SCENARIOS.iter().chain(&ATTACKS).any(|known| known.number == number)
}

pub const SCENARIOS: [Numbered; 40] = [
    tested(
        "s01",
        "exactly the other account with the same verified address is offered, never the account itself",
    ),
    tested(
        "s02",
        "with an unverified address nothing is searched and nothing offered",
    ),
    tested(
        "s03",
        "a match that is not verified is not offered, and a forged request for it is refused",
    ),
    tested("s04", "addresses match whatever their case"),
    tested("s05", "addresses with special characters find only their own"),
    tested(
        "s06",
        "two matches are listed in a stable order; neither shows anything before proof",
    ),
    tested(
        "s07",
        "after signing in to the target the link succeeds, and the primary's `sub` is unchanged",
    ),
    tested("s08", "signing in as somebody else links and writes nothing"),
    tested(
        "s09",
        "a target that became part of a third account meanwhile is refused",
    ),
    tested(
        "s10",
        "a target that is linked already is told so; nothing is merged twice",
    ),
    tested("s11", "cancelling at the provider drops the link"),
    noted(
        "s12",
        "a password reset during the proof: the same browser goes on, another one must begin again",
        "The simulated tenant has no page for a reset and sends no mail: the password is replaced behind the form, and the address of the sign-in is opened in the other browser.",
    ),
    tested("s13", "a target with a second factor is not proven by the first"),
    tested(
        "s14",
        "a sign-in whose time is old, absent, in the future or no number proves nothing",
    ),
    tested("s15", "a proof that is too old must be repeated"),
    tested(
        "s16",
        "roles of both are joined in a stable order, by the union rule without duplicates",
    ),
    tested("s17", "an array against something else has a declared result"),
    tested("s18", "empty or absent metadata on either side"),
    tested("s19", "a null is never sent as a removal that nobody planned"),
    tested("s20", "below the first level the whole root value is sent"),
    tested("s21", "keys that Auth0 cannot store, or that are reserved"),
    tested("s22", "a result above 10 KB is told before anything is written"),
    tested("s23", "what `app_metadata` gains is marked, and can be kept out"),
    tested("s24", "a plan cannot touch root attributes"),
    tested("s25", "a change between preview and confirmation makes a new preview"),
    tested("s26", "a link that fails after the metadata was written puts it back"),
    tested(
        "s27",
        "a link whose answer is lost, late or limited is found, finished and not done twice",
    ),
    tested(
        "s28",
        "a host that is killed between any two steps leaves work that the next one finishes",
    ),
    tested("s29", "two tabs link the same pair at once: one link, one merge"),
    tested(
        "s30",
        "both directions, or two primaries, at once: at most one wins, and nothing is lost",
    ),
    tested(
        "s31",
        "an unlink gives back what came from each account, except what was edited since",
    ),
    tested(
        "s32",
        "the account's own identity cannot be unlinked; sessions that came by a separated one end",
    ),
    tested("s33", "after an unlink nothing links again by itself"),
    tested("s34", "mail about a link or unlink goes to both addresses"),
    tested("s35", "a policy that misbehaves links nothing and disturbs nobody else"),
    noted(
        "s36",
        "a policy is swapped while links are in flight: each finishes on its own version",
        "A hundred people are in flight, not the thousand of the scenario: a thousand would take two processors minutes and go the same way.",
    ),
    noted(
        "s37",
        "nothing of one tenant is reachable from another",
        "One host serves one tenant until issue 4; what is stored is kept apart by tenant already, which is what these test.",
    ),
    tested("s38", "a new policy is tried on last month's decisions, without effect"),
    tested(
        "s39",
        "ids with several bars or a slash, and secondaries with identities of their own",
    ),
    tested("s40", "events let a consumer tell a link from a deletion"),
];

pub const ATTACKS: [Numbered; 45] = [
    tested("a01", "pre-hijacking: somebody registers the victim's address first"),
    tested(
        "a02",
        "an unverified side is refused in both directions, when offered and when carried out",
    ),
    tested(
        "a03",
        "identities that the person did not add are listed before they agree",
    ),
    tested(
        "a04",
        "a stranger's session at the joined account does not survive the link",
    ),
    tested("a05", "an address that changes between preview, confirmation and link"),
    tested("a06", "providers that let people claim any address"),
    tested("a07", "a recycled mailbox: the same address is another person's now"),
    tested("a08", "addresses that only look alike"),
    tested("a09", "an account that says of itself that it is verified"),
    tested("a10", "a forged POST"),
    tested("a11", "a forged callback"),
    tested("a12", "a victim finishes the link that an attacker began"),
    tested("a13", "states replayed, mixed up or hoarded"),
    tested("a14", "session fixation"),
    tested("a15", "another person signs in while a link is pending"),
    tested("a16", "the browser strips the demand for a fresh sign-in"),
    tested("a17", "a provider that answers without asking"),
    tested("a18", "a time that is zero or missing"),
    tested("a19", "the wrong account at the proof"),
    tested("a20", "the target is swapped on the way"),
    tested("a21", "a target that was not offered"),
    tested("a22", "an answer of another issuer"),
    tested("a23", "tokens of another kind, client or signature"),
    tested("a24", "another person's link"),
    tested("a25", "a proof that outlives what it was for"),
    tested("a26", "open redirects"),
    tested("a27", "clickjacking"),
    tested("a28", "a link in a mail that acts when somebody opens it"),
    tested("a29", "rights gained through `app_metadata`"),
    tested("a30", "rights gained by a link that fails"),
    tested("a31", "what shows before proof"),
    tested("a32", "learning from errors who has an account"),
    tested("a33", "reserved keys, prototypes, size and depth"),
    tested("a34", "metadata that people edit themselves overrides what is trusted"),
    tested("a35", "an address as a query"),
    tested("a36", "races"),
    tested("a37", "webhooks replayed or out of order"),
    tested(
        "a38",
        "a hostile policy tries to reach out, to loop, to allocate, to remember",
    ),
    tested("a39", "a policy that widens what the host allows"),
    tested("a40", "the policy is swapped between preview and confirmation"),
    tested("a41", "a policy is uploaded or activated by the wrong person"),
    tested("a42", "the Management token and other secrets in logs"),
    tested("a43", "the audit trail is tampered with, or holds secrets"),
    tested("a44", "an old undo"),
    tested("a45", "locking somebody out"),
];
