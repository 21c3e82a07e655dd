//! What a consumer is sent.

use conjoin_linking::contract::rfc3339;
use conjoin_linking::notice::NoticeKind;
use serde::Serialize;

use crate::store::Message;

/// The same for every try of a message. The addresses stay here: whoever needs them asks the tenant.
pub(super) fn of(message: &Message) -> String {
    let notice = &message.notice;
    let of_link = notice.kind != NoticeKind::PolicyTakenOut;
    let body = Body {
        kind: notice.kind,
        timestamp: rfc3339(message.created_at),
        data: Data {
            tenant: &message.tenant.0,
            link: of_link.then_some(&notice.link.0),
            primary: of_link.then_some(Primary {
                user_id: &notice.primary,
            }),
            secondary: of_link.then_some(Secondary {
                user_id: &notice.secondary,
                connection: &notice.connection,
            }),
            policy: notice.policy.as_deref(),
            cause: notice.cause.as_deref(),
        },
    };
    // Texts alone, which always can be written.
    serde_json::to_string(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: NoticeKind,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    tenant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<Primary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary: Option<Secondary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

#[derive(Serialize)]
struct Primary<'a> {
    user_id: &'a str,
}

#[derive(Serialize)]
struct Secondary<'a> {
    user_id: &'a str,
    connection: &'a str,
}
