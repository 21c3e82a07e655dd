//! Random metadata, random plans, random faults: nothing of either account is ever lost.
//!
//! Each run links two accounts of their own, and often takes them apart again, through the real domain, a real SQLite journal and a real simulated tenant. Between them
//! stands a proxy that does to the n-th request what the run's schedule says: refuse it, fail before or after its effect, cut it, delay the effect, kill the host there, or
//! let someone else write metadata at that moment. A run is named by its seed, and the seed alone decides everything that is random in it:
//! `CONJOIN_SEED=17 cargo test -p conjoin-tests --test property` replays one. `CONJOIN_RUNS` sets how many there are:
//! `CONJOIN_RUNS=10000`, before a release and after a change to the domain, takes eight minutes of two processors and finds what shows once in a few thousand runs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod accounts;
mod checks;
mod proxy;
mod run;
mod schedule;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use world::World;

/// Runs at once. Many of them wait for a killed host's lease; more than these would wait for the database too, and longer than it lets them on a busy machine.
const AT_ONCE: usize = 48;

/// How many runs are made, when nothing else is said: in two processors' minute what shows once in a hundred runs is found for certain, and what shows once in a
/// thousand two times in three. Seeds are counted from 0: the same runs each time, so a repetition finds only what a change has made; `CONJOIN_RUNS=10000` has these and
/// nine times as many others.
const RUNS: u64 = 1_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn s26_s27_s28_s31_nothing_is_lost_whatever_fails_and_whatever_is_linked() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let first = number("CONJOIN_SEED");
        let seeds = first.map_or(0..number("CONJOIN_RUNS").unwrap_or(RUNS), |seed| seed..seed + 1);
        let world = Arc::new(World::start().await);
        let (slots, mut runs) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
        for seed in seeds {
            let (world, slot) = (world.clone(), slots.clone().acquire_owned().await.unwrap());
            runs.spawn(async move {
                let ended = tokio::spawn(run::run(world, seed)).await;
                drop(slot);
                (seed, ended)
            });
        }
        let (mut ends, mut failed): (BTreeMap<String, u32>, Vec<u64>) = (BTreeMap::new(), Vec::new());
        while let Some(ended) = runs.join_next().await {
            match ended.unwrap() {
                (_, Ok(end)) => *ends.entry(end).or_default() += 1,
                (seed, Err(_)) => failed.push(seed),
            }
        }
        println!("ends: {ends:#?}");
        failed.sort_unstable();
        assert!(failed.is_empty(), "replay with CONJOIN_SEED=… : {failed:?}");
        // The schedule must reach everything that it is for.
        if first.is_none() {
            for end in ["done", "rolled_back", "unlinked"] {
                assert!(
                    ends.keys().any(|reached| reached.starts_with(end)),
                    "no run ended {end}"
                );
            }
        }
    });
}
