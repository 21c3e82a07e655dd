//! Where cells run: a tenant and a host, as two processes.

use std::sync::Arc;
use std::time::Duration;

use conjoin_tests::{Host, TenantProcess, Watch, free_port};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::cells::Cell;
use crate::faults::Fault;
use crate::person::{End, Person, users};

/// A host that takes up what it put down soon: nobody waits for it here but the test.
const SETTINGS: &str = "
    [recovery]
    lease = 5
    every = 1
    quiet_period = 4
";

/// What came of a cell, or how it failed.
pub type Report = (Cell, Result<End, String>);

/// A tenant and a host of their own.
pub struct Ground {
    tenant: TenantProcess,
    port: u16,
    host: Option<Arc<Host>>,
    watch: Option<Watch>,
    settled: Vec<Settled>,
}

/// A cell at its end.
struct Settled {
    cell: Cell,
    person: Person,
    /// What the fault came to.
    end: End,
    /// How it stands when a person whose preview still waited has agreed once more.
    last: End,
    at: Instant,
}

impl Ground {
    pub fn start() -> Self {
        let (tenant, port) = (TenantProcess::start(), free_port());
        let data = tempfile::tempdir().expect("a temporary directory");
        let host = Arc::new(tenant.host(data, port, SETTINGS));
        Self {
            watch: Some(Watch::over(&host)),
            host: Some(host),
            tenant,
            port,
            settled: Vec::new(),
        }
    }

    pub fn host(&self) -> Arc<Host> {
        self.host.clone().expect("a host is running")
    }

    /// What the host has asked of the Management API since the log of calls was emptied, as `METHOD path`, sorted.
    pub async fn management_calls(&self) -> Vec<String> {
        let calls = self.tenant.tenant.calls().await;
        let text = |call: &serde_json::Value, key: &str| call[key].as_str().unwrap_or_default().replace("%7C", "|");
        let mut asked: Vec<String> = calls
            .iter()
            .filter(|call| text(call, "path").starts_with("/api/v2/"))
            .map(|call| format!("{} {}", text(call, "method"), text(call, "path")))
            .collect();
        asked.sort();
        asked
    }

    /// Runs cells, so many at a time. Those that fail are in the answer; the others wait for [`Ground::finish`].
    pub async fn side_by_side(&mut self, cells: Vec<Cell>, at_once: usize) -> Vec<Report> {
        let host = self.host();
        let work = |cell: Cell| {
            let host = host.clone();
            async move {
                let person = Person::at_review(&host, cell.work, &cell.people).await;
                strike(&host, &cell, &person).await;
                person.press().await.expect("it does not fail").expect("an answer");
                settle(&host, cell, person).await
            }
        };
        let done = each(cells, at_once, work).await;
        self.keep(done).await
    }

    /// Brings so many cells at a time to where the tenant holds their request, kills the host, starts another on the same data, and waits for their ends.
    pub async fn killed(&mut self, cells: Vec<Cell>, together: usize) -> Vec<Report> {
        let mut failed = Vec::new();
        // Of those that wait for a new token the tenant can hold only one, which is everyone's.
        let (alone, shared): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(|cell| cell.step.token);
        let batches = shared.chunks(together).chain(alone.chunks(1));
        for batch in batches {
            let host = self.host();
            let work = |cell: Cell| {
                let host = host.clone();
                async move {
                    let person = Person::at_review(&host, cell.work, &cell.people).await;
                    let before = last_call(&host).await;
                    strike(&host, &cell, &person).await;
                    let press = person.press();
                    until_held(&host, &cell, &person, before).await;
                    (person, press)
                }
            };
            let mut held: Vec<(Cell, Person, JoinHandle<_>)> = Vec::new();
            for (cell, prepared) in each(batch.to_vec(), together, work).await {
                match prepared {
                    Ok((person, press)) => held.push((cell, person, press)),
                    Err(error) => failed.push((cell, Err(error))),
                }
            }
            drop(host);
            self.replace_host().await;
            for (cell, _, press) in &held {
                press.abort();
                self.tenant.tenant.end_faults(&cell.people).await;
            }
            let host = self.host();
            let people = held.into_iter().map(|(cell, person, _)| (cell, person));
            let mut settling = JoinSet::new();
            for (cell, person) in people {
                let (host, of) = (host.clone(), cell.clone());
                settling.spawn(async move { (of, caught(async move { settle(&host, cell, person).await }).await) });
            }
            failed.extend(self.keep(settling.join_all().await).await);
        }
        failed
    }

    /// Looks once more at every cell, when whatever comes late has come; and at the journal. Answers every cell's end.
    pub async fn finish(mut self, mut reports: Vec<Report>) -> Vec<Report> {
        let host = self.host();
        // A late effect cannot be waited for by looking: when all is well, it changes nothing. So its time must have come.
        let comes = |settled: &Settled| settled.at + settled.cell.fault.late_by();
        if let Some(last) = self.settled.iter().map(comes).max() {
            tokio::time::sleep_until(last).await;
        }
        let held = users(&host.tenant).await;
        for Settled {
            cell,
            person,
            end,
            last,
            ..
        } in std::mem::take(&mut self.settled)
        {
            let (host, held) = (host.clone(), held.clone());
            let looked = caught(async move {
                person.assert_held(last, &held);
                person.assert_told(&host, last).await;
            });
            let looked = looked.await.map_err(|error| format!("later: {error}"));
            reports.push((cell, looked.map(|()| end)));
        }
        let watch = self.watch.take().expect("a watch");
        let answers = caught(watch.end()).await.map(drop);
        let unsettled = host.unsettled();
        for (what, problem) in [
            ("healthz", answers.err()),
            (
                "the journal",
                (!unsettled.is_empty()).then(|| format!("not settled: {unsettled:?}")),
            ),
        ] {
            if let (Some(problem), Some((_, end))) = (problem, reports.last_mut()) {
                *end = Err(format!("after all cells, {what}: {problem}"));
            }
        }
        let log = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("matrix-{}.log", self.port));
        std::fs::write(&log, host.log()).expect("the log can be written");
        println!("the host's log is in {}", log.display());
        reports
    }

    /// Keeps the cells that are at an end, and answers those that failed.
    async fn keep(&mut self, done: Vec<(Cell, Result<Settled, String>)>) -> Vec<Report> {
        let mut failed = Vec::new();
        for (cell, outcome) in done {
            match outcome {
                Ok(settled) => self.settled.push(settled),
                Err(error) => {
                    println!("{}: {error:.400}", cell.name());
                    // Its faults would strike the cells that come after it.
                    self.tenant.tenant.end_faults(&cell.people).await;
                    failed.push((cell, Err(error)));
                }
            }
        }
        failed
    }

    /// Kills the host and starts another on its data and at its address.
    async fn replace_host(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.end().await;
        }
        let host = self.host.take().expect("a host is running");
        let host = Arc::try_unwrap(host).unwrap_or_else(|_| panic!("somebody still uses the host"));
        let data = host.kill();
        let host = Arc::new(self.tenant.host(data, self.port, SETTINGS));
        self.watch = Some(Watch::over(&host));
        self.host = Some(host);
    }
}

/// Sets a cell's faults.
async fn strike(host: &Host, cell: &Cell, person: &Person) {
    let standing = cell.work.standing_fault(&format!("{}-standing", cell.people), person);
    let rules = cell.fault.rules(&cell.people, &cell.step, &cell.step.path.of(person));
    let rules: Vec<_> = rules
        .as_array()
        .into_iter()
        .flatten()
        .cloned()
        .chain(standing)
        .collect();
    host.tenant.add_faults(&rules.into()).await;
}

/// Waits for a cell's end and looks at it. A preview that still waits is agreed to once more when the fault is over, and must then be carried out.
async fn settle(host: &Host, cell: Cell, mut person: Person) -> Settled {
    let end = end(host, &cell, &mut person).await;
    let mut last = end;
    if end == End::NotBegun {
        // A host that died with the accounts' locks keeps them for as long as its lease: until then the person is told to wait a moment, and presses again.
        for _ in 0..3 {
            person.press().await.expect("it does not fail").expect("an answer");
            last = self::end(host, &cell, &mut person).await;
            if last != End::NotBegun {
                break;
            }
        }
        assert_ne!(last, End::NotBegun, "agreed to again, and it did not begin");
    }
    Settled {
        cell,
        person,
        end,
        last,
        at: Instant::now(),
    }
}

async fn end(host: &Host, cell: &Cell, person: &mut Person) -> End {
    let end = person.until_settled(host).await;
    host.tenant.end_faults(&cell.people).await;
    person.assert_allowed(end);
    person.assert_held(end, &users(&host.tenant).await);
    person.assert_told(host, end).await;
    end
}

/// The number of the newest request that the tenant has had.
async fn last_call(host: &Host) -> u64 {
    let calls = host.tenant.calls().await;
    calls
        .last()
        .and_then(|call| call["number"].as_u64())
        .unwrap_or_default()
}

/// Waits until the tenant holds the cell's request, which came after `before`: those of hosts that were killed earlier stand in its log
/// without an answer too. And, when it is to be killed afterwards, until it has had its effect.
async fn until_held(host: &Host, cell: &Cell, person: &Person, before: u64) {
    let path = if cell.step.token {
        "/oauth/token".to_owned()
    } else {
        cell.step.path.of(person)
    };
    for _ in 0..1200 {
        let calls = host.tenant.calls().await;
        let struck = calls.iter().any(|call| {
            let called = call["path"].as_str().unwrap_or_default().replace("%7C", "|");
            let held = call["fault"] == true && call["status"].is_null();
            let is_new = call["number"].as_u64() > Some(before);
            held && is_new && call["method"] == method(cell) && called == path
        });
        if struck && (cell.fault == Fault::KilledBefore || has_happened(host, cell, person).await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the tenant does not hold {} {path}", method(cell));
}

fn method(cell: &Cell) -> &'static str {
    if cell.step.token { "POST" } else { cell.step.method }
}

/// Whether the effect of the step that is struck can be seen at the tenant.
async fn has_happened(host: &Host, cell: &Cell, person: &Person) -> bool {
    let users = users(&host.tenant).await;
    let metadata = |id: &str| users.get(id).map(|user| user["user_metadata"].clone());
    match cell.step.name {
        "write-primary" => metadata(person.primary()) == Some(person.joined().1),
        "put-back" | "take-out" => metadata(person.primary()) == Some(person.before(person.primary()).1),
        "give-back" => metadata(person.secondary()) == Some(person.before(person.secondary()).1),
        "join" => !users.contains_key(person.secondary()),
        "separate" => users.contains_key(person.secondary()),
        "end-sessions" if cell.work.is_unlink() => host.tenant.sessions(person.primary()).await.is_empty(),
        "end-sessions" => host.tenant.sessions(person.secondary()).await.is_empty(),
        // There are none, and so there is nothing to see.
        "end-tokens" => true,
        other => panic!("what {other} does is not known"),
    }
}

/// Does the same with each of `items`, so many at a time.
async fn each<T, F>(items: Vec<Cell>, at_once: usize, work: impl Fn(Cell) -> F) -> Vec<(Cell, Result<T, String>)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(at_once));
    let mut running = JoinSet::new();
    for cell in items {
        let (places, work) = (places.clone(), work(cell.clone()));
        running.spawn(async move {
            let _place = places.acquire_owned().await.expect("it is not closed");
            (cell, caught(work).await)
        });
    }
    running.join_all().await
}

/// What a piece of work answers, or what it panicked with.
async fn caught<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    tokio::spawn(work).await.map_err(|error| {
        let Ok(panic) = error.try_into_panic() else {
            return "cancelled".to_owned();
        };
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "a panic without words".to_owned())
    })
}
