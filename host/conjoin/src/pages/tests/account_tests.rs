//! The account page and the two pages around it.

use askama::Template;

use super::samples::{account_view, linked, offers, shell, signed_out};
use super::{part, text};
use crate::pages::{Account, AccountView, Home, LogOut, Notice, OffersView};

fn page(user: AccountView, offers: OffersView) -> String {
    let account = Account {
        shell: shell(),
        user,
        offers,
        linked: linked(),
        notice: None,
    };
    account.render().unwrap()
}

#[test]
fn a31_an_offer_shows_a_label_and_a_declared_text_and_nothing_else() {
    let html = page(account_view(), OffersView::Offers(offers()));
    let offered = part(&html, "data-offers", "</section>");
    assert!(offered.starts_with("data-offers=\"offers\""));
    let google = part(offered, "data-offer=\"Google\"", "</li>");
    let attribute_cut = google.split_once('>').unwrap().1;
    assert_eq!(
        text(attribute_cut),
        "Google It has the same verified e-mail address. Link Google"
    );
    let hidden: Vec<&str> = google
        .match_indices("name=\"")
        .map(|(at, _)| part(&google[at..], "name=", " "))
        .collect();
    assert_eq!(hidden, ["name=\"csrf_token\"", "name=\"candidate\""]);
    assert!(google.contains("value=\"token-1\"") && google.contains("action=\"/link\""));
    assert!(
        part(offered, "data-offer=\"GitHub\"", "</li>")
            .find("data-reason")
            .is_none()
    );
}

#[test]
fn s02_an_unverified_address_says_why_nothing_is_offered_and_what_to_do() {
    let unverified = AccountView {
        email_verified: false,
        ..account_view()
    };
    let html = page(unverified, OffersView::Unverified);
    let offered = text(part(&html, "data-offers=\"unverified\"", "</section>"));
    assert!(offered.contains("is not verified"), "{offered}");
    assert!(offered.contains("verification message"), "{offered}");
    assert!(html.contains("data-verified=\"false\""));
    let without = AccountView {
        email: None,
        email_verified: false,
        ..account_view()
    };
    assert!(page(without, OffersView::Unverified).contains("has no verified e-mail address"));
}

#[test]
fn no_offers_and_unknown_offers_read_differently() {
    let none = page(account_view(), OffersView::None);
    assert!(part(&none, "data-offers=\"none\"", "</section>").contains("No other account"));
    let unavailable = page(account_view(), OffersView::Unavailable);
    let words = text(part(&unavailable, "data-offers=\"unavailable\"", "</section>"));
    assert!(
        words.contains("Nothing was changed") && words.contains("in a few minutes"),
        "{words}"
    );
}

#[test]
fn s32_the_accounts_own_identity_has_no_button_and_says_why() {
    let html = page(account_view(), OffersView::None);
    let own = part(&html, "data-identity=\"auth0|ada\"", "</li>");
    assert!(!own.contains("<form") && own.contains("cannot be unlinked"), "{own}");
    let other = part(&html, "data-identity=\"facebook|1003\"", "</li>");
    for expected in [
        "action=\"/unlink\"",
        "name=\"csrf_token\"",
        "name=\"provider\" value=\"facebook\"",
        "name=\"user_id\" value=\"1003\"",
    ] {
        assert!(other.contains(expected), "{expected} in {other}");
    }
}

#[test]
fn the_account_shows_both_bags_and_cuts_huge_ones() {
    let html = page(account_view(), OffersView::None);
    assert!(part(&html, "id=\"user-metadata\"", "</pre>").contains("languages"));
    assert!(part(&html, "id=\"app-metadata\"", "</pre>").contains("tenant_id"));
    let huge = AccountView {
        user_metadata: "x".repeat(1_000_000),
        ..account_view()
    };
    let html = page(huge, OffersView::None);
    assert!(html.len() < 40_000 && html.contains("980000 more characters are not shown."));
}

#[test]
fn a_notice_is_announced() {
    let account = Account {
        shell: shell(),
        user: account_view(),
        offers: OffersView::None,
        linked: linked(),
        notice: Some(Notice::info("Your accounts are linked.")),
    };
    let html = account.render().unwrap();
    assert!(part(&html, "id=\"notice\"", "</p>").contains("role=\"status\""));
}

#[test]
fn someone_signed_out_is_told_what_this_is_and_how_to_sign_in() {
    let html = Home { shell: signed_out() }.render().unwrap();
    assert!(html.contains("id=\"sign-in\" href=\"/login\""));
    assert!(!html.contains("id=\"log-out\"") && !html.contains("id=\"dev-banner\""));
}

#[test]
fn a10_logging_out_takes_a_form_with_the_sessions_token() {
    let html = LogOut { shell: shell() }.render().unwrap();
    let form = part(&html, "<form", "</form>");
    assert!(form.contains("method=\"post\" action=\"/logout\""));
    assert!(form.contains("name=\"csrf_token\" value=\"csrf-of-this-session\""));
}
