use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use crate::expiring::random_id;
use crate::state::{Shared, State, Tenant};

/// Jobs that are kept.
const CAPACITY: usize = 100;

/// One job.
pub struct Job {
    /// `job_…`.
    pub id: String,
    /// What it was asked for, in Auth0's shape: `type`, `created_at`, `connection_id` and so on.
    pub asked: Map<String, Value>,
    /// None while it is pending.
    pub outcome: Option<Outcome>,
}

/// How a job ended.
pub enum Outcome {
    /// Gzip of one JSON object a line, or of CSV; and the name that its URL has.
    Exported {
        /// The last part of `location`.
        file: String,
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

    /// The file of an export.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.0.iter().find_map(|job| match &job.outcome {
            Some(Outcome::Exported { file, bytes }) if file == name => Some(bytes.clone()),
            _ => None,
        })
    }

    /// How many of a kind are pending.
    #[must_use]
    pub fn pending(&self, kind: &str) -> usize {
        let of_kind = |job: &&Job| job.outcome.is_none() && job.asked.get("type").and_then(Value::as_str) == Some(kind);
        self.0.iter().filter(of_kind).count()
    }
}

impl Job {
    /// In Auth0's shape.
    #[must_use]
    pub fn to_json(&self, tenant: &Tenant) -> Value {
        let mut job = self.asked.clone();
        let mut add = |name: &str, value: Value| drop(job.insert(name.to_owned(), value));
        add("id", self.id.clone().into());
        add("status", self.status().into());
        match &self.outcome {
            Some(Outcome::Exported { file, .. }) => {
                add("location", tenant.url(&format!("exports/{file}")).into());
                add("percentage_done", 100.into());
            }
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
        Value::Object(job)
    }

    fn status(&self) -> &'static str {
        match self.outcome {
            None => "pending",
            Some(Outcome::Failed) => "failed",
            Some(_) => "completed",
        }
    }
}

/// Begins a job, and answers it as it is then: pending. The work is done `job_lag_ms` later.
pub fn begin(
    tenant: &Shared,
    mut asked: Map<String, Value>,
    work: impl FnOnce(&Tenant, &mut State) -> Outcome + Send + 'static,
) -> Value {
    let id = format!("job_{}", random_id());
    let answer = {
        let mut state = tenant.lock();
        asked.insert("created_at".to_owned(), state.clock().now_text().into());
        let job = Job {
            id: id.clone(),
            asked,
            outcome: None,
        };
        let answer = job.to_json(tenant);
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
        let outcome = work(&tenant, &mut state);
        if let Some(job) = state.jobs.0.iter_mut().find(|job| job.id == id) {
            job.outcome = Some(outcome);
        }
    });
    answer
}
