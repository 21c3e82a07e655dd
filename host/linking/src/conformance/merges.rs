//! The items about `merge`, and those about both hooks.

use conjoin_engine::Refusal;

use super::Verdict;
use super::examiner::{Examiner, Findings, Silence};
use super::offers::NONE_AND_SIZES;
use super::samples::{Pair, bait, candidates, current, ordinary};
use crate::plan::{Violation, merge_bags};

/// Ordinary input has an answer.
pub(super) fn answers(examiner: &mut Examiner<'_>) -> Verdict {
    let mut findings = Findings::default();
    // Whatever the items about offers ask: they leave a policy that ends without an answer to this one.
    for account in [current(), bait().0] {
        for size in NONE_AND_SIZES {
            let with = format!("{size} accounts found");
            match examiner.select(&account, &candidates(size)) {
                Ok(_) => findings.judge(&with, None),
                Err(silence) => findings.silent(&with, silence),
            }
        }
    }
    for pair in ordinary() {
        match examiner.merge(&pair) {
            Ok(_) => findings.judge(&pair.about, None),
            Err(silence) => findings.silent(&pair.about, silence),
        }
    }
    findings.verdict()
}

/// The ordinary pairs, for one kind of violation. Each kind has its item, so that the item's name says what is wrong.
pub(super) fn judged_by(examiner: &mut Examiner<'_>, of_this_kind: fn(&Violation) -> bool) -> Verdict {
    let mut findings = Findings::default();
    for pair in ordinary() {
        match examiner.merge(&pair) {
            Ok(plan) => {
                let violation = merge_bags(&pair.primary_bags, &pair.secondary_bags, &plan, examiner.terms.guards);
                let problem = violation
                    .err()
                    .filter(of_this_kind)
                    .map(|violation| violation.to_string());
                findings.judge(&pair.about, problem);
            }
            Err(silence) => findings.skip(silence),
        }
    }
    findings.verdict()
}

/// Pairs that must be answered as the guards demand, or refused.
pub(super) fn accepted(examiner: &mut Examiner<'_>, pairs: Vec<Pair>) -> Verdict {
    let mut findings = Findings::default();
    for pair in pairs {
        match examiner.merge(&pair) {
            Ok(plan) => {
                let guarded = merge_bags(&pair.primary_bags, &pair.secondary_bags, &plan, examiner.terms.guards);
                findings.judge(&pair.about, guarded.err().map(|violation| violation.to_string()));
            }
            Err(silence) => findings.silent(&pair.about, silence),
        }
    }
    findings.verdict()
}

pub(super) fn same_answer_twice(examiner: &mut Examiner<'_>) -> Verdict {
    let mut findings = Findings::default();
    let (account, found) = (current(), candidates(20));
    let (first, second) = (examiner.select(&account, &found), examiner.select(&account, &found));
    compare(&mut findings, "20 accounts found", first, second);
    for pair in ordinary() {
        let (first, second) = (examiner.merge(&pair), examiner.merge(&pair));
        compare(&mut findings, &pair.about, first, second);
    }
    findings.verdict()
}

pub(super) fn form_of_refusals(examiner: &mut Examiner<'_>) -> Verdict {
    let refusals = examiner.refusals();
    if refusals.is_empty() {
        let why = "the policy refused nothing".to_owned();
        return Verdict::NotApplicable { why };
    }
    let mut findings = Findings::default();
    let mut seen = std::collections::BTreeSet::new();
    for refusal in refusals {
        if seen.insert(refusal.code.as_str()) {
            findings.judge("a pair that it refused", malformed(refusal));
        }
    }
    findings.verdict()
}

fn compare<T: PartialEq>(findings: &mut Findings, with: &str, first: Result<T, Silence>, second: Result<T, Silence>) {
    match (first, second) {
        (Err(silence @ Silence::Spent), _) | (_, Err(silence @ Silence::Spent)) => findings.skip(silence),
        (Ok(first), Ok(second)) => {
            let problem = "it answered otherwise the second time".to_owned();
            findings.judge(with, (first != second).then_some(problem));
        }
        (Err(Silence::Refused(first)), Err(Silence::Refused(second))) => {
            let problem = "it refused otherwise the second time".to_owned();
            findings.judge(with, (first != second).then_some(problem));
        }
        (Err(Silence::Ended(_)), Err(silence @ Silence::Ended(_))) => findings.skip(silence),
        _ => findings.judge(with, Some("it answered only one of two times".to_owned())),
    }
}

fn malformed(refusal: &Refusal) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let code: String = refusal.code.chars().take(80).collect();
    if refusal.code.is_empty() || refusal.code.len() > 64 || !refusal.code.bytes().all(allowed) {
        return Some(format!("the code `{code}` is not of [a-z0-9_-]{{1,64}}"));
    }
    refusal
        .message
        .trim()
        .is_empty()
        .then(|| format!("the refusal `{code}` has no words for the person"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    fn verdict(first: Result<u8, Silence>, second: Result<u8, Silence>) -> Verdict {
        let mut findings = Findings::default();
        compare(&mut findings, "a pair", first, second);
        findings.verdict()
    }

    /// No component can be made to do it: an engine without clock and chance leaves it nothing to differ by.
    #[test]
    fn an_answer_that_differs_is_a_failure() {
        let refused = |code| Err(Silence::Refused(refusal(code, "No.")));
        assert_eq!(verdict(Ok(1), Ok(1)), Verdict::Passed);
        assert_eq!(verdict(refused("a"), refused("a")), Verdict::Passed);
        for (first, second) in [
            (Ok(1), Ok(2)),
            (Ok(1), refused("a")),
            (refused("a"), refused("b")),
            (Err(Silence::Ended("trapped".into())), Ok(1)),
            (Ok(1), Err(Silence::Spent)),
        ] {
            assert!(verdict(first, second).is_failure());
        }
    }

    #[test]
    fn a_refusal_without_form_is_named() {
        assert_eq!(malformed(&refusal("not-today_1", "Not today.")), None);
        for wrong in [
            refusal("Not today", "x"),
            refusal("", "x"),
            refusal(&"a".repeat(65), "x"),
        ] {
            assert!(malformed(&wrong).unwrap().contains("[a-z0-9_-]"), "{wrong:?}");
        }
        assert!(malformed(&refusal("no", " \n")).unwrap().contains("no words"));
    }
}
