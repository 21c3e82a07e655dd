//! The fault matrix: every request that a link and an unlink make of the tenant after the person has agreed, struck by every kind of fault, through the
//! built program as `conjoin serve` beside a simulated tenant. What came of each is in `tests/FAULTS.md`, which is measured here and compared.
//!
//! - [`steps`] are the requests, and a test that there are no others; [`faults`] are what strikes them; [`cells`] is one times the other.
//! - [`person`] is whoever links or unlinks in one cell, and what they and the tenant must see at its end.
//! - [`ground`] runs cells: many side by side on one host, or up to the point where the host is killed.
//! - [`table`] is the report.
//!
//! `CONJOIN_CELL=link/write-primary/500` runs one cell, and every one that begins so; `CONJOIN_UPDATE=1` writes the report.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod cells;
mod faults;
mod ground;
mod person;
mod steps;
mod table;

use std::time::Instant;

use cells::{Cell, Way};
use ground::{Ground, Report};
use person::Person;
use steps::Work;

/// Cells that run on one host at a time. Most of them wait for a host that waits.
const SIDE_BY_SIDE: usize = 8;

/// Cells in which one killed host is caught at once.
const KILLED_TOGETHER: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s26_s27_s28_s31_a30_every_step_under_every_fault_ends_linked_or_as_before() {
    let began = Instant::now();
    let cells = cells::all();
    assert!(cells.len() >= 200, "{} cells", cells.len());
    let chosen = std::env::var("CONJOIN_CELL").ok();
    let run: Vec<Cell> = cells
        .iter()
        .filter(|cell| chosen.as_ref().is_none_or(|name| cell.name().starts_with(name)))
        .cloned()
        .collect();
    assert!(!run.is_empty(), "no cell begins with {chosen:?}");

    let of = |way: Way| run.iter().filter(|cell| cell.way() == way).cloned().collect::<Vec<_>>();
    let (shared, alone, killed) = (of(Way::Shared), of(Way::Alone), of(Way::Killed));
    let (one, other) = shared.split_at(shared.len() / 2);
    let (one, other, alone, killed) = tokio::join!(
        on_own_ground(one.to_vec(), async |ground, cells| ground
            .side_by_side(cells, SIDE_BY_SIDE)
            .await),
        on_own_ground(other.to_vec(), async |ground, cells| ground
            .side_by_side(cells, SIDE_BY_SIDE)
            .await),
        on_own_ground(alone, async |ground, cells| ground.side_by_side(cells, 1).await),
        on_own_ground(killed, async |ground, cells| ground
            .killed(cells, KILLED_TOGETHER)
            .await),
    );
    let reports: Vec<Report> = [one, other, alone, killed].into_iter().flatten().collect();

    let failures: Vec<String> = reports
        .iter()
        .filter_map(|(cell, end)| Some(format!("{}: {:.400}", cell.name(), end.as_ref().err()?)))
        .collect();
    println!("{}", table::summary(&reports, chosen.is_none(), began.elapsed()));
    assert!(
        failures.is_empty(),
        "{} cells failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    if chosen.is_none() {
        table::compare(&reports);
    }
}

#[tokio::test]
async fn the_steps_are_all_that_the_host_asks_of_the_tenant() {
    let ground = Ground::start();
    let host = ground.host();
    for (number, work) in Work::ALL.into_iter().enumerate() {
        let mut person = Person::at_review(&host, work, &format!("p{number}x")).await;
        if let Some(fault) = work.standing_fault("standing", &person) {
            host.tenant.add_faults(&serde_json::json!([fault])).await;
        }
        host.tenant.forget_calls().await;
        person.press().await.expect("an answer");
        let called = ground.management_calls().await;
        person.until_settled().await;
        assert_eq!(called, work.requests(&person), "{work:?}");
    }
}

/// Runs cells on a tenant and a host of their own; none when there are none.
async fn on_own_ground(cells: Vec<Cell>, run: impl AsyncFnOnce(&mut Ground, Vec<Cell>) -> Vec<Report>) -> Vec<Report> {
    if cells.is_empty() {
        return Vec::new();
    }
    let mut ground = Ground::start();
    let reports = run(&mut ground, cells).await;
    ground.finish(reports).await
}
