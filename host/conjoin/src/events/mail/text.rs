//! What the mail says. Nothing in it was written by a person or a policy: the connection's name, the time, and this host's address.

use askama::Template;
use conjoin_linking::notice::NoticeKind;
use conjoin_linking::tenant::Tenant;
use time::OffsetDateTime;
use time::macros::format_description;
use url::Url;

use crate::store::Message;

/// A mail without its headers.
pub(super) struct Text {
    pub subject: String,
    pub body: String,
}

#[derive(Template)]
#[template(path = "mail_linked.txt", escape = "none")]
struct Linked<'a> {
    connection: &'a str,
    host: &'a str,
    page: &'a str,
    when: &'a str,
}

#[derive(Template)]
#[template(path = "mail_unlinked.txt", escape = "none")]
struct Unlinked<'a> {
    connection: &'a str,
    host: &'a str,
    page: &'a str,
    when: &'a str,
}

/// The first line of a template is the subject.
pub(super) fn of(message: &Message, tenant: &Tenant, base: &Url) -> anyhow::Result<Text> {
    let connection = one_line(tenant.label(&message.notice.connection));
    let host = base.host_str().unwrap_or_default();
    let page = base.join("/user")?;
    let when = moment(message.created_at)?;
    let text = if message.notice.kind == NoticeKind::Unlinked {
        let (connection, page, when) = (&connection, page.as_str(), &when);
        Unlinked {
            connection,
            host,
            page,
            when,
        }
        .render()?
    } else {
        let (connection, page, when) = (&connection, page.as_str(), &when);
        Linked {
            connection,
            host,
            page,
            when,
        }
        .render()?
    };
    let (subject, body) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(Text {
        subject: subject.to_owned(),
        body: body.trim_start().to_owned(),
    })
}

/// A connection without a label goes by its name at the tenant, which is not ours: no line break in it begins a header or a paragraph of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(100)
        .collect()
}

fn moment(seconds: i64) -> anyhow::Result<String> {
    let moment = OffsetDateTime::from_unix_timestamp(seconds)?;
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    Ok(moment.format(&format)?)
}
