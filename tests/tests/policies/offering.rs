//! A policy that misbehaves in `select-candidates`, before anything is proven: the person keeps their page, and reads nothing that the policy wrote.

use conjoin_tests::{Browser, Page, flow};
use serde_json::{Value, json};

use crate::built;
use crate::person::Person;
use crate::watched::Watching;

/// What the guest is told to do, what the log must say, and what a person is told instead of offers and when they choose one that was offered before.
const CASES: [(&str, &str, &str, &str); 14] = [
    ("loop", "ending=budget-exceeded", "unavailable", "policy-failed"),
    ("memory", "ending=memory-exceeded", "unavailable", "policy-failed"),
    ("recursion", "ending=trapped", "unavailable", "policy-failed"),
    ("trap", "ending=trapped", "unavailable", "policy-failed"),
    ("panic", "ending=trapped", "unavailable", "policy-failed"),
    ("wait", "ending=waited", "unavailable", "policy-failed"),
    ("exit", "ending=exited", "unavailable", "policy-failed"),
    (
        "huge-suggestion",
        "ending=output-too-large",
        "unavailable",
        "policy-failed",
    ),
    ("huge-log", "ending=misused", "unavailable", "policy-failed"),
    ("broken", "ending=broken", "unavailable", "policy-failed"),
    (
        "unknown-user",
        "the policy gave no answer: malformed",
        "unavailable",
        "policy-failed",
    ),
    (
        "own-user",
        "the policy gave no answer: malformed",
        "unavailable",
        "policy-failed",
    ),
    (
        "same-user-twice",
        "the policy gave no answer: malformed",
        "unavailable",
        "policy-failed",
    ),
    ("refused", "ending=refused", "none", "refused-by-policy"),
];

/// What the guest writes. No page may hold any of it before proof.
const ITS_OWN: [&str; 6] = [
    "TypeError",
    "so be it",
    "Not today",
    "not-today",
    "auth0|nobody",
    "as well",
];

fn assert_says_nothing_of_its_own(page: &Page, behaviour: &str) {
    for text in ITS_OWN {
        assert!(
            !page.text.contains(text),
            "{behaviour}: the page holds {text:?}:\n{}",
            page.text
        );
    }
}

fn will(behaviour: &str) -> Value {
    json!({ "on_select": behaviour })
}

async fn meets(watching: &Watching, (behaviour, logged, offers, page): (&str, &str, &str, &str)) {
    let (host, browser) = (&watching.host, Browser::new());
    let healthy = Person::named(&format!("select-{behaviour}"));
    // Offered by a policy that behaves at first, and chosen when it does not.
    let account = healthy.clone().put(&host.tenant).await.sign_in(host, &browser).await;
    assert_eq!(
        account.attributes("[data-offer]", "data-offer"),
        ["Google"],
        "{behaviour}"
    );
    let person = healthy
        .own(json!({ "user_metadata": will(behaviour) }))
        .put(&host.tenant)
        .await;
    let mark = watching.mark();
    let shown = flow::choose(&browser, &account, "Google").await;
    assert_eq!(shown.message(), page, "{behaviour}: {}", shown.readable());
    assert_eq!(shown.hops.len(), 1, "{behaviour}: the browser stays with the host");
    assert_says_nothing_of_its_own(&shown, behaviour);
    watching.logged(mark, &[logged]).await;
    let account = person.assert_signed_in(host, &browser).await;
    assert_eq!(account.attributes("#offers", "data-offers"), [offers], "{behaviour}");
    assert!(
        account.attributes("[data-offer]", "data-offer").is_empty(),
        "{behaviour}"
    );
    assert_says_nothing_of_its_own(&account, behaviour);
    person.assert_untouched(&host.tenant).await;
}

#[tokio::test]
async fn s35_a_selection_that_misbehaves_offers_nothing_and_says_nothing() {
    let watching = Watching::with(built::hostile(), &[]).await;
    for case in CASES {
        meets(&watching, case).await;
    }
    let mark = watching.mark();
    watching.replace(conjoin_policies::JOINED.component);
    watching.activated(mark, "joined").await;
    let person = Person::named("select-unknown-user").own(json!({ "user_metadata": will("unknown-user") }));
    person.put(&watching.host.tenant).await.join(&watching.host).await;
}

#[tokio::test]
async fn a_reason_that_was_not_declared_at_upload_is_not_shown() {
    let watching = Watching::with(built::hostile(), &[]).await;
    let (host, browser) = (&watching.host, Browser::new());
    let declared = Person::named("declared").put(&host.tenant).await;
    let account = declared.sign_in(host, &browser).await;
    assert_eq!(
        account.texts("[data-offer] [data-reason], [data-offer][data-reason]"),
        ["Same address"]
    );
    let person = Person::named("free-text").own(json!({ "user_metadata": will("free-text-reason") }));
    let account = person.put(&host.tenant).await.sign_in(host, &Browser::new()).await;
    assert_eq!(account.attributes("[data-offer]", "data-offer"), ["Google"]);
    assert!(account.texts("[data-reason]").is_empty(), "{}", account.readable());
    assert_says_nothing_of_its_own(&account, "free-text-reason");
    assert!(!account.text.contains("google-oauth2|free-text"), "{}", account.text);
}
