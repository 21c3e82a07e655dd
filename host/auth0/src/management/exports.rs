//! Every user of a tenant, by an export job: a search answers 1,000 at most.
//!
//! Source: Auth0, "Bulk User Exports" and `POST /api/v2/jobs/users-exports`. Scope: `read:users`.

mod lines;

use std::time::Duration;

use flate2::write::MultiGzDecoder;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};
use url::Url;

use super::request::{Call, segment};
use super::{Management, ManagementError};
use crate::http::TransportError;
use crate::user_id::UserId;

use lines::Lines;

/// How long a job may take at the tenant. A million users take Auth0 some minutes.
const JOB_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// How often it is asked for at first, and at most how seldom.
const ASKED_EVERY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// How long reading the file may take. Auth0's address of it is good for a minute, counted to the beginning of the download.
const READ_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// The most bytes of a file, unpacked: some ten million users, with what is asked of each. A few packed bytes can be gigabytes.
const MAX_BYTES: u64 = 2 << 30;

/// A user as an export has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExportedUser {
    /// The account's id.
    pub user_id: UserId,
    /// As stored.
    #[serde(default)]
    pub email: Option<String>,
    /// Absent, or anything but `true`, counts as unverified.
    #[serde(default, deserialize_with = "lines::is_true")]
    pub email_verified: bool,
    /// The connection of its first identity; empty where the export does not say.
    #[serde(default, deserialize_with = "lines::text_or_empty")]
    pub connection: String,
}

/// How many there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Users that were read.
    pub users: u64,
    /// Lines that are no user.
    pub unreadable: u64,
}

/// Why there is no export. Nothing at the tenant depends on it.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The API.
    #[error(transparent)]
    Management(#[from] ManagementError),
    /// The tenant says that the job failed.
    #[error("the tenant could not export its users")]
    Failed,
    /// It takes too long.
    #[error("the tenant did not export its users within {} minutes", JOB_PATIENCE.as_secs() / 60)]
    TooSlow,
    /// The tenant names no file, or none that may be read.
    #[error("the tenant finished the export and names no file that can be read")]
    NoFile,
    /// The file could not be read.
    #[error("the exported file could not be read: {0}")]
    Download(#[from] TransportError),
    /// The server of the file said no.
    #[error("the exported file could not be read: its server answers with status {0}")]
    Status(u16),
    /// It is none, ends too early, or has too many bytes.
    #[error("the exported file is not what an export is: {0}")]
    Damaged(std::io::Error),
}

#[derive(Deserialize)]
struct Job {
    id: String,
    status: String,
    #[serde(default)]
    location: Option<String>,
}

impl Management {
    /// Has the tenant export all its users, waits for it, and gives each to `each`. It takes minutes: for nothing that a person waits for.
    ///
    /// # Errors
    /// [`ExportError`]; users that were given by then stay given.
    pub async fn export_users(&self, each: impl FnMut(ExportedUser) + Send) -> Result<Exported, ExportError> {
        let location = self.finished_export().await?;
        self.read_export(location, each).await
    }

    async fn finished_export(&self) -> Result<Url, ExportError> {
        let fields = [
            json!({"name": "user_id"}),
            json!({"name": "email"}),
            json!({"name": "email_verified"}),
            json!({"name": "identities[0].connection", "export_as": "connection"}),
        ];
        let url = self.requests.url("jobs/users-exports", &[])?;
        let call = Call::write(Method::POST, "/api/v2/jobs/users-exports", url);
        let mut job = self
            .job(call.with_body(json!({"format": "json", "fields": fields})))
            .await?;
        let (began, mut pause) = (Instant::now(), ASKED_EVERY.0);
        loop {
            match job.status.as_str() {
                "completed" => {
                    let location = job.location.as_deref().and_then(|location| location.parse().ok());
                    return location
                        .filter(|location| self.may_be_read(location))
                        .ok_or(ExportError::NoFile);
                }
                "failed" => return Err(ExportError::Failed),
                _ if began.elapsed() > JOB_PATIENCE => return Err(ExportError::TooSlow),
                _ => sleep(pause).await,
            }
            pause = (pause * 2).min(ASKED_EVERY.1);
            let url = self.requests.url(&format!("jobs/{}", segment(&job.id)?), &[])?;
            job = self.job(Call::read("/api/v2/jobs/{id}", url)).await?;
        }
    }

    async fn job(&self, call: Call) -> Result<Job, ExportError> {
        let answer = self.run(call).await?;
        let undecodable = |error: serde_json::Error| ManagementError::Undecodable(format!("a job: {error}"));
        Ok(serde_json::from_value(answer).map_err(undecodable)?)
    }

    /// Auth0 names a file in a storage of its own: any host, and TLS. Without TLS only where the API is without.
    fn may_be_read(&self, location: &Url) -> bool {
        location.scheme() == "https" || (location.scheme() == "http" && self.requests.base().scheme() == "http")
    }

    /// Without the API's token: the file is somebody else's server, and its address is the right to read it.
    async fn read_export(&self, location: Url, each: impl FnMut(ExportedUser) + Send) -> Result<Exported, ExportError> {
        let request = self.requests.http().get(location).timeout(READ_PATIENCE);
        let mut response = request.send().await.map_err(TransportError::from)?;
        if !response.status().is_success() {
            return Err(ExportError::Status(response.status().as_u16()));
        }
        let mut unpacking = MultiGzDecoder::new(Lines::new(MAX_BYTES, each));
        while let Some(chunk) = response.chunk().await.map_err(TransportError::from)? {
            std::io::Write::write_all(&mut unpacking, &chunk).map_err(ExportError::Damaged)?;
        }
        let lines = unpacking.finish().map_err(ExportError::Damaged)?;
        Ok(lines.finish())
    }
}
