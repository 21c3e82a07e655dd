//! The admin pages, as somebody of the team uses them in a browser.

use std::time::Duration;

use conjoin_tests::{Browser, DEV_TOKEN, Form, Host, Page, Team, TenantProcess, free_port};
use serde_json::{Value, json};
use url::Url;

use crate::built::build;
use crate::person::Person;
use crate::swapping::{BY_INDEX, CONCATENATED, with_arrays};
use crate::tokens::{ALL, token};

/// Signs in with a token; ends wherever that leads.
pub async fn sign_in_at(browser: &Browser, base: &Url, token: &str) -> Page {
    let page = browser.get(base.join("/admin").unwrap()).await;
    assert_eq!(page.name(), "admin-sign-in", "{}", page.readable());
    browser.submit(&page.form("#sign-in").with("token", token)).await
}

/// The same, and is signed in.
pub async fn sign_in(host: &Host, token: &str) -> (Browser, Page) {
    let browser = Browser::new();
    let page = sign_in_at(&browser, &host.url, token).await;
    assert_eq!(page.name(), "admin", "{}", page.readable());
    (browser, page)
}

/// Uploads from the overview, and looks at the version's page until it is checked.
pub async fn upload(browser: &Browser, overview: &Page, files: &[(&str, &str, &[u8])]) -> Page {
    let mut page = browser.upload(&overview.form("#upload"), files).await;
    assert_eq!(page.name(), "admin-version", "{}", page.readable());
    while page.attributes("#version", "data-state") == ["uploaded"] {
        tokio::time::sleep(Duration::from_millis(100)).await;
        page = browser.get(page.url.clone()).await;
    }
    page
}

async fn tags_after_joining(host: &Host, name: &str) -> Value {
    let person = with_arrays(Person::named(name)).put(&host.tenant).await;
    person.join(host).await["user_metadata"]["tags"].clone()
}

fn digest(page: &Page) -> String {
    page.attributes("#version, #active", "data-policy").remove(0)
}

#[tokio::test]
async fn a_version_goes_its_way_on_the_pages() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    assert_eq!(overview.attributes("#active", "data-number"), ["0"]);
    assert!(
        overview.readable().contains("joined (ships with this host)"),
        "{}",
        overview.readable()
    );
    let lodash = conjoin_policies::LODASH;
    let names: Vec<String> = lodash.cases.iter().map(|case| format!("{}.json", case.name)).collect();
    let mut files = vec![("component", "policy.wasm", lodash.component)];
    for (case, name) in lodash.cases.iter().zip(&names) {
        files.push(("cases", name, case.text.as_bytes()));
    }
    let version = upload(&browser, &overview, &files).await;
    assert_eq!(version.attributes("#version", "data-state"), ["checked"]);
    let verdicts = version.attributes("[data-check]", "data-verdict");
    assert!(verdicts.len() > lodash.cases.len() && verdicts.iter().all(|verdict| verdict != "failed"));
    let lodash = digest(&version);

    let active = browser.submit(&version.form("#activate")).await;
    assert!(active.texts("#notice")[0].contains("change 1"), "{}", active.readable());
    assert_eq!(digest(&active), lodash);
    assert_eq!(
        active.attributes("[data-version]", "data-state"),
        ["active"],
        "{}",
        active.readable()
    );
    assert_eq!(tags_after_joining(&host, "uploaded").await, json!(BY_INDEX));
    let decisions = browser.get(host.at("/admin/decisions")).await;
    let of_merges = decisions.attributes("[data-decision=merge]", "data-policy");
    assert_eq!(of_merges, [lodash.as_str()], "the next decision was by it");
    let again = browser.get(host.at("/admin")).await;
    assert!(again.texts("#notice").is_empty(), "what was done is told once");

    let back = browser.submit(&again.form("[data-activation='0'] .rollback")).await;
    assert_eq!(back.attributes("#active", "data-number"), ["2"], "{}", back.readable());
    assert_eq!(tags_after_joining(&host, "back").await, json!(CONCATENATED));

    let late = browser.submit(&version.form("#activate")).await;
    assert_eq!(
        (late.status, late.message().as_str()),
        (412, "changed"),
        "{}",
        late.readable()
    );
    assert!(late.texts("#what-happened")[0].contains("the number is 2 now"));
    assert_eq!(late.form("#again").value("seen"), "2", "after another look");

    let version = browser.get(version.url.clone()).await;
    let revoke = version.form("#revoke");
    let unticked = browser.submit(&revoke.clone().with("confirm", "")).await;
    assert_eq!((unticked.status, unticked.message().as_str()), (400, "bad-request"));
    let revoked = browser.submit(&revoke).await;
    assert!(
        revoked.texts("#notice")[0].contains("revoked"),
        "{}",
        revoked.readable()
    );
    let version = browser.get(version.url.clone()).await;
    assert_eq!(version.attributes("#version", "data-state"), ["revoked"]);
    assert!(version.forms("#activate, #revoke").is_empty());
    assert!(revoked.forms("[data-activation='1'] .rollback").is_empty());
    let refused = browser.submit(&late_form(&revoked, &lodash)).await;
    assert_eq!((refused.status, refused.message().as_str()), (409, "revoked"));

    let shipped = revoked.form("#shipped").with("policy", "oldest-primary");
    let named = browser.submit(&shipped).await;
    assert_eq!(named.texts("#notice"), ["oldest-primary decides now (change 3)."]);
    let bench = browser.get(host.at("/admin/bench")).await;
    let states: Vec<_> = bench
        .texts("#first option")
        .into_iter()
        .filter(|one| one.contains("oldest-primary"))
        .collect();
    assert!(states[0].ends_with(", active)"), "{states:?}");

    let out = browser.submit(&revoked.form("#sign-out")).await;
    assert_eq!(out.name(), "admin-sign-in");
    let trail = host.operate(&["audit", "export"]);
    assert!(
        [
            "policy.uploaded",
            "policy.activated",
            "policy.rolled_back",
            "policy.revoked"
        ]
        .iter()
        .all(|event| trail.contains(event)),
        "{trail}"
    );
}

/// The form that the page of a revoked version does not show any more.
fn late_form(overview: &Page, digest: &str) -> Form {
    overview.form("#shipped").with("policy", digest)
}

#[tokio::test]
async fn what_is_refused_and_what_fails_says_why() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    let refused = browser
        .upload(
            &overview.form("#upload"),
            &[("component", "policy.wasm", b"no component")],
        )
        .await;
    assert_eq!((refused.status, refused.message().as_str()), (422, "rejected"));
    assert!(refused.readable().contains("not-a-component"), "{}", refused.readable());
    let findings = refused.texts("#findings li");
    assert!(findings[0].contains("What to do."), "{findings:?}");
    let once = refused.readable().matches("it is not WebAssembly").count();
    assert_eq!(once, 1, "{}", refused.readable());
    assert!(
        !refused.text.contains("\"reason\"") && !refused.text.contains("&#34;"),
        "{}",
        refused.text
    );
    // Whoever is signed in stays so, and can go on.
    assert_eq!(refused.texts("#signed-in"), ["conjoin dev at dev"]);
    let nothing = browser.upload(&overview.form("#upload"), &[]).await;
    assert_eq!(nothing.status, 400, "{}", nothing.readable());
    let wrong = json!({"hook": "merge", "primary": {"user_metadata": {"a": 1}}, "secondary": {}, "expect": {"result": {"user_metadata": {"a": 2}}}}).to_string();
    let files: [(&str, &str, &[u8]); 2] = [
        ("component", "policy.wasm", conjoin_policies::CAUTIOUS.component),
        ("cases", "wrong.json", wrong.as_bytes()),
    ];
    let failed = upload(&browser, &overview, &files).await;
    assert_eq!(failed.attributes("#version", "data-state"), ["failed"]);
    assert_eq!(failed.attributes("[data-check=wrong]", "data-verdict"), ["failed"]);
    assert!(
        failed.texts("[data-check=wrong]")[0].contains("expected"),
        "{}",
        failed.readable()
    );
    assert!(failed.forms("#activate").is_empty());
    let settings = overview.form("#shipped").with("policy", "lodash");
    let unread = browser.submit(&settings.clone().with("settings", "[1]")).await;
    assert_eq!((unread.status, unread.message().as_str()), (400, "bad-request"));
    let unknown = browser.submit(&settings.with("settings", r#"{"no":"such"}"#)).await;
    assert_eq!((unknown.status, unknown.message().as_str()), (422, "settings"));
    // What was typed is there to be typed differently.
    let again = unknown.form("#again");
    assert_eq!(again.value("settings"), r#"{"no":"such"}"#);
    let active = browser.submit(&again.with("settings", "{}")).await;
    assert_eq!(
        active.attributes("#active", "data-number"),
        ["1"],
        "{}",
        active.readable()
    );
    let nowhere = browser.get(host.at("/admin/policies/0000")).await;
    assert_eq!((nowhere.status, nowhere.message().as_str()), (404, "not-found"));
}

#[tokio::test]
async fn decisions_are_followed_without_a_script_until_one_stops() {
    let host = Host::start().await;
    let (browser, _) = sign_in(&host, DEV_TOKEN).await;
    let still = browser.get(host.at("/admin/decisions")).await;
    let refresh = "meta[http-equiv=refresh]";
    assert!(still.attributes(refresh, "content").is_empty(), "{}", still.text);
    let follow = still.attributes("#follow", "href").remove(0);
    let live = browser.get(host.at(&follow)).await;
    assert_eq!(live.name(), "admin-decisions");
    // Without an address of its own it is the same page again, followed still.
    assert_eq!(live.attributes(refresh, "content"), ["5"]);
    assert!(!live.text.contains("<script"), "{}", live.text);
    assert!(live.attributes("[data-decision]", "data-decision").is_empty());
    tags_after_joining(&host, "followed").await;
    let again = browser.get(live.url.clone()).await;
    assert_eq!(again.attributes("[data-decision=merge]", "data-decision").len(), 1);
    assert_eq!(again.attributes(refresh, "content"), ["5"]);
    let stop = again.attributes("#stop-following", "href").remove(0);
    let stopped = browser.get(host.at(&stop)).await;
    assert!(stopped.attributes(refresh, "content").is_empty(), "{}", stopped.text);
    // No address keeps a session in use for long.
    let until: u64 = follow.split_once("until=").unwrap().1.parse().unwrap();
    let far = format!("?until={}", until + 3600);
    let bad = [
        "",
        "?live=1",
        "?until",
        "?until=",
        "?until=1x",
        "?until=%zz",
        "?until=9999999999999999999999",
        far.as_str(),
    ];
    for other in bad {
        let still = browser.get(host.at(&format!("/admin/decisions{other}"))).await;
        assert_eq!(still.name(), "admin-decisions", "{other}: {}", still.readable());
        assert!(still.attributes(refresh, "content").is_empty(), "{other}");
        assert!(still.texts("#followed").is_empty(), "{other}");
    }
    let ended = browser.get(host.at("/admin/decisions?until=1")).await;
    assert!(ended.attributes(refresh, "content").is_empty(), "{}", ended.text);
    assert_eq!(ended.texts("#followed").len(), 1, "{}", ended.readable());
    let again = browser
        .get(host.at(&ended.attributes("#follow", "href").remove(0)))
        .await;
    assert_eq!(again.attributes(refresh, "content"), ["5"]);
}

#[tokio::test]
async fn what_a_policy_says_is_text() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let faulty = std::fs::read(build("host/linking/tests/faulty", "faulty")).unwrap();
    let faulty = team.push(&faulty).await["digest"].as_str().unwrap().to_owned();
    team.activate(&faulty, json!({"fault": "says-markup"})).await;
    let person = Person::named("said").put(&host.tenant).await;
    person.sign_in(&host, &Browser::new()).await;
    let (browser, _) = sign_in(&host, DEV_TOKEN).await;
    let decisions = browser.get(host.at("/admin/decisions")).await;
    assert!(!decisions.text.contains("<script"), "{}", decisions.text);
    let logs = decisions.texts("[data-decision] .log");
    let expected = r"warn: <script>alert(1)</script>\u001b[2J\u202e";
    assert!(logs.iter().any(|log| log == expected), "{logs:?}");
    let (control, turned) = ('\u{1b}', '\u{202e}');
    assert!(!decisions.text.contains(control) && !decisions.text.contains(turned));
}

#[tokio::test]
async fn the_bench_shows_two_versions_side_by_side_and_writes_nothing_but_that_it_was_used() {
    let host = Host::start().await;
    let (browser, _) = sign_in(&host, DEV_TOKEN).await;
    let bench = browser.get(host.at("/admin/bench")).await;
    let account = |id: &str, tags: Value| json!({"user_id": id, "user_metadata": {"tags": tags}}).to_string();
    let form = bench
        .form("#bench")
        .with("primary", &account("auth0|bench-7391", json!(["a", "b"])))
        .with("secondary", &account("google-oauth2|1", json!(["c"])))
        .with("first", "joined")
        .with("second", "lodash");
    let tried = browser.submit(&form).await;
    assert_eq!(tried.name(), "admin-bench", "{}", tried.readable());
    let names = tried.attributes("[data-tried]", "data-tried");
    assert!(
        names[0].starts_with("joined ") && names[1].starts_with("lodash "),
        "{names:?}"
    );
    let results: Vec<Value> = tried
        .texts("[data-part=result] code")
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(
        results[0]["user_metadata"]["tags"],
        json!(["a", "b", "c"]),
        "{results:?}"
    );
    assert_ne!(results[0], results[1], "by index");
    let offers = tried.texts("[data-part=offers]");
    assert!(
        offers.iter().all(|offers| offers.contains("google-oauth2|1")),
        "{offers:?}"
    );
    assert_eq!(tried.texts("[data-part=patch]").len(), 2);
    let one = browser.submit(&form.clone().with("second", "")).await;
    assert_eq!(one.attributes("[data-tried]", "data-tried").len(), 1);
    let no_json = browser.submit(&form.clone().with("primary", "{")).await;
    assert_eq!((no_json.status, no_json.message().as_str()), (400, "bad-request"));
    assert_eq!(no_json.form("#bench").value("primary"), "{", "it is still there");
    let unknown = browser.submit(&form.with("first", "nothing-such")).await;
    assert_eq!((unknown.status, unknown.message().as_str()), (404, "not-found"));
    assert!(unknown.form("#bench").value("primary").contains("bench-7391"));

    let team = Team::of(&host);
    assert_eq!(team.get("policies").await.body["policies"], json!([]));
    assert_eq!(team.get("decisions").await.body["decisions"], json!([]));
    let trail = host.operate(&["audit", "export"]);
    assert!(trail.contains("policy.bench_used"), "{trail}");
    assert!(!trail.contains("bench-7391"), "no values: {trail}");
}

#[tokio::test]
async fn a_second_person_approves_on_the_pages() {
    let process = TenantProcess::start();
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), "second_approval = true");
    let (one, overview) = sign_in(&host, &token(&host, None, "one", &ALL)).await;
    let (other, _) = sign_in(&host, &token(&host, None, "other", &ALL)).await;
    let form = overview.form("#shipped").with("policy", "lodash");
    let proposed = one.submit(&form).await;
    assert!(
        proposed.texts("#notice")[0].contains("proposed"),
        "{}",
        proposed.readable()
    );
    assert_eq!(proposed.attributes("#active", "data-number"), ["0"]);
    assert!(proposed.forms("[data-proposal] .approve").is_empty(), "it is their own");
    let seen = other.get(host.at("/admin")).await;
    let own = seen
        .form(".approve")
        .with("csrf_token", proposed.form("#sign-out").value("csrf_token"));
    assert_eq!(one.submit(&own).await.message(), "same-person");
    let approved = other.submit(&seen.form("[data-proposal] .approve")).await;
    assert_eq!(
        approved.attributes("#active", "data-number"),
        ["1"],
        "{}",
        approved.readable()
    );

    let again = one.submit(&form.with("seen", "1").with("policy", "cautious")).await;
    let withdrawn = one.submit(&again.form("[data-proposal] .withdraw")).await;
    assert!(
        withdrawn.forms("[data-proposal]").is_empty(),
        "{}",
        withdrawn.readable()
    );
}

#[tokio::test]
async fn a_version_is_tried_in_shadow_and_stopped() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    let mut form = overview.form("#shipped").with("policy", "lodash");
    form.action = host.at("/admin/shadow");
    let tried = browser.submit(&form).await;
    assert!(
        tried.texts("#shadow")[0].contains("0 times: 0 answers differed"),
        "{}",
        tried.readable()
    );
    assert_eq!(tags_after_joining(&host, "shadowed").await, json!(CONCATENATED));
    let differs = "[data-decision=merge] .differences";
    for _ in 0..200 {
        if !browser.get(host.at("/admin/decisions")).await.texts(differs).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let decisions = browser.get(host.at("/admin/decisions")).await;
    assert!(
        decisions.texts(differs)[0].contains("user_metadata/tags"),
        "{}",
        decisions.readable()
    );
    let overview = browser.get(host.at("/admin")).await;
    let stopped = browser.submit(&overview.form("#shadow")).await;
    assert!(
        stopped.texts("#shadow")[0].contains("Stopped"),
        "{}",
        stopped.readable()
    );
    assert!(stopped.forms("#shadow").is_empty());
}
