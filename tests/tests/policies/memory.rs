//! Versions whose code is not in memory: thousands of tenants have one each, and few are used at the same time.

use std::fs;
use std::path::Path;

use conjoin_tests::{Host, Team, TenantProcess, free_port};
use serde_json::json;

use crate::counting::{counted, sample};
use crate::platform::{assert_compiled, put};
use crate::standing_in;
use crate::swapping::{BY_INDEX, CONCATENATED};
use crate::tokens::{ALL, token};

fn empty(folder: &Path) {
    for file in fs::read_dir(folder).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
}

/// How many policies a host has loaded without compiling them.
async fn loaded(host: &Host) -> f64 {
    let labels = [r#"outcome="cached""#];
    sample(&counted(host).await, "conjoin_policy_compile_seconds_count", &labels).unwrap_or_default()
}

/// Has `lodash` decide, which the default can be told from; answers its digest.
async fn decides(host: &Host) -> String {
    let team = Team::at(&host.url, &token(host, Some("test"), "team", &ALL));
    let digest = team.push(conjoin_policies::LODASH.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    team.activate(&digest, json!({})).await;
    digest
}

async fn joins(host: &Host, who: &str) {
    let joined = put(host, who).await.join(host).await;
    assert_eq!(joined["user_metadata"]["tags"], json!(BY_INDEX), "{who}");
}

#[tokio::test]
async fn what_decides_is_loaded_by_its_first_decision_and_not_by_the_start() {
    let tenant = TenantProcess::start();
    let (port, data) = (free_port(), tempfile::tempdir().unwrap());
    let host = tenant.host(data, port, "");
    let digest = decides(&host).await;
    let host = tenant.host(host.kill(), port, "");
    assert_eq!(loaded(&host).await, 1.0, "what decides where nothing was activated");
    for who in ["first", "second"] {
        joins(&host, who).await;
        assert_eq!(loaded(&host).await, 2.0, "{who}");
    }
    assert_compiled(&host, &digest, 0).await;
}

/// Has `lodash` decide at a host, and starts that host again without anything that it has compiled.
async fn updated(tenant: &TenantProcess, alter: Option<&str>) -> (Host, String) {
    let (port, data) = (free_port(), tempfile::tempdir().unwrap());
    let host = tenant.host(data, port, "");
    let digest = decides(&host).await;
    let data = host.kill();
    empty(&data.path().join("compiled-policies"));
    if let Some(change) = alter {
        standing_in::alter(&data, format!("{change} WHERE digest = '{digest}'")).await;
    }
    (tenant.host(data, port, ""), digest)
}

#[tokio::test]
async fn after_an_update_a_host_is_ready_before_what_decides_is_compiled_and_compiles_it_unasked() {
    let tenant = TenantProcess::start();
    let (host, digest) = updated(&tenant, None).await;
    assert_compiled(&host, &digest, 1).await;
    joins(&host, "first").await;
    assert_compiled(&host, &digest, 1).await;
}

#[tokio::test]
async fn a_start_needs_the_last_change_and_none_before_it() {
    let tenant = TenantProcess::start();
    let (port, data) = (free_port(), tempfile::tempdir().unwrap());
    let host = tenant.host(data, port, "");
    let team = Team::at(&host.url, &token(&host, Some("test"), "before", &ALL));
    team.activate("cautious", json!({})).await;
    decides(&host).await;
    let data = host.kill();
    let change = "UPDATE policy_activations SET sealed = 'altered' WHERE seq = 1".to_owned();
    standing_in::alter(&data, change).await;
    joins(&tenant.host(data, port, ""), "first").await;
}

#[tokio::test]
async fn what_turns_out_not_to_load_after_the_start_gives_way_to_what_was_good() {
    let tenant = TenantProcess::start();
    let (host, digest) = updated(&tenant, Some("UPDATE policy_versions SET component = 'AAAA'")).await;
    host.said("the active policy cannot be loaded; another decides").await;
    assert_eq!(standing_in::tags(&host, "relieved").await, json!(CONCATENATED));
    let team = Team::at(&host.url, &token(&host, Some("test"), "again", &ALL));
    let now = team.get("activation").await.body;
    assert_eq!((&now["policy"], &now["number"]), (&json!(digest), &json!(1)), "{now}");
}

#[tokio::test]
async fn what_has_no_room_in_memory_or_on_the_disk_decides_all_the_same() {
    let tenant = TenantProcess::start();
    let (port, data) = (free_port(), tempfile::tempdir().unwrap());
    let head = "loaded_policies_bytes = 0";
    let host = tenant.host_headed(data, port, head);
    let digest = decides(&host).await;
    joins(&host, "first").await;
    assert_compiled(&host, &digest, 1).await;
    let folder = host.folder().join("compiled-policies");
    empty(&folder);
    joins(&host, "second").await;
    // From the database.
    assert_compiled(&host, &digest, 2).await;
    empty(&folder);
    let host = tenant.host_headed(host.kill(), port, head);
    joins(&host, "third").await;
    assert_compiled(&host, &digest, 1).await;
}
