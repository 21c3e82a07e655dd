//! The items about `select-candidates`.

use conjoin_engine::{Account, Candidate, Suggestion};

use super::Verdict;
use super::examiner::{Examiner, Findings};
use super::samples::{bait, candidates, current};

/// What was found, in the sizes that are tried: one, a few, and the most that a host looks at.
const SIZES: [usize; 3] = [1, 3, 20];

/// The same and nothing.
pub(super) const NONE_AND_SIZES: [usize; 4] = [0, 1, 3, 20];

pub(super) fn nothing_of_nothing(examiner: &mut Examiner<'_>) -> Verdict {
    let mut findings = Findings::default();
    ask(examiner, &mut findings, &current(), &[], |_, suggestions| {
        let first = suggestions.first()?;
        Some(format!("it offered `{}`", short(&first.user_id)))
    });
    findings.verdict()
}

pub(super) fn only_found(examiner: &mut Examiner<'_>) -> Verdict {
    sizes(examiner, |found, suggestions| {
        let known = |suggestion: &&Suggestion| found.iter().any(|candidate| candidate.user_id == suggestion.user_id);
        let stranger = suggestions.iter().find(|suggestion| !known(suggestion))?;
        Some(format!("`{}` is not one of them", short(&stranger.user_id)))
    })
}

pub(super) fn each_once(examiner: &mut Examiner<'_>) -> Verdict {
    sizes(examiner, |_, suggestions| {
        let mut seen = std::collections::BTreeSet::new();
        let twice = suggestions
            .iter()
            .find(|suggestion| !seen.insert(&suggestion.user_id))?;
        Some(format!("`{}` is there twice", short(&twice.user_id)))
    })
}

/// The host has left these accounts out; the current account's own data names them all the same.
pub(super) fn nobody_left_out(examiner: &mut Examiner<'_>) -> Verdict {
    let mut findings = Findings::default();
    let (account, left_out) = bait();
    for size in SIZES {
        ask(
            examiner,
            &mut findings,
            &account,
            &candidates(size),
            |_, suggestions| {
                let offered = |user_id: &&String| suggestions.iter().any(|suggestion| suggestion.user_id == **user_id);
                let wrong = left_out.iter().find(offered)?;
                Some(format!("it offered `{wrong}`, which was not among the accounts found"))
            },
        );
    }
    findings.verdict()
}

pub(super) fn declared_reasons(examiner: &mut Examiner<'_>) -> Verdict {
    let declared: Vec<String> = examiner.declared_reasons().into_iter().map(str::to_owned).collect();
    sizes(examiner, |_, suggestions| {
        let known = |reason: &String| reason.is_empty() || declared.contains(reason);
        let other = suggestions.iter().find(|suggestion| !known(&suggestion.reason))?;
        Some(format!("the reason `{}` is not declared", short(&other.reason)))
    })
}

fn sizes(examiner: &mut Examiner<'_>, problem: impl Fn(&[Candidate], &[Suggestion]) -> Option<String>) -> Verdict {
    let mut findings = Findings::default();
    for size in SIZES {
        ask(examiner, &mut findings, &current(), &candidates(size), &problem);
    }
    findings.verdict()
}

fn ask(
    examiner: &mut Examiner<'_>,
    findings: &mut Findings,
    current: &Account,
    found: &[Candidate],
    problem: impl Fn(&[Candidate], &[Suggestion]) -> Option<String>,
) {
    let with = format!("{} accounts found", found.len());
    match examiner.select(current, found) {
        Ok(suggestions) => findings.judge(&with, problem(found, &suggestions)),
        Err(silence) => findings.skip(silence),
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
