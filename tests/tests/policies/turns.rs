//! Whose upload is checked next.

use std::time::Duration;

use conjoin::store::{EncryptionKey, NewVersion, Store, VersionFacts, VersionState};
use conjoin_engine::PolicyDigest;
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::tenant::TenantName;
use conjoin_tests::{ENCRYPTION_KEY, Host, TenantProcess};
use secrecy::SecretString;
use serde_json::{Map, json};
use tokio::time::timeout;

use crate::components::version;
use crate::tokens::two_tenants_on;

/// Leaves an upload in a database as a host leaves it that stops before it is checked; answers its digest.
async fn left_behind(store: &Store, tenant: &str, component: &[u8]) -> String {
    let digest = PolicyDigest::of(component).to_string();
    let facts: VersionFacts = serde_json::from_value(json!({
        "name": "lodash", "version": "1", "summary": "", "settings_schema": {}, "bytes": component.len(), "by": "ada", "cases": [], "settings": {},
        "report": null,
    }))
    .unwrap();
    let entry = AuditEntry::of_tenant("policy.uploaded", Actor::Host, Map::new());
    let (tenant, state) = (TenantName(tenant.to_owned()), VersionState::Uploaded);
    let version = NewVersion {
        digest: &digest,
        component,
        state,
        facts: &facts,
        signature: None,
    };
    let kept = store.keep_version(&tenant, version, &entry);
    assert!(kept.await.unwrap());
    digest
}

/// The versions in the order in which they were checked, once all are.
async fn order(host: &Host, digests: &[String]) -> Vec<usize> {
    let all = async {
        loop {
            let log = host.log();
            let checked = log.lines().filter(|line| line.contains("policy checked"));
            let place = |line: &str| digests.iter().position(|digest| line.contains(digest.as_str()));
            let checked: Vec<usize> = checked.filter_map(place).collect();
            if checked.len() == digests.len() {
                return checked;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let all = timeout(Duration::from_secs(200), all).await;
    all.unwrap_or_else(|_| panic!("not all were checked:\n{}", host.log()))
}

#[tokio::test]
async fn of_many_uploads_of_one_tenant_another_tenants_upload_waits_for_one() {
    let process = TenantProcess::start();
    let data = tempfile::tempdir().unwrap();
    let mut digests = Vec::new();
    {
        let url = format!("sqlite://{}", data.path().join("conjoin.db").display());
        let key = EncryptionKey::from_base64(&SecretString::from(ENCRYPTION_KEY)).unwrap();
        let store = Store::open(&url, key).await.unwrap();
        for (number, tenant) in (1..).zip(["test", "test", "test", "test-second"]) {
            let component = version(conjoin_policies::LODASH.component, number);
            digests.push(left_behind(&store, tenant, &component).await);
        }
    }
    let host = two_tenants_on(&process, data, "");
    assert_eq!(order(&host, &digests).await, [0, 3, 1, 2], "{}", host.log());
}
