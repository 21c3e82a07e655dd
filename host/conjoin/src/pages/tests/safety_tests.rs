//! What a hostile value, and our own markup, can do to a page.

use askama::Template;
use conjoin_auth0::IdentityId;
use conjoin_linking::candidates::Side;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::record::Stage;
use conjoin_linking::unlink::UnlinkPlan;
use serde_json::json;

use super::look::pages;
use super::samples::{account_view, id, nothing, plan_of, record, shell, tenant, user};
use crate::pages::{
    Account, AccountView, LinkReview, LinkedIdentity, Message, MessageView, Notice, OfferView, OffersView, Outcome,
    STYLE, Shell, UnlinkReview,
};

const ATTACK: &str = "\"><script>alert('1')</script>&<img src=x onerror=alert(1)>";

#[test]
fn nothing_in_a_page_needs_more_than_the_content_security_policy_gives() {
    for (name, html) in pages() {
        for forbidden in [
            "<script",
            " style=",
            "<style",
            " onclick",
            "javascript:",
            "http://",
            "https://",
            "<iframe",
            "<img",
            "//cdn",
        ] {
            assert!(!html.contains(forbidden), "{forbidden} in {name}");
        }
        assert_eq!(html.matches("<link ").count(), 1, "{name}");
        assert!(
            html.contains("<link rel=\"stylesheet\" href=\"/assets/style.css\">"),
            "{name}"
        );
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn no_template_leaves_anything_unescaped() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut templates = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let template = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(
            !template.contains("safe") && !template.contains("|escape"),
            "{template}"
        );
        templates += 1;
    }
    assert!(templates > 5);
}

#[test]
fn every_page_is_named_titled_and_in_a_language() {
    for (name, html) in pages() {
        for expected in [
            "<html lang=\"en\">",
            "<body data-page=\"",
            "<main id=\"main\"",
            "name=\"viewport\"",
        ] {
            assert_eq!(html.matches(expected).count(), 1, "{expected} in {name}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "one heading in {name}");
        assert!(
            !html.contains("<title> ·") && !html.contains("data-page=\"\""),
            "{name}"
        );
    }
}

#[test]
fn a10_every_form_posts_with_the_sessions_token() {
    let mut forms = 0;
    for (name, html) in pages() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.starts_with(" method=\"post\" action=\"/"), "{name}: {form}");
            assert_eq!(
                form.matches("name=\"csrf_token\" value=\"csrf-of-this-session\"")
                    .count(),
                1,
                "{name}: {form}"
            );
            forms += 1;
        }
    }
    assert!(forms > 5, "the samples have forms: {forms}");
}

#[test]
fn every_table_names_its_rows_and_columns() {
    for (name, html) in pages() {
        for cell in html.split("<th").skip(1).filter(|cell| !cell.starts_with("ead")) {
            assert!(
                cell.starts_with(" scope=\"col\"") || cell.starts_with(" scope=\"row\""),
                "{name}: {}",
                &cell[..40]
            );
        }
    }
}

#[test]
fn a33_values_from_outside_are_escaped_wherever_they_stand() {
    for (name, html) in hostile_pages() {
        assert!(!html.contains("<script") && !html.contains("<img"), "{name}");
        assert!(
            !html.contains("\"&#62;&#60;script"),
            "an attribute is left early in {name}"
        );
        assert!(html.contains("&#60;script&#62;"), "the value is shown in {name}");
    }
}

#[test]
fn text_that_would_turn_what_follows_is_written_out() {
    let primary = user("auth0|ada", "x", json!({ "\u{202e}nalp": "\u{202e}eerf" }), json!({}));
    let plan = plan_of(
        &primary,
        &user("github|1", "y", json!({}), json!({})),
        Side::Current,
        &nothing(),
    );
    let review = LinkReview {
        visit: None,
        shell: shell(),
        id: &id(),
        plan_hash: plan.hash(),
        plan: &plan,
        tenant: &tenant(),
        notice: None,
    };
    let html = review.render().unwrap();
    assert!(!html.contains('\u{202e}') && html.contains("\\u202enalp"));
}

/// Every view, with the attack in every place that takes a text from outside.
fn hostile_pages() -> Vec<(&'static str, String)> {
    let shell = Shell {
        signed_in: Some(ATTACK),
        csrf_token: ATTACK,
        dev: false,
    };
    let mut hostile_tenant = tenant();
    hostile_tenant
        .connections
        .iter_mut()
        .for_each(|connection| connection.label = ATTACK.to_owned());
    let bag = json!({ ATTACK: { ATTACK: ATTACK } });
    let mut primary = user(&format!("auth0|{ATTACK}"), "google-oauth2", bag.clone(), bag.clone());
    let secondary = user(&format!("github|{ATTACK}"), ATTACK, json!({}), json!({}));
    primary.email = Some(ATTACK.to_owned());
    let plan = plan_of(&primary, &secondary, Side::Found, &nothing());
    let link = LinkReview {
        visit: None,
        shell,
        id: &id(),
        plan_hash: plan.hash(),
        plan: &plan,
        tenant: &hostile_tenant,
        notice: Some(Notice::info(ATTACK)),
    };
    primary.identities.extend(secondary.identities.clone());
    let identity = IdentityId::from(&secondary.user_id);
    let mut unlink = UnlinkPlan::build(&hostile_tenant.name, &primary, &identity, None).unwrap();
    unlink.link = Some(id());
    unlink.restored.user_metadata = bag.as_object().cloned().unwrap();
    unlink.stays.push((conjoin_linking::bag::Bag::App, ATTACK.to_owned()));
    let unlink_review = UnlinkReview {
        shell,
        id: &id(),
        plan_hash: unlink.hash(),
        plan: &unlink,
        tenant: &hostile_tenant,
        notice: None,
    };
    let refused = Stage::Refused(RefusedBy::Policy {
        code: ATTACK.to_owned(),
        message: ATTACK.to_owned(),
    });
    let outcome = |stage| {
        Outcome {
            shell,
            record: &record(stage),
            tenant: &hostile_tenant,
        }
        .render()
        .unwrap()
    };
    let message = MessageView::refused_by_policy(Some(ATTACK));
    vec![
        ("account", hostile_account(shell)),
        ("link review", link.render().unwrap()),
        ("unlink review", unlink_review.render().unwrap()),
        ("refused", outcome(refused)),
        ("unlinked", outcome(Stage::Unlinked(Box::new(unlink)))),
        ("message", Message { shell, message }.render().unwrap()),
    ]
}

fn hostile_account(shell: Shell<'_>) -> String {
    let attack = || ATTACK.to_owned();
    let user = AccountView {
        user_id: attack(),
        email: Some(attack()),
        name: Some(attack()),
        connection_label: attack(),
        user_metadata: attack(),
        app_metadata: attack(),
        ..account_view()
    };
    let offer = OfferView {
        token: attack(),
        label: attack(),
        reason: Some(attack()),
    };
    let identity = LinkedIdentity {
        provider: attack(),
        user_id: attack(),
        connection_label: attack(),
        is_primary: false,
        email: Some(attack()),
    };
    let account = Account {
        shell,
        user,
        offers: OffersView::Offers(vec![offer]),
        linked: vec![identity],
        notice: None,
    };
    account.render().unwrap()
}
