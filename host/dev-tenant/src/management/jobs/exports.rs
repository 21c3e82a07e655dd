use std::io::Write;

use axum::Json;
use axum::extract::State;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::registry::{Outcome, begin};
use crate::expiring::random_token;
use crate::management::caller::Caller;
use crate::management::error::ApiError;
use crate::management::payload;
use crate::management::users::Body;
use crate::state::{Shared, State as Changing};
use crate::store::User;

/// A column of the file.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    /// A root attribute, or a path with dots into metadata or identities.
    name: String,
    /// What the file calls it.
    export_as: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// `POST /jobs/users-exports`: 200 with a pending job.
pub async fn create(State(tenant): State<Shared>, caller: Caller, body: Body) -> Result<Json<Value>, ApiError> {
    caller.require(&["read:users"])?;
    let body = body?;
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let mut given = payload::object(body, &["connection_id", "format", "limit", "fields"])?;
    let asked = given.clone();
    let connection = match payload::text(&mut given, "connection_id")? {
        None => None,
        Some(id) => {
            let mut known = tenant.config.connections.iter();
            let named = known.find(|connection| connection.id == id);
            Some(named.ok_or_else(ApiError::no_connection)?.name.clone())
        }
    };
    let format = match payload::text(&mut given, "format")?.as_deref() {
        None | Some("json") => Format::Json,
        Some("csv") => Format::Csv,
        Some(_) => return Err(payload::invalid("No enum match for the value", "format")),
    };
    let limit = match given.remove("limit") {
        None => usize::MAX,
        Some(limit) => {
            let number = limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
            number.ok_or_else(|| payload::expected("integer", "limit", &limit))?
        }
    };
    let fields: Vec<Field> = match given.remove("fields") {
        None => Vec::new(),
        Some(fields) => {
            serde_json::from_value(fields.clone()).map_err(|_| payload::expected("array", "fields", &fields))?
        }
    };
    if format == Format::Csv && fields.is_empty() {
        return Err(ApiError::payload("fields are required for the format csv"));
    }
    let mut asked: Map<String, Value> = asked;
    asked.insert("type".to_owned(), "users_export".into());
    asked.entry("format").or_insert("json".into());
    Ok(Json(begin(&tenant, asked, move |_, state| {
        let rows = rows(state, connection.as_deref(), limit, &fields);
        finish(format, &fields, &rows)
    })))
}

fn rows(state: &Changing, connection: Option<&str>, limit: usize, fields: &[Field]) -> Vec<Map<String, Value>> {
    let of_connection = |user: &&User| {
        let own = user.own_identity();
        connection.is_none_or(|name| own.is_some_and(|identity| identity.connection == name))
    };
    let users = state.store.users().filter(of_connection).take(limit);
    users.map(|user| row(&user.to_json(), fields)).collect()
}

/// Without fields the whole user: which ones Auth0 takes then is unconfirmed.
fn row(user: &Value, fields: &[Field]) -> Map<String, Value> {
    if fields.is_empty() {
        return user.as_object().cloned().unwrap_or_default();
    }
    let value = |field: &Field| field.name.split('.').try_fold(user, |value, part| value.get(part)).cloned();
    let named = |field: &Field| field.export_as.as_ref().unwrap_or(&field.name).clone();
    fields
        .iter()
        .filter_map(|field| Some((named(field), value(field)?)))
        .collect()
}

fn finish(format: Format, fields: &[Field], rows: &[Map<String, Value>]) -> Outcome {
    let (text, extension) = match format {
        Format::Json => (rows.iter().map(|row| json!(row).to_string() + "\n").collect(), "json"),
        Format::Csv => (csv(fields, rows), "csv"),
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let written: std::io::Result<Vec<u8>> = gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish());
    match written {
        Ok(bytes) => Outcome::Exported {
            file: format!("{}.{extension}.gz", random_token()),
            bytes: bytes.into(),
        },
        Err(_) => Outcome::Failed,
    }
}

/// RFC 4180, every value in quotes.
fn csv(fields: &[Field], rows: &[Map<String, Value>]) -> String {
    let names: Vec<&String> = fields
        .iter()
        .map(|field| field.export_as.as_ref().unwrap_or(&field.name))
        .collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => quoted(text),
        Some(other) => quoted(&other.to_string()),
    };
    let header: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let mut lines = vec![header.join(",")];
    lines.extend(rows.iter().map(|row| {
        let cells: Vec<String> = names.iter().map(|name| cell(row.get(*name))).collect();
        cells.join(",")
    }));
    lines.join("\n") + "\n"
}
