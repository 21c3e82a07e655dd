use std::io::Write;

use axum::Json;
use axum::extract::State;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::registry::{Kind, Outcome, begin};
use crate::config::Config;
use crate::management::caller::Caller;
use crate::management::error::ApiError;
use crate::management::payload;
use crate::management::users::Body;
use crate::state::{Shared, State as Changing};
use crate::store::User;

/// Fields that a file may have (Auth0, "Bulk User Exports").
const MOST_FIELDS: usize = 30;

/// Without `fields` Auth0 takes "a predefined set". Which is unconfirmed: these are the default fields of its export page that are root attributes. No metadata.
const DEFAULT_FIELDS: [&str; 10] = [
    "user_id",
    "given_name",
    "family_name",
    "nickname",
    "name",
    "email",
    "email_verified",
    "picture",
    "created_at",
    "updated_at",
];

/// A column of the file.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    /// A root attribute, or a path with dots into metadata or identities.
    name: String,
    /// What the file calls it.
    export_as: Option<String>,
}

impl Field {
    fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            export_as: None,
        }
    }

    /// What it is called in the file.
    fn title(&self) -> &String {
        self.export_as.as_ref().unwrap_or(&self.name)
    }

    /// Its value of a user; `identities[0].connection` reaches into arrays.
    fn of<'a>(&self, user: &'a Value) -> Option<&'a Value> {
        let parts = self.name.split(['.', '[', ']']).filter(|part| !part.is_empty());
        parts
            .into_iter()
            .try_fold(user, |value, part| match part.parse::<usize>() {
                Ok(index) if value.is_array() => value.get(index),
                _ => value.get(part),
            })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// What an export holds.
struct Wanted {
    /// Of which connection's accounts; of all without one.
    connection: Option<String>,
    format: Format,
    limit: usize,
    fields: Vec<Field>,
}

/// `POST /jobs/users-exports`: 200 with a pending job.
pub async fn create(State(tenant): State<Shared>, caller: Caller, body: Body) -> Result<Json<Value>, ApiError> {
    caller.require(&[Kind::Export.scope()])?;
    let body = body?;
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let mut asked = payload::object(body, &["connection_id", "format", "limit", "fields"])?;
    let wanted = Wanted::parse(&tenant.config, asked.clone())?;
    asked.entry("format").or_insert("json".into());
    Ok(Json(begin(&tenant, Kind::Export, asked, move |_, state| {
        finish(&wanted, &rows(state, &wanted))
    })))
}

impl Wanted {
    fn parse(config: &Config, mut given: Map<String, Value>) -> Result<Self, ApiError> {
        let connection = payload::text(&mut given, "connection_id")?.map(|id| {
            let mut known = config.connections.iter();
            known
                .find(|connection| connection.id == id)
                .ok_or_else(ApiError::no_connection)
        });
        let format = match payload::text(&mut given, "format")?.as_deref() {
            None | Some("json") => Format::Json,
            Some("csv") => Format::Csv,
            Some(_) => return Err(payload::invalid("No enum match for the value", "format")),
        };
        let limit = given.remove("limit").map(|limit| {
            let number = limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
            number.ok_or_else(|| payload::expected("integer", "limit", &limit))
        });
        let fields = given.remove("fields").map(|fields| {
            let parsed = serde_json::from_value(fields.clone());
            parsed.map_err(|_| payload::expected("array", "fields", &fields))
        });
        let mut wanted = Self {
            connection: connection.transpose()?.map(|connection| connection.name.clone()),
            format,
            limit: limit.transpose()?.unwrap_or(usize::MAX),
            fields: fields.transpose()?.unwrap_or_default(),
        };
        if wanted.limit == 0 {
            return Err(payload::invalid("Value 0 is less than minimum 1", "limit"));
        }
        if wanted.fields.len() > MOST_FIELDS {
            return Err(payload::invalid("Array is too long, maximum 30", "fields"));
        }
        if wanted.fields.is_empty() {
            wanted.fields = DEFAULT_FIELDS.map(Field::plain).to_vec();
        }
        Ok(wanted)
    }
}

fn rows(state: &Changing, wanted: &Wanted) -> Vec<Map<String, Value>> {
    let connection = wanted.connection.as_ref();
    let of_connection = |user: &&User| {
        let own = user.own_identity();
        connection.is_none_or(|name| own.is_some_and(|identity| identity.connection == *name))
    };
    let users = state.store.users().filter(of_connection).take(wanted.limit);
    users.map(|user| row(&user.to_json(), &wanted.fields)).collect()
}

fn row(user: &Value, fields: &[Field]) -> Map<String, Value> {
    let present = fields
        .iter()
        .filter_map(|field| Some((field.title().clone(), field.of(user)?.clone())));
    present.collect()
}

fn finish(wanted: &Wanted, rows: &[Map<String, Value>]) -> Outcome {
    let (text, extension): (String, _) = match wanted.format {
        Format::Json => (rows.iter().map(|row| json!(row).to_string() + "\n").collect(), "json"),
        Format::Csv => (csv(&wanted.fields, rows), "csv"),
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let written: std::io::Result<Vec<u8>> = gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish());
    match written {
        Ok(bytes) => Outcome::Exported {
            extension,
            bytes: bytes.into(),
        },
        Err(_) => Outcome::Failed,
    }
}

/// In quotes, and texts with an apostrophe before them: a spreadsheet must not take one for a formula (Auth0 follows OWASP there).
fn csv(fields: &[Field], rows: &[Map<String, Value>]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => quoted(&format!("'{text}")),
        Some(other) => quoted(&other.to_string()),
    };
    let titles: Vec<String> = fields.iter().map(|field| quoted(field.title())).collect();
    let mut lines = vec![titles.join(",")];
    lines.extend(rows.iter().map(|row| {
        let cells: Vec<String> = fields.iter().map(|field| cell(row.get(field.title()))).collect();
        cells.join(",")
    }));
    lines.join("\n") + "\n"
}
