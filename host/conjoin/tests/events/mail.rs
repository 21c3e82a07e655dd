//! One try of a mail, at a real mail server.

use std::sync::Arc;

use conjoin::config::MailConfig;
use conjoin::dev::{Traits, tenant_config};
use conjoin::events::mail::Mail;
use conjoin::events::worker::{Outcome, Sender};
use conjoin::store::{Channel, Message};
use conjoin_linking::notice::NoticeKind;
use serde_json::{Value, json};

use crate::counterparts::MailServer;
use crate::records::{ADDRESS, message};

pub fn config(port: u16, user: &str) -> MailConfig {
    at(&format!("smtp://{user}127.0.0.1:{port}"))
}

pub fn at(smtp: &str) -> MailConfig {
    MailConfig {
        smtp: smtp.into(),
        from: "Conjoin <accounts@host.example>".to_owned(),
        allow_plain: false,
    }
}

fn mailer(server: &MailServer, user: &str) -> Mail {
    labelled(server, user, "Google")
}

fn labelled(server: &MailServer, user: &str, label: &str) -> Mail {
    over(&config(server.port, user), label)
}

pub fn over(config: &MailConfig, label: &str) -> Mail {
    let traits = Traits {
        issuer: "http://localhost:1/".parse().unwrap(),
        webhook: false,
        mail: true,
        recovery_quiet: 2,
        settle_within: 60,
    };
    let mut tenant = tenant_config(traits, "https://accounts.example.com".parse().unwrap());
    tenant.connections.get_mut("google-oauth2").unwrap().label = label.to_owned();
    Mail::new(config, Arc::new(tenant.linking("dev").unwrap()), &tenant.base_url).unwrap()
}

pub fn to(kind: NoticeKind, addresses: &[&str]) -> Message {
    let mut message = message(kind, Channel::Mail);
    message.notice.addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
    message
}

fn text(mail: &Value) -> &str {
    mail["text"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_each_address_is_told_on_its_own_what_happened_and_what_to_do() {
    let server = MailServer::start();
    let message = to(NoticeKind::Linked, &[ADDRESS, "ada@elsewhere.example"]);
    assert_eq!(mailer(&server, "").send(&message).await, Outcome::Delivered);
    let (first, second) = (server.mail(), server.mail());
    assert_eq!(first["to"], json!([ADDRESS]));
    assert_eq!(second["to"], json!(["ada@elsewhere.example"]));
    assert!(
        !first.to_string().contains("elsewhere"),
        "neither is told the other's address"
    );
    assert_eq!(first["from"], "\"Conjoin\" <accounts@host.example>");
    assert_eq!(
        first["subject"],
        "Google now leads to your account at accounts.example.com"
    );
    for expected in [
        "two of your accounts at accounts.example.com have been joined",
        "When: 18 November 2026, 11:06 UTC",
        "https://accounts.example.com/user",
        "choose \"Unlink\" beside Google",
        "If this was not you",
    ] {
        assert!(text(&first).contains(expected), "{expected}: {}", text(&first));
    }
    assert!(server.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn a28_it_holds_nothing_that_acts_and_nothing_of_the_accounts() {
    let server = MailServer::start();
    for kind in [NoticeKind::Linked, NoticeKind::Unlinked] {
        mailer(&server, "").send(&to(kind, &[ADDRESS])).await;
        let mail = server.mail();
        let links: Vec<&str> = text(&mail)
            .split_whitespace()
            .filter(|word| word.contains("://"))
            .collect();
        assert_eq!(links, ["https://accounts.example.com/user"]);
        for absent in ["auth0|", "google-oauth2", "1001", "00000"] {
            assert!(!text(&mail).contains(absent), "{absent}: {}", text(&mail));
        }
        assert_eq!(mail["html"], false);
        let headers = mail["headers"].to_string();
        assert!(headers.contains("Auto-Submitted: auto-generated"), "{headers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlink_is_told_as_one() {
    let server = MailServer::start();
    mailer(&server, "").send(&to(NoticeKind::Unlinked, &[ADDRESS])).await;
    let mail = server.mail();
    assert_eq!(
        mail["subject"],
        "Google no longer leads to your account at accounts.example.com"
    );
    assert!(text(&mail).contains("an account of its own again"), "{}", text(&mail));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_reached_is_not_written_to_again_while_others_are_tried() {
    let server = MailServer::start();
    let mailer = mailer(&server, "");
    let message = to(NoticeKind::Linked, &[ADDRESS, "later@example.com"]);
    let outcome = mailer.send(&message).await;
    let error = "the SMTP server put it off with 451".to_owned();
    assert_eq!(outcome, Outcome::Later { error, after: None });
    let first = server.mail();
    assert_eq!(server.next()["recipient"], "later@example.com");
    mailer.send(&message).await;
    assert_eq!(server.next()["recipient"], "later@example.com");
    assert!(server.is_quiet());
    // Another host, or this one after a restart, does write again, and under the same id.
    self::mailer(&server, "").send(&message).await;
    assert_eq!(server.mail()["messageId"], first["messageId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_good_is_one_and_quotes_no_address() {
    let server = MailServer::start();
    let message = to(NoticeKind::Linked, &["refused@example.com", ADDRESS]);
    let error = "the SMTP server refused it with 550".to_owned();
    assert_eq!(mailer(&server, "").send(&message).await, Outcome::Never { error });
    // The other is told all the same.
    assert_eq!(server.mail()["to"], json!([ADDRESS]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_can_be_smuggled_in() {
    let server = MailServer::start();
    let mailer = labelled(&server, "", "Google\r\nBcc: mallory@example.com\r\n\r\nClick here");
    mailer.send(&to(NoticeKind::Linked, &[ADDRESS])).await;
    let mail = server.mail();
    assert_eq!(mail["to"], json!([ADDRESS]));
    let names: Vec<&str> = mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert!(
        !names.iter().any(|line| line.to_lowercase().starts_with("bcc")),
        "{names:?}"
    );
    for address in [
        "ada@example.com\r\nBcc: mallory@example.com",
        "ada@example.com, mallory@example.com",
        "ada",
        "",
    ] {
        let outcome = mailer.send(&to(NoticeKind::Linked, &[address])).await;
        assert!(matches!(outcome, Outcome::Never { .. }), "{address:?}: {outcome:?}");
    }
    assert!(server.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_signs_in_to_the_server_and_a_wrong_password_loses_no_mail() {
    let server = MailServer::start();
    let message = to(NoticeKind::Linked, &[ADDRESS]);
    assert_eq!(
        mailer(&server, "conjoin:p%40ss%20word@").send(&message).await,
        Outcome::Delivered
    );
    assert_eq!(server.next()["user"], "conjoin");
    let outcome = mailer(&server, "conjoin:wrong@").send(&message).await;
    assert!(
        matches!(&outcome, Outcome::Later { error, .. } if error.contains("535") && !error.contains("wrong")),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_concern_the_person_is_not_mailed() {
    let server = MailServer::start();
    for kind in [
        NoticeKind::Starting,
        NoticeKind::Aborted,
        NoticeKind::Refused,
        NoticeKind::NeedsAttention,
    ] {
        assert_eq!(
            mailer(&server, "").send(&to(kind, &[ADDRESS])).await,
            Outcome::Delivered
        );
    }
    assert!(server.is_quiet());
}
