//! The list. A name is stable: registries keep it, and authors look it up.

use super::Verdict;
use super::bags;
use super::examiner::Examiner;
use super::merges::{accepted, answers, form_of_refusals, judged_by, same_answer_twice};
use super::offers;
use super::samples;
use crate::plan::Violation;

/// One thing that is checked.
pub(super) struct Item {
    pub(super) name: &'static str,
    pub(super) checks: &'static str,
    pub(super) examine: fn(&mut Examiner<'_>) -> Verdict,
}

pub(super) const ITEMS: [Item; 24] = [
    Item {
        name: "answers",
        checks: "Ordinary accounts get an answer or a refusal from both hooks, within the limits.",
        examine: answers,
    },
    Item {
        name: "offers-nothing-of-nothing",
        checks: "Where nothing was found, nothing is offered.",
        examine: offers::nothing_of_nothing,
    },
    Item {
        name: "offers-only-what-was-found",
        checks: "Every account offered is one of those found.",
        examine: offers::only_found,
    },
    Item {
        name: "offers-each-once",
        checks: "No account is offered twice.",
        examine: offers::each_once,
    },
    Item {
        name: "offers-nobody-the-host-left-out",
        checks: "Unverified, blocked and unknown accounts are not offered, though the current account's own data names them.",
        examine: offers::nobody_left_out,
    },
    Item {
        name: "gives-declared-reasons",
        checks: "Every reason is the code of a declared one, or empty: free text would be read before proof.",
        examine: offers::declared_reasons,
    },
    Item {
        name: "plans-are-well-formed",
        checks: "Patches are RFC 6902 within the contract's bounds, and discard lists hold pointers of first-level keys.",
        examine: |examiner| {
            judged_by(examiner, |violation| {
                matches!(violation, Violation::Patch(_) | Violation::DiscardPointer { .. })
            })
        },
    },
    Item {
        name: "accounts-for-every-key",
        checks: "Every first-level key of the secondary is carried, already equal, or named as discarded.",
        examine: |examiner| judged_by(examiner, |violation| matches!(violation, Violation::Incomplete { .. })),
    },
    Item {
        name: "invents-nothing",
        checks: "Every value that is written is one of the two accounts', at its place and no more often than both have it.",
        examine: |examiner| judged_by(examiner, |violation| matches!(violation, Violation::Invented { .. })),
    },
    Item {
        name: "removes-nothing",
        checks: "Every key of the primary is still there.",
        examine: |examiner| judged_by(examiner, |violation| matches!(violation, Violation::Removes { .. })),
    },
    Item {
        name: "leaves-identities-alone",
        checks: "Nothing of an identity or a profile is written into metadata: joining identities is the host's.",
        examine: |examiner| accepted(examiner, samples::with_identities()),
    },
    Item {
        name: "empty-bags",
        checks: "Accounts without metadata, on either side and on both.",
        examine: |examiner| accepted(examiner, bags::empty()),
    },
    Item {
        name: "null-values",
        checks: "Nulls at the first level and below, on either side.",
        examine: |examiner| accepted(examiner, bags::nulls()),
    },
    Item {
        name: "deep-bags",
        checks: "Bags of 100 levels, the most that a policy is given.",
        examine: |examiner| accepted(examiner, bags::deep()),
    },
    Item {
        name: "unicode",
        checks: "Keys and texts of any script come out as they went in, code point by code point.",
        examine: |examiner| accepted(examiner, bags::unicode()),
    },
    Item {
        name: "keys-that-need-escaping",
        checks: "Keys that RFC 6901 escapes, the empty key, and keys that look like indexes.",
        examine: |examiner| accepted(examiner, bags::escapes()),
    },
    Item {
        name: "keys-with-a-meaning",
        checks: "Keys that mean something in a language policies are written in, such as `__proto__`.",
        examine: |examiner| accepted(examiner, bags::meanings()),
    },
    Item {
        name: "keys-auth0-cannot-store",
        checks: "Keys that the host takes out are accounted for like any other.",
        examine: |examiner| accepted(examiner, bags::unstorable()),
    },
    Item {
        name: "large-numbers",
        checks: "Numbers at the edges of integers and doubles keep their value as doubles.",
        examine: |examiner| accepted(examiner, bags::numbers()),
    },
    Item {
        name: "many-keys",
        checks: "Bags of 5,000 first-level keys.",
        examine: |examiner| accepted(examiner, bags::many_keys()),
    },
    Item {
        name: "large-bags",
        checks: "Bags of a megabyte, within the limits.",
        examine: |examiner| accepted(examiner, bags::large()),
    },
    Item {
        name: "unknown-facts",
        checks: "Accounts without address, dates, identities or profile.",
        examine: |examiner| accepted(examiner, samples::unknown()),
    },
    Item {
        name: "same-answer-twice",
        checks: "The same event and accounts get the same answer.",
        examine: same_answer_twice,
    },
    // The last one, since it judges every refusal of the others.
    Item {
        name: "refusals-are-well-formed",
        checks: "A refusal has a code of [a-z0-9_-]{1,64} and words for the person.",
        examine: form_of_refusals,
    },
];
