//! Failing on demand: rules of several tests side by side, rules by count, what a failed answer looks like, effects that come late.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, Running, encoded, start, until};

const ADA: &str = "/api/v2/users/auth0|ada";
const GRACE: &str = "/api/v2/users/auth0|grace";

fn note(key: &str) -> Value {
    json!({"user_metadata": {(key): true}})
}

async fn has_note(api: &Api<'_>, key: &str) -> bool {
    api.user("auth0|ada").await.body["user_metadata"].get(key).is_some()
}

/// A request whose answer nobody gets.
async fn cut_off(running: &Running, token: &str, body: Value) {
    let url = running.url(&format!("api/v2/users/{}", encoded("auth0|ada")));
    let sent = running.http.patch(url).bearer_auth(token).json(&body).send().await;
    assert!(sent.is_err_and(|error| !error.is_timeout()));
}

fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

#[tokio::test]
async fn rules_are_added_and_taken_away_by_name_without_touching_others() {
    let running = start().await;
    let api = running.api().await;
    running
        .put_dev(
            "_dev/faults",
            json!([{"name": "first", "method": "GET", "path": ADA, "status": 500}]),
        )
        .await;
    running
        .add_faults(json!([{"name": "second", "method": "PATCH", "path": ADA, "status": 503}, {"method": "GET", "path": GRACE, "status": 502}]))
        .await;
    assert_eq!(api.user("auth0|ada").await.status, 500);
    assert_eq!(api.patch("auth0|ada", note("a")).await.status, 503);
    running.remove_faults("second").await;
    running.remove_faults("a name that no rule has").await;
    assert_eq!(api.patch("auth0|ada", note("a")).await.status, 200);
    assert_eq!(api.user("auth0|ada").await.status, 500);
    assert_eq!(api.user("auth0|grace").await.status, 502);
    let named = running.calls().await;
    let names: Vec<&Value> = named.iter().map(|call| &call["fault_name"]).collect();
    // The token, then the five above.
    let null = &Value::Null;
    assert_eq!(
        names,
        [null, &json!("first"), &json!("second"), null, &json!("first"), null]
    );
    assert_eq!(named[5]["fault"], json!(true), "a rule without a name struck");
    running.put_dev("_dev/faults", json!([])).await;
    assert_eq!(
        api.user("auth0|ada").await.status,
        200,
        "PUT replaces whatever was added"
    );
}

#[tokio::test]
async fn a_request_is_let_go_by_the_name_of_the_rule_that_holds_it_and_by_no_other() {
    let running = start().await;
    let api = running.api().await;
    let hold = |name: &str, path: &str| json!([{"name": name, "method": "PATCH", "path": path, "hold": true}]);
    running.add_faults(hold("ada", ADA)).await;
    running.add_faults(hold("grace", GRACE)).await;
    let status = async |name: &str| {
        let calls = running.calls().await;
        let held = calls.into_iter().find(|call| call["fault_name"] == json!(name));
        held.map(|call| call["status"].clone())
    };
    let release = async {
        until("both are held", async || {
            status("ada").await.is_some() && status("grace").await.is_some()
        })
        .await;
        running.add_faults(json!([{"path": "/never", "status": 500}])).await;
        assert_eq!(status("ada").await, Some(Value::Null), "adding lets nothing go");
        running.remove_faults("ada").await;
        until("ada goes on", async || status("ada").await == Some(json!(200))).await;
        for _ in 0..20 {
            assert_eq!(status("grace").await, Some(Value::Null));
        }
        running.remove_faults("grace").await;
    };
    let (ada, grace, ()) = tokio::join!(
        api.patch("auth0|ada", note("a")),
        api.patch("auth0|grace", note("a")),
        release
    );
    assert_eq!((ada.status, grace.status), (200, 200));
}

#[tokio::test]
async fn one_in_five_fails_by_count() {
    let running = start().await;
    let api = running.api().await;
    let rules =
        json!([{"path": ADA, "one_in": 5, "status": 503, "times": 2}, {"path": ADA, "headers": {"x-second": "yes"}}]);
    running.add_faults(rules).await;
    let mut answers = Vec::new();
    for _ in 0..15 {
        let answer = api.user("auth0|ada").await;
        // Whom the first rule lets through, the second one sees.
        assert_eq!(answer.header("x-second") == "yes", answer.status == 200);
        answers.push(answer.status);
    }
    let mut expected = [200; 15];
    (expected[4], expected[9]) = (503, 503);
    assert_eq!(
        answers, expected,
        "the fifth and the tenth; the third time is one too many"
    );
}

#[tokio::test]
async fn a_429_says_when_to_come_back_as_auth0_does() {
    let running = start().await;
    let api = running.api().await;
    let rule = |more: Value| {
        let mut rule = json!({"path": ADA, "status": 429, "times": 1});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([rule])
    };
    let limits = |answer: &crate::support::Answer| {
        ["limit", "remaining", "retry-after"].map(|name| {
            let name = if name == "retry-after" {
                name.to_owned()
            } else {
                format!("x-ratelimit-{name}")
            };
            answer.header(&name).to_owned()
        })
    };
    for (more, wait, expected) in [
        (json!({}), 1, ["10", "0", ""]),
        (json!({"retry_after": 7}), 7, ["10", "0", "7"]),
        (json!({"headers": {"X-RateLimit-Limit": "3"}}), 1, ["3", "0", ""]),
    ] {
        running.add_faults(rule(more)).await;
        let before = seconds();
        let answer = api.user("auth0|ada").await;
        answer.is_error(429, Some("too_many_requests"));
        assert!(
            answer.body["message"]
                .as_str()
                .unwrap()
                .starts_with("Too many requests. Check the X-RateLimit-Limit")
        );
        assert_eq!(limits(&answer), expected);
        let reset: i64 = answer.header("x-ratelimit-reset").parse().unwrap();
        assert!((before + wait..=seconds() + wait).contains(&reset), "{reset}");
    }
    running.add_faults(rule(json!({"body": {"own": 1}}))).await;
    let answer = api.user("auth0|ada").await;
    assert_eq!((answer.status, &answer.body), (429, &json!({"own": 1})));
    assert_eq!(limits(&answer), ["10", "0", ""]);
    running
        .add_faults(json!([{"path": ADA, "status": 500, "times": 1}]))
        .await;
    assert_eq!(
        api.user("auth0|ada").await.header("x-ratelimit-reset"),
        "",
        "only 429 has them"
    );
}

#[tokio::test]
async fn a_malformed_answer_is_half_of_the_real_one_and_the_work_is_done() {
    let running = start().await;
    let api = running.api().await;
    running
        .add_faults(
            json!([{"method": "PATCH", "path": ADA, "malformed": true, "times": 1, "headers": {"x-cut": "yes"}}]),
        )
        .await;
    let url = running.url(&format!("api/v2/users/{}", encoded("auth0|ada")));
    let request = running.http.patch(url).bearer_auth(&api.token).json(&note("cut"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["x-cut"], "yes");
    let half = response.text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&half).unwrap_err().is_eof(), "{half}");
    let whole = api.user("auth0|ada").await.body;
    assert_eq!(whole["user_metadata"]["cut"], json!(true));
    assert!(whole.to_string().starts_with(&half), "{half}");
    assert!((half.len() * 2).abs_diff(whole.to_string().len()) <= 1);
}

#[tokio::test]
async fn an_effect_can_come_later_than_the_callers_next_read() {
    let running = start().await;
    let api = running.api().await;
    let rule = json!([{"name": "late", "method": "PATCH", "path": ADA, "reset": true, "late_effect_on_release": true}]);
    running.add_faults(rule).await;
    cut_off(&running, &api.token, note("late")).await;
    for _ in 0..20 {
        assert!(!has_note(&api, "late").await, "it waits for its rule to go");
    }
    running.remove_faults("late").await;
    until("the late effect", async || has_note(&api, "late").await).await;
}

#[tokio::test]
async fn an_effect_can_come_late_after_a_reset_and_after_a_status() {
    let running = start().await;
    let api = running.api().await;
    for (key, how) in [
        ("reset", json!({"reset": true})),
        ("status", json!({"status": 502})),
        ("alone", json!({})),
    ] {
        let mut rule = json!({"method": "PATCH", "path": ADA, "times": 1, "late_effect_ms": 2000});
        rule.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        running.add_faults(json!([rule])).await;
        let sent = Instant::now();
        match key {
            "reset" => cut_off(&running, &api.token, note(key)).await,
            "status" => assert_eq!(api.patch("auth0|ada", note(key)).await.status, 502),
            _ => assert_eq!(api.patch("auth0|ada", note(key)).await.status, 504),
        }
        let seen = has_note(&api, key).await;
        assert!(
            !seen || sent.elapsed() >= Duration::from_secs(2),
            "{key}: it came early"
        );
        until(key, async || has_note(&api, key).await).await;
        assert!(sent.elapsed() >= Duration::from_secs(2), "{key}: it came early");
    }
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_is_refused_and_changes_nothing() {
    let running = start().await;
    running
        .add_faults(json!([{"name": "kept", "path": ADA, "status": 500}]))
        .await;
    for (rule, named) in [
        (json!({"status": 42}), "status"),
        (json!({"one_in": 0}), "one_in"),
        (json!({"headers": {"a b": "x"}}), "a b"),
        (json!({"statsu": 500}), "statsu"),
    ] {
        for method in [Method::PUT, Method::POST] {
            let answer = running.send(method, "_dev/faults", None, Some(json!([rule]))).await;
            assert_eq!(answer.status, 422);
            assert!(answer.body.as_str().unwrap().contains(named), "{}", answer.body);
        }
    }
    let rules = running.send(Method::GET, "_dev/faults", None, None).await.body;
    assert_eq!(rules.as_array().unwrap().len(), 1);
    assert_eq!(rules[0]["name"], json!("kept"));
}
