//! Requests to the admin API that nobody should make, and those that are larger, slower or stranger than it takes.

use std::io::Write;
use std::net::TcpStream;

use conjoin_tests::team::Answer;
use conjoin_tests::{DEV_TOKEN, Host, Team};
use reqwest::Method;
use serde_json::json;

use crate::pages::sign_in;

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, &answer.body["code"], &answer.body["status"]),
        (status, &json!(code), &json!(status)),
        "{}",
        answer.body
    );
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn whatever_cannot_be_read_is_answered_with_problem_details() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let put = |body: &'static str, kind: &str| {
        let request = team.request(Method::PUT, "activation").header("if-match", "\"0\"");
        Team::send_once(request.header("content-type", kind).body(body))
    };
    for (body, kind, status, code) in [
        ("{", "application/json", 400, "bad-request"),
        (r#"{"settings":{}}"#, "application/json", 400, "bad-request"),
        (r#"{"policy":7}"#, "application/json", 400, "bad-request"),
        (
            r#"{"policy":"joined","setings":{}}"#,
            "application/json",
            400,
            "bad-request",
        ),
        (r#"{"policy":"joined"}"#, "text/plain", 415, "unsupported-media-type"),
    ] {
        assert_problem(&put(body, kind).await, status, code);
    }
    for path in [
        "policies?limit=many",
        "activations?limit=-1",
        "decisions?limit=1.5",
        "policies/%FF",
    ] {
        assert_problem(&team.get(path).await, 400, "bad-request");
    }
    for path in ["nothing", "policies/a/b/c", "", "activation/"] {
        assert_problem(&team.get(path).await, 404, "not-found");
    }
    let wrong = team.delete("activation").await;
    assert_problem(&wrong, 405, "method-not-allowed");
    assert_eq!(wrong.headers["allow"], "GET,HEAD,PUT");
    let no_form = Team::send_once(team.request(Method::POST, "policies").body("component")).await;
    assert_problem(&no_form, 400, "bad-request");
    assert_eq!(team.number().await, 0);
}

/// Held in memory, forty such would be a host's end.
#[tokio::test]
async fn only_an_upload_may_be_large() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let large = json!({"policy": "joined", "settings": {"note": "x".repeat(1 << 20)}});
    let activate = team.request(Method::PUT, "activation").header("if-match", "\"0\"");
    assert_problem(&Team::send_once(activate.json(&large)).await, 413, "too-large");
    assert_problem(&team.post("replay", &large).await, 413, "too-large");
    assert_problem(&team.post("activation/rollback", &large).await, 413, "too-large");
    let version = team.push(conjoin_policies::LODASH.component).await;
    assert_eq!(version["state"], "checked", "an upload is");
}

/// The beginning of an upload by a browser that never comes to its end.
fn stalled(host: &Host, cookie: &str) -> TcpStream {
    let authority = format!("{}:{}", host.url.host_str().unwrap(), host.url.port().unwrap());
    let mut stream = TcpStream::connect(&authority).unwrap();
    let begun = format!(
        "POST /admin/policies HTTP/1.1\r\nHost: {authority}\r\nCookie: conjoin-admin={cookie}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n\
         --x\r\nContent-Disposition: form-data; name=\"component\"; filename=\"a\"\r\n\r\nbytes"
    );
    stream.write_all(begun.as_bytes()).unwrap();
    stream
}

#[tokio::test]
async fn the_pages_and_the_api_read_few_uploads_at_once() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    let cookie = browser.cookie(&host.url, "conjoin-admin").unwrap();
    let form = overview.form("#upload");
    // Which of those that come together gets a turn is not known: more come until the turns are theirs, and kept.
    let (mut stalls, mut busy) = (Vec::new(), None);
    for _ in 0..100 {
        stalls.push(stalled(&host, &cookie));
        let tried = browser.upload(&form, &[("component", "policy.wasm", b"none")]).await;
        if tried.status == 503 {
            busy = Some(tried);
            break;
        }
        assert_eq!(tried.message(), "rejected", "{}", tried.readable());
    }
    let busy = busy.expect("two that do not end are all that are read");
    assert_eq!(busy.message(), "busy", "{}", busy.readable());
    assert!(busy.headers.contains_key("retry-after"));
    let component = conjoin_policies::LODASH.component;
    let refused = Team::of(&host)
        .upload(component, &std::collections::BTreeMap::new())
        .await;
    assert_problem(&refused, 503, "busy");
}

/// A tool for clients reads it: errors are declared once, as what they are.
#[tokio::test]
async fn the_description_declares_what_an_error_is_once() {
    let host = Host::start().await;
    let described = Team::of(&host).get("openapi.json").await.body;
    let problem = &described["components"]["responses"]["ProblemDetails"]["content"];
    assert!(problem["application/problem+json"]["schema"].is_object(), "{problem}");
    let mut routes = 0;
    for operations in described["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            let any_other = &operation["responses"]["default"]["$ref"];
            assert_eq!(any_other, "#/components/responses/ProblemDetails", "{operation}");
            routes += 1;
        }
    }
    assert!(routes >= 18, "{routes}");
}
