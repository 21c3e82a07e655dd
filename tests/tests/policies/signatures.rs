//! Tenants that name whose signature a version needs: what is signed goes its way, and nothing else decides.

use std::time::Duration;

use conjoin_tests::team::Answer;
use conjoin_tests::{Team, TenantProcess, free_port};
use reqwest::Method;
use serde_json::{Value, json};

use crate::components::version;
use crate::pages;
use crate::platform::put;
use crate::signer::{Signer, again, flipped, naming, pushed, start};
use crate::swapping::{BY_INDEX, CONCATENATED};
use crate::tokens::{ALL, token};

const LODASH: &[u8] = conjoin_policies::LODASH.component;

async fn shadow(team: &Team, policy: &str) -> Answer {
    let request = team.request(Method::PUT, "shadow");
    Team::send_once(request.json(&json!({"policy": policy}))).await
}

fn assert_not_signed(refused: &Answer) {
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("not-signed")),
        "{}",
        refused.body
    );
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("minisign -Sm") && detail.contains("upload it again with the signature"),
        "{detail}"
    );
}

#[tokio::test]
async fn what_is_signed_goes_its_way_by_the_commands() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada]));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let run = |arguments: &[&str], expected: i32| {
        let output = team.command(folder.path(), &[&["policy"], arguments].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {told}");
        (String::from_utf8(output.stdout).unwrap(), told)
    };
    let (one, other) = (version(LODASH, 1), version(LODASH, 2));
    write("policy.wasm", &one);
    write("policy.wasm.minisig", ada.sign(&one).as_bytes());
    let (pushed, told) = run(&["push"], 0);
    assert!(pushed.trim_end().ends_with("checked"), "{pushed}");
    assert!(
        told.contains("with the signature policy.wasm.minisig") && told.contains(&format!("signed by {}", ada.id())),
        "{told}"
    );
    run(&["activate"], 0);
    assert_eq!(
        put(&host, "signed").await.join(&host).await["user_metadata"]["tags"],
        json!(BY_INDEX)
    );
    let (shown, _) = run(&["show", &pushed[..12]], 0);
    assert!(shown.contains("signed by") && shown.contains(&ada.id()), "{shown}");
    let trail = host.operate(&["audit", "export"]);
    assert!(trail.contains(&format!("\"signed_by\":\"{}\"", ada.id())), "{trail}");

    // The signature beside it is that of the version before.
    write("policy.wasm", &other);
    let (_, told) = run(&["push"], 1);
    assert!(
        told.contains("that of another file") && told.contains("nothing was uploaded"),
        "{told}"
    );
    let (_, told) = run(&["push", "--no-signature"], 0);
    assert!(!told.contains("signature"), "{told}");
    let (_, told) = run(&["activate"], 1);
    assert!(
        told.contains("it is not signed") && told.contains("minisign -Sm"),
        "{told}"
    );
    let (listed, _) = run(&["list"], 0);
    assert!(
        listed.contains(&ada.id()) && listed.contains("not signed; needs a signature"),
        "{listed}"
    );
    write("elsewhere", ada.sign(&other).as_bytes());
    run(&["push", "--signature", "elsewhere"], 0);
    run(&["activate"], 0);
    run(&["push", "--signature", "nowhere"], 2);
}

#[tokio::test]
async fn what_nobody_signed_neither_decides_nor_is_tried() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (_host, team) = start(&process, &format!("second_approval = true\n{}", naming(&[&ada])));
    let unsigned = pushed(&team, &version(LODASH, 1), None).await;
    let view = team.get(&format!("policies/{unsigned}")).await.body;
    assert_eq!(
        (&view["state"], &view["signed_by"], &view["needs_signature"]),
        (&json!("checked"), &json!([]), &json!(true))
    );
    assert_not_signed(&team.put_activation(Some(0), &unsigned, json!({})).await);
    assert_not_signed(&shadow(&team, &unsigned).await);
    assert_eq!(team.get("proposals").await.body["proposals"], json!([]));
    assert_eq!(team.get("shadow").await.status, 404);
    // What ships with the host is the host's own, also when somebody uploads it.
    assert_eq!(team.put_activation(Some(0), "cautious", json!({})).await.status, 202);
    let shipped = pushed(&team, LODASH, None).await;
    let view = team.get(&format!("policies/{shipped}")).await.body;
    assert_eq!(view["needs_signature"], json!(false));
    assert_eq!(shadow(&team, &shipped).await.status, 200);
}

#[tokio::test]
async fn what_was_proposed_or_decided_before_needs_a_signature_too() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (host, team) = start(&process, "");
    let unsigned = pushed(&team, &version(LODASH, 1), None).await;
    team.activate(&unsigned, json!({})).await;
    team.activate("cautious", json!({})).await;
    let (host, team) = again(&process, host, "second_approval = true");
    let proposed = team.put_activation(Some(2), &unsigned, json!({})).await;
    assert_eq!(proposed.status, 202, "{}", proposed.body);
    let id = proposed.body["id"].as_str().unwrap().to_owned();

    let signers = format!("second_approval = true\n{}", naming(&[&ada]));
    let (_host, team) = again(&process, host, &signers);
    assert_not_signed(&team.post(&format!("proposals/{id}/approve"), &json!({})).await);
    assert_not_signed(&team.post("activation/rollback", &json!({"to": 1})).await);
    assert_eq!(team.number().await, 2);
    // Nobody named it: what is before it is gone back to.
    let back = team.post("activation/rollback", &json!({})).await;
    assert_eq!((back.status, &back.body["number"]), (200, &json!(3)), "{}", back.body);
    assert_ne!(back.body["policy"], json!(unsigned));
}

#[tokio::test]
async fn a_signature_that_does_not_count_is_refused_and_nothing_is_kept() {
    let (process, ada, eve) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada]));
    let component = version(LODASH, 1);
    let own = ada.sign(&component);
    let changed_comment = own.replace("timestamp:", "timestomp:");
    assert_ne!(changed_comment, own);
    for (signature, words) in [
        (eve.sign(&component).into_bytes(), eve.id()),
        (ada.sign(&version(LODASH, 2)).into_bytes(), "another file".to_owned()),
        (flipped(&own, 1).into_bytes(), "another file".to_owned()),
        (flipped(&own, 3).into_bytes(), "another file".to_owned()),
        (changed_comment.into_bytes(), "another file".to_owned()),
        (Vec::new(), "cannot be read".to_owned()),
        (b"trust me".to_vec(), "cannot be read".to_owned()),
        (vec![0xff; 300], "cannot be read".to_owned()),
    ] {
        let refused = team.upload_signed(&component, &signature).await;
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (422, &json!("signature")),
            "{words}: {}",
            refused.body
        );
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(
            detail.contains(&words) && detail.contains("nothing was uploaded"),
            "{detail}"
        );
    }
    let long = format!("{own}{}", " ".repeat(4 << 10));
    let refused = team.upload_signed(&component, long.as_bytes()).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (413, &json!("too-large")),
        "{}",
        refused.body
    );
    assert_eq!(team.get("policies").await.body["policies"], json!([]));
    assert!(!host.operate(&["audit", "export"]).contains("policy."));

    // Where nobody is named, nothing can be verified, and what looks like a signature would be none.
    let (host, team) = again(&process, host, "");
    let refused = team.upload_signed(&component, own.as_bytes()).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("no-signers")),
        "{}",
        refused.body
    );
    assert_eq!(team.get("policies").await.body["policies"], json!([]));
    drop(host);
}

#[tokio::test]
async fn a_signature_can_come_later() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let component = version(LODASH, 1);
    let digest = pushed(&team, &component, None).await;
    assert_not_signed(&team.put_activation(Some(0), &digest, json!({})).await);
    let signature = ada.sign(&component);
    for _ in 0..2 {
        let signed = team.upload_signed(&component, signature.as_bytes()).await;
        assert_eq!(
            (signed.status, &signed.body["state"], &signed.body["signed_by"]),
            (200, &json!("checked"), &json!([ada.id()])),
            "{}",
            signed.body
        );
        assert_eq!(signed.body["needs_signature"], json!(false));
    }
    let trail = host.operate(&["audit", "export"]);
    assert_eq!(trail.matches("policy.signed").count(), 1, "once: {trail}");
    assert_eq!(team.activate(&digest, json!({})).await, 1);
    // Also of what decides, and beside the one that is there; what comes without one takes none away.
    let mut both = [ada.id(), bob.id()];
    both.sort();
    let signed = team.upload_signed(&component, bob.sign(&component).as_bytes()).await;
    assert_eq!((signed.status, &signed.body["signed_by"]), (200, &json!(both)));
    assert_eq!(team.push(&component).await["signed_by"], json!(both));
    let view = team.get(&format!("policies/{digest}")).await.body;
    assert_eq!(view["signed_by"], json!(both), "{view}");
    let (_, overview) = pages::sign_in(&host, &token(&host, None, "browser", &ALL)).await;
    let text = overview.readable();
    assert!(both.iter().all(|id| text.contains(id.as_str())), "{text}");
}

/// With a stolen key nobody takes away what another one signed.
#[tokio::test]
async fn what_two_keys_signed_decides_for_as_long_as_one_of_them_counts() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let component = version(LODASH, 1);
    let digest = pushed(&team, &component, Some(&ada)).await;
    let signed = team.upload_signed(&component, bob.sign(&component).as_bytes()).await;
    assert_eq!(signed.status, 200, "{}", signed.body);
    team.activate(&digest, json!({})).await;
    for (number, left) in [&ada, &bob].into_iter().enumerate() {
        let host = process.host_beside(&host, free_port(), &naming(&[left]));
        let team = Team::at(&host.url, &token(&host, None, &format!("left{number}"), &ALL));
        let active = team.get("activation").await.body;
        assert_eq!(
            (&active["policy"], &active["problem"]),
            (&json!(digest), &Value::Null),
            "{active}"
        );
        let person = put(&host, &format!("left{number}x")).await;
        assert_eq!(person.join(&host).await["user_metadata"]["tags"], json!(BY_INDEX));
    }
}

#[tokio::test]
async fn what_a_key_signed_stops_deciding_when_the_key_is_taken_out() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let good = pushed(&team, &version(LODASH, 1), Some(&bob)).await;
    let gone = pushed(&team, &version(conjoin_policies::CAUTIOUS.component, 1), Some(&ada)).await;
    team.activate(&good, json!({})).await;
    team.activate(&gone, json!({})).await;

    let (host, team) = again(&process, host, &naming(&[&bob]));
    let active = team.get("activation").await.body;
    let problem = active["problem"].as_str().unwrap();
    assert!(
        active["policy"] == json!(gone) && problem.contains(&ada.id()),
        "{active}"
    );
    let view = team.get(&format!("policies/{gone}")).await.body;
    assert_eq!(
        (&view["signed_by"], &view["needs_signature"]),
        (&json!([ada.id()]), &json!(true))
    );
    let (_, overview) = pages::sign_in(&host, &token(&host, None, "browser", &ALL)).await;
    assert!(
        overview.texts("#unused")[0].contains(&ada.id()),
        "{}",
        overview.readable()
    );
    assert_eq!(
        put(&host, "fallen").await.join(&host).await["user_metadata"]["tags"],
        json!(BY_INDEX),
        "what was good before decides"
    );
    assert_not_signed(&team.put_activation(Some(2), &gone, json!({})).await);
    host.said("the active policy cannot be loaded").await;
    let back = team.post("activation/rollback", &json!({})).await;
    assert_eq!(
        (back.status, &back.body["policy"]),
        (200, &json!(good)),
        "{}",
        back.body
    );
    assert_eq!(team.get("activation").await.body["problem"], Value::Null);
}

/// As while a key is taken out of one host after the other.
#[tokio::test]
async fn a_host_follows_no_other_to_what_none_of_its_own_signers_signed() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada]));
    let beside = process.host_beside(&host, free_port(), &naming(&[&bob]));
    let digest = pushed(&team, &version(LODASH, 1), Some(&ada)).await;
    team.activate(&digest, json!({})).await;
    let theirs = Team::at(&beside.url, &token(&beside, None, "beside", &ALL));
    let mut active = Value::Null;
    for _ in 0..400 {
        active = theirs.get("activation").await.body;
        if !active["problem"].is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        active["problem"].as_str().is_some_and(|why| why.contains(&ada.id())),
        "{active}"
    );
    assert_eq!(
        put(&beside, "beside").await.join(&beside).await["user_metadata"]["tags"],
        json!(CONCATENATED)
    );
    assert_eq!(
        put(&host, "here").await.join(&host).await["user_metadata"]["tags"],
        json!(BY_INDEX)
    );
}

#[tokio::test]
async fn a_signature_comes_with_an_upload_in_the_browser() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (host, _team) = start(&process, &naming(&[&ada]));
    let (browser, overview) = pages::sign_in(&host, &token(&host, None, "browser", &ALL)).await;
    let component = version(LODASH, 1);
    let wasm = ("component", "policy.wasm", component.as_slice());
    let other = ada.sign(LODASH);
    let files = [wasm, ("signature", "policy.wasm.minisig", other.as_bytes())];
    let refused = browser.upload(&overview.form("#upload"), &files).await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (422, "signature"),
        "{}",
        refused.readable()
    );
    let unsigned = pages::upload(&browser, &overview, &[wasm]).await;
    assert!(
        unsigned.texts("#signed")[0].contains("not signed"),
        "{}",
        unsigned.readable()
    );
    assert!(unsigned.forms("#activate").is_empty(), "{}", unsigned.readable());
    let own = ada.sign(&component);
    let files = [wasm, ("signature", "policy.wasm.minisig", own.as_bytes())];
    let signed = pages::upload(&browser, &overview, &files).await;
    assert!(signed.texts("#signed")[0].contains(&ada.id()), "{}", signed.readable());
    let active = browser.submit(&signed.form("#activate")).await;
    assert_eq!(
        active.attributes("#active", "data-number"),
        ["1"],
        "{}",
        active.readable()
    );
}
