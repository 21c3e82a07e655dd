use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use crate::expiring::random_id;
use crate::state::{Shared, State, Tenant};

/// Jobs that are kept.
const CAPACITY: usize = 100;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users go to a file.
    Export,
    /// Users come from a file.
    Import,
}

impl Kind {
    /// Its `type`.
    fn name(self) -> &'static str {
        match self {
            Self::Export => "users_export",
            Self::Import => "users_import",
        }
    }

    /// The scope that Auth0 asks for, of whoever begins such a job and of whoever looks at it.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::Export => "read:users",
            Self::Import => "create:users",
        }
    }
}

/// One job.
pub struct Job {
    /// `job_…`.
    pub id: String,
    /// What it does.
    pub kind: Kind,
    /// What it was asked for, in Auth0's shape: `created_at`, `connection_id` and so on.
    pub asked: Map<String, Value>,
    /// None while it is pending.
    pub outcome: Option<Outcome>,
}

/// How a job ended.
pub enum Outcome {
    /// Gzip of one JSON object a line, or of CSV.
    Exported {
        /// `json` or `csv`.
        extension: &'static str,
        /// The file.
        bytes: Bytes,
    },
    /// Users made and changed, and what was wrong with the others.
    Imported {
        /// New ones.
        inserted: usize,
        /// Changed ones (`upsert`).
        updated: usize,
        /// One object `{"user", "errors"}` for each of the others.
        errors: Vec<Value>,
    },
    /// The file cannot be made.
    Failed,
}

/// The last jobs.
#[derive(Default)]
pub struct Jobs(VecDeque<Job>);

impl Jobs {
    /// The job of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Job> {
        self.0.iter().find(|job| job.id == id)
    }

    /// How many of a kind are pending.
    #[must_use]
    pub fn pending(&self, kind: Kind) -> usize {
        let of_kind = |job: &&Job| job.outcome.is_none() && job.kind == kind;
        self.0.iter().filter(of_kind).count()
    }
}

impl Job {
    /// What a finished export is: `json` or `csv`.
    #[must_use]
    pub fn extension(&self) -> Option<&'static str> {
        match &self.outcome {
            Some(Outcome::Exported { extension, .. }) => Some(extension),
            _ => None,
        }
    }

    /// The file of a finished export.
    #[must_use]
    pub fn file(&self) -> Option<Bytes> {
        match &self.outcome {
            Some(Outcome::Exported { bytes, .. }) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// In Auth0's shape, but for the link to an export's file.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        let mut job = self.asked.clone();
        let mut add = |name: &str, value: Value| drop(job.insert(name.to_owned(), value));
        add("id", self.id.clone().into());
        add("type", self.kind.name().into());
        add("status", self.status().into());
        match &self.outcome {
            Some(Outcome::Exported { .. }) => add("percentage_done", 100.into()),
            Some(Outcome::Imported {
                inserted,
                updated,
                errors,
            }) => {
                let failed = errors.len();
                let total = inserted + updated + failed;
                let summary = json!({"failed": failed, "updated": updated, "inserted": inserted, "total": total});
                add("summary", summary);
                add("percentage_done", 100.into());
            }
            Some(Outcome::Failed) | None => {}
        }
        job
    }

    fn status(&self) -> &'static str {
        match self.outcome {
            None => "pending",
            Some(Outcome::Failed) => "failed",
            Some(_) => "completed",
        }
    }
}

/// Begins a job, and answers it as it is then: pending. The work is done `job_lag_ms` later, unless the job is gone by then.
pub fn begin(
    tenant: &Shared,
    kind: Kind,
    mut asked: Map<String, Value>,
    work: impl FnOnce(&Tenant, &mut State) -> Outcome + Send + 'static,
) -> Value {
    let id = format!("job_{}", random_id());
    let answer = {
        let mut state = tenant.lock();
        asked.insert("created_at".to_owned(), state.clock().now_text().into());
        let job = Job {
            id: id.clone(),
            kind,
            asked,
            outcome: None,
        };
        let answer = Value::Object(job.to_json());
        state.jobs.0.push_back(job);
        if state.jobs.0.len() > CAPACITY {
            state.jobs.0.pop_front();
        }
        answer
    };
    let (tenant, lag) = (Shared::clone(tenant), Duration::from_millis(tenant.config.job_lag_ms));
    tokio::spawn(async move {
        tokio::time::sleep(lag).await;
        let mut state = tenant.lock();
        // A reset forgets what was begun before it.
        if state.jobs.get(&id).is_none() {
            return;
        }
        let outcome = work(&tenant, &mut state);
        if let Some(job) = state.jobs.0.iter_mut().find(|job| job.id == id) {
            job.outcome = Some(outcome);
        }
    });
    answer
}
