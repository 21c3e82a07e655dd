//! What applications in a browser need: `web_message`, CORS, refresh tokens that rotate.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, CALLBACK, VERIFIER, start};

const SPA: [(&str, &str); 2] = [("client_id", "conjoin-spa"), ("response_mode", "web_message")];

#[tokio::test]
async fn web_message_tells_the_application_that_embeds_the_page_and_no_other() {
    let running = start().await;
    let mut browser = running.browser();
    let silent = browser.authorize(&[SPA[0], SPA[1], ("prompt", "none")]).await;
    let policy = silent.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors http://localhost:13100"), "{policy}");
    assert!(
        silent.html.contains("data-origin=\"http://localhost:13100\""),
        "{}",
        silent.html
    );
    assert!(silent.html.contains("login_required") && silent.html.contains("/assets/web_message.js"));
    let script = running.send(Method::GET, "assets/web_message.js", None, None).await;
    assert!(script.body.as_str().unwrap().contains("authorization_response"));
    // Its callback is allowed, and it names no web origin.
    let other = browser.authorize(&[SPA[1], ("client_id", "conjoin-app")]).await;
    assert_eq!(other.status, 403);
    assert!(other.html.contains("Web origin mismatch"), "{}", other.html);
}

#[tokio::test]
async fn browsers_of_known_origins_may_call_and_others_may_not() {
    let running = start().await;
    let preflight = async |origin: &str| {
        let request = running
            .http
            .request(Method::OPTIONS, running.url("oauth/token"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "auth0-client,content-type");
        let answer = request.send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin").cloned();
        allowed.map(|value| value.to_str().unwrap().to_owned())
    };
    let own = "http://localhost:13100";
    assert_eq!(preflight(own).await.as_deref(), Some(own));
    assert_eq!(preflight("https://evil.example").await, None);
    let page = running.http.get(running.url("u/login")).header("origin", own);
    assert!(
        page.send()
            .await
            .unwrap()
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
}

#[tokio::test]
async fn a_fault_strikes_what_a_page_asks_for_and_not_the_question_before_it() {
    let running = start().await;
    let rule = json!([{"path": "/", "times": 1, "status": 429}]);
    running.add_faults(rule).await;
    let origin = "http://localhost:13100";
    let asked = running
        .http
        .request(Method::OPTIONS, running.url("api/v2/users/auth0%7Cada"))
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    let asked = Answer::read(asked.send().await.unwrap()).await;
    assert_eq!(
        (asked.status, asked.header("access-control-allow-origin")),
        (200, origin)
    );
    let call = async || {
        let call = running.http.get(running.url("api/v2/users/auth0%7Cada"));
        Answer::read(call.header("origin", origin).send().await.unwrap()).await
    };
    let struck = call().await;
    struck.is_error(429, Some("too_many_requests"));
    assert_eq!(struck.header("access-control-allow-origin"), origin);
    assert!(
        struck
            .header("access-control-expose-headers")
            .contains("x-ratelimit-reset")
    );
    assert_eq!(call().await.status, 401, "once");
    let noted = running.calls().await;
    let methods: Vec<&Value> = noted.iter().map(|call| &call["method"]).collect();
    assert_eq!(methods, ["GET", "GET"], "the browser's own question is not noted");
}

#[tokio::test]
async fn a_rotating_token_that_comes_twice_ends_its_family() {
    let running = start().await;
    let landed = running
        .browser()
        .sign_in("ada@example.com", &[SPA[0], ("scope", "openid offline_access")])
        .await;
    let code = landed.parameter("code");
    let form = [
        ("grant_type", "authorization_code"),
        SPA[0],
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = running.token_request(&form).await.body;
    let first = tokens["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        let form = [("grant_type", "refresh_token"), SPA[0], ("refresh_token", token)];
        running.token_request(&form).await
    };
    let second = refresh(&first).await.body["refresh_token"].as_str().unwrap().to_owned();
    let listed = running.api().await.get("users/auth0%7Cada/refresh-tokens").await.body;
    let listed = listed["tokens"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["rotating"]), (1, &json!(true)));
    assert_eq!(refresh(&first).await.status, 403);
    assert_eq!(refresh(&second).await.status, 403, "the family is over");
}
