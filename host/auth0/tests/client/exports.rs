//! All users, by an export job.

use std::io::Write;

use conjoin_auth0::{ExportError, ExportedUser};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::stub_tenant::{Reply, StubTenant};

fn packed(text: &str) -> Reply {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(text.as_bytes()).unwrap();
    Reply::bytes(200, "application/gzip", packing.finish().unwrap())
}

fn job(status: &str, location: Option<&str>) -> Reply {
    Reply::json(
        200,
        &json!({"id": "job_1", "type": "users_export", "status": status, "location": location}),
    )
}

/// A tenant whose job is completed when it is first asked for.
async fn completed(location: &str) -> StubTenant {
    let tenant = StubTenant::start().await;
    tenant.always("POST /api/v2/jobs/users-exports", job("pending", None));
    let location = tenant.base.join(location).unwrap().to_string();
    tenant.in_turn(
        "GET /api/v2/jobs/job_1",
        [job("processing", None), job("completed", Some(&location))],
    );
    tenant
}

async fn export(tenant: &StubTenant) -> (Result<(u64, u64), ExportError>, Vec<ExportedUser>) {
    let mut users = Vec::new();
    let exported = tenant.management().export_users(|user| users.push(user)).await;
    (exported.map(|exported| (exported.users, exported.unreadable)), users)
}

#[tokio::test]
async fn all_users_come_one_by_one_without_the_apis_token() {
    let tenant = completed("file.json.gz").await;
    let lines = [
        json!({"user_id": "auth0|ada", "email": "ada@example.com", "email_verified": true, "connection": "db"}),
        json!({"email": "nobody"}),
        json!({"user_id": "github|1", "connection": null}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    tenant.always("GET /file.json.gz", packed(&text));
    let (exported, users) = export(&tenant).await;
    assert_eq!(exported.unwrap(), (2, 1));
    assert_eq!(users[0].user_id.as_str(), "auth0|ada");
    let asked = tenant.only("POST /api/v2/jobs/users-exports").json();
    assert_eq!(asked["format"], "json");
    assert_eq!(
        asked["fields"][3],
        json!({"name": "identities[0].connection", "export_as": "connection"})
    );
    assert!(tenant.only("GET /file.json.gz").headers.get("authorization").is_none());
}

#[tokio::test]
async fn every_way_in_which_there_is_no_export_says_so() {
    let tenant = completed("file").await;
    tenant.always("GET /api/v2/jobs/job_1", job("failed", None));
    assert!(matches!(export(&tenant).await.0, Err(ExportError::Failed)));
    for nowhere in [Value::Null, json!("ftp://files.example/a"), json!("no address")] {
        tenant.always("GET /api/v2/jobs/job_1", job("completed", nowhere.as_str()));
        assert!(matches!(export(&tenant).await.0, Err(ExportError::NoFile)), "{nowhere}");
    }
    let tenant = completed("file").await;
    tenant.always("GET /file", Reply::text(403, "text/xml", "expired"));
    assert!(matches!(export(&tenant).await.0, Err(ExportError::Status(403))));
    let tenant = completed("file").await;
    tenant.always("GET /file", Reply::text(200, "text/plain", "no gzip at all"));
    assert!(matches!(export(&tenant).await.0, Err(ExportError::Damaged(_))));
}
