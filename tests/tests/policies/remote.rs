//! The commands for a running host: what they say of what others wrote, of a user's mistakes, and of hosts that are none.

use std::process::Output;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::response::{IntoResponse, Response};
use conjoin_tests::{Host, Team, TenantProcess, free_port};
use serde_json::{Value, json};
use url::Url;

use crate::tokens::{ALL, token};

/// Control characters, and one that turns what follows.
const STEERING: &str = "a\u{1b}[2Jb\u{9b}c\u{202e}d\nfaked";

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs it off the test's own thread, on which the stub answers.
async fn run(team: &Team, arguments: &[&str]) -> (Option<i32>, String, String) {
    let team = team.clone();
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        told(&team.command(folder.path(), &[&["policy"], arguments.as_slice()].concat()))
    });
    ran.await.unwrap()
}

/// Method and path of a request, and its `If-Match`.
pub type Asked = (String, Option<String>);

/// Something that answers in the place of a host, and what it was asked.
pub struct Stub {
    pub url: Url,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub async fn start(answer: impl Fn(&str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        let router = Router::new().fallback(move |request: Request| {
            let line = format!("{} {}", request.method(), request.uri().path());
            let seen = request.headers().get(IF_MATCH);
            let seen = seen.map(|seen| seen.to_str().unwrap().to_owned());
            let answered = answer(&line);
            noted.lock().unwrap().push((line, seen));
            std::future::ready(answered)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }
}

pub fn as_json(body: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[tokio::test]
async fn nothing_that_a_host_says_steers_the_terminal() {
    let stub = Stub::start(|line| match line {
        "GET /admin/v1/policies" => {
            let problem = json!({"status": 409, "detail": STEERING}).to_string();
            let kind = [(CONTENT_TYPE, "application/problem+json")];
            (StatusCode::CONFLICT, kind, problem).into_response()
        }
        "GET /admin/v1/shadow" => {
            as_json(&json!({"policy": STEERING, "by": STEERING, "stopped_at": STEERING, "asked": STEERING}))
        }
        "POST /admin/v1/replay" => {
            let changed = json!({"transaction": STEERING, "differences": [STEERING]});
            as_json(&json!({"asked": 1, "changed": [changed], "next": null}))
        }
        "GET /admin/v1/activations" => {
            as_json(&json!({"activations": [{"number": STEERING, "by": STEERING, "kind": STEERING}]}))
        }
        "GET /admin/v1/proposals" => as_json(&json!({"proposals": [{"id": STEERING, "by": STEERING}]})),
        _ => {
            let log = json!({"entries": [{"level": "info", "message": STEERING}]});
            as_json(&json!({"decisions": [{"detail": STEERING, "shadow": [STEERING], "log": log}]}))
        }
    })
    .await;
    let team = Team::at(&stub.url, "conjoin_a_b");
    for (arguments, code) in [
        (&["list"][..], 1),
        (&["shadow"], 0),
        (&["replay", "--against", "joined"], 0),
        (&["list", "--changes"], 0),
        (&["list", "--proposals"], 0),
        (&["logs"], 0),
        (&["withdraw"], 0),
    ] {
        let (status, out, err) = run(&team, arguments).await;
        assert_eq!(status, Some(code), "{arguments:?}: {out}{err}");
        let all = format!("{out}{err}");
        assert!(all.contains(r"a\u{1b}[2Jb\u{9b}c\u{202e}d"), "{arguments:?}: {all:?}");
        let steers = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!all.contains(steers), "{arguments:?}: {all:?}");
        // Lines of its own are only in what a host says of a refusal.
        assert!(code == 1 || !all.contains("\nfaked"), "{arguments:?}: {all:?}");
    }
}

#[tokio::test]
async fn who_goes_back_says_what_they_have_seen() {
    let stub = Stub::start(|_| as_json(&json!({"number": 7, "policy": "a"}))).await;
    let (status, _, err) = run(&Team::at(&stub.url, "conjoin_a_b"), &["rollback"]).await;
    assert_eq!(status, Some(0), "{err}");
    let asked = stub.asked.lock().unwrap().clone();
    let expected = (
        "POST /admin/v1/activation/rollback".to_owned(),
        Some("\"7\"".to_owned()),
    );
    assert_eq!(asked.last(), Some(&expected), "{asked:?}");
}

#[tokio::test]
async fn a_token_does_not_cross_a_network_unencrypted_unless_one_says_so() {
    for host in [
        "http://192.0.2.1:3000",
        "http://conjoin.example",
        "http://a.localhost:3000",
    ] {
        let team = Team::at(&host.parse().unwrap(), "conjoin_a_b");
        let (status, _, err) = run(&team, &["list"]).await;
        assert_eq!(status, Some(2), "{host}: {err}");
        assert!(
            err.contains("could read the token") && err.contains("--allow-plain"),
            "{err}"
        );
    }
    let team = Team::at(&"http://nowhere.invalid".parse().unwrap(), "conjoin_a_b");
    let (status, _, err) = run(&team, &["list", "--allow-plain"]).await;
    assert_eq!(status, Some(5), "{err}");
}

#[tokio::test]
async fn a_users_mistake_is_not_blamed_on_the_host() {
    let host = Host::start().await;
    let team = Team::of(&host);
    for (arguments, code, words) in [
        (&["approve", "a/../b"][..], 2, "is no proposal's id"),
        (&["approve", "0123"], 3, "no such"),
        (&["withdraw"], 3, "nothing waits"),
        (&["show", "nothing"], 2, "is no digest"),
        (&["show", "0123"], 3, "no version's digest"),
        (&["shadow"], 3, "no such"),
        (&["rollback"], 1, "nothing to go back to"),
        (&["activate", "joined", "--settings", "[1]"], 2, "no JSON object"),
        (&["activate", "joined", "--settings", r#"{"no":"such"}"#], 1, "no"),
        (&["list", "--host", "ftp://localhost/"], 2, "no address of a host"),
        (&["list", "--token", "with space"], 2, "the token is none"),
        (&["list", "--token", "conjoin_a_b"], 1, "show a token"),
        (&["list", "--limit", "0"], 2, "limit"),
    ] {
        let (status, out, err) = run(&team, arguments).await;
        assert_eq!(status, Some(code), "{arguments:?}: {out}{err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert!(!err.contains("no admin API"), "{arguments:?}: {err}");
    }
    let elsewhere = Stub::start(|_| "<h1>Welcome</h1>".into_response()).await;
    let (status, _, err) = run(&Team::at(&elsewhere.url, "conjoin_a_b"), &["list"]).await;
    assert_eq!(status, Some(5), "{err}");
    assert!(err.contains("no admin API") && err.contains("--host"), "{err}");
}

#[tokio::test]
async fn proposals_and_changes_are_listed_and_taken_back_by_the_commands() {
    let process = TenantProcess::start();
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), "second_approval = true");
    let one = Team::at(&host.url, &token(&host, None, "one", &ALL));
    let other = Team::at(&host.url, &token(&host, None, "other", &ALL));
    let (status, out, err) = run(&one, &["activate", "lodash"]).await;
    assert_eq!(status, Some(4), "{out}{err}");
    let (_, listed, _) = run(&one, &["list", "--proposals", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = listed["proposals"][0]["id"].as_str().unwrap();
    assert!(out.contains(id), "{out}");
    let (_, table, _) = run(&one, &["list", "--proposals"]).await;
    assert!(table.contains(id) && table.contains("one ("), "{table}");
    assert_eq!(run(&one, &["approve", id]).await.0, Some(1), "their own");
    let (status, out, err) = run(&one, &["withdraw"]).await;
    assert_eq!(status, Some(0), "{err}");
    assert!(out.contains("is withdrawn"), "{out}");
    assert_eq!(run(&one, &["withdraw", id]).await.0, Some(3), "once");
    assert_eq!(run(&one, &["activate", "cautious"]).await.0, Some(4));
    let (status, out, err) = run(&other, &["approve"]).await;
    assert_eq!(status, Some(0), "{err}");
    assert!(out.contains("decides now (change 1)"), "{out}");
    let (_, changes, _) = run(&one, &["list", "--changes"]).await;
    assert!(changes.contains("activate") && changes.contains("other ("), "{changes}");
}
