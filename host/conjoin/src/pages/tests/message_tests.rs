//! Every message page: what happened, that nothing is lost, what to do.

use std::collections::BTreeSet;

use askama::Template;

use super::part;
use super::samples::shell;
use crate::pages::{Message, MessageView};

pub fn all() -> Vec<MessageView> {
    vec![
        MessageView::wrong_account(),
        MessageView::other_person(),
        MessageView::stray_sign_in(),
        MessageView::belongs_to_another(),
        MessageView::already_linked(),
        MessageView::unverified(),
        MessageView::email_differs(),
        MessageView::cancelled(),
        MessageView::tenant_refused(),
        MessageView::expired(),
        MessageView::refused_by_policy(Some("Both accounts have a subscription.")),
        MessageView::policy_failed(),
        MessageView::policy_gone(),
        MessageView::not_allowed(),
        MessageView::too_deep(),
        MessageView::blocked(),
        MessageView::account_gone(),
        MessageView::both_must_be_primary(),
        MessageView::secondary_has_identities(),
        MessageView::changed(),
        MessageView::proof_too_old(),
        MessageView::proof_spent(),
        MessageView::no_auth_time(),
        MessageView::not_fresh(),
        MessageView::no_second_factor(),
        MessageView::other_organization(),
        MessageView::busy(),
        MessageView::moved_on(),
        MessageView::unsettled(),
        MessageView::not_offered(),
        MessageView::primary_identity(),
        MessageView::not_linked(),
        MessageView::tenant_unreachable(),
        MessageView::tenant_rate_limited(),
        MessageView::tenant_refused_request(),
        MessageView::storage_failed(),
        MessageView::not_found(),
        MessageView::bad_request(),
        MessageView::forged_form(),
        MessageView::signed_out(),
        MessageView::another_tab(),
        MessageView::internal().with_reference("r-1"),
    ]
}

#[test]
fn each_says_what_happened_that_nothing_is_lost_and_what_to_do() {
    for message in all() {
        let name = message.name;
        let html = Message {
            shell: shell(),
            message: message.clone(),
        }
        .render()
        .unwrap();
        for (id, least) in [("what-happened", 25), ("nothing-lost", 25), ("what-to-do", 40)] {
            let paragraph = part(&html, &format!("id=\"{id}\""), "</p>");
            assert!(
                paragraph.len() > least && paragraph.ends_with('.'),
                "{name}: {paragraph}"
            );
        }
        assert!(
            message.nothing_lost.contains("Nothing was changed") || message.nothing_lost.contains("Nothing is lost")
        );
        assert!(
            html.contains(&format!("data-message=\"{name}\"")) && html.contains("id=\"action\""),
            "{name}"
        );
    }
}

#[test]
fn no_two_are_the_same() {
    let names: BTreeSet<&str> = all().iter().map(|message| message.name).collect();
    let said: BTreeSet<String> = all().into_iter().map(|message| message.what_happened).collect();
    assert_eq!((names.len(), said.len()), (all().len(), all().len()));
}

#[test]
fn statuses_are_ends_that_a_browser_shows() {
    for message in all() {
        // 401 promises a challenge header, which a page has no use for.
        let fits = message.status == 200 || ((400..=503).contains(&message.status) && message.status != 401);
        assert!(fits, "{} {}", message.name, message.status);
    }
}

#[test]
fn a_reference_is_shown_where_there_is_one() {
    let html = Message {
        shell: shell(),
        message: MessageView::internal().with_reference("r-1"),
    }
    .render()
    .unwrap();
    assert!(html.contains("<code class=\"id\" id=\"reference\">r-1</code>"));
}
