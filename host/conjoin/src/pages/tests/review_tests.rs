//! The reviews of a link and of an unlink.

use askama::Template;
use conjoin_linking::bag::{Bag, Bags};
use conjoin_linking::candidates::Side;
use conjoin_linking::plan::LinkPlan;
use conjoin_linking::record::{Cause, Confirmed, Stage, Undoing, WayBack};
use conjoin_linking::unlink::UnlinkPlan;
use serde_json::json;

use super::samples::{answer, confirmed, id, nothing, plan, plan_of, shell, tenant, unlink_after, unlink_plan, user};
use super::{part, text};
use crate::pages::{LinkReview, Notice, UnlinkReview};

fn link_page(plan: &LinkPlan, notice: Option<Notice>) -> String {
    let review = LinkReview {
        visit: None,
        shell: shell(),
        id: &id(),
        plan_hash: plan.hash(),
        plan,
        tenant: &tenant(),
        notice,
    };
    review.render().unwrap()
}

fn unlink_page(plan: &UnlinkPlan) -> String {
    let review = UnlinkReview {
        shell: shell(),
        id: &id(),
        plan_hash: plan.hash(),
        plan,
        tenant: &tenant(),
        notice: None,
    };
    review.render().unwrap()
}

fn row<'a>(html: &'a str, name: &str) -> &'a str {
    part(html, &format!("data-row=\"{name}\""), "</tr>")
}

#[test]
fn every_key_shows_both_values_the_result_and_its_fate() {
    let html = link_page(&plan(), None);
    let fates = [
        ("user_metadata/newsletter", "kept"),
        ("user_metadata/same", "kept"),
        ("user_metadata/nickname", "added"),
        ("user_metadata/languages", "merged"),
        ("user_metadata/colour", "primary-wins"),
        ("user_metadata/draft", "dropped"),
        ("user_metadata/a.b", "unstorable"),
        ("user_metadata/old", "removed"),
        ("app_metadata/tenant_id", "kept-out"),
    ];
    for (name, fate) in fates {
        let row = row(&html, name);
        assert!(row.contains(&format!("data-fate=\"{fate}\"")), "{fate} in {row}");
    }
    let languages = row(&html, "user_metadata/languages");
    let cell = |name: &str| {
        text(
            part(languages, &format!("data-cell=\"{name}\""), "</td>")
                .split_once('>')
                .unwrap()
                .1,
        )
    };
    assert_eq!(cell("primary"), "[&#34;en&#34;,&#34;fr&#34;]");
    assert_eq!(cell("secondary"), "[&#34;de&#34;]");
    assert_eq!(cell("result"), "[&#34;en&#34;,&#34;fr&#34;,&#34;de&#34;]");
    assert_eq!(cell("fate"), "Combined. The result has something of both.");
}

#[test]
fn a29_what_app_metadata_gains_is_marked_and_only_that() {
    let html = link_page(&plan(), None);
    for (name, marked) in [
        ("app_metadata/beta", true),
        ("app_metadata/roles", true),
        ("app_metadata/plan", false),
        ("user_metadata/nickname", false),
    ] {
        assert_eq!(row(&html, name).contains("data-grants=\"true\""), marked, "{name}");
        assert_eq!(row(&html, name).contains("new here"), marked, "{name}");
    }
}

#[test]
fn s21_what_does_not_come_along_is_listed() {
    let html = link_page(&plan(), None);
    let user_metadata = part(&html, "data-bag=\"user_metadata\"", "</section>");
    let app_metadata = part(&html, "data-bag=\"app_metadata\"", "</section>");
    assert!(part(user_metadata, "data-list=\"discarded\"", "</ul>").contains("<code>draft</code>"));
    assert!(part(user_metadata, "data-list=\"unstorable\"", "</ul>").contains("<code>a.b</code>"));
    assert!(part(app_metadata, "data-list=\"kept-out\"", "</ul>").contains("<code>tenant_id</code>"));
    assert!(
        !app_metadata.contains("data-list=\"unstorable\""),
        "an empty list is left out"
    );
}

#[test]
fn a03_all_identities_of_both_accounts_are_listed() {
    let mut plan = plan();
    let mut third = plan.secondary.own_identity();
    third.provider = "github".to_owned();
    third.connection = String::new();
    third.user_id = "1002".to_owned();
    plan.secondary.identities.push(third);
    let html = link_page(&plan, None);
    assert!(part(&html, "id=\"primary\"", "</ul>").contains("data-identity=\"auth0|ada\""));
    let secondary = part(&html, "id=\"secondary\"", "</ul>");
    assert!(secondary.contains("data-identity=\"google-oauth2|1001\""));
    assert!(
        text(part(secondary, "data-identity=\"github|1002\"", "</li>")).contains("github"),
        "the provider names a connection that the tenant does not"
    );
}

#[test]
fn the_surviving_user_id_is_named_whichever_side_it_is() {
    let html = link_page(&plan(), None);
    let survivor = part(&html, "id=\"survivor\"", "</p>");
    assert!(survivor.contains("data-survivor=\"current\"") && survivor.contains("auth0|ada"));
    let found = plan_of(
        &super::samples::ada(),
        &super::samples::google(),
        Side::Found,
        &answer(),
    );
    let html = link_page(&found, None);
    let survivor = part(&html, "id=\"survivor\"", "</p>");
    assert!(survivor.contains("data-survivor=\"found\"") && text(survivor).contains("signed in to second"));
}

#[test]
fn s22_a_large_result_is_said_before_anything_is_written() {
    assert!(!link_page(&plan(), None).contains("id=\"too-large\""));
    let value = json!({ "notes": "n".repeat(10_300) });
    let large = plan_of(
        &user("auth0|ada", "x", value, json!({})),
        &user("github|1", "y", json!({}), json!({})),
        Side::Current,
        &nothing(),
    );
    let html = link_page(&large, None);
    assert!(text(part(&html, "id=\"too-large\"", "</p>")).contains("10.1 KB"));
    assert!(row(&html, "user_metadata/notes").contains("more characters are not shown"));
}

#[test]
fn a33_a_bag_of_very_many_keys_is_cut_and_the_rest_counted() {
    let keys: serde_json::Map<_, _> = (0..5_000).map(|number| (format!("k{number}"), json!(number))).collect();
    let many = plan_of(
        &user("auth0|ada", "x", json!(keys), json!({})),
        &user("github|1", "y", json!({}), json!({})),
        Side::Current,
        &nothing(),
    );
    let html = link_page(&many, None);
    assert_eq!(html.matches("data-row=").count(), 1_000);
    assert!(html.contains("4000 more entries are not shown."));
}

#[test]
fn what_changes_stands_before_what_stays() {
    let html = link_page(&plan(), None);
    let user_metadata = part(&html, "data-bag=\"user_metadata\"", "</section>");
    let last_change = user_metadata.rfind("data-fate=\"primary-wins\"").unwrap();
    assert!(last_change < user_metadata.find("data-fate=\"kept\"").unwrap());
}

#[test]
fn the_confirmation_carries_the_link_and_the_hash_of_what_is_shown() {
    let plan = plan();
    let html = link_page(&plan, Some(Notice::changed()));
    let form = part(&html, "id=\"confirm\"", "</form>");
    let hash = format!("name=\"plan\" value=\"{}\"", plan.hash().0);
    for expected in [
        "name=\"csrf_token\" value=\"csrf-of-this-session\"",
        "name=\"id\" value=\"0123456789abcdef0123456789abcdef\"",
        &hash,
    ] {
        assert!(form.contains(expected), "{expected} in {form}");
    }
    assert!(html.contains("action=\"/link/confirm\"") && form.contains("id=\"cancel\" href=\"/user\""));
    assert!(part(&html, "id=\"notice\"", "</p>").contains("Something changed"));
    assert!(html.contains("id=\"not-carried\""));
}

#[test]
fn s31_an_unlink_says_what_goes_back_what_goes_and_what_stays() {
    let html = unlink_page(&unlink_plan(true));
    let restored = part(&html, "data-restored=\"user_metadata\"", "</section>");
    assert!(
        row(restored, "user_metadata/draft").contains("&#34;x&#34;"),
        "what the link left behind comes back too"
    );
    let taken_out = part(&html, "data-taken-out=\"user_metadata\"", "</section>");
    let languages = text(row(taken_out, "user_metadata/languages"));
    assert!(
        languages.contains("&#34;de&#34;]") && languages.ends_with("[&#34;en&#34;,&#34;fr&#34;]"),
        "{languages}"
    );
    assert!(
        text(part(&html, "data-taken-out=\"app_metadata\"", "</section>")).contains("beta true"),
        "{html}"
    );
    assert!(part(&html, "data-list=\"stays\"", "</ul>").contains("user_metadata/nickname"));
    assert!(html.contains("data-user-id=\"google-oauth2|1001\"") && !html.contains("id=\"nothing-to-restore\""));
}

#[test]
fn an_unlink_of_an_unknown_link_says_that_there_is_nothing_to_give_back() {
    let html = unlink_page(&unlink_plan(false));
    assert!(html.contains("id=\"nothing-to-restore\"") && !html.contains("data-restored"));
    assert!(part(&html, "id=\"confirm\"", "</form>").contains("Unlink <bdi>Google</bdi>"));
}

#[test]
fn what_a_link_that_came_to_nothing_recorded_is_given_back_only_where_it_can_have_happened_all_the_same() {
    let rolled_back = |unaccounted: bool| Stage::RolledBack {
        cause: Cause::Refused("no".to_owned()),
        left_alone: Vec::new(),
        work: Box::new(Confirmed {
            unaccounted,
            ..*confirmed()
        }),
    };
    // Whoever linked them since, it was not this link: what it recorded is not what the account held then.
    let by_others = unlink_after(Some(rolled_back(false)));
    assert_eq!(
        (by_others.link.is_some(), by_others.restored.clone()),
        (false, Bags::default())
    );
    let late = unlink_after(Some(rolled_back(true)));
    assert_eq!(late.restored, plan().secondary.bags);
    assert!(late.changes(Bag::User).is_empty() && late.changes(Bag::App).is_empty());
    for (was, forgotten) in [("done", true), ("closed", true), ("rolled_back", false)] {
        let forgot = Stage::Forgotten {
            was: was.to_owned(),
            primary: "auth0|ada".parse().unwrap(),
            identity: plan().secondary.own_identity(),
        };
        assert_eq!(unlink_after(Some(forgot)).forgotten, forgotten, "{was}");
    }
    let closed = Stage::Closed {
        what: String::new(),
        stuck: Box::new(Stage::Undoing(Box::new(Undoing {
            cause: Cause::Refused("no".to_owned()),
            not_before: 0,
            way_back: WayBack::Begun,
            work: *confirmed(),
        }))),
    };
    assert_eq!(
        unlink_after(Some(closed)),
        unlink_plan(true),
        "as far as it still stands"
    );
}
