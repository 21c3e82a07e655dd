//! Answers of the tenant that were meant for another browser, another page or another time.

use conjoin_tests::{Browser, Host, Page, flow};
use url::Url;

use super::{ada, authorize_url, callback_url, parameter, session_of, signed_in_as, thief, with_parameters};

fn assert_stray(page: &Page, what: &str) {
    assert_eq!(
        (page.status, page.message().as_str()),
        (410, "stray-sign-in"),
        "{what}: {}",
        page.readable()
    );
}

/// A callback's address that someone got by signing in elsewhere, unopened.
async fn callback_of(host: &Host, who: &str) -> (Browser, Url) {
    let browser = Browser::new();
    let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
    let callback = callback_url(host, &browser, authorize, who).await;
    (browser, callback)
}

#[tokio::test]
async fn a11_an_attackers_code_does_not_sign_the_victim_in_as_the_attacker() {
    let host = Host::start().await;
    let (_, attackers) = callback_of(&host, "grace@example.com").await;
    let (victim, _) = ada(&host).await;
    host.tenant.forget_calls().await;

    assert_stray(&victim.get_once(attackers.clone()).await, "a victim who is signed in");
    assert_eq!(signed_in_as(&host, &victim).await.as_deref(), Some("auth0|ada"));
    let newcomer = Browser::new();
    assert_stray(
        &newcomer.get_once(attackers.clone()).await,
        "a victim without a session",
    );
    let waiting = Browser::new();
    waiting.get_once(host.at("/login")).await;
    assert_stray(&waiting.get_once(attackers).await, "a victim about to sign in");
    assert_eq!(signed_in_as(&host, &waiting).await, None);
    assert!(host.tenant.exchanges().await.is_empty(), "the code is not even tried");
}

#[tokio::test]
async fn a11_a_state_that_is_unknown_missing_or_twice_is_stray() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    host.tenant.forget_calls().await;
    let state = parameter(&callback, "state");
    let mut twice = callback.clone();
    twice.query_pairs_mut().append_pair("state", "x");
    let oversized = "x".repeat(10_000);
    let variants = [
        with_parameters(&callback, &[("state", None)]),
        with_parameters(&callback, &[("state", Some(""))]),
        with_parameters(&callback, &[("state", Some("unknown"))]),
        with_parameters(&callback, &[("state", Some(&state[..state.len() - 1]))]),
        with_parameters(&callback, &[("state", Some(&state.to_uppercase()))]),
        with_parameters(&callback, &[("state", Some("' OR '1'='1"))]),
        with_parameters(&callback, &[("state", Some("\0"))]),
        with_parameters(&callback, &[("code", None)]),
        with_parameters(&callback, &[("error", Some("access_denied"))]),
        with_parameters(&callback, &[("code", Some(&oversized))]),
        twice,
        host.at("/link/callback"),
    ];
    for variant in variants {
        assert_stray(
            &browser.get_once(variant.clone()).await,
            &variant.as_str()[..80.min(variant.as_str().len())],
        );
    }
    assert!(host.tenant.exchanges().await.is_empty());
    let review = browser.get(callback).await;
    assert_eq!(
        review.name(),
        "link-review",
        "the true answer is still good: {}",
        review.readable()
    );
}

#[tokio::test]
async fn a11_the_request_carries_state_nonce_and_pkce_of_its_own() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let first = authorize_url(&browser, &account, "Google").await;
    let second = authorize_url(&browser, &account, "Google").await;
    assert_eq!(parameter(&first, "code_challenge_method"), "S256");
    assert_eq!(parameter(&first, "response_type"), "code");
    assert_eq!(
        (
            parameter(&first, "prompt").as_str(),
            parameter(&first, "max_age").as_str()
        ),
        ("login", "0")
    );
    for name in ["state", "nonce", "code_challenge"] {
        let (one, other) = (parameter(&first, name), parameter(&second, name));
        assert_ne!(one, other, "{name}");
        assert!(one.len() >= 22, "{name} has at least 128 bits: {one}");
    }
}

#[tokio::test]
async fn a11_a_stolen_code_is_worth_nothing_with_ones_own_state() {
    let host = Host::start().await;
    let (_, stolen) = callback_of(&host, "ada@example.com").await;
    let attacker = Browser::new();
    let own = attacker.get_once(host.at("/login")).await.location().unwrap();
    let own_state = parameter(&own, "state");
    let injected = with_parameters(&stolen, &[("state", Some(&own_state))]);
    host.tenant.forget_calls().await;
    let page = attacker.get_once(injected).await;
    assert_eq!((page.status, page.message().as_str()), (403, "tenant-refused"));
    assert_eq!(signed_in_as(&host, &attacker).await, None);
    let calls = host.tenant.calls().await;
    let exchange = calls
        .iter()
        .find(|call| call["path"] == "/oauth/token")
        .expect("it was tried");
    assert_eq!(exchange["status"], 403, "the tenant compares the PKCE verifier");
}

#[tokio::test]
async fn a11_the_nonce_is_compared() {
    let host = Host::start().await;
    for nonce in [
        serde_json::json!("another"),
        serde_json::Value::Null,
        serde_json::json!(""),
    ] {
        let browser = Browser::new();
        let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
        let callback = callback_url(&host, &browser, authorize, "grace@example.com").await;
        host.tenant.forge(serde_json::json!({ "nonce": nonce })).await;
        let page = browser.get_once(callback).await;
        assert_eq!(
            (page.status, page.message().as_str()),
            (403, "tenant-refused"),
            "{nonce}"
        );
        assert_eq!(signed_in_as(&host, &browser).await, None, "{nonce}");
    }
}

#[tokio::test]
async fn a12_a_victim_cannot_finish_the_link_that_an_attacker_began() {
    let host = Host::start().await;
    // The attacker holds an account with the victim's address, and wants the victim's Google account.
    let (attacker, account) = ada(&host).await;
    let bait = authorize_url(&attacker, &account, "Google").await;
    let before = host.tenant.holdings().await;

    let victim = Browser::new();
    let sign_in = victim.get(host.at("/login")).await;
    let google = sign_in
        .form("[action='/u/login/connection']")
        .with("connection", "google-oauth2");
    let provider = victim.submit(&google).await;
    let home = flow::enter(&victim, &provider, "ada@example.com").await;
    assert_eq!(home.texts("#user-id"), ["google-oauth2|1001"], "{}", home.readable());
    let callback = callback_url(&host, &victim, bait.clone(), "ada@example.com").await;
    assert_eq!(callback.path(), "/link/callback");
    host.tenant.forget_calls().await;
    assert_stray(&victim.get_once(callback.clone()).await, "a victim who is signed in");
    assert!(host.tenant.exchanges().await.is_empty(), "the code is not even tried");
    assert_eq!(
        signed_in_as(&host, &victim).await.as_deref(),
        Some("google-oauth2|1001")
    );

    assert_stray(
        &attacker.get_once(callback).await,
        "the state is spent, also for the attacker",
    );
    assert!(host.tenant.exchanges().await.is_empty());
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a12_a_victim_without_a_session_cannot_either() {
    let host = Host::start().await;
    let (attacker, account) = ada(&host).await;
    let bait = authorize_url(&attacker, &account, "Google").await;
    let victim = Browser::new();
    let callback = callback_url(&host, &victim, bait, "ada@example.com").await;
    host.tenant.forget_calls().await;
    let page = victim.get_once(callback).await;
    assert_ne!(page.name(), "link-review");
    assert!(host.tenant.exchanges().await.is_empty(), "the code is not even tried");
    assert_eq!(signed_in_as(&host, &victim).await, None);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a13_a_callback_counts_once() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    host.tenant.forget_calls().await;
    let (one, other) = tokio::join!(browser.get_once(callback.clone()), browser.get_once(callback.clone()));
    let leads = [&one, &other].map(|page| page.location().is_some_and(|to| to.path().starts_with("/link/review/")));
    assert_eq!(
        leads.iter().filter(|leads| **leads).count(),
        1,
        "{} {}",
        one.status,
        other.status
    );
    assert_stray(&browser.get_once(callback).await, "a third time");
    assert_eq!(host.tenant.exchanges().await.len(), 1);
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a13_two_links_in_one_session_do_not_mix() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let google = authorize_url(&browser, &account, "Google").await;
    let github = authorize_url(&browser, &account, "GitHub").await;
    let google = callback_url(&host, &browser, google, "ada@example.com").await;
    let github = callback_url(&host, &browser, github, "ada@example.com").await;
    let crossed = with_parameters(&google, &[("code", Some(&parameter(&github, "code")))]);
    let page = browser.get_once(crossed).await;
    assert_eq!(page.message(), "tenant-refused", "a code belongs to its own state");
    let review = browser.get(github).await;
    assert_ne!(review.name(), "link-review", "the code was spent by the attempt");

    let account = browser.get(host.at("/user")).await;
    let google = authorize_url(&browser, &account, "Google").await;
    let github = authorize_url(&browser, &account, "GitHub").await;
    let google = callback_url(&host, &browser, google, "ada@example.com").await;
    let github = callback_url(&host, &browser, github, "ada@example.com").await;
    let github = browser.get(github).await;
    let google = browser.get(google).await;
    assert_eq!(github.attributes("#secondary", "data-user-id"), ["github|1002"]);
    assert_eq!(google.attributes("#secondary", "data-user-id"), ["google-oauth2|1001"]);
    let form = google.form("#confirm").with("id", github.form("#confirm").value("id"));
    let mixed = browser.submit_once(&form).await;
    assert!(
        mixed.location().unwrap().query() == Some("changed=1"),
        "the hash is of another link"
    );
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a13_a_session_has_a_bounded_number_of_sign_ins_under_way() {
    let host = Host::start().await;
    let browser = Browser::new();
    let mut begun = Vec::new();
    for _ in 0..25 {
        begun.push(browser.get_once(host.at("/login")).await.location().unwrap());
    }
    let oldest = callback_url(&host, &browser, begun[0].clone(), "grace@example.com").await;
    assert_stray(&browser.get_once(oldest).await, "the oldest are forgotten");
    let newest = with_parameters(&begun[24], &[("prompt", Some("login"))]);
    let newest = callback_url(&host, &browser, newest, "grace@example.com").await;
    browser.get_once(newest).await;
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|grace"));
}

#[tokio::test]
async fn a13_an_answer_counts_only_at_its_own_address() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let proof = authorize_url(&browser, &account, "Google").await;
    let proof = callback_url(&host, &browser, proof, "ada@example.com").await;
    let log_in = browser.get_once(host.at("/login")).await.location().unwrap();
    let log_in = with_parameters(&log_in, &[("prompt", Some("login"))]);
    let log_in = callback_url(&host, &browser, log_in, "ada@example.com").await;
    host.tenant.forget_calls().await;
    for (answer, wrong) in [(proof, "/callback"), (log_in, "/link/callback")] {
        let mut moved = answer.clone();
        moved.set_path(wrong);
        assert_stray(&browser.get_once(moved).await, wrong);
        assert_stray(&browser.get_once(answer).await, "it is spent by that");
    }
    assert!(host.tenant.exchanges().await.is_empty());
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a13_a_state_of_another_session_of_the_same_person_is_stray() {
    let host = Host::start().await;
    let (one, account) = ada(&host).await;
    let (other, _) = ada(&host).await;
    let authorize = authorize_url(&one, &account, "Google").await;
    let callback = callback_url(&host, &other, authorize, "ada@example.com").await;
    host.tenant.forget_calls().await;
    assert_stray(&other.get_once(callback).await, "another session");
    assert!(host.tenant.exchanges().await.is_empty());
    let copy = thief(&host, &session_of(&host, &one));
    assert_eq!(
        signed_in_as(&host, &copy).await.as_deref(),
        Some("auth0|ada"),
        "sessions are what their cookie says"
    );
}

#[tokio::test]
async fn a22_an_answer_that_names_another_issuer_is_stray() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    host.tenant.forget_calls().await;
    let issuer = host.tenant.url.as_str();
    for other in [
        "https://evil.example/",
        "",
        issuer.trim_end_matches('/'),
        &issuer.to_uppercase(),
    ] {
        let page = browser
            .get_once(with_parameters(&callback, &[("iss", Some(other))]))
            .await;
        assert_stray(&page, other);
    }
    assert!(host.tenant.exchanges().await.is_empty());
    let own = browser.get(with_parameters(&callback, &[("iss", Some(issuer))])).await;
    assert_eq!(own.name(), "link-review", "{}", own.readable());
}
