//! What a configuration may hold, as JSON Schema made from the types, and what is wrong with one, in words.

use std::net::SocketAddr;

use conjoin_auth0::PrivateKey;
use conjoin_linking::tenant::GuardPath;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use lettre::message::Mailbox;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use url::Url;

use super::Config;
use super::problems::Found;
use crate::events::webhook::check_secret;
use crate::signing::Signer;
use crate::store::EncryptionKey;

/// The JSON Schema (2020-12) of the file, for editors and for whoever writes it by program.
pub fn schema() -> Value {
    let mut schema = resolved_schema();
    or_elsewhere_below(&mut schema);
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.values_mut().for_each(or_elsewhere_below);
        let elsewhere = json!({
            "description": "A text that stands elsewhere: in an environment variable, or in a file.",
            "type": "object",
            "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        });
        definitions.insert("elsewhere".to_owned(), elsewhere);
    }
    schema
}

/// The schema of what is left once every reference to an environment variable or a file is replaced by the text that stands there.
pub(super) fn resolved_schema() -> Value {
    let mut schema = schemars::schema_for!(Config).to_value();
    simplify(&mut schema);
    schema
}

/// Has each text below an object's schema stand elsewhere too.
fn or_elsewhere_below(object: &mut Value) {
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (_, property) in properties.into_iter().flatten() {
        or_elsewhere(property);
    }
}

fn or_elsewhere(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    if let Some(items) = fields.get_mut("items") {
        or_elsewhere(items);
    }
    let is_text = fields.contains_key("enum") || fields.get("type").is_some_and(|kind| kind == "string");
    if !is_text {
        return;
    }
    let (about, text): (Map<String, Value>, Map<String, Value>) = std::mem::take(fields)
        .into_iter()
        .partition(|(name, _)| ["description", "default"].contains(&name.as_str()));
    *fields = about;
    fields.insert("anyOf".to_owned(), json!([text, {"$ref": "#/$defs/elsewhere"}]));
}

/// TOML has no null: a value that can be left out is of one kind. And a choice of words is one, whatever is said of each.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(fields) => {
            fields.values_mut().for_each(simplify);
            if let Some(Value::Array(kinds)) = fields.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [kind] = kinds.as_slice() {
                    let kind = kind.clone();
                    fields.insert("type".to_owned(), kind);
                }
            }
            if let Some(Value::Array(choices)) = fields.get("anyOf") {
                let one = choices.iter().find(|choice| choice["type"] != "null").cloned();
                if let (2, Some(Value::Object(one))) = (choices.len(), one) {
                    fields.remove("anyOf");
                    for (name, value) in one {
                        fields.entry(name).or_insert(value);
                    }
                }
            }
            if let Some(Value::Array(choices)) = fields.get("oneOf") {
                let words: Vec<Value> = choices
                    .iter()
                    .filter_map(|choice| choice.get("const").cloned())
                    .collect();
                if words.len() == choices.len() {
                    fields.remove("oneOf");
                    fields.insert("enum".to_owned(), Value::Array(words));
                }
            }
        }
        _ => {}
    }
}

type Format = (&'static str, fn(&str) -> Result<(), String>);

/// Texts of a special form: what the schema calls it, and what one that is not well formed must be.
const FORMATS: [Format; 9] = [
    ("socket-address", |text| {
        must(
            text.parse::<SocketAddr>().is_ok(),
            "be an address and a port, such as `127.0.0.1:3000`",
        )
    }),
    ("uri", |text| {
        must(
            is_web_address(text),
            "be an address that begins with `https://` (or `http://`)",
        )
    }),
    ("database-url", |text| {
        let known = ["sqlite:", "postgres:", "postgresql:"];
        must(
            known.iter().any(|scheme| text.starts_with(scheme)),
            "be `sqlite:///path/file.db` or `postgres://user@host/name`",
        )
    }),
    ("encryption-key", |text| {
        must(
            EncryptionKey::from_base64(&secret(text)).is_ok(),
            "be 32 random bytes in base64; `openssl rand -base64 32` makes one",
        )
    }),
    ("webhook-secret", |text| {
        must(
            check_secret(&secret(text)).is_ok(),
            "be `whsec_` and 24 to 64 random bytes in base64",
        )
    }),
    ("mailbox", |text| {
        must(
            text.parse::<Mailbox>().is_ok(),
            "be a sender such as `Accounts <accounts@example.com>`",
        )
    }),
    ("metadata-path", |text| {
        must(
            text.parse::<GuardPath>().is_ok(),
            "be a metadata path: `user_metadata/key` or `app_metadata/key/deeper`",
        )
    }),
    ("minisign-key", |text| {
        must(
            text.parse::<Signer>().is_ok(),
            "be a public key of minisign's: the line of `minisign.pub` that begins with `RW`",
        )
    }),
    ("private-key", |text| match PrivateKey::from_pem(&secret(text)) {
        Ok(_) => Ok(()),
        Err(error) => must(
            false,
            &format!("be an RSA private key in PEM (PKCS #8 or PKCS #1): {error}"),
        ),
    }),
];

fn must(holds: bool, be: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("must {be}")) }
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Finds everything that the schema does not allow.
///
/// # Errors
/// When the schema itself is none: a fault of this program.
pub(super) fn check(value: &Value, found: &mut Found<'_>) -> anyhow::Result<()> {
    let mut options = jsonschema::options().should_validate_formats(true);
    for (name, judge) in FORMATS {
        options = options.with_format(name, move |text: &str| judge(text).is_ok());
    }
    let validator: Validator = options.build(&resolved_schema())?;
    for error in validator.iter_errors(value) {
        tell(&error, found);
    }
    Ok(())
}

fn tell(error: &ValidationError<'_>, found: &mut Found<'_>) {
    let pointer = error.instance_path().to_string();
    let keys: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|key| key.replace("~1", "/").replace("~0", "~"))
        .collect();
    let path: Vec<&str> = keys.iter().map(String::as_str).collect();
    let below = |key: &'_ str| -> Vec<String> {
        path.iter()
            .map(|key| (*key).to_owned())
            .chain([key.to_owned()])
            .collect()
    };
    let mut add_below = |key: &str, text: &str| {
        let path = below(key);
        found.add(&path.iter().map(String::as_str).collect::<Vec<_>>(), text);
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected
                .iter()
                .for_each(|key| add_below(key, "is no key that there is here"));
        }
        ValidationErrorKind::Required { property } => add_below(property.as_str().unwrap_or_default(), "is missing"),
        ValidationErrorKind::PropertyNames { error } => add_below(
            error.instance().as_str().unwrap_or_default(),
            "is no name: those are of small letters, digits and hyphens",
        ),
        kind => found.add(
            &path,
            must_be(kind, error.instance()).unwrap_or_else(|| error.masked_with("it").to_string()),
        ),
    }
}

fn must_be(kind: &ValidationErrorKind, value: &Value) -> Option<String> {
    Some(match kind {
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => format!("must be a value of the type {kind}"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        ValidationErrorKind::MinLength { limit } => format!("must have at least {limit} characters"),
        ValidationErrorKind::MinItems { limit } | ValidationErrorKind::MinProperties { limit } => {
            format!("must hold at least {limit}")
        }
        ValidationErrorKind::Enum { options } => format!("must be one of {options}"),
        ValidationErrorKind::Format { format } => {
            let (_, judge) = FORMATS.iter().find(|known| known.0 == format)?;
            judge(value.as_str()?).err()?
        }
        _ => return None,
    })
}
