//! Where links and unlinks end.

use askama::Template;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::record::{Cause, Stage};

use super::samples::{confirmed, record, shell, stages, tenant};
use super::{part, text};
use crate::pages::Outcome;

fn page(stage: Stage) -> String {
    let outcome = Outcome {
        shell: shell(),
        record: &record(stage),
        tenant: &tenant(),
    };
    outcome.render().unwrap()
}

#[test]
fn only_what_is_under_way_loads_itself_again() {
    for stage in stages() {
        let (under_way, name) = (stage.is_under_way(), stage.name());
        let html = page(stage);
        assert_eq!(
            html.contains("http-equiv=\"refresh\" content=\"2\""),
            under_way,
            "{name}"
        );
        assert!(html.contains(&format!("data-stage=\"{name}\"")) && html.contains("id=\"back\" href=\"/user\""));
    }
}

#[test]
fn ends_without_a_change_say_so_and_show_no_words_but_a_policys() {
    for stage in stages() {
        let unchanged = matches!(stage, Stage::Refused(_) | Stage::Expired);
        let name = stage.name();
        let words = text(&page(stage));
        assert_eq!(words.contains("Nothing was changed."), unchanged, "{name}");
        assert!(!words.contains("secret words"), "{name}");
    }
    let by = RefusedBy::Policy {
        code: "conflict".to_owned(),
        message: "Two subscriptions.".to_owned(),
    };
    assert!(part(&page(Stage::Refused(by)), "<blockquote>", "</blockquote>").contains("Two subscriptions."));
}

#[test]
fn s07_a_done_link_lists_every_way_to_sign_in() {
    let html = page(Stage::Done(confirmed()));
    for identity in ["auth0|ada", "google-oauth2|1001"] {
        assert!(html.contains(&format!("data-identity=\"{identity}\"")), "{identity}");
    }
}

#[test]
fn s26_what_was_left_alone_in_an_undone_link_is_named() {
    let stage = |left_alone: Vec<String>| Stage::RolledBack {
        cause: Cause::Refused(String::new()),
        left_alone,
        work: confirmed(),
    };
    let html = page(stage(vec!["nickname".to_owned()]));
    assert!(part(&html, "data-list=\"left-alone\"", "</ul>").contains("<code>nickname</code>"));
    assert!(text(&page(stage(Vec::new()))).contains("Nothing is lost."));
}

#[test]
fn a_link_undone_because_of_a_change_does_not_say_that_all_is_as_before() {
    let words = text(&page(Stage::RolledBack {
        cause: Cause::Changed("the other account does not exist any more".to_owned()),
        left_alone: Vec::new(),
        work: confirmed(),
    }));
    assert!(!words.contains("that they had before"), "{words}");
    assert!(
        words.contains("taken back") && words.contains("stays as it is now"),
        "{words}"
    );
}

#[test]
fn what_needs_a_person_gives_a_reference() {
    let stage = Stage::NeedsAttention {
        what: String::new(),
        stuck: Box::new(Stage::Linked(confirmed())),
    };
    let html = page(stage);
    assert!(part(&html, "data-reference", "</code>").ends_with("0123456789abcdef0123456789abcdef"));
    assert!(text(&html).contains("Nothing is lost"));
}
