//! What is counted, for whoever watches the host: `GET /metrics`, in the text format of Prometheus.
//!
//! Nobody can be found in it: labels are names of the configuration, of routes and of endings, and of each tenant what the version that decides calls itself and its digest. Their
//! number is bounded. Never an id, an address or a path that was asked.

mod deciding;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use conjoin_linking::journal::DecisionRecord;
use conjoin_linking::record::Record;
use conjoin_linking::tenant::TenantName;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

pub use deciding::Deciding;

const REQUESTS: &str = "conjoin_http_requests_total";
const REQUEST_SECONDS: &str = "conjoin_http_request_seconds";
/// Measured by the client.
const CALL_SECONDS: &str = "conjoin_management_call_seconds";
const DECISIONS: &str = "conjoin_policy_decisions_total";
const DECISION_SECONDS: &str = "conjoin_policy_decision_seconds";
const FUEL: &str = "conjoin_policy_fuel_used";
const MEMORY: &str = "conjoin_policy_memory_bytes";
/// Measured by the engine, as are the slots.
const COMPILE_SECONDS: &str = "conjoin_policy_compile_seconds";
const LINKS: &str = "conjoin_links_total";
const TAKEN_OUT: &str = "conjoin_policies_taken_out_total";
const STORE_ERRORS: &str = "conjoin_store_errors_total";

/// A small decision in Rust takes some tens of microseconds, one with an interpreter milliseconds; what takes ten seconds is ended.
const DECISION_BUCKETS: [f64; 19] = [
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
    2.5, 5.0, 10.0,
];

/// A page takes what its calls of the tenant take, each of which is given up after ten seconds and may be repeated.
const REQUEST_BUCKETS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// From what a small decision in Rust spends to what one may have.
const FUEL_BUCKETS: [f64; 12] = [1e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 1e8, 1e9, 3e9];

/// In MiB 1 to 256: a policy in Rust has little more than one, the largest that any may have is the last.
const MEMORY_BUCKETS: [f64; 9] = [
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    8_388_608.0,
    16_777_216.0,
    33_554_432.0,
    67_108_864.0,
    134_217_728.0,
    268_435_456.0,
];

/// What is cached takes milliseconds, an interpreter up to the five minutes after which it is refused.
const COMPILE_BUCKETS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0,
];

/// How often what was measured is put into its buckets, when nobody reads it.
const UPKEEP: Duration = Duration::from_secs(5);

/// A process has one.
static INSTALLED: OnceLock<Metrics> = OnceLock::new();

/// What was counted so far.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts from now on, for the whole process.
    ///
    /// # Errors
    /// When something else counts already.
    pub fn installed() -> anyhow::Result<Self> {
        if let Some(installed) = INSTALLED.get() {
            return Ok(installed.clone());
        }
        let handle = builder().and_then(PrometheusBuilder::install_recorder);
        describe();
        let metrics = Self(handle.context("counting for `/metrics`")?);
        Ok(INSTALLED.get_or_init(|| metrics).clone())
    }

    /// Keeps what is measured small, for as long as the host runs.
    pub async fn upkeep(self) {
        let mut interval = tokio::time::interval(UPKEEP);
        loop {
            interval.tick().await;
            self.0.run_upkeep();
        }
    }

    /// `GET /metrics`, with what decides.
    pub fn router(self, deciding: Deciding) -> Router {
        let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        let answer = move || {
            let mut text = self.0.render();
            deciding.write(&mut text);
            std::future::ready((kind, text).into_response())
        };
        Router::new().route("/metrics", get(answer))
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let bucketed: [(&str, &[f64]); 6] = [
        (REQUEST_SECONDS, &REQUEST_BUCKETS),
        (CALL_SECONDS, &REQUEST_BUCKETS),
        (DECISION_SECONDS, &DECISION_BUCKETS),
        (FUEL, &FUEL_BUCKETS),
        (MEMORY, &MEMORY_BUCKETS),
        (COMPILE_SECONDS, &COMPILE_BUCKETS),
    ];
    let mut builder = PrometheusBuilder::new();
    for (name, buckets) in bucketed {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)?;
    }
    Ok(builder)
}

fn describe() {
    describe_counter!(REQUESTS, "Requests answered, by route, method and status");
    describe_histogram!(REQUEST_SECONDS, "How long requests took, by route");
    describe_histogram!(
        CALL_SECONDS,
        "How long calls of the Management API took, by endpoint, without those that got no answer"
    );
    describe_counter!(DECISIONS, "What policies were asked, by tenant, hook and how it ended");
    describe_histogram!(DECISION_SECONDS, "How long a policy took for a decision");
    describe_histogram!(FUEL, "Fuel that a decision spent, where it is known");
    describe_histogram!(MEMORY, "The most bytes that a decision's memories held");
    describe_histogram!(
        COMPILE_SECONDS,
        "How long it took until a component could run or was refused, by outcome"
    );
    describe_gauge!("conjoin_policy_slots_in_use", "Calls of policies that run");
    describe_gauge!(
        "conjoin_policy_slots_waiting",
        "Calls of policies that wait for one to end"
    );
    describe_counter!(
        LINKS,
        "Links and unlinks that came to an end, or need a person, by tenant and ending"
    );
    describe_counter!(TAKEN_OUT, "Versions that kept failing and were taken out, by tenant");
    describe_counter!(
        STORE_ERRORS,
        "What the database could not do, tries that were repeated included"
    );
    describe_counter!(
        "conjoin_management_calls_total",
        "Calls of the Management API, by method, endpoint and status"
    );
}

/// Counts a request once it is answered.
pub async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    // Whoever asks can write any path, and any method.
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let method = known(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    histogram!(REQUEST_SECONDS, "route" => route.clone()).record(began.elapsed().as_secs_f64());
    let status = response.status().as_str().to_owned();
    counter!(REQUESTS, "route" => route, "method" => method, "status" => status).increment(1);
    response
}

fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

/// Beyond 2^53 it is rounded, which no bucket shows.
#[expect(clippy::cast_precision_loss, reason = "a histogram is of floating-point numbers")]
fn measured(value: u64) -> f64 {
    value as f64
}

/// Counts what a policy was asked.
pub fn decision(tenant: &TenantName, decision: &DecisionRecord) {
    let (tenant, hook, ending) = (tenant.0.clone(), decision.hook.clone(), decision.ending.clone());
    let labels = [("tenant", tenant.clone()), ("hook", hook.clone())];
    // One that did not come to run took no time, which says nothing of the policy.
    if decision.micros > 0 {
        let seconds = Duration::from_micros(decision.micros).as_secs_f64();
        histogram!(DECISION_SECONDS, &labels).record(seconds);
    }
    if let Some(fuel) = decision.fuel {
        histogram!(FUEL, &labels).record(measured(fuel));
    }
    if decision.memory_bytes > 0 {
        histogram!(MEMORY, &labels).record(measured(decision.memory_bytes));
    }
    let shadow = if decision.shadow.is_some() { "yes" } else { "no" };
    counter!(DECISIONS, "tenant" => tenant, "hook" => hook, "ending" => ending, "shadow" => shadow).increment(1);
}

/// Counts a link or unlink when it has come to an end, or to where it needs a person.
pub fn link(record: &Record) {
    let stage = &record.stage;
    if !stage.is_under_way() && !stage.awaits_person() {
        counter!(LINKS, "tenant" => record.tenant.0.clone(), "ending" => stage.name()).increment(1);
    }
}

/// Counts a version that kept failing.
pub fn taken_out(tenant: &TenantName) {
    counter!(TAKEN_OUT, "tenant" => tenant.0.clone()).increment(1);
}

/// Counts what the database could not do.
pub fn store_error(doing: &'static str) {
    counter!(STORE_ERRORS, "doing" => doing).increment(1);
}
