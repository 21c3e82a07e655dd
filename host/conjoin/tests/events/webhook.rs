//! One try of a webhook: what is sent, and what is made of the answer.

use std::time::{Duration, Instant};

use conjoin::config::WebhookConfig;
use conjoin::events::webhook::Webhook;
use conjoin::events::worker::{Outcome, Sender};
use conjoin::store::Channel;
use conjoin_linking::notice::NoticeKind;
use serde_json::json;

use crate::counterparts::{Consumer, verify};
use crate::receiver::{Answer, Received, Receiver};
use crate::records::{ADDRESS, id, message};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

pub fn config(url: &str, secrets: &[&str]) -> WebhookConfig {
    WebhookConfig {
        url: url.parse().unwrap(),
        secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
    }
}

async fn sent(answer: Answer, kind: NoticeKind) -> (Outcome, Received) {
    let mut receiver = Receiver::start(&[answer]).await;
    let webhook = Webhook::new(&config(&receiver.url, &[SECRET, NEXT_SECRET])).unwrap();
    let outcome = webhook.send(&message(kind, Channel::Webhook)).await;
    let received = receiver.next().await;
    assert!(receiver.is_quiet().await, "one try is one request");
    (outcome, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_a_consumer_verifies_it_by_either_secret_and_can_tell_a_link_from_a_deletion() {
    let (outcome, received) = sent(Answer::Status(204), NoticeKind::Starting).await;
    assert_eq!(outcome, Outcome::Delivered);
    let expected = json!({
        "type": "link.starting",
        "timestamp": "2026-11-18T11:06:40Z",
        "data": {
            "tenant": "dev", "link": id(1),
            "primary": { "user_id": "auth0|ada" },
            "secondary": { "user_id": "google-oauth2|1001", "connection": "google-oauth2" },
        },
    });
    for secret in [SECRET, NEXT_SECRET] {
        assert_eq!(verify(secret, &received.headers, &received.body).unwrap(), expected);
    }
    assert_eq!(
        received.header("webhook-id"),
        message(NoticeKind::Starting, Channel::Webhook).id
    );
    assert_eq!(received.header("content-type"), "application/json");
    assert!(!received.body.contains(ADDRESS), "addresses are not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_on_the_way_or_signed_by_another_is_refused() {
    let (_, received) = sent(Answer::Status(200), NoticeKind::Linked).await;
    let altered = received.body.replace("1001", "1002");
    assert!(verify(SECRET, &received.headers, &altered).is_err());
    let other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtMjQtYnl0ZXM=";
    assert!(verify(other, &received.headers, &received.body).is_err());
    let mut headers = received.headers.clone();
    headers["webhook-id"] = json!("msg_other");
    assert!(verify(SECRET, &headers, &received.body).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_2xx_is_an_arrival_and_only_410_a_refusal_for_good() {
    for status in [200, 202, 299] {
        let (outcome, _) = sent(Answer::Status(status), NoticeKind::Linked).await;
        assert_eq!(outcome, Outcome::Delivered, "{status}");
    }
    for status in [304, 400, 401, 404, 429, 500, 503] {
        let (outcome, _) = sent(Answer::Status(status), NoticeKind::Linked).await;
        let error = format!("the consumer answered {status}");
        assert_eq!(outcome, Outcome::Later { error, after: None });
    }
    let (gone, _) = sent(Answer::Status(410), NoticeKind::Linked).await;
    assert!(matches!(gone, Outcome::Never { .. }), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_a_wish_to_wait_is_heard() {
    let (redirected, _) = sent(Answer::Redirect, NoticeKind::Linked).await;
    assert!(matches!(redirected, Outcome::Later { .. }), "{redirected:?}");
    let (busy, _) = sent(Answer::Busy("120"), NoticeKind::Linked).await;
    let after = Some(Duration::from_secs(120));
    let error = "the consumer answered 503".to_owned();
    assert_eq!(busy, Outcome::Later { error, after });
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_is_left_before_a_link_stops_waiting_for_it() {
    let started = Instant::now();
    let (slow, _) = sent(Answer::After(Duration::from_secs(30)), NoticeKind::Starting).await;
    assert!(
        matches!(&slow, Outcome::Later { error, .. } if error.contains("in time")),
        "{slow:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_told_without_the_address() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?token=not-to-be-logged", free.local_addr().unwrap());
    drop(free);
    let webhook = Webhook::new(&config(&url, &[SECRET])).unwrap();
    let outcome = webhook.send(&message(NoticeKind::Linked, Channel::Webhook)).await;
    let Outcome::Later { error, after: None } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error, "no connection to the consumer could be made");
}

/// The manual's own consumer, so that it stays one.
#[tokio::test(flavor = "multi_thread")]
async fn a37_the_consumer_of_the_manual_verifies_and_acts_once() {
    let manual = include_str!("../../OPERATING.md");
    let source = manual.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let consumer = Consumer::start(source, SECRET);
    let message = message(NoticeKind::Linked, Channel::Webhook);
    let ours = Webhook::new(&config(&consumer.url, &[SECRET])).unwrap();
    assert_eq!(ours.send(&message).await, Outcome::Delivered);
    assert_eq!(ours.send(&message).await, Outcome::Delivered);
    let others = Webhook::new(&config(&consumer.url, &[NEXT_SECRET])).unwrap();
    let error = "the consumer answered 400".to_owned();
    assert_eq!(others.send(&message).await, Outcome::Later { error, after: None });
    assert_eq!(consumer.stop(), "google-oauth2|1001 is part of auth0|ada now\n");
}
