//! Every page with its samples, to be looked at: `PAGES_TO=$(mktemp -d) cargo test -p conjoin write_the_pages -- --ignored`, then open the files.

use askama::Template;
use conjoin_linking::candidates::Side;

use super::message_tests;
use super::samples::{
    account_view, ada, answer, google, id, linked, offers, plan, plan_of, record, shell, signed_out, stages, tenant,
    unlink_plan,
};
use crate::pages::{
    Account, AccountView, ActionVisit, Home, LinkReview, LogOut, Message, Notice, OffersView, Outcome, STYLE,
    UnlinkReview,
};

pub fn pages() -> Vec<(String, String)> {
    let mut pages = vec![
        ("home".to_owned(), Home { shell: signed_out() }.render().unwrap()),
        ("log-out".to_owned(), LogOut { shell: shell() }.render().unwrap()),
        account("offers", OffersView::Offers(offers()), account_view()),
        account("none", OffersView::None, account_view()),
        account("unavailable", OffersView::Unavailable, account_view()),
        account(
            "unverified",
            OffersView::Unverified,
            AccountView {
                email_verified: false,
                ..account_view()
            },
        ),
        visit(),
        link("current", Side::Current),
        link("found", Side::Found),
        unlink("known", true),
        unlink("unknown", false),
    ];
    for (number, stage) in stages().into_iter().enumerate() {
        let name = format!("outcome-{number:02}-{}", stage.name());
        let outcome = Outcome {
            shell: shell(),
            record: &record(stage),
            tenant: &tenant(),
        };
        pages.push((name, outcome.render().unwrap()));
    }
    for message in message_tests::all() {
        let name = format!("message-{}", message.name);
        pages.push((
            name,
            Message {
                shell: shell(),
                message,
            }
            .render()
            .unwrap(),
        ));
    }
    pages
}

fn account(name: &str, offers: OffersView, user: AccountView) -> (String, String) {
    let notice = Some(Notice::info("The accounts are separate again."));
    let account = Account {
        shell: shell(),
        user,
        offers,
        linked: linked(),
        notice,
    };
    (format!("account-{name}"), account.render().unwrap())
}

fn link(name: &str, survivor: Side) -> (String, String) {
    let plan = if survivor == Side::Current {
        plan()
    } else {
        plan_of(&ada(), &google(), survivor, &answer())
    };
    let notice = (survivor == Side::Found).then(Notice::changed);
    let review = LinkReview {
        visit: None,
        shell: shell(),
        id: &id(),
        plan_hash: plan.hash(),
        plan: &plan,
        tenant: &tenant(),
        notice,
    };
    (format!("link-review-{name}"), review.render().unwrap())
}

fn visit() -> (String, String) {
    let visit = ActionVisit {
        shell: shell(),
        visit: "visit-1",
        offers: offers(),
    };
    ("action-visit".to_owned(), visit.render().unwrap())
}

fn unlink(name: &str, known: bool) -> (String, String) {
    let plan = unlink_plan(known);
    let review = UnlinkReview {
        shell: shell(),
        id: &id(),
        plan_hash: plan.hash(),
        plan: &plan,
        tenant: &tenant(),
        notice: None,
    };
    (format!("unlink-review-{name}"), review.render().unwrap())
}

#[test]
#[ignore = "writes files for people to look at"]
fn write_the_pages() {
    let folder = std::path::PathBuf::from(std::env::var("PAGES_TO").expect("PAGES_TO names the folder to write to"));
    std::fs::write(folder.join("style.css"), STYLE).unwrap();
    for (name, html) in pages() {
        let html = html.replace("/assets/style.css", "style.css");
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}
