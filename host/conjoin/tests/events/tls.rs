//! Mail over TLS: it reaches a server that can show who it is, and nobody else hears a password.

use conjoin::events::worker::{Outcome, Sender};
use conjoin_linking::notice::NoticeKind;

use crate::counterparts::{Authority, MailServer};
use crate::mail::{at, over, to};
use crate::program::{Dev, went_through};
use crate::records::{ADDRESS, record, requested, work};

const USER: &str = "conjoin:p%40ss%20word";

/// Both ways of TLS, as their addresses are written.
fn addresses(port: u16) -> [(&'static str, String); 2] {
    let plain = format!("://{USER}@localhost:{port}");
    [
        ("tls", format!("smtps{plain}")),
        ("starttls", format!("smtp{plain}?tls=required")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_of_tls_reach_a_server_that_can_show_who_it_is() {
    let authority = Authority::new();
    for mode in ["tls", "starttls"] {
        let server = MailServer::over_tls(mode, &authority);
        let (_, smtp) = addresses(server.port)
            .into_iter()
            .find(|(other, _)| *other == mode)
            .unwrap();
        let dev = Dev::trusting(Some(&authority.file("ca.pem")), &["--smtp", &smtp]);
        let stages = vec![work("linked"), work("done")];
        went_through(&dev.store().await, record(1, requested()), stages).await;
        let recipient = server.next();
        assert_eq!(recipient["recipient"], ADDRESS, "{recipient}");
        assert_eq!(
            (&recipient["user"], &recipient["encrypted"]),
            (&"conjoin".into(), &true.into())
        );
        assert_eq!(server.mail()["to"][0], ADDRESS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_show_who_it_is_gets_nothing() {
    let authority = Authority::new();
    for mode in ["tls", "starttls"] {
        let server = MailServer::over_tls(mode, &authority);
        let (_, smtp) = addresses(server.port)
            .into_iter()
            .find(|(other, _)| *other == mode)
            .unwrap();
        // The system's authorities do not know it.
        let outcome = over(&at(&smtp), "Google")
            .send(&to(NoticeKind::Linked, &[ADDRESS]))
            .await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{mode}: {outcome:?}");
        assert!(server.is_quiet());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tls_is_required_and_not_offered_nothing_is_said() {
    let server = MailServer::start();
    for (mode, smtp) in addresses(server.port) {
        let outcome = over(&at(&smtp), "Google")
            .send(&to(NoticeKind::Linked, &[ADDRESS]))
            .await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{mode}: {outcome:?}");
    }
    assert!(server.is_quiet());
}
