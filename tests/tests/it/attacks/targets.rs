//! Which account is proven and joined.

use conjoin_tests::{Browser, Form, Host, flow};
use serde_json::json;

use super::{ada, ada_at_review, authorize_url, callback_url, parameter, signed_in_as, with_parameters};

#[tokio::test]
async fn a19_a_sign_in_to_another_account_than_the_chosen_one_is_refused() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let before = host.tenant.holdings().await;
    for (label, who) in [
        ("Google", "linus@example.com"),
        ("Google", "hamilton@example.com"),
        ("GitHub", "linus@example.com"),
    ] {
        let page = flow::prove(&browser, &account, label, who).await;
        assert_eq!(
            (page.status, page.message().as_str()),
            (403, "wrong-account"),
            "{label} {who}"
        );
        assert_eq!(
            signed_in_as(&host, &browser).await.as_deref(),
            Some("auth0|ada"),
            "the session stays"
        );
    }
    // Another account of the same person, offered as well, is another account.
    let authorize = authorize_url(&browser, &account, "Google").await;
    let swapped = with_parameters(&authorize, &[("connection", Some("github"))]);
    let callback = callback_url(&host, &browser, swapped, "ada@example.com").await;
    assert_eq!(browser.get_once(callback).await.message(), "wrong-account");
    // And so is the person's own.
    let authorize = authorize_url(&browser, &account, "Google").await;
    let own = with_parameters(&authorize, &[("connection", None)]);
    let callback = callback_url(&host, &browser, own, "ada@example.com").await;
    assert_eq!(browser.get_once(callback).await.message(), "wrong-account");
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a19_after_a_wrong_account_the_next_sign_in_asks_who_it_is() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    flow::prove(&browser, &account, "Google", "linus@example.com").await;
    let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
    assert_eq!(
        parameter(&authorize, "prompt"),
        "login",
        "the tenant's session is somebody else's now"
    );
}

#[tokio::test]
async fn a19_a_token_of_another_subject_is_refused() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    for subject in [
        "auth0|ada",
        "github|1002",
        "google-oauth2|1001 ",
        "Google-oauth2|1001",
        "google-oauth2|10011",
        "1001",
        "",
    ] {
        let account = browser.get(host.at("/user")).await;
        let authorize = authorize_url(&browser, &account, "Google").await;
        let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
        host.tenant.forge(json!({ "sub": subject })).await;
        let page = browser.get_once(callback).await;
        assert_eq!(page.status, 403, "{subject:?}: {}", page.readable());
        assert_eq!(
            signed_in_as(&host, &browser).await.as_deref(),
            Some("auth0|ada"),
            "{subject:?}"
        );
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a19_an_unverified_address_in_the_token_proves_nothing() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    for verified in [json!(false), json!(null), json!("false")] {
        let account = browser.get(host.at("/user")).await;
        let authorize = authorize_url(&browser, &account, "Google").await;
        let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
        host.tenant.forge(json!({ "email_verified": verified })).await;
        let page = browser.get_once(callback).await;
        assert_eq!(page.status, 403, "{verified}: {}", page.readable());
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a20_what_the_browser_says_between_choice_and_callback_does_not_move_the_target() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let github = account.form("[data-offer=GitHub]").value("candidate").to_owned();
    let form = account.form("[data-offer=Google]");
    // Fields and parameters that no page of ours sends.
    let form = form
        .with("target", "github|1002")
        .with("user_id", "github|1002")
        .with("link_with", "github|1002")
        .with("survivor", "found");
    let authorize = browser.submit_once(&form).await.location().unwrap();
    assert_eq!(parameter(&authorize, "connection"), "google-oauth2");
    for name in ["target", "user_id", "candidate"] {
        browser.plant(&host.url, name, &github);
    }
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    let callback = with_parameters(
        &callback,
        &[
            ("candidate", Some(&github)),
            ("user_id", Some("github|1002")),
            ("sub", Some("github|1002")),
        ],
    );
    let review = browser.get(callback).await;
    assert_eq!(review.attributes("#secondary", "data-user-id"), ["google-oauth2|1001"]);
    let confirm = review
        .form("#confirm")
        .with("secondary", "github|1002")
        .with("primary", "google-oauth2|1001");
    let linked = browser.submit(&confirm).await;
    assert_eq!(
        linked.attributes("#linked [data-identity]", "data-identity"),
        ["auth0|ada", "google-oauth2|1001"]
    );
    assert!(host.tenant.user("github|1002").await.is_some());
}

#[tokio::test]
async fn a20_a_hash_that_was_not_shown_is_not_confirmed() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let form = review.form("#confirm");
    let hash = form.value("plan").to_owned();
    let upper = hash.to_uppercase();
    for wrong in ["", "0", &"0".repeat(64), &upper, &hash[..63], "null", "\0"] {
        let page = browser.submit_once(&form.clone().with("plan", wrong)).await;
        let to = page
            .location()
            .unwrap_or_else(|| panic!("{wrong:?}: {}", page.readable()));
        assert_eq!(
            (to.path(), to.query()),
            (review.url.path(), Some("changed=1")),
            "{wrong:?}"
        );
    }
    assert!(host.tenant.writes().await.is_empty());
    let linked = browser.submit(&form).await;
    assert_eq!(linked.url, host.at("/user?done=linked"), "the one that was shown is");
}

#[tokio::test]
async fn a20_an_account_that_changed_after_the_preview_is_shown_again_first() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    host.tenant
        .change_user("google-oauth2|1001", json!({ "app_metadata": { "roles": ["Owner"] } }))
        .await;
    let again = flow::confirm(&browser, &review).await;
    assert_eq!(
        (again.name().as_str(), again.url.query()),
        ("link-review", Some("changed=1"))
    );
    assert!(again.readable().contains("Owner"));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a21_only_an_account_from_this_sessions_list_can_be_chosen() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let (elsewhere, same_person) = ada(&host).await;
    drop(elsewhere);
    let linus = Browser::new();
    let others = flow::sign_in(&host, &linus, "linus@example.com").await;
    let form = account.form("[data-offer=Google]");
    let own = form.value("candidate").to_owned();
    let foreign = [
        others.form("[data-offer=Google]").value("candidate").to_owned(),
        same_person.form("[data-offer=Google]").value("candidate").to_owned(),
        "google-oauth2|1001".to_owned(),
        "google-oauth2|2001".to_owned(),
        "facebook|1003".to_owned(),
        "auth0|ada".to_owned(),
        "google-oauth2".to_owned(),
        "Google".to_owned(),
        String::new(),
        "*".to_owned(),
        own[..own.len() - 1].to_owned(),
        format!("{own}A"),
        own.to_lowercase(),
        "\0".to_owned(),
        "x".repeat(10_000),
    ];
    host.tenant.forget_calls().await;
    for candidate in foreign {
        let page = browser.submit_once(&form.clone().with("candidate", &candidate)).await;
        let what = candidate.chars().take(60).collect::<String>();
        assert_eq!((page.status, page.message().as_str()), (403, "not-offered"), "{what:?}");
    }
    assert!(
        host.tenant
            .calls()
            .await
            .iter()
            .all(|call| !call["path"].as_str().unwrap().starts_with("/authorize"))
    );
}

#[tokio::test]
async fn a21_the_rule_is_applied_again_at_every_step() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let google = host.tenant.user("google-oauth2|1001").await.unwrap();
    let spoils = [
        (json!({ "email_verified": false }), "unverified"),
        (json!({ "email": "other@example.com" }), "email-differs"),
        (json!({ "blocked": true }), "blocked"),
    ];
    for (spoil, message) in spoils {
        // Before the choice.
        host.tenant.change_user("google-oauth2|1001", spoil.clone()).await;
        let page = browser.submit_once(&account.form("[data-offer=Google]")).await;
        assert_eq!((page.status, page.message().as_str()), (403, "not-offered"), "{spoil}");
        // After the proof, before the confirmation.
        host.tenant.change_user("google-oauth2|1001", google.clone()).await;
        host.tenant
            .change_user("google-oauth2|1001", json!({ "blocked": false }))
            .await;
        let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
        assert_eq!(review.name(), "link-review", "{}", review.readable());
        host.tenant.change_user("google-oauth2|1001", spoil.clone()).await;
        let page = flow::confirm(&browser, &review).await;
        assert_eq!((page.status, page.message().as_str()), (403, message), "{spoil}");
        host.tenant.change_user("google-oauth2|1001", google.clone()).await;
        host.tenant
            .change_user("google-oauth2|1001", json!({ "blocked": false }))
            .await;
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a21_an_account_of_ones_own_that_became_unverified_offers_and_links_nothing() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let account = browser.get(host.at("/user")).await;
    host.tenant
        .change_user("auth0|ada", json!({ "email_verified": false }))
        .await;
    let page = browser.submit_once(&account.form("[data-offer=GitHub]")).await;
    assert_eq!((page.status, page.message().as_str()), (403, "not-offered"));
    let page = flow::confirm(&browser, &review).await;
    assert_eq!((page.status, page.message().as_str()), (403, "unverified"));
    let form: Form = review.form("#confirm");
    assert_eq!(browser.submit_once(&form).await.status, 403, "again");
    assert!(host.tenant.writes().await.is_empty());
}
