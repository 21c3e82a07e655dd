//! Several hosts on one database: one carries on what another leaves, and never two at once.

use conjoin_tests::{Browser, Host, TenantProcess, flow, free_port};
use serde_json::json;

use super::pairs::{Pair, bag};

/// A host that is away for five seconds has lost its locks.
pub const QUICK: &str = "[recovery]\nlease = 5\nevery = 1\nquiet_period = 1\n";

const LINK: &str = "/api/v2/users/auth0|joan/identities";

/// More addresses than a pipe takes that nobody reads, at a hundred bytes each.
const MANY: usize = 1_000;

#[tokio::test]
async fn a_host_of_many_tenants_serves_though_nobody_reads_what_it_says_but_the_first_line() {
    let (process, port) = (TenantProcess::start(), free_port());
    let other = |number| {
        format!(
            "[tenants.with-{number}]
            base_url = \"http://{long}.tenant-{number}.localhost:{port}\"
            issuer = \"{issuer}\"
            client_id = \"conjoin-dev\"
            client_secret = \"conjoin-dev-secret\"
            management_client_id = \"conjoin-m2m\"
            management_client_secret = \"conjoin-m2m-secret\"
            ",
            long = "long".repeat(15),
            issuer = process.tenant.url
        )
    };
    let others: String = (0..MANY).map(other).collect();
    let host = process.host(tempfile::tempdir().unwrap(), port, &others);
    let browser = Browser::new();
    assert_eq!(browser.get(host.at("/healthz")).await.status, 200);
}

/// Waits until nothing that somebody confirmed is open.
async fn until_settled(host: &Host) {
    for _ in 0..200 {
        if host.unsettled().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("not settled: {:?}", host.unsettled());
}

#[tokio::test]
async fn s28_a36_a_host_that_was_paused_writes_nothing_once_another_has_taken_over() {
    let tenant = TenantProcess::start();
    let first = tenant.host(tempfile::tempdir().unwrap(), free_port(), QUICK);
    let browser = Browser::new();
    let own = json!({ "user_metadata": { "list": [1] } });
    let pair = Pair::put(&first.tenant, "joan", own, json!({ "user_metadata": { "list": [2] } })).await;
    let review = pair.review(&first, &browser).await;
    first.tenant.forget_calls().await;
    // Its link call is on the way when it stops; it will fail, without effect.
    let held = json!([{ "method": "POST", "path": LINK, "times": 1, "hold": true, "status": 500 }]);
    first.tenant.faults(held).await;
    let confirmation = review.form("#confirm");
    let pressed = tokio::spawn(async move { browser.submit_once(&confirmation).await });
    first
        .tenant
        .until_called("POST", "/api/v2/users/auth0%7Cjoan/identities")
        .await;
    first.pause();
    let second = tenant.host_beside(&first, free_port(), QUICK);
    second.tenant.until_gone(&pair.google).await;
    first.go_on();
    second.tenant.faults(json!([])).await;
    let page = pressed.await.unwrap();
    assert_eq!(page.message(), "moved-on", "{}", page.readable());
    assert!(page.readable().contains("Nothing is lost"), "{}", page.readable());
    assert_eq!(first.tenant.bodies("POST").await.len(), 2, "one by each host");
    assert_eq!(first.tenant.bodies("PATCH").await.len(), 1);
    let now = bag(&first.tenant, &pair.own, "user_metadata").await;
    assert_eq!(now, json!({ "list": [1, 2] }), "merged once");
    // Either of them can take it apart again, once the first one's call has had its time: it got no answer.
    until_settled(&second).await;
    let browser = Browser::new();
    let account = flow::sign_in(&second, &browser, &pair.email).await;
    let unlink = flow::review_unlink(&browser, &account, &pair.google, &pair.email).await;
    flow::confirm(&browser, &unlink).await;
    first.tenant.until_holds(&pair.google, &json!({ "list": [2] })).await;
}
