//! `POST /action/complete`: who may ask, for what, and how often.

use std::time::Duration;

use conjoin_tests::action::{App, SECRET, agree, start};
use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::{claims, go_on, identities};

const GOOGLE: &str = "google-oauth2|1001";

/// Ada signs in with Google, and agrees to join her first account.
async fn agreed(host: &Host, app: &App, browser: &Browser) -> Page {
    let away = app
        .sent_away(host, browser, Some("google-oauth2"), "ada@example.com")
        .await;
    agree(browser, away, "e-mail and password", "ada@example.com").await
}

/// What the Action would ask for.
fn asking(back: &Page) -> Value {
    let token = claims(back.form("#continue").value("session_token"));
    json!({ "link": token["link"], "plan": token["plan"], "user_id": token["sub"] })
}

async fn complete(host: &Host, secret: &str, body: &Value) -> (u16, Value) {
    let headers = [
        ("authorization", format!("Bearer {secret}")),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = Browser::new()
        .request(
            "POST",
            host.at("/action/complete"),
            &headers,
            body.to_string().into_bytes(),
        )
        .await;
    (page.status, serde_json::from_str(&page.text).unwrap_or_default())
}

/// The same, asked again for as long as it cannot be told.
async fn completed(host: &Host, body: &Value) -> (u16, Value) {
    for _ in 0..20 {
        let answer = complete(host, SECRET, body).await;
        if !matches!(answer.0, 202 | 503) {
            return answer;
        }
    }
    panic!("not settled: {}", host.log());
}

/// The same where it is not settled at once: hosts take up again what they put off.
async fn settled(host: &Host, body: &Value) -> (u16, Value) {
    let asked = async {
        loop {
            let answer = complete(host, SECRET, body).await;
            if answer.0 != 202 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked)
        .await
        .expect("it is settled")
}

#[tokio::test]
async fn a41_only_the_action_may_ask() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let body = asking(&agreed(&host, &app, &browser).await);
    for secret in ["", "x", "conjoin-dev-secret", &SECRET[1..], "dev-admin-token"] {
        assert_eq!(complete(&host, secret, &body).await.0, 401, "{secret}");
    }
    for broken in [json!({}), json!([]), json!({ "link": 1, "plan": 2, "user_id": 3 })] {
        assert_eq!(complete(&host, SECRET, &broken).await.0, 400, "{broken}");
    }
    let (status, _) = complete(&host, SECRET, &json!("x".repeat(100_000))).await;
    assert!((400..500).contains(&status), "{status}");
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a20_an_agreement_is_carried_out_as_it_was_given_or_not_at_all() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let body = asking(&agreed(&host, &app, &browser).await);
    let others = [
        ("link", json!("0".repeat(32))),
        ("link", json!("../x")),
        ("plan", json!("0".repeat(64))),
        ("user_id", json!("auth0|ada")),
        ("user_id", json!("auth0|mallory")),
    ];
    for (name, value) in others {
        let mut other = body.clone();
        other[name] = value;
        let refused = json!({ "outcome": "not_linked", "reason": "no_such_agreement" });
        assert_eq!(complete(&host, SECRET, &other).await, (200, refused), "{other}");
    }
    assert!(host.tenant.writes().await.is_empty());
    let linked = json!({ "outcome": "linked", "primary_user_id": "auth0|ada" });
    assert_eq!(completed(&host, &body).await, (200, linked));
}

#[tokio::test]
async fn s29_asking_again_and_at_once_joins_once() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let body = asking(&agreed(&host, &app, &browser).await);
    let (first, second) = tokio::join!(completed(&host, &body), completed(&host, &body));
    let linked = json!({ "outcome": "linked", "primary_user_id": "auth0|ada" });
    for answer in [first, second, completed(&host, &body).await] {
        assert_eq!(answer, (200, linked.clone()));
    }
    let writes = host.tenant.writes().await;
    let links = writes.iter().filter(|write| write.ends_with("/identities")).count();
    assert_eq!(links, 1, "{writes:?}");
}

/// Six failures are more than a confirmation waits for: the first call gives the accounts back with the link begun, and the second one finds it so.
#[tokio::test]
async fn s29_asking_again_while_it_is_carried_out_is_told_so() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let body = asking(&agreed(&host, &app, &browser).await);
    let fault = json!([{ "method": "PATCH", "path": "/api/v2/users/auth0|ada", "times": 6, "status": 500 }]);
    host.tenant.faults(fault).await;
    let both = tokio::join!(complete(&host, SECRET, &body), complete(&host, SECRET, &body));
    for (status, answer) in [both.0, both.1] {
        assert!(
            [200, 202].contains(&status) && answer["outcome"] != "not_linked",
            "{status} {answer}"
        );
    }
    let linked = json!({ "outcome": "linked", "primary_user_id": "auth0|ada" });
    assert_eq!(settled(&host, &body).await, (200, linked));
    assert!(!host.operate(&["audit", "export"]).contains("not_confirmed"));
}

#[tokio::test]
async fn an_agreement_and_the_token_that_carries_it_last_equally_long() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let back = agreed(&host, &app, &browser).await;
    let token = claims(back.form("#continue").value("session_token"));
    let (issued, ends) = (token["iat"].as_i64().unwrap(), token["exp"].as_i64().unwrap());
    let longest = conjoin_linking::record::AGREED_LIFETIME;
    assert!(ends > issued && ends <= issued + longest, "{token}");
    // Looked at again, it ends when it did: the agreement is no younger.
    let again = browser.get(back.url.clone()).await;
    let again = claims(again.form("#continue").value("session_token"));
    assert_eq!(again["exp"], token["exp"]);
}

#[tokio::test]
async fn a44_an_agreement_of_before_an_unlink_joins_nothing_again() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let back = agreed(&host, &app, &browser).await;
    let body = asking(&back);
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    let ada = Browser::new();
    let account = flow::sign_in(&host, &ada, "ada@example.com").await;
    let review = flow::review_unlink(&ada, &account, GOOGLE, "ada@example.com").await;
    flow::confirm(&ada, &review).await;
    assert_eq!(identities(&host, "auth0|ada").await, ["auth0|ada"]);
    let answer = json!({ "outcome": "not_linked", "reason": "unlinked_since" });
    assert_eq!(complete(&host, SECRET, &body).await, (200, answer));
    assert_eq!(identities(&host, "auth0|ada").await, ["auth0|ada"]);
}

#[tokio::test]
async fn a43_the_trail_tells_the_agreement_from_the_confirmation_and_holds_no_token() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let back = agreed(&host, &app, &browser).await;
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    let trail = host.operate(&["audit", "export"]);
    let events: Vec<String> = trail
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| {
            line["event"]
                .as_str()
                .or(line["entry"]["event"].as_str())
                .map(str::to_owned)
        })
        .filter(|event| event.starts_with("link."))
        .collect();
    let expected = [
        "link.requested",
        "link.proven",
        "link.planned",
        "link.agreed",
        "link.confirmed",
        "link.metadata_written",
        "link.linked",
        "link.done",
    ];
    assert_eq!(events, expected, "{trail}");
    let token = back.form("#continue").value("session_token").to_owned();
    for text in [&trail, &host.log()] {
        assert!(!text.contains(&token) && !text.contains(SECRET));
    }
}
