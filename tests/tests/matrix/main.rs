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
use tokio::task::JoinSet;

/// Cells that run on one host at a time. Most of them wait for a host that waits.
const SIDE_BY_SIDE: usize = 12;

/// Cells in which one killed host is caught at once.
const KILLED_TOGETHER: usize = 12;

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

    let mut grounds = JoinSet::new();
    for way in [Way::Alone, Way::Killed, Way::Shared] {
        let cells: Vec<Cell> = run.iter().filter(|cell| cell.way() == way).cloned().collect();
        for place in 0..way.grounds() {
            let cells: Vec<Cell> = cells.iter().skip(place).step_by(way.grounds()).cloned().collect();
            if !cells.is_empty() {
                grounds.spawn(on_own_ground(way, cells));
            }
        }
    }
    let reports: Vec<Report> = grounds.join_all().await.into_iter().flatten().collect();

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
        person.press().await.expect("it does not fail").expect("an answer");
        let called = ground.management_calls().await;
        person.until_settled(&host).await;
        assert_eq!(called, work.requests(&person), "{work:?}");
    }
}

/// Runs cells on a tenant and a host of their own.
async fn on_own_ground(way: Way, cells: Vec<Cell>) -> Vec<Report> {
    let mut ground = Ground::start();
    let reports = match way {
        Way::Alone => ground.side_by_side(cells, 1).await,
        Way::Killed => ground.killed(cells, KILLED_TOGETHER).await,
        Way::Shared => ground.side_by_side(cells, SIDE_BY_SIDE).await,
    };
    ground.finish(reports).await
}
