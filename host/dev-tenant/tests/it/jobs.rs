//! Exports and imports. That the files are what Auth0's clients read is shown in `tests/clients`.

use std::io::Read;

use conjoin_dev_tenant::Config;
use flate2::read::GzDecoder;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Running, start, start_with, until};

const DATABASE: &str = "con_Database00000001";

async fn export(api: &Api<'_>, body: Value) -> Answer {
    api.send(Method::POST, "jobs/users-exports", Some(body)).await
}

async fn import(running: &Running, api: &Api<'_>, users: String, more: &[(&'static str, &'static str)]) -> Answer {
    let mut form = Form::new()
        .part("users", Part::text(users).file_name("users.json"))
        .text("connection_id", DATABASE);
    for (name, value) in more {
        form = form.text(*name, *value);
    }
    let request = running.http.post(running.url("api/v2/jobs/users-imports"));
    Answer::read(request.bearer_auth(&api.token).multipart(form).send().await.unwrap()).await
}

/// The job, once it is over: without a lag that is a matter of turns, so that a bound on the questions is enough.
async fn finished(api: &Api<'_>, job: &Answer) -> Value {
    let path = format!("jobs/{}", job.body["id"].as_str().unwrap());
    for _ in 0..1000 {
        let answer = api.get(&path).await.body;
        if answer["status"] != json!("pending") {
            return answer;
        }
        tokio::task::yield_now().await;
    }
    panic!("the job is pending for ever");
}

async fn file(running: &Running, location: &Value) -> String {
    let response = running.http.get(location.as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut text = String::new();
    let bytes = response.bytes().await.unwrap();
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_spreadsheet_takes_no_text_for_a_formula_and_each_look_at_the_job_makes_a_link() {
    let running = start().await;
    let api = running.api().await;
    api.patch("auth0|ada", json!({"nickname": "=1+\"1\""})).await;
    let fields = json!([{"name": "nickname"}, {"name": "identities[0].connection", "export_as": "from"}, {"name": "logins_count"}]);
    let job = export(&api, json!({"format": "csv", "limit": 1, "fields": fields})).await;
    let (first, second) = (finished(&api, &job).await, finished(&api, &job).await);
    assert_ne!(first["location"], second["location"]);
    let text = file(&running, &first["location"]).await;
    let expected =
        "\"nickname\",\"from\",\"logins_count\"\n\"'=1+\"\"1\"\"\",\"'Username-Password-Authentication\",\"41\"\n";
    assert_eq!(text, expected);
    assert_eq!(file(&running, &second["location"]).await, expected);
    assert_eq!(
        running
            .send(Method::GET, "exports/nonsense.csv.gz", None, None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn without_fields_there_is_no_metadata() {
    let running = start().await;
    let api = running.api().await;
    let job = export(&api, json!({"connection_id": "con_GitHub0000000001"})).await;
    let text = file(&running, &finished(&api, &job).await["location"]).await;
    let users: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        users.len() > 2
            && users
                .iter()
                .all(|user| user["user_id"].as_str().unwrap().starts_with("github|"))
    );
    assert!(!text.contains("metadata") && !text.contains("correct-horse"));
}

#[tokio::test]
async fn an_export_that_cannot_be_is_refused() {
    let running = start().await;
    let api = running.api().await;
    for (body, code) in [
        (
            json!({"connection_id": "con_Nowhere000000001"}),
            "inexistent_connection",
        ),
        (json!({"format": "xml"}), "invalid_body"),
        (json!({"limit": 0}), "invalid_body"),
        (json!({"fields": vec![json!({"name": "email"}); 31]}), "invalid_body"),
        (json!({"nonsense": 1}), "invalid_body"),
    ] {
        export(&api, body).await.is_error(400, Some(code));
    }
    api.get("jobs/job_nobody").await.is_error(404, Some("inexistent_job"));
    let token = running.machine_token("conjoin-readonly").await;
    let refused = running
        .send(Method::POST, "api/v2/jobs/users-imports", Some(&token), None)
        .await;
    refused.is_error(403, Some("insufficient_scope"));
}

#[tokio::test]
async fn upsert_replaces_bags_and_an_address_twice_is_an_error() {
    let running = start().await;
    let api = running.api().await;
    let users = json!([
        {"email": "ada@example.com", "user_metadata": {"only": 1}, "blocked": true},
        {"email": "Ada@Example.com", "nickname": "twice"},
        {"email": "new@example.com", "password_hash": "$2b$10$abc"},
        {"email": "other@example.com", "nonsense": 1},
    ]);
    let job = import(&running, &api, users.to_string(), &[("upsert", "true")]).await;
    assert_eq!(job.status, 202, "{}", job.body);
    let summary = finished(&api, &job).await["summary"].clone();
    assert_eq!(summary, json!({"failed": 2, "updated": 1, "inserted": 1, "total": 4}));
    let ada = api.user("auth0|ada").await.body;
    assert_eq!((&ada["user_metadata"], ada.get("blocked")), (&json!({"only": 1}), None));
    assert_eq!(
        ada["app_metadata"]["plan"],
        json!("pro"),
        "a bag that the file does not have stays"
    );
    let path = format!("jobs/{}/errors", job.body["id"].as_str().unwrap());
    let errors = api.get(&path).await.body;
    let codes: Vec<&Value> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["errors"][0]["code"])
        .collect();
    assert_eq!(codes, ["DUPLICATED_USER", "INVALID_FORMAT"]);
    let clean = import(&running, &api, "[]".to_owned(), &[]).await;
    finished(&api, &clean).await;
    let path = format!("jobs/{}/errors", clean.body["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.status, 204);
}

#[tokio::test]
async fn an_import_that_cannot_be_is_refused() {
    let running = start().await;
    let api = running.api().await;
    assert_eq!(import(&running, &api, "{".to_owned(), &[]).await.status, 400);
    assert_eq!(
        import(&running, &api, "[]".to_owned(), &[("nonsense", "1")])
            .await
            .status,
        400
    );
    assert_eq!(import(&running, &api, "x".repeat(600 * 1024), &[]).await.status, 413);
    let elsewhere = [("connection_id", "con_GitHub0000000001")];
    let answer = import(&running, &api, "[]".to_owned(), &elsewhere).await;
    answer.is_error(400, Some("inexistent_connection"));
}

#[tokio::test]
async fn jobs_are_pending_for_their_time_and_only_two_imports_are() {
    let running = start_with(Config {
        job_lag_ms: 3_600_000,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    let users = json!([{"email": "late@example.com"}]).to_string();
    let first = import(&running, &api, users.clone(), &[]).await;
    import(&running, &api, users.clone(), &[]).await;
    import(&running, &api, users, &[])
        .await
        .is_error(429, Some("too_many_requests"));
    let job = api
        .get(&format!("jobs/{}", first.body["id"].as_str().unwrap()))
        .await
        .body;
    assert_eq!((&job["status"], job.get("summary")), (&json!("pending"), None));
    assert_eq!(api.get("users-by-email?email=late%40example.com").await.body, json!([]));
}

#[tokio::test]
async fn an_import_begun_before_a_reset_writes_nothing_after_it() {
    let running = start_with(Config {
        job_lag_ms: 300,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    let one = |email: &str| json!([{ "email": email }]).to_string();
    let before = import(&running, &api, one("before@example.com"), &[]).await;
    running.send(Method::POST, "_dev/reset", None, None).await;
    let path = |job: &Answer| format!("jobs/{}", job.body["id"].as_str().unwrap());
    api.get(&path(&before)).await.is_error(404, Some("inexistent_job"));
    // Its turn comes after that of the first, which is then over.
    let after = import(&running, &api, one("after@example.com"), &[]).await;
    until("the second import", async || {
        api.get(&path(&after)).await.body["status"] == json!("completed")
    })
    .await;
    let found = async |email: &str| {
        let users = api.get(&format!("users-by-email?email={email}")).await.body;
        users.as_array().unwrap().len()
    };
    assert_eq!(found("after%40example.com").await, 1);
    assert_eq!(found("before%40example.com").await, 0);
}

#[tokio::test]
async fn a_job_is_shown_to_whoever_may_begin_its_like() {
    let mut config = Config::default();
    let mut creates = config.client("conjoin-readonly").unwrap().clone();
    creates.client_id = "creates".to_owned();
    creates.client_secret = Some("creates-secret".to_owned());
    creates.management_scopes = vec!["create:users".to_owned()];
    config.clients.push(creates);
    let running = start_with(config).await;
    let api = running.api().await;
    let exported = export(&api, json!({})).await;
    let imported = import(&running, &api, "[]".to_owned(), &[]).await;
    for (job, right, wrong) in [
        (&exported, "conjoin-readonly", "creates"),
        (&imported, "creates", "conjoin-readonly"),
    ] {
        finished(&api, job).await;
        for rest in ["", "/errors"] {
            let path = format!("api/v2/jobs/{}{rest}", job.body["id"].as_str().unwrap());
            let token = running.machine_token(right).await;
            let answer = running.send(Method::GET, &path, Some(&token), None).await;
            assert!(answer.status < 300, "{path}: {}", answer.body);
            let token = running.machine_token(wrong).await;
            let answer = running.send(Method::GET, &path, Some(&token), None).await;
            answer.is_error(403, Some("insufficient_scope"));
        }
    }
}

#[tokio::test]
async fn what_an_import_adds_up_to_may_be_too_large() {
    let config = "[unconfirmed]\nrefuses_large_profiles = true";
    let running = start_with(toml::from_str(config).unwrap()).await;
    let api = running.api().await;
    let half = "x".repeat(6_000);
    let first = json!([{"email": "ada@example.com", "app_metadata": {"half": half}}]).to_string();
    let then = json!([{"email": "ada@example.com", "user_metadata": {"half": half}}]).to_string();
    for (users, updated) in [(first, 1), (then, 0)] {
        let job = import(&running, &api, users, &[("upsert", "true")]).await;
        let done = finished(&api, &job).await;
        assert_eq!(done["summary"]["updated"], json!(updated), "{}", done["summary"]);
    }
    let ada = api.user("auth0|ada").await.body;
    assert_eq!(ada["app_metadata"], json!({"half": half}));
    assert_eq!(ada["user_metadata"].get("half"), None);
}
