//! Somebody of one tenant's team names what another tenant of the same host has: decisions, proposals, trials, reports, versions.

use conjoin_tests::{Browser, Form, Host, Team, TenantProcess};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::accounts::made;
use crate::pages::sign_in_at;
use crate::person::Person;
use crate::tokens::{token, two_tenants};

const EVERYTHING: [&str; 5] = [
    "policies:read",
    "policies:upload",
    "policies:activate",
    "decisions:read",
    "accounts:read",
];

/// What one tenant has, by what it is named.
struct Ours {
    /// A version that is checked.
    digest: String,
    /// Waits for the word of a second person.
    proposal: String,
    /// Before the first decision, and of the last.
    cursors: [String; 2],
}

impl Ours {
    async fn made(host: &Host, team: &Team) -> Self {
        let digest = text(&team.push(conjoin_policies::LODASH.component).await["digest"]);
        Person::named("private-7391").put(&host.tenant).await.join(host).await;
        let decisions = team.get("decisions").await.body["decisions"].clone();
        let last = text(&decisions[0]["cursor"]);
        let proposed = team.put_activation(Some(0), &digest, json!({})).await;
        assert_eq!(proposed.status, 202, "{}", proposed.body);
        let tried = tries(team, &digest).await;
        assert_eq!(tried.0, 200, "{}", tried.1);
        assert_eq!(team.post("duplicates", &json!({})).await.status, 202);
        assert_eq!(made(team).await["state"], "made");
        Self {
            proposal: text(&proposed.body["id"]),
            cursors: ["0.".to_owned(), last],
            digest,
        }
    }

    /// All of it is there still.
    async fn assert_untouched(&self, team: &Team) {
        assert_eq!(team.number().await, 0);
        assert_eq!(
            team.get("proposals").await.body["proposals"][0]["id"],
            json!(self.proposal)
        );
        assert!(team.get("shadow").await.body["stopped_at"].is_null());
        let version = team.get(&format!("policies/{}", self.digest)).await;
        assert_eq!(version.body["state"], "checked");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// `PUT /shadow`.
async fn tries(team: &Team, policy: &str) -> (u16, Value) {
    let body = json!({"policy": policy, "settings": {}});
    let answer = Team::send_once(team.request(Method::PUT, "shadow").json(&body)).await;
    (answer.status, answer.body)
}

fn second(host: &Host) -> Url {
    let mut url = host.url.clone();
    url.set_host(Some("second.localhost")).unwrap();
    url
}

#[tokio::test]
async fn s37_a22_what_a_team_names_of_another_tenant_is_not_there() {
    let process = TenantProcess::start();
    let host = two_tenants(&process, "second_approval = true");
    let second = second(&host);
    let our_token = token(&host, Some("test"), "ours", &EVERYTHING);
    let their_token = token(&host, Some("test-second"), "theirs", &EVERYTHING);
    let (us, them) = (Team::at(&host.url, &our_token), Team::at(&second, &their_token));
    let ours = Ours::made(&host, &us).await;

    lists_are_empty(&them, &ours).await;
    names_lead_nowhere(&them, &ours).await;
    pages_show_nothing(&second, &their_token, &ours).await;
    // With a token under the name of the other tenant there is not even that much.
    for team in [Team::at(&host.url, &their_token), Team::at(&second, &our_token)] {
        let proposal = format!("proposals/{}", ours.proposal);
        let replay = json!({"policy": ours.digest});
        for refused in [
            team.get("decisions").await,
            team.get("proposals").await,
            team.get("shadow").await,
            team.get("duplicates").await,
            team.get(&format!("policies/{}", ours.digest)).await,
            team.post(&format!("{proposal}/approve"), &json!({})).await,
            team.delete(&proposal).await,
            team.delete("shadow").await,
            team.post("replay", &replay).await,
            team.post("duplicates", &json!({})).await,
        ] {
            assert_eq!(
                (refused.status, &refused.body["code"]),
                (401, &json!("unauthorized")),
                "{}",
                refused.body
            );
        }
    }
    ours.assert_untouched(&us).await;
}

async fn lists_are_empty(them: &Team, ours: &Ours) {
    for (path, key) in [
        ("policies", "policies"),
        ("activations", "activations"),
        ("proposals", "proposals"),
        ("decisions", "decisions"),
        (&format!("decisions?since={}", ours.cursors[0]), "decisions"),
        (&format!("policies?after={}", ours.cursors[1]), "policies"),
    ] {
        let answer = them.get(path).await;
        assert_eq!((answer.status, &answer.body[key]), (200, &json!([])), "{path}");
    }
    for cursor in &ours.cursors {
        let again = json!({"policy": "joined", "after": cursor});
        let replayed = them.post("replay", &again).await;
        assert_eq!(
            (replayed.status, &replayed.body["asked"]),
            (200, &json!(0)),
            "{}",
            replayed.body
        );
    }
}

async fn names_lead_nowhere(them: &Team, ours: &Ours) {
    let proposal = format!("proposals/{}", ours.proposal);
    let replay = json!({"policy": ours.digest});
    for nothing in [
        them.get("shadow").await,
        them.get("duplicates").await,
        them.post(&format!("{proposal}/approve"), &json!({})).await,
        them.delete(&proposal).await,
        them.delete("shadow").await,
        them.post("replay", &replay).await,
        them.put_activation(Some(0), &ours.digest, json!({})).await,
    ] {
        assert_eq!(
            (nothing.status, &nothing.body["code"]),
            (404, &json!("not-found")),
            "{}",
            nothing.body
        );
        assert!(!nothing.body.to_string().contains("private-7391"));
    }
    let tried = tries(them, &ours.digest).await;
    assert_eq!(tried.0, 404, "{}", tried.1);
}

async fn pages_show_nothing(second: &Url, their_token: &str, ours: &Ours) {
    let browser = Browser::new();
    let overview = sign_in_at(&browser, second, their_token).await;
    assert_eq!(overview.texts("#tenant"), ["test-second"], "{}", overview.readable());
    for path in ["/admin", "/admin/decisions", "/admin/duplicates", "/admin/bench"] {
        let page = browser.get(second.join(path).unwrap()).await;
        assert_eq!(page.status, 200, "{path}: {}", page.readable());
        for private in [&ours.digest[..12], &ours.proposal, "private-7391"] {
            assert!(!page.text.contains(private), "{path}: {private}: {}", page.readable());
        }
    }
    let version = second.join(&format!("/admin/policies/{}", ours.digest)).unwrap();
    let none = browser.get(version).await;
    assert_eq!((none.status, none.message().as_str()), (404, "not-found"));
    let bench = browser.get(second.join("/admin/bench").unwrap()).await;
    let tried = browser.submit(&bench.form("#bench").with("first", &ours.digest)).await;
    assert_eq!((tried.status, tried.message().as_str()), (404, "not-found"));
    for action in ["approve", "withdraw"] {
        let form = Form {
            action: second.join(&format!("/admin/{action}")).unwrap(),
            origin: second.origin().ascii_serialization(),
            fields: Vec::new(),
        };
        let csrf = overview.form("#sign-out");
        let form = form.with("csrf_token", csrf.value("csrf_token"));
        let nothing = browser.submit(&form.with("id", &ours.proposal)).await;
        assert_eq!(
            (nothing.status, nothing.message().as_str()),
            (404, "not-found"),
            "{action}"
        );
    }
}
