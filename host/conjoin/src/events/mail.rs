//! Mail to the person: their ways to sign in have changed, and if it was not them, nobody else would tell them.
//!
//! It holds no link that acts: whoever can read somebody's mail must not be able to link or unlink by it. Text alone, no HTML: there is nothing to click but an
//! address that anyone can type.

mod memory;
mod smtp;
mod text;

use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use conjoin_linking::tenant::Tenant;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use url::Url;

use super::worker::{Outcome, Sender};
use crate::config::MailConfig;
use crate::store::{Channel, Message};

use memory::Memory;

/// Sends over one SMTP server.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    tenant: Arc<Tenant>,
    base: Url,
    reached: Memory,
}

/// How one address fared.
enum Ending {
    Reached,
    Later(String),
    Never(String),
}

/// Whether mail can be sent as it is configured.
///
/// # Errors
/// What is wrong, without quoting it: an address can carry a password.
pub(crate) fn check(config: &MailConfig) -> anyhow::Result<()> {
    smtp::transport(config).map(drop)
}

impl Mail {
    /// Checks the configuration. `base` is where browsers reach this host, and what it is called in the text.
    ///
    /// # Errors
    /// What is wrong with it, without quoting the server's address: it carries a password.
    pub fn new(config: &MailConfig, tenant: Arc<Tenant>, base: &Url) -> anyhow::Result<Self> {
        let from = config.from.parse();
        Ok(Self {
            transport: smtp::transport(config)?,
            from: from.context("`mail.from` is no address; write `Accounts <accounts@example.com>`")?,
            tenant,
            base: base.clone(),
            reached: Memory::default(),
        })
    }

    async fn send_to(&self, message: &Message, address: &str) -> Ending {
        // Of an address as the tenant has it; what a mail server cannot take as one, nobody is reached by.
        let Ok(to) = address.parse::<Address>() else {
            return Ending::Never("an address of the account is none that mail can be sent to".to_owned());
        };
        let mail = match self.compose(message, to) {
            Ok(mail) => mail,
            Err(error) => return Ending::Never(format!("the mail cannot be written: {error:#}")),
        };
        match timeout(smtp::TIMEOUT, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ending::Reached,
            Ok(Err(error)) => smtp::judge(&error),
            Err(_) => Ending::Later("the SMTP server did not answer in time".to_owned()),
        }
    }

    fn compose(&self, message: &Message, to: Address) -> anyhow::Result<lettre::Message> {
        let text = text::of(message, &self.tenant, &self.base)?;
        // The same for every try, so that a mail that comes twice is shown once.
        let digest = hex::encode(Sha256::digest(format!("{}\0{to}", message.id)));
        let id = format!("<{digest}@{}>", self.from.email.domain());
        let mail = MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text.subject)
            .message_id(Some(id))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                // RFC 3834: no absence note is sent in answer.
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(text.body)?;
        Ok(mail)
    }
}

#[async_trait]
impl Sender for Mail {
    fn channel(&self) -> Channel {
        Channel::Mail
    }

    /// To each address on its own: neither account's owner is told the other's address.
    async fn send(&self, message: &Message) -> Outcome {
        if !message.notice.kind.concerns_person() {
            return Outcome::Delivered;
        }
        let (mut later, mut never) = (None, None);
        for address in &message.notice.addresses {
            if self.reached.holds(&message.id, address) {
                continue;
            }
            match self.send_to(message, address).await {
                Ending::Reached => self.reached.add(&message.id, address),
                Ending::Later(error) => later = Some(error),
                Ending::Never(error) => never = Some(error),
            }
        }
        match (later, never) {
            (Some(error), _) => Outcome::Later { error, after: None },
            (None, Some(error)) => Outcome::Never { error },
            (None, None) => {
                self.reached.forget(&message.id);
                Outcome::Delivered
            }
        }
    }
}
