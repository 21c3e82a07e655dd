//! The whole way in the built program: from a stage in the journal to a consumer.

use std::time::{Duration, Instant};

use conjoin::dev::WEBHOOK_SECRET;

use crate::counterparts::{MailServer, verify};
use crate::program::{Dev, went_through};
use crate::receiver::{Answer, Receiver};
use crate::records::{ADDRESS, PRIVATE, record, requested, work};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_delivers_and_logs_neither_address_nor_secret() {
    let mut receiver = Receiver::start(&[Answer::Status(410)]).await;
    let server = MailServer::start();
    let smtp = format!("smtp://conjoin:p%40ss%20word@127.0.0.1:{}", server.port);
    let dev = Dev::start(&["--webhook", &receiver.url, "--smtp", &smtp]);
    // Put out by another process, as by another host.
    went_through(
        &dev.store().await,
        record(1, requested()),
        vec![work("linked"), work("done")],
    )
    .await;
    let received = receiver.next().await;
    let verified = verify(WEBHOOK_SECRET, &received.headers, &received.body).unwrap();
    assert_eq!(verified["type"], "link.linked");
    assert_eq!(server.mail()["to"][0], ADDRESS);

    let deadline = Instant::now() + Duration::from_secs(20);
    let dead = loop {
        let (code, dead) = dev.command(&["events", "list", "--dead", "--json"]);
        assert_eq!(code, 0);
        if dead.as_array().is_some_and(|dead| !dead.is_empty()) {
            break dead;
        }
        assert!(Instant::now() < deadline);
    };
    assert!(!dead.to_string().contains(ADDRESS), "{dead}");
    let message = dead[0]["message"].as_str().unwrap();
    assert_eq!(dev.command(&["events", "retry", message, "--json"]).0, 0);
    assert_eq!(receiver.next().await.header("webhook-id"), message);
    assert_eq!(dev.command(&["events", "retry", "msg_unknown", "--json"]).0, 3);

    let log = dev.stop();
    assert!(log.contains("given up"), "{log}");
    for secret in [ADDRESS, PRIVATE, "not-to-be-logged", "p%40ss", "p@ss", "whsec_"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
