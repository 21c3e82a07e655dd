//! The developer's page.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::start;

#[tokio::test]
async fn the_page_shows_calls_sessions_and_mails_and_no_secrets() {
    let running = start().await;
    let mut browser = running.browser();
    let landed = browser
        .sign_in("ada@example.com", &[("scope", "openid offline_access")])
        .await;
    running.exchange(&landed.parameter("code")).await;
    let email = browser.authorize(&[("connection", "email")]).await;
    browser.submit(&email, "email", &[("email", "mail@example.com")]).await;
    let page = browser.open(running.tenant.issuer().join("_dev/").unwrap()).await;
    assert!(page.text("#sessions").contains("auth0|ada") && page.text("#sessions").contains("refresh tokens: 1"));
    assert!(page.text("#inbox").contains("mail@example.com") && page.text("#inbox .code").len() == 6);
    assert!(page.text("#calls").contains("POST /oauth/token"));
    assert!(!page.html.contains("correct-horse") && !page.html.contains("conjoin-dev-secret"));
}

#[tokio::test]
async fn its_forms_let_faults_happen_turn_switches_and_forget() {
    let running = start().await;
    let mut browser = running.browser();
    let url = running.tenant.issuer().join("_dev/").unwrap();
    let page = browser.open(url.clone()).await;
    let page = browser
        .submit(&page, "times", &[("name", "unavailable"), ("times", "1")])
        .await;
    assert!(
        page.text("#faults").contains(r#""status":503"#),
        "{}",
        page.text("#faults")
    );
    let api = running.api().await;
    assert_eq!(api.user("auth0|ada").await.status, 503);
    assert_eq!(api.user("auth0|ada").await.status, 200);
    let page = browser.open(url).await;
    assert!(page.text("#calls").contains("fault unavailable"));
    let page = browser
        .submit(
            &page,
            "clock_skew",
            &[("silent_upstream", "yes"), ("clock_skew", "-90")],
        )
        .await;
    let switches = running.send(Method::GET, "_dev/oidc", None, None).await.body;
    assert_eq!(
        (&switches["silent_upstream"], &switches["clock_skew"]),
        (&json!(true), &json!(-90))
    );
    assert_eq!(
        browser
            .submit(&page, "clock_skew", &[("clock_skew", "soon")])
            .await
            .status,
        400
    );
    let post = |path: &str| running.http.post(running.url(path)).form(&[("name", "unavailable")]);
    assert_eq!(post("_dev/page/faults/remove").send().await.unwrap().status(), 303);
    assert_eq!(
        running.send(Method::GET, "_dev/faults", None, None).await.body,
        json!([])
    );
    for (times, status) in [("soon", 400), ("-1", 400), ("", 303)] {
        let form = [("name", "unavailable"), ("times", times)];
        let request = running.http.post(running.url("_dev/page/faults")).form(&form);
        assert_eq!(request.send().await.unwrap().status(), status, "{times}");
    }
    let rules = running.send(Method::GET, "_dev/faults", None, None).await.body;
    assert_eq!((rules.as_array().unwrap().len(), &rules[0]["times"]), (1, &Value::Null));
    assert_eq!(post("_dev/page/faults/remove").send().await.unwrap().status(), 303);
    assert_eq!(post("_dev/page/calls/forget").send().await.unwrap().status(), 303);
    assert!(running.calls().await.is_empty());
}

#[tokio::test]
async fn a_page_of_another_site_turns_nothing() {
    let running = start().await;
    let kept = json!([{"name": "kept", "path": "/never", "status": 500}]);
    running.add_faults(kept).await;
    let keys = async || {
        running
            .send(Method::GET, ".well-known/jwks.json", None, None)
            .await
            .body
    };
    let (keys_before, calls_before) = (keys().await, running.calls().await.len());
    // The last is all that a browser says to a name without TLS that it does not trust.
    for (header, site) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
    ] {
        for path in ["faults", "faults/remove", "switches", "calls/forget", "reset"] {
            let form = [("name", "kept"), ("clock_skew", "5")];
            let request = running.http.post(running.url(&format!("_dev/page/{path}"))).form(&form);
            let answer = request.header(header, site).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
        }
        // Without a body these are what `fetch` sends from anywhere, `no-cors`.
        for path in ["reset", "rotate-keys"] {
            let request = running.http.post(running.url(&format!("_dev/{path}")));
            let answer = request.header(header, site).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
        }
    }
    let rules = running.send(Method::GET, "_dev/faults", None, None).await.body;
    assert_eq!(
        (rules.as_array().unwrap().len(), &rules[0]["name"]),
        (1, &json!("kept"))
    );
    assert_eq!(running.calls().await.len(), calls_before);
    assert_eq!(keys().await, keys_before);
    let own = running.tenant.issuer().origin().ascii_serialization();
    let request = running.http.post(running.url("_dev/page/calls/forget"));
    let answer = request
        .header("origin", own)
        .form(&[("name", "")])
        .send()
        .await
        .unwrap();
    assert!(
        answer.status().is_success() || answer.status().is_redirection(),
        "{}",
        answer.status()
    );
    let link = running
        .http
        .get(running.url("_dev/"))
        .header("sec-fetch-site", "cross-site");
    assert_eq!(link.send().await.unwrap().status(), 200, "a link may lead here");
}
