//! Versions that a tenant's team uploads, activates, rolls back and revokes, while people are in the middle of links.

use std::collections::BTreeMap;

use conjoin_tests::{Browser, Host, Team, TenantProcess, flow, free_port};
use serde_json::{Value, json};

use crate::bombs::bombs;
use crate::components::{unfit, version};
use crate::failing::faulty;
use crate::person::Person;
use crate::swapping::{BY_INDEX, CONCATENATED, shown_tags, with_arrays};
use crate::tokens::{ALL, token};

pub async fn put(host: &Host, name: &str) -> Person {
    with_arrays(Person::named(name)).put(&host.tenant).await
}

/// The decisions of one policy hook, the newest first: of which version each was.
async fn deciders(team: &Team, hook: &str) -> Vec<String> {
    let answer = team.get("decisions?limit=100").await.body;
    let decisions = answer["decisions"].as_array().unwrap().iter();
    let of_hook = decisions.filter(|decision| decision["hook"] == hook);
    of_hook
        .map(|decision| decision["policy"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_version_goes_its_way_by_the_commands() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.wasm"), conjoin_policies::LODASH.component).unwrap();
    let cases = folder.path().join("cases");
    std::fs::create_dir(&cases).unwrap();
    for case in conjoin_policies::LODASH.cases {
        std::fs::write(cases.join(format!("{}.json", case.name)), case.text).unwrap();
    }
    let run = |arguments: &[&str], expected: i32| {
        let output = team.command(folder.path(), &[&["policy"], arguments].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {told}");
        (String::from_utf8(output.stdout).unwrap(), told)
    };
    let (pushed, _) = run(&["push"], 0);
    let digest = pushed.split_whitespace().next().unwrap().to_owned();
    assert!(pushed.trim_end().ends_with("checked"), "{pushed}");
    let (again, _) = run(&["push"], 0);
    assert_eq!(again, pushed, "the same bytes are the same version");
    run(&["activate", "--settings", r#"{"no":"such"}"#], 1);
    let (activated, _) = run(&["activate"], 0);
    assert!(activated.contains("decides now (change 1)"), "{activated}");

    let joined = put(&host, "uploaded").await.join(&host).await;
    assert_eq!(joined["user_metadata"]["tags"], json!(BY_INDEX));
    assert_eq!(
        deciders(&team, "merge").await,
        [digest.as_str()],
        "each decision names its version"
    );
    let (logs, _) = run(&["logs"], 0);
    assert!(
        logs.contains("merge answered") && logs.contains(&digest[..12]),
        "{logs}"
    );

    run(&["rollback"], 0);
    let joined = put(&host, "rolled").await.join(&host).await;
    assert_eq!(joined["user_metadata"]["tags"], json!(CONCATENATED));
    let (listed, _) = run(&["list", "--json"], 0);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let states: BTreeMap<_, _> = listed["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, BTreeMap::from([("joined", "active"), ("lodash", "retired")]));
    let (shown, _) = run(&["show", &digest[..8]], 0);
    assert!(shown.contains("retired") && shown.contains(&digest), "{shown}");
    run(&["revoke", &digest[..8]], 0);
    let (_, told) = run(&["activate", &digest], 1);
    assert!(told.contains("revoked"), "{told}");
    run(&["show", "0000"], 3);
    run(&["push", "nowhere.wasm"], 2);
    let events: Vec<String> = host
        .operate(&["audit", "export"])
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["entry"]["event"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .filter(|event| event.starts_with("policy."))
        .collect();
    let expected = ["uploaded", "checked", "activated", "uploaded", "rolled_back", "revoked"]
        .map(|event| format!("policy.{event}"));
    assert_eq!(events, expected, "every change is in the audit trail");
}

#[tokio::test]
async fn what_fails_its_cases_cannot_decide_and_says_why() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let wrong = json!({"hook": "merge", "primary": {"user_metadata": {"a": 1}}, "secondary": {}, "expect": {"result": {"user_metadata": {"a": 2}}}});
    let cases = BTreeMap::from([("wrong".to_owned(), wrong.to_string())]);
    let uploaded = team.upload(conjoin_policies::CAUTIOUS.component, &cases).await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.body);
    let digest = uploaded.body["digest"].as_str().unwrap();
    assert_eq!(uploaded.headers["location"], format!("/admin/v1/policies/{digest}"));
    let version = team.checked(digest).await;
    assert_eq!(
        (&version["state"], &version["report"]["cases"][0]["passed"]),
        (&json!("failed"), &json!(false))
    );
    let refused = team.put_activation(Some(0), digest, json!({})).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("not-checked")),
        "{}",
        refused.body
    );
    // With other cases it is checked anew.
    let right = team
        .upload(conjoin_policies::CAUTIOUS.component, &BTreeMap::new())
        .await;
    assert_eq!(right.status, 200);
    assert_eq!(team.checked(digest).await["state"], "checked");
    team.activate(digest, json!({})).await;
    assert_eq!(team.get(&format!("policies/{digest}")).await.body["state"], "active");
}

/// A value that neither account holds at that place: only some tenants let a policy write one.
#[tokio::test]
async fn cases_are_judged_by_the_guards_of_the_tenant_that_they_are_for() {
    let case = json!({
        "hook": "merge",
        "event": {"settings": {"fault": "copies-the-nickname"}},
        "primary": {},
        "secondary": {"nickname": "al"},
        "expect": {"result": {"user_metadata": {"nickname": "al"}}},
    });
    let cases = BTreeMap::from([("nickname".to_owned(), case.to_string())]);
    let process = TenantProcess::start();
    for (guards, state) in [
        ("", "failed"),
        ("guards.computed = [\"user_metadata/nickname\"]", "checked"),
    ] {
        let host = process.host(tempfile::tempdir().unwrap(), free_port(), guards);
        let team = Team::at(&host.url, &token(&host, None, "somebody", &ALL));
        let uploaded = team.upload(&faulty(), &cases).await;
        let version = team.checked(uploaded.body["digest"].as_str().unwrap()).await;
        assert_eq!(version["state"], state, "{guards}: {}", version["report"]["cases"]);
    }
}

#[tokio::test]
async fn what_the_gate_refuses_is_not_kept_and_the_report_names_the_remedy() {
    let host = Host::start().await;
    let team = Team::of(&host);
    for unfit in unfit() {
        let refused = team.upload(&unfit.bytes, &BTreeMap::new()).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (422, &json!("rejected")),
            "{}: {}",
            unfit.name,
            refused.body
        );
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(refused.body["report"]["reason"], unfit.reason, "{}", unfit.name);
        let findings = refused.body["report"]["findings"].to_string();
        assert!(
            findings.contains(unfit.item) && findings.contains("remedy"),
            "{}: {findings}",
            unfit.name
        );
    }
    assert_eq!(team.get("policies").await.body["policies"], json!([]));
    let large = vec![0; (25 << 20) + 1];
    let refused = team.upload(&large, &BTreeMap::new()).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (413, &json!("too-large")),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn s35_hostile_uploads_cost_a_running_host_next_to_nothing() {
    const MEMORY: u64 = 20 << 20;
    let host = Host::start().await;
    let team = Team::of(&host);
    let before = host.memory("VmRSS");
    for bomb in bombs() {
        let refused = team.upload(&bomb.bytes, &BTreeMap::new()).await;
        assert_eq!(refused.status, 422, "{}: {}", bomb.name, refused.body);
        let reason = refused.body["report"]["reason"].as_str().unwrap();
        assert!(bomb.reasons.contains(&reason), "{}: {reason}", bomb.name);
    }
    let grown = host.memory("VmHWM").saturating_sub(before);
    assert!(grown < MEMORY, "it grew by up to {grown} bytes");
}

#[tokio::test]
async fn of_two_who_activate_at_once_one_is_told_to_look_again() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let seen = team.get("activation").await;
    assert_eq!(
        (
            &seen.body["number"],
            &seen.body["kind"],
            seen.headers["etag"].to_str().unwrap()
        ),
        (&json!(0), &json!("default"), "\"0\"")
    );
    let missing = team.put_activation(None, "lodash", json!({})).await;
    assert_eq!(
        (missing.status, &missing.body["code"]),
        (428, &json!("precondition-required"))
    );
    let (one, other) = tokio::join!(
        team.put_activation(Some(0), "lodash", json!({})),
        team.put_activation(Some(0), "cautious", json!({})),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{} {}", one.body, other.body);
    let lost = if one.status == 412 { one } else { other };
    assert_eq!(
        (&lost.body["code"], &lost.body["number"]),
        (&json!("changed"), &json!(1))
    );
    let back = team.post("activation/rollback", &json!({"to": 0})).await;
    assert_eq!(
        (back.status, &back.body["kind"]),
        (200, &json!("rollback")),
        "{}",
        back.body
    );
    let history = team.get("activations").await.body;
    let kinds: Vec<_> = history["activations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["rollback", "activate"]);
    let nothing = team.post("activation/rollback", &json!({"to": 99})).await;
    assert_eq!((nothing.status, &nothing.body["code"]), (409, &json!("nothing-before")));
}

/// A preview is confirmed after another version was activated, by the version that made it; after its version was revoked, it is not.
#[tokio::test]
async fn s36_a40_previews_outlive_an_activation_and_not_a_revocation() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let lodash = team.push(conjoin_policies::LODASH.component).await;
    let lodash = lodash["digest"].as_str().unwrap();
    team.activate(lodash, json!({})).await;
    let (first, second, third) = (
        put(&host, "first").await,
        put(&host, "second").await,
        put(&host, "third").await,
    );
    let (confirming, late, choosing) = (Browser::new(), Browser::new(), Browser::new());
    let preview = first.review(&host, &confirming).await;
    let open = second.review(&host, &late).await;
    let account = third.sign_in(&host, &choosing).await;
    let at_tenant = flow::choose(&choosing, &account, "Google").await;

    team.activate("joined", json!({})).await;
    let joined = first.confirm(&host, &confirming, &preview).await;
    assert_eq!(
        joined["user_metadata"]["tags"],
        json!(BY_INDEX),
        "what was shown is what is done"
    );

    assert_eq!(
        team.post(&format!("policies/{lodash}/revoke"), &json!({})).await.status,
        204
    );
    let refused = flow::confirm(&late, &open).await;
    assert_eq!(refused.message(), "policy-gone", "{}", refused.readable());
    let refused = flow::enter(&choosing, &at_tenant, &third.email()).await;
    assert_eq!(refused.message(), "policy-gone", "{}", refused.readable());
    let entries = host.operate(&["audit", "export"]);
    assert!(
        entries.contains("was revoked"),
        "the record says what ended it: {entries}"
    );
    for person in [&second, &third] {
        let account = person
            .assert_signed_in(
                &host,
                if person.email() == second.email() {
                    &late
                } else {
                    &choosing
                },
            )
            .await;
        assert_eq!(account.name(), "account");
    }
    let account = second.assert_signed_in(&host, &late).await;
    let review = flow::prove(&late, &account, "Google", &second.email()).await;
    assert_eq!(shown_tags(&review), CONCATENATED, "begun again, by what decides now");
}

#[tokio::test]
async fn a_version_that_decides_is_revoked_and_what_decided_before_does_again() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let lodash = team.push(conjoin_policies::LODASH.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let cautious = team.push(conjoin_policies::CAUTIOUS.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    team.activate(&cautious, json!({})).await;
    team.activate(&lodash, json!({})).await;
    assert_eq!(
        team.post(&format!("policies/{lodash}/revoke"), &json!({})).await.status,
        204
    );
    let now = team.get("activation").await.body;
    assert_eq!((&now["policy"], &now["kind"]), (&json!(cautious), &json!("revoke")));
    assert_eq!(
        team.post(&format!("policies/{lodash}/revoke"), &json!({})).await.status,
        404,
        "once"
    );
    let again = team.upload(conjoin_policies::LODASH.component, &BTreeMap::new()).await;
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &json!("revoked")),
        "not even uploaded again"
    );
    // With nothing left but what ships with the host.
    assert_eq!(
        team.post(&format!("policies/{cautious}/revoke"), &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(
        put(&host, "left").await.join(&host).await["user_metadata"]["tags"],
        json!(CONCATENATED)
    );
}

/// Checks how often a host has compiled a version.
pub async fn assert_compiled(host: &Host, digest: &str, times: usize) {
    let mut log = String::new();
    for _ in 0..400 {
        log = host.log();
        let of = |line: &&str| line.contains("policy compiled") && line.contains(digest);
        if log.lines().filter(of).count() == times {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{digest} was not compiled {times} times:\n{log}");
}

#[tokio::test]
async fn what_was_activated_decides_again_after_a_restart() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let version = version(conjoin_policies::LODASH.component, 1);
    let digest = team.push(&version).await["digest"].as_str().unwrap().to_owned();
    team.activate(&digest, json!({})).await;
    assert_compiled(&host, &digest, 1).await;
    let host = Host::on(host.kill(), &[]).await;
    assert_eq!(
        put(&host, "restarted").await.join(&host).await["user_metadata"]["tags"],
        json!(BY_INDEX)
    );
    assert_compiled(&host, &digest, 0).await;
}
