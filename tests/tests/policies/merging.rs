//! A policy that misbehaves in `merge`, once both accounts are proven: nothing is linked, and the next person is none the worse.

use conjoin_tests::{Browser, Host, Team, Tenant};
use serde_json::{Value, json};

use crate::built;
use crate::person::Person;
use crate::watched::Watching;

/// A value of the person's metadata, which no log may hold.
const PRIVATE: &str = "the-persons-own-7391";

/// What the guest is told to do, which page a person sees, and what the log must say.
struct Case {
    behaviour: &'static str,
    page: &'static str,
    logged: &'static str,
}

const fn ends(behaviour: &'static str, code: &'static str) -> Case {
    Case {
        behaviour,
        page: "policy-failed",
        logged: code,
    }
}

const fn not_allowed(behaviour: &'static str, logged: &'static str) -> Case {
    Case {
        behaviour,
        page: "not-allowed",
        logged,
    }
}

/// Calls that give no answer.
const ENDINGS: [Case; 15] = [
    ends("loop", "ending=budget-exceeded"),
    ends("busy-wait", "ending=budget-exceeded"),
    ends("endless-flood", "ending=budget-exceeded"),
    ends("memory", "ending=memory-exceeded"),
    ends("recursion", "ending=trapped"),
    ends("trap", "ending=trapped"),
    ends("panic", "ending=trapped"),
    ends("huge-answer", "ending=output-too-large"),
    ends("invalid-utf8", "ending=malformed"),
    ends("wait", "ending=waited"),
    ends("exit", "ending=exited"),
    ends("huge-log", "ending=misused"),
    ends("invalid-log", "ending=misused"),
    ends("broken", "ending=broken"),
    ends("broken-at-length", "ending=broken"),
];

/// Answers that the contract's types can hold and the host does not allow.
const ANSWERS: [Case; 20] = [
    not_allowed("not-json", "the user_metadata patch is not an RFC 6902 JSON Patch"),
    not_allowed("not-a-patch", "the user_metadata patch is not an RFC 6902 JSON Patch"),
    not_allowed("copy", "uses `copy`"),
    not_allowed("move", "uses `move`"),
    not_allowed("root", "the user_metadata patch writes the whole bag"),
    not_allowed("remove-root", "the user_metadata patch writes the whole bag"),
    not_allowed("escape", "the user_metadata patch does not apply"),
    not_allowed("too-many-operations", "has 10001 operations"),
    not_allowed("too-deep", "the user_metadata patch"),
    not_allowed("too-large", "larger than 1048576 bytes"),
    not_allowed("discard-everything", "`everything` in the user_metadata discard list"),
    not_allowed("empty-bag", "removes these user_metadata keys of the primary: "),
    not_allowed("null-out", "removes these user_metadata keys of the primary: on_merge"),
    not_allowed(
        "nested-null",
        "removes these user_metadata keys of the primary: address/city",
    ),
    not_allowed(
        "value-from-nowhere",
        "user_metadata values that neither account holds there, at: role",
    ),
    not_allowed(
        "steal-bag",
        "user_metadata values that neither account holds there, at: theirs/",
    ),
    not_allowed(
        "promote",
        "app_metadata values that neither account holds there, at: roles/*",
    ),
    not_allowed(
        "double-bag",
        "user_metadata values that neither account holds there, at: again/",
    ),
    not_allowed(
        "double-array",
        "user_metadata values that neither account holds there, at: tags/*",
    ),
    // It says nothing of what the secondary has.
    not_allowed(
        "nothing",
        "neither carries nor discards these user_metadata keys of the secondary: language",
    ),
];

/// What only some behaviours look at beside the key that asks for them.
fn own_bag(behaviour: &str) -> Value {
    let mut bag = json!({ "on_merge": behaviour, "theme": PRIVATE });
    match behaviour {
        "double-array" => bag["tags"] = json!(["a", "b"]),
        "nested-null" => bag["address"] = json!({ "city": PRIVATE, "country": "GB" }),
        _ => {}
    }
    bag
}

async fn victim(tenant: &Tenant, behaviour: &str) -> Person {
    let mut google = json!({ "app_metadata": { "plan": "free", "quota": 5 } });
    // The first bag's violation would be the one that is reported.
    if behaviour != "promote" {
        google["user_metadata"] = json!({ "language": PRIVATE });
    }
    let person = Person::named(&format!("merge-{behaviour}"))
        .own(json!({ "user_metadata": own_bag(behaviour), "app_metadata": { "plan": "pro" } }))
        .google(google);
    person.put(tenant).await
}

async fn meets(watching: &Watching, case: &Case) {
    let Case {
        behaviour,
        page,
        logged,
    } = case;
    let (host, browser) = (&watching.host, Browser::new());
    let person = victim(&host.tenant, behaviour).await;
    let mark = watching.mark();
    let shown = person.prove(host, &browser).await;
    assert_eq!(
        (shown.message().as_str(), shown.status),
        (*page, 500),
        "{behaviour}: {}",
        shown.readable()
    );
    assert_eq!(
        shown.texts("#nothing-lost").len(),
        1,
        "{behaviour}: {}",
        shown.readable()
    );
    assert_says_nothing_of_its_own(&shown.text, behaviour);
    if *page == "not-allowed" {
        // What exactly can quote an account, so it stands in the record and not in the log.
        let said = last_detail(host).await;
        assert!(said.contains(logged), "{behaviour}: {said}");
        let log = watching.log_since(mark);
        assert!(
            log.contains("ending=not-allowed") && !log.contains(logged),
            "{behaviour}: {log}"
        );
    } else {
        watching.logged(mark, &[logged]).await;
    }
    person.assert_untouched(&host.tenant).await;
    let account = person.assert_signed_in(host, &browser).await;
    assert_eq!(
        account.attributes("[data-offer]", "data-offer"),
        ["Google"],
        "{behaviour}"
    );
}

/// What the record of the last decision says went wrong.
async fn last_detail(host: &Host) -> String {
    let decisions = Team::of(host).get("decisions?limit=1").await.body;
    let detail = decisions["decisions"][0]["detail"].as_str();
    detail.unwrap_or_else(|| panic!("{decisions}")).to_owned()
}

/// None of the texts that the guest or the engine has about what happened.
fn assert_says_nothing_of_its_own(page: &str, behaviour: &str) {
    for text in [
        "TypeError",
        "so be it",
        "again and again",
        "nonsense",
        "nobody",
        PRIVATE,
        "wasm",
        "RFC 6902",
    ] {
        assert!(!page.contains(text), "{behaviour}: the page holds {text:?}:\n{page}");
    }
}

/// Somebody whose accounts the same component merges without harm: the secondary has nothing.
async fn assert_healthy(watching: &Watching, name: &str) {
    let host = &watching.host;
    let person = Person::named(&format!("healthy-{name}")).own(json!({ "user_metadata": { "theme": "dark" } }));
    let joined = person.put(&host.tenant).await.join(host).await;
    assert_eq!(joined["user_metadata"], json!({ "theme": "dark" }));
    host.tenant.forget_calls().await;
}

async fn assert_recovers_by_a_swap(watching: &Watching, behaviour: &str) {
    let mark = watching.mark();
    watching.replace(conjoin_policies::JOINED.component);
    watching.activated(mark, "joined").await;
    let joined = victim(&watching.host.tenant, behaviour)
        .await
        .join(&watching.host)
        .await;
    assert_eq!(
        joined["user_metadata"],
        json!({ "on_merge": behaviour, "theme": PRIVATE, "language": PRIVATE })
    );
    assert_eq!(joined["app_metadata"], json!({ "plan": "pro", "quota": 5 }));
}

fn assert_no_values_logged(watching: &Watching) {
    let log = watching.host.log();
    assert!(!log.contains(PRIVATE), "{log}");
}

#[tokio::test]
async fn s35_a_merge_that_gives_no_answer_ends_typed_and_changes_nothing() {
    let watching = Watching::with(built::hostile(), &[]).await;
    for case in &ENDINGS {
        meets(&watching, case).await;
        assert_healthy(&watching, case.behaviour).await;
    }
    assert_recovers_by_a_swap(&watching, "loop").await;
    assert_no_values_logged(&watching);
}

#[tokio::test]
async fn s35_a_merge_that_goes_beyond_what_a_policy_may_do_changes_nothing() {
    let watching = Watching::with(built::hostile(), &[]).await;
    for case in &ANSWERS {
        meets(&watching, case).await;
    }
    assert_healthy(&watching, "after-all").await;
    assert_recovers_by_a_swap(&watching, "empty-bag").await;
    assert_no_values_logged(&watching);
}

#[tokio::test]
async fn many_people_who_meet_endless_loops_at_once_each_get_their_page() {
    let watching = Watching::with(built::hostile(), &[]).await;
    let (host, browsers) = (&watching.host, [(); 6].map(|()| Browser::new()));
    let mut people = Vec::new();
    for number in 0..browsers.len() {
        let person = Person::named(&format!("crowd-{number}")).own(json!({ "user_metadata": { "on_merge": "loop" } }));
        people.push(person.put(&host.tenant).await);
    }
    let [a, b, c, d, e, f] = &browsers;
    let pages = tokio::join!(
        people[0].prove(host, a),
        people[1].prove(host, b),
        people[2].prove(host, c),
        people[3].prove(host, d),
        people[4].prove(host, e),
        people[5].prove(host, f),
    );
    for page in [pages.0, pages.1, pages.2, pages.3, pages.4, pages.5] {
        assert_eq!(page.message(), "policy-failed", "{}", page.readable());
    }
    people[0].assert_untouched(&host.tenant).await;
    assert_healthy(&watching, "after-the-crowd").await;
}

#[tokio::test]
async fn a_refusal_after_proof_is_in_the_policys_own_words() {
    let watching = Watching::with(built::hostile(), &[]).await;
    let (host, browser) = (&watching.host, Browser::new());
    let person = victim(&host.tenant, "refused").await;
    let mark = watching.mark();
    let shown = person.prove(host, &browser).await;
    assert_eq!(shown.message(), "refused-by-policy", "{}", shown.readable());
    assert!(shown.readable().contains("Not today."), "{}", shown.readable());
    let line = watching.logged(mark, &["ending=refused"]).await;
    assert!(!line.contains("Not today."), "{line}");
    person.assert_untouched(&host.tenant).await;
    person.assert_signed_in(host, &browser).await;
}

#[tokio::test]
async fn settings_make_everyone_meet_the_behaviour() {
    let watching = Watching::with(built::hostile(), &["--settings", r#"{"do":"not-json"}"#]).await;
    let (host, browser) = (&watching.host, Browser::new());
    let person = Person::named("of-settings").put(&host.tenant).await;
    let shown = person.prove(host, &browser).await;
    assert_eq!(shown.message(), "not-allowed", "{}", shown.readable());
    person.assert_untouched(&host.tenant).await;
}
