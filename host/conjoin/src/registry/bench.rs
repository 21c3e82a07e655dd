//! What versions make of accounts that somebody typed in. Nobody's account is read, and nothing is written but that it was done.

use std::sync::Arc;

use conjoin_engine::{LogEntry, Policy};
use conjoin_linking::audit::Actor;
use conjoin_linking::tenant::TenantName;
use serde_json::{Map, Value, json};

use super::error::RegistryError;
use super::{Registry, entry};
use crate::policy_run::question::Question;
use crate::policy_run::start::Runner;

/// What is tried.
pub struct BenchTask {
    /// Digests of versions, or names of policies that ship with the host.
    pub policies: Vec<String>,
    /// What each is set to.
    pub settings: Map<String, Value>,
    /// The question to offer, as `conjoin policy run` reads it.
    pub select: Value,
    /// The question to merge, likewise.
    pub merge: Value,
}

/// What one version made of it.
pub struct Benched {
    /// Its own name, its author's version, and the beginning of its digest.
    pub name: String,
    /// What it would offer.
    pub select: BenchAnswer,
    /// What it would make of both accounts.
    pub merge: BenchAnswer,
}

/// An answer, as `conjoin policy run` writes it.
pub struct BenchAnswer {
    value: Value,
    log: Vec<LogEntry>,
}

impl Registry {
    /// Asks versions about accounts that were typed in. Also one that failed its checks: to see why is what a bench is for.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Revoked`], [`RegistryError::Settings`].
    pub async fn bench(&self, tenant: &TenantName, by: &Actor, task: BenchTask) -> Result<Vec<Benched>, RegistryError> {
        let policies = self.tenant(tenant)?;
        let mut loaded = Vec::new();
        for named in &task.policies {
            let component = policies.component_to_try(named).await?;
            loaded.push(policies.prepare_to_try(component, task.settings.clone()).await?.policy);
        }
        let digests: Vec<String> = loaded.iter().map(|policy| policy.digest().to_string()).collect();
        let said = entry("policy.bench_used", by, json!({"policies": digests}));
        self.0.store.note_event(tenant, &said).await?;
        let lines = Arc::new([task.select.to_string(), task.merge.to_string()]);
        let mut benched = Vec::new();
        for policy in loaded {
            let runner = Runner {
                policy,
                limits: policies.rules.limits.clone(),
                settings: task.settings.clone(),
                guards: policies.rules.guards.clone(),
            };
            benched.push(self.on_bench(runner, lines.clone()).await?);
        }
        Ok(benched)
    }

    /// One at a time, off the threads that serve people.
    async fn on_bench(&self, runner: Runner, lines: Arc<[String; 2]>) -> Result<Benched, RegistryError> {
        let benched = move || {
            let [select, merge] = &*lines;
            Benched {
                name: called(&runner.policy),
                select: ask(&runner, select),
                merge: ask(&runner, merge),
            }
        };
        self.aside(benched).await
    }
}

fn called(policy: &Policy) -> String {
    let (description, digest) = (policy.description(), policy.digest().to_string());
    let short = digest.get(..12).unwrap_or_default();
    format!("{} {} ({short})", description.name, description.version)
}

fn ask(runner: &Runner, line: &str) -> BenchAnswer {
    let value = match Question::parse(line.as_bytes(), &runner.settings) {
        Ok(question) => serde_json::to_value(runner.ask(question)).unwrap_or_default(),
        Err(error) => json!({"error": error.to_string()}),
    };
    let log = value.get("log").cloned().unwrap_or_default();
    BenchAnswer {
        log: serde_json::from_value(log).unwrap_or_default(),
        value,
    }
}

impl BenchAnswer {
    /// A part of it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.value.get(key)
    }

    /// The answer under `key`, or why there is none. Both, where an answer is not allowed.
    #[must_use]
    pub fn said(&self, key: &str) -> Value {
        let keys = [key, "refused", "ended", "detail", "error"];
        let mut found: Map<String, Value> = keys
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), self.value.get(key)?.clone())))
            .collect();
        if found.len() == 1
            && let Some(answer) = found.remove(key)
        {
            return answer;
        }
        Value::Object(found)
    }

    /// Fuel and microseconds.
    #[must_use]
    pub fn cost(&self) -> Value {
        json!({"fuel": self.value.get("fuel"), "micros": self.value.get("micros")})
    }

    /// What the policy said.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }
}
