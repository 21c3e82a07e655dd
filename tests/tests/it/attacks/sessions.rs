//! Session fixation, and sessions that change while something is under way.

use conjoin_tests::{Browser, Form, Host, Page, flow};
use serde_json::json;

use super::{ada, authorize_url, callback_url, session_of, signed_in_as, thief};

/// Checks that the session has a new name since `before`, and that the old one is dead; answers the new one.
async fn renamed(host: &Host, browser: &Browser, before: &str, when: &str) -> String {
    let now = session_of(host, browser);
    assert_ne!(now, before, "{when}");
    let old = thief(host, before);
    let page = old.get_once(host.at("/user")).await;
    assert_eq!(page.message(), "another-tab", "the old name is dead {when}");
    assert_eq!(page.headers.get("set-cookie"), None, "{when}");
    now
}

async fn log_out(host: &Host, browser: &Browser) -> Page {
    let form = browser.get(host.at("/logout")).await.form("#confirm");
    browser.submit_once(&form).await
}

/// Whether any cookie that an answer sets opens somebody's account.
async fn opens_an_account(host: &Host, answer: &Page) -> bool {
    for cookie in answer.headers.get_all("set-cookie") {
        let value = cookie
            .to_str()
            .unwrap()
            .split(['=', ';'])
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        if !value.is_empty() && signed_in_as(host, &thief(host, &value)).await.is_some() {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a14_the_session_gets_a_new_name_at_every_step_that_gives_it_more() {
    let host = Host::start().await;
    let browser = Browser::new();
    browser.get_once(host.at("/login")).await;
    let name = session_of(&host, &browser);

    // So old a sign-in that it must be repeated before a link.
    host.tenant.switches(json!({ "skew_auth_time": -3600 })).await;
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let name = renamed(&host, &browser, &name, "after the sign-in").await;
    host.tenant.switches(json!({})).await;

    let again = flow::choose(&browser, &account, "Google").await;
    let form = again.form(":has(input[name=password])");
    assert!(
        form.action.path().ends_with("/u/login"),
        "the own account first: {}",
        form.action
    );
    let google = flow::enter(&browser, &again, "ada@example.com").await;
    let name = renamed(&host, &browser, &name, "after the repeated sign-in").await;

    let review = flow::enter(&browser, &google, "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let name = renamed(&host, &browser, &name, "after the proof").await;

    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"));
    let name = renamed(&host, &browser, &name, "after the link").await;

    assert!(log_out(&host, &browser).await.location().is_some());
    assert_eq!(
        signed_in_as(&host, &thief(&host, &name)).await,
        None,
        "dead after logging out"
    );
}

#[tokio::test]
async fn a14_a_planted_session_does_not_become_the_victims() {
    let host = Host::start().await;
    let attacker = Browser::new();
    attacker.get_once(host.at("/login")).await;
    let planted = session_of(&host, &attacker);
    let victim = thief(&host, &planted);
    flow::sign_in(&host, &victim, "ada@example.com").await;
    assert_eq!(signed_in_as(&host, &attacker).await, None);

    // Nor does a name that the host never gave out.
    for made_up in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "", "../../x", "%00"] {
        let victim = thief(&host, made_up);
        flow::sign_in(&host, &victim, "ada@example.com").await;
        assert_ne!(session_of(&host, &victim), made_up);
        assert_eq!(signed_in_as(&host, &thief(&host, made_up)).await, None, "{made_up}");
    }
}

#[tokio::test]
async fn a14_a_proof_under_way_does_not_bring_a_session_back_that_was_logged_out() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    let thief = thief(&host, &session_of(&host, &browser));
    let form = browser.get(host.at("/logout")).await.form("#confirm");
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": "/oauth/token", "times": 1, "hold": true }]))
        .await;
    let finish_after_logout = async {
        host.tenant.until_called("POST", "/oauth/token").await;
        let gone = browser.submit_once(&form).await;
        host.tenant.faults(json!([])).await;
        gone
    };
    let (answer, gone) = tokio::join!(thief.get_once(callback), finish_after_logout);
    assert!(gone.location().is_some(), "{}", gone.readable());
    assert_eq!(signed_in_as(&host, &browser).await, None);
    assert!(
        !opens_an_account(&host, &answer).await,
        "logging out ends what is under way"
    );
    assert_eq!(signed_in_as(&host, &thief).await, None);
}

#[tokio::test]
async fn a14_a_repeated_sign_in_under_way_does_not_either() {
    let host = Host::start().await;
    host.tenant.switches(json!({ "skew_auth_time": -3600 })).await;
    let (browser, account) = ada(&host).await;
    host.tenant.switches(json!({})).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    assert_eq!(callback.path(), "/callback");
    let form = browser.get(host.at("/logout")).await.form("#confirm");
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": "/oauth/token", "times": 1, "hold": true }]))
        .await;
    let finish_after_logout = async {
        host.tenant.until_called("POST", "/oauth/token").await;
        browser.submit_once(&form).await;
        host.tenant.faults(json!([])).await;
    };
    let (answer, ()) = tokio::join!(browser.get_once(callback), finish_after_logout);
    assert!(
        !opens_an_account(&host, &answer).await,
        "logging out ends what is under way"
    );
    assert_eq!(signed_in_as(&host, &browser).await, None);
}

#[tokio::test]
async fn a14_a_failed_proof_under_way_does_not_either() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "linus@example.com").await;
    let form = browser.get(host.at("/logout")).await.form("#confirm");
    let old = session_of(&host, &browser);
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": "/oauth/token", "times": 1, "hold": true }]))
        .await;
    let finish_after_logout = async {
        host.tenant.until_called("POST", "/oauth/token").await;
        browser.submit_once(&form).await;
        host.tenant.faults(json!([])).await;
    };
    let (answer, ()) = tokio::join!(browser.get_once(callback), finish_after_logout);
    assert_eq!(answer.message(), "wrong-account");
    assert!(!opens_an_account(&host, &answer).await);
    assert_eq!(signed_in_as(&host, &thief(&host, &old)).await, None);
}

#[tokio::test]
async fn a14_two_proofs_at_once_leave_one_session() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let google = authorize_url(&browser, &account, "Google").await;
    let github = authorize_url(&browser, &account, "GitHub").await;
    let google = callback_url(&host, &browser, google, "ada@example.com").await;
    let github = callback_url(&host, &browser, github, "ada@example.com").await;
    let old = session_of(&host, &browser);
    let tabs = [thief(&host, &old), thief(&host, &old)];
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": "/oauth/token", "times": 2, "hold": true }]))
        .await;
    let both_under_way = async {
        while host.tenant.exchanges().await.len() < 2 {
            tokio::task::yield_now().await;
        }
        host.tenant.faults(json!([])).await;
    };
    let (one, other, ()) = tokio::join!(tabs[0].get_once(google), tabs[1].get_once(github), both_under_way);
    for answer in [&one, &other] {
        let path = answer.location().map(|to| to.path().to_owned()).unwrap_or_default();
        assert!(path.starts_with("/link/review/"), "{} {path}", answer.readable());
    }
    assert_eq!(
        signed_in_as(&host, &thief(&host, &old)).await,
        None,
        "the old name is dead"
    );
    let mut alive = 0;
    for answer in [&one, &other] {
        alive += usize::from(opens_an_account(&host, answer).await);
    }
    assert_eq!(alive, 1, "one session does not become two");
}

#[tokio::test]
async fn a14_an_error_after_the_proof_does_not_end_the_session() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let before = session_of(&host, &browser);
    let refusal = json!({ "statusCode": 403, "error": "Forbidden", "errorCode": "insufficient_scope", "message": "Insufficient scope" });
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    host.tenant
        .faults(json!([{ "method": "GET", "path": "/api/v2/users/google", "status": 403, "body": refusal }]))
        .await;
    let page = browser.get(callback).await;
    host.tenant.faults(json!([])).await;
    assert!(page.status >= 500, "{} {}", page.status, page.readable());
    renamed(&host, &browser, &before, "after the proof").await;
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a15_a_link_dies_with_the_session_that_asked_for_it() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    log_out(&host, &browser).await;
    host.tenant.forget_calls().await;
    let page = browser.get_once(callback.clone()).await;
    assert_eq!(page.location(), Some(host.at("/login")));
    let ada = sign_in_over(&host, &browser, "ada@example.com").await;
    assert_eq!(ada.texts("#user-id"), ["auth0|ada"]);
    host.tenant.forget_calls().await;
    let page = browser.get_once(callback).await;
    assert_eq!(
        page.message(),
        "stray-sign-in",
        "also for the same person, signed in anew"
    );
    assert!(host.tenant.exchanges().await.is_empty());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a15_logging_out_ends_the_tenants_session_of_the_proof_too() {
    let host = Host::start().await;
    for who in ["ada@example.com", "linus@example.com"] {
        let (browser, account) = ada(&host).await;
        flow::prove(&browser, &account, "Google", who).await;
        let log_out = log_out(&host, &browser).await;
        let home = browser.follow(log_out).await;
        assert_eq!(home.url, host.at("/"), "{who}: {}", home.readable());
        let next = browser.get(host.at("/login")).await;
        assert!(
            !next.forms(":has(input[name=password])").is_empty(),
            "{who}: the tenant asks again: {}",
            next.readable()
        );
    }
}

/// Signs in over a session that is somebody else's, without logging out.
async fn sign_in_over(host: &Host, browser: &Browser, who: &str) -> Page {
    let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
    let asking = super::with_parameters(&authorize, &[("prompt", Some("login"))]);
    let callback = callback_url(host, browser, asking, who).await;
    browser.get(callback).await
}

#[tokio::test]
async fn a15_a_link_dies_when_somebody_else_signs_in() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    let grace = sign_in_over(&host, &browser, "grace@example.com").await;
    assert_eq!(grace.texts("#user-id"), ["auth0|grace"]);
    host.tenant.forget_calls().await;
    let page = browser.get_once(callback).await;
    assert_eq!(page.message(), "stray-sign-in");
    assert!(host.tenant.exchanges().await.is_empty(), "the code is not even tried");
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|grace"));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a15_a_preview_and_its_forms_die_when_somebody_else_signs_in() {
    let host = Host::start().await;
    let (browser, review) = super::ada_at_review(&host).await;
    sign_in_over(&host, &browser, "grace@example.com").await;
    let page = browser.submit_once(&review.form("#confirm")).await;
    assert_eq!((page.status, page.message().as_str()), (403, "forged-form"));
    assert_eq!(browser.get_once(review.url.clone()).await.status, 404);
    let token = browser
        .get(host.at("/logout"))
        .await
        .form("#confirm")
        .value("csrf_token")
        .to_owned();
    let form: Form = review.form("#confirm").with("csrf_token", &token);
    let page = browser.submit_once(&form).await;
    assert_eq!((page.status, page.message().as_str()), (404, "not-found"));
    // Nor does it come back with the person.
    sign_in_over(&host, &browser, "ada@example.com").await;
    assert_eq!(browser.get_once(review.url.clone()).await.status, 404);
    assert!(host.tenant.writes().await.is_empty());
}
