//! With what right a team does what it does: tokens, their scopes and tenants, and the word of a second person.

use std::collections::BTreeMap;

use conjoin_tests::{Browser, Host, Page, Team, TenantProcess, flow, free_port};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;

pub fn token(host: &Host, tenant: Option<&str>, name: &str, scopes: &[&str]) -> String {
    let mut command = vec!["token", "create", "--name", name];
    scopes.iter().for_each(|scope| command.extend(["--scope", scope]));
    tenant.iter().for_each(|tenant| command.extend(["--tenant", tenant]));
    host.operate(&command).trim().to_owned()
}

pub fn id(token: &str) -> &str {
    token.split('_').nth(1).unwrap()
}

pub const ALL: [&str; 3] = ["policies:read", "policies:upload", "policies:activate"];

#[tokio::test]
async fn a_token_does_what_its_scopes_say_until_it_is_revoked() {
    let host = Host::start().await;
    let reading = token(&host, None, "a reader", &["policies:read"]);
    let team = Team::of(&host).with(&reading);
    let who = team.get("whoami").await.body;
    assert_eq!(
        (&who["tenant"], &who["name"], &who["scopes"]),
        (&json!("dev"), &json!("a reader"), &json!(["policies:read"]))
    );
    assert_eq!(team.get("policies").await.status, 200);
    for refused in [
        team.get("decisions").await,
        team.upload(conjoin_policies::LODASH.component, &BTreeMap::new()).await,
        team.put_activation(Some(0), "lodash", json!({})).await,
        team.post("activation/rollback", &json!({})).await,
        team.post("policies/abc/revoke", &json!({})).await,
        team.post("proposals/abc/approve", &json!({})).await,
        team.delete("proposals/abc").await,
    ] {
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (403, &json!("insufficient-scope")),
            "{}",
            refused.body
        );
    }
    let listed: Value = serde_json::from_str(&host.operate(&["token", "list", "--json"])).unwrap();
    let mine = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["id"] == id(&reading))
        .unwrap();
    assert!(mine["last_used_at"].is_i64() && mine["name"] == "a reader", "{mine}");
    assert!(
        !listed.to_string().contains(reading.split('_').nth(2).unwrap()),
        "a secret is shown once"
    );
    host.operate(&["token", "revoke", id(&reading)]);
    assert_eq!(team.get("whoami").await.status, 401);
    for bad in [
        "",
        "conjoin",
        "conjoin_dev_",
        "conjoin_dev_dev-admin-tokem",
        "conjoin__x",
        "x",
    ] {
        let refused = team.with(bad).get("policies").await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (401, &json!("unauthorized")),
            "{bad}"
        );
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn guessing_and_hurrying_are_slowed_down() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let wrong = team.with("conjoin_dev_wrong");
    // At once: one after another they may come no faster than they are let in.
    let answers = join_all((0..200).map(|_| wrong.get("whoami"))).await;
    let slowed = answers.iter().find(|answer| answer.status == 429);
    assert!(slowed.unwrap().headers.contains_key("retry-after"));
    assert_eq!(
        team.get("whoami").await.status,
        200,
        "who has a token is not kept out by those who guess"
    );
}

/// Guesses at some page and as often with a token at the API, all at once: one after another they may come no faster than they are let in. Answers what the page says to
/// who guesses too often.
pub async fn slowed_down_with_the_api(host: &Host, guess: impl AsyncFn() -> Page) -> Page {
    let wrong = Team::of(host).with("conjoin_dev_wrong");
    let guesses = (0..100).map(|_| async { (guess().await, wrong.get("whoami").await.status) });
    let guesses = join_all(guesses).await;
    let pages = guesses.iter().filter(|(page, _)| page.status != 429).count();
    let tokens = guesses.iter().filter(|(_, status)| *status != 429).count();
    // Fifty at first, and five a second: twice that if each had a count of its own.
    assert!(pages + tokens < 100, "{pages} and {tokens} were let in");
    let mut slowed = guesses
        .into_iter()
        .map(|(page, _)| page)
        .filter(|page| page.status == 429);
    let slowed = slowed.next().expect("guessing is slowed down");
    assert!(slowed.headers.contains_key("retry-after") && slowed.message() == "too-many-requests");
    slowed
}

/// Two tenants on one host, each under its own name, over one simulated tenant.
pub fn two_tenants(tenant: &TenantProcess, settings: &str) -> Host {
    two_tenants_on(tenant, tempfile::tempdir().unwrap(), settings)
}

/// The same, on a data directory that may have been used before.
pub fn two_tenants_on(tenant: &TenantProcess, data: TempDir, settings: &str) -> Host {
    let port = free_port();
    let second = format!(
        "{settings}
            [tenants.test-second]
            base_url = \"http://second.localhost:{port}\"
            issuer = \"{issuer}\"
            client_id = \"conjoin-dev\"
            client_secret = \"conjoin-dev-secret\"
            management_client_id = \"conjoin-m2m\"
            management_client_secret = \"conjoin-m2m-secret\"
            ",
        issuer = tenant.tenant.url
    );
    tenant.host(data, port, &second)
}

#[tokio::test]
async fn s37_a22_nothing_of_one_tenant_is_reachable_from_another() {
    let process = TenantProcess::start();
    let host = two_tenants(&process, "");
    let second = {
        let mut url = host.url.clone();
        url.set_host(Some("second.localhost")).unwrap();
        url
    };
    let ours = Team::at(&host.url, &token(&host, Some("test"), "ours", &ALL));
    let theirs = Team::at(&second, &token(&host, Some("test-second"), "theirs", &ALL));
    let digest = ours.push(conjoin_policies::LODASH.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    ours.activate(&digest, json!({})).await;
    assert_eq!(theirs.get("whoami").await.body["tenant"], "test-second");
    assert_eq!(theirs.get("policies").await.body["policies"], json!([]));
    assert_eq!(theirs.get(&format!("policies/{digest}")).await.status, 404);
    assert_eq!(theirs.get(&format!("policies/{digest}/component")).await.status, 404);
    assert_eq!(theirs.put_activation(Some(0), &digest, json!({})).await.status, 404);
    assert_eq!(
        theirs
            .post(&format!("policies/{digest}/revoke"), &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(theirs.get("activation").await.body["number"], 0);
    // A token of one tenant under the name of the other.
    let (a, b) = (
        ours.get("whoami").await.status,
        Team::at(&second, &token(&host, Some("test"), "ours", &ALL))
            .get("whoami")
            .await
            .status,
    );
    assert_eq!((a, b), (200, 401));

    // A session of one means nothing to the other.
    let browser = Browser::new();
    flow::sign_in(&host, &browser, "ada@example.com").await;
    let cookie = browser.cookie(&host.url, "conjoin").unwrap();
    let stolen = browser
        .request(
            "GET",
            second.join("/user").unwrap(),
            &[("cookie", &format!("conjoin={cookie}"))],
            Vec::new(),
        )
        .await;
    assert_ne!(stolen.name(), "account", "{}", stolen.readable());
    // A name that is nobody's.
    let mut nobody = host.url.clone();
    nobody.set_host(Some("127.0.0.1")).unwrap();
    let refused = browser.get_once(nobody).await;
    assert_eq!(refused.status, 421, "{}", refused.text);
}

#[tokio::test]
async fn a41_an_activation_can_need_the_word_of_a_second_person() {
    let process = TenantProcess::start();
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), "second_approval = true");
    let one = Team::at(&host.url, &token(&host, None, "one", &ALL));
    let other = Team::at(&host.url, &token(&host, None, "other", &ALL));
    let proposed = one.put_activation(Some(0), "lodash", json!({})).await;
    assert_eq!(proposed.status, 202, "{}", proposed.body);
    assert_eq!(one.number().await, 0);
    let id = proposed.body["id"].as_str().unwrap();
    let alone = one.post(&format!("proposals/{id}/approve"), &json!({})).await;
    assert_eq!((alone.status, &alone.body["code"]), (403, &json!("same-person")));
    assert_eq!(
        other.get("proposals").await.body["proposals"][0]["by"],
        json!(format!(
            "one ({})",
            one.get("whoami").await.body["token"].as_str().unwrap()
        ))
    );
    let approved = other.post(&format!("proposals/{id}/approve"), &json!({})).await;
    assert_eq!(
        (approved.status, &approved.body["number"]),
        (200, &json!(1)),
        "{}",
        approved.body
    );
    assert_eq!(
        other.post(&format!("proposals/{id}/approve"), &json!({})).await.status,
        404,
        "once"
    );
    // Withdrawn, and overtaken.
    let withdrawn = one.put_activation(Some(1), "cautious", json!({})).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(one.delete(&format!("proposals/{withdrawn}")).await.status, 204);
    assert_eq!(
        other
            .post(&format!("proposals/{withdrawn}/approve"), &json!({}))
            .await
            .status,
        404
    );
    let late = one.put_activation(Some(1), "cautious", json!({})).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let quick = other.put_activation(Some(1), "joined", json!({})).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        one.post(&format!("proposals/{quick}/approve"), &json!({})).await.status,
        200
    );
    let overtaken = other.post(&format!("proposals/{late}/approve"), &json!({})).await;
    assert_eq!((overtaken.status, &overtaken.body["code"]), (412, &json!("changed")));
    let trail = host.operate(&["audit", "export"]);
    assert!(
        trail.contains("policy.proposed") && trail.contains("policy.approved"),
        "{trail}"
    );
}

#[tokio::test]
async fn a_policy_that_the_configuration_fixes_is_changed_there_alone() {
    let process = TenantProcess::start();
    let host = process.host(
        tempfile::tempdir().unwrap(),
        free_port(),
        "policy = { component = \"cautious\" }",
    );
    let team = Team::at(&host.url, &token(&host, None, "somebody", &ALL));
    for refused in [
        team.upload(conjoin_policies::LODASH.component, &BTreeMap::new()).await,
        team.put_activation(Some(0), "lodash", json!({})).await,
        team.post("activation/rollback", &json!({})).await,
    ] {
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (409, &json!("fixed")),
            "{}",
            refused.body
        );
    }
}

#[tokio::test]
async fn the_admin_api_can_listen_apart() {
    let process = TenantProcess::start();
    let port = free_port();
    let host = process.host_apart(free_port(), port, "");
    let token = token(&host, None, "somebody", &ALL);
    let apart: url::Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
    let team = Team::at(&apart, &token);
    assert_eq!(team.get("whoami").await.body["tenant"], "test");
    assert_eq!(team.activate("lodash", json!({})).await, 1);
    assert_eq!(
        Team::at(&host.url, &token).get("whoami").await.status,
        404,
        "not where people are"
    );
    let browser = Browser::new();
    assert_eq!(browser.get_once(apart.join("/healthz").unwrap()).await.status, 200);
    assert_eq!(
        browser.get_once(apart.join("/user").unwrap()).await.status,
        404,
        "no people where the team is"
    );
}
