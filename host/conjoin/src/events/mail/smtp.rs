//! Where mail is handed over: the server's address, its bounds, and what its errors mean.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context;
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use url::Url;

use super::Ending;
use crate::config::MailConfig;

/// From connecting to the server's word that it has the mail.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The server of `mail.smtp`.
pub(super) fn transport(config: &MailConfig) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let url = Url::parse(config.smtp.expose_secret()).ok();
    let url = url.context(
        "`mail.smtp` is no address; write `smtps://user:password@host`, or `smtp://user:password@host?tls=required`",
    )?;
    check(&url, config.allow_plain)?;
    // Its error is left out: it can quote what it could not read.
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).ok();
    let transport = transport.context("`mail.smtp` cannot be used as the address of a mail server")?;
    Ok(transport.timeout(Some(TIMEOUT)).build())
}

/// A mail tells whoever reads it which accounts a person has: it does not cross a network in the clear unless its team says so, and a password never does.
fn check(url: &Url, allow_plain: bool) -> anyhow::Result<()> {
    let tls = url
        .query_pairs()
        .any(|(key, value)| key == "tls" && value == "required");
    match url.scheme() {
        "smtps" => return Ok(()),
        "smtp" if tls => return Ok(()),
        "smtp" => {}
        other => anyhow::bail!("`mail.smtp` begins with `{other}:`; write `smtps:`, or `smtp:` with `?tls=required`"),
    }
    anyhow::ensure!(
        url.query().is_none(),
        "`mail.smtp` has a query that is not `tls=required`: there is no other kind of TLS here, an opportunistic one least of all"
    );
    if is_loopback(url) {
        return Ok(());
    }
    anyhow::ensure!(
        allow_plain,
        "`mail.smtp` would send mail unencrypted: add `?tls=required`, or set `mail.allow_plain`"
    );
    anyhow::ensure!(
        url.password().is_none(),
        "`mail.smtp` would send its password unencrypted: add `?tls=required`"
    );
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    // Of a scheme that browsers do not know, a host is a text.
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// RFC 4954: the server wants another user, password or mechanism. That is our configuration and no fault of the mail, which can go once it is repaired.
const AUTHENTICATION: std::ops::RangeInclusive<u16> = 530..=538;

/// The server's own words are left out: they quote addresses.
pub(super) fn judge(error: &Error) -> Ending {
    match error.status() {
        Some(code) if AUTHENTICATION.contains(&code.into()) => Ending::Later(format!(
            "the SMTP server did not let us in with {code}: see `mail.smtp`"
        )),
        Some(code) if error.is_permanent() => Ending::Never(format!("the SMTP server refused it with {code}")),
        Some(code) => Ending::Later(format!("the SMTP server put it off with {code}")),
        None if error.is_tls() => Ending::Later("TLS with the SMTP server failed".to_owned()),
        None if error.is_timeout() => Ending::Later("the SMTP server did not answer in time".to_owned()),
        None if error.is_client() => Ending::Later(
            "the SMTP server does not offer what `mail.smtp` asks for, TLS or a way to sign in".to_owned(),
        ),
        None => Ending::Later("no conversation with the SMTP server was possible".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(smtp: &str, allow_plain: bool) -> anyhow::Result<()> {
        transport(&MailConfig {
            smtp: smtp.into(),
            from: String::new(),
            allow_plain,
        })
        .map(drop)
    }

    #[tokio::test]
    async fn mail_and_passwords_cross_no_network_in_the_clear() {
        for url in [
            "smtps://user:secret@mail.example",
            "smtps://mail.example:4650",
            "smtp://user:secret@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://user:secret@localhost:2525",
        ] {
            assert!(check(url, false).is_ok(), "{url}");
        }
        for url in ["smtp://mail.example", "smtp://10.0.0.1:25"] {
            assert!(check(url, false).is_err() && check(url, true).is_ok(), "{url}");
        }
        for url in [
            "smtp://user:secret@mail.example",
            "smtp://mail.example?tls=opportunistic",
            "https://mail.example",
            "mail.example",
            "",
        ] {
            let error = check(url, true).unwrap_err();
            assert!(!format!("{error:#}").contains("secret"), "{error:#}");
        }
    }
}
