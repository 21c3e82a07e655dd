//! `conjoin policy logs -f`: every decision, and each once.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conjoin_tests::bounded::Bound;
use conjoin_tests::{DEV_TOKEN, Host, Team, program};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use url::Url;

use crate::person::Person;
use crate::remote::{Stub, as_json};

/// Longer than anything that is waited for takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command, and the decisions that it told. Ends when it is dropped.
struct Following {
    child: Child,
    lines: UnboundedReceiver<String>,
    told: Vec<String>,
    _bound: Bound,
}

impl Following {
    fn of(host: &Url) -> Self {
        let mut command = Command::new(program());
        command.args(["policy", "logs", "--follow", "--json"]);
        command
            .env("CONJOIN_HOST", host.as_str())
            .env("CONJOIN_TOKEN", DEV_TOKEN);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Ok(()) = sender.send(line) else { return };
            }
        });
        Self {
            _bound: Bound::of(&child),
            child,
            lines,
            told: Vec::new(),
        }
    }

    /// Reads on until it has told so many, by their cursors.
    async fn until(&mut self, count: usize) {
        while self.told.len() < count {
            let line = timeout(PATIENCE, self.lines.recv()).await;
            let line = line.unwrap_or_else(|_| panic!("it told no more than {:?}", self.told));
            self.note(&line.expect("it goes on"));
        }
    }

    fn note(&mut self, line: &str) {
        let decision: Value = serde_json::from_str(line).unwrap();
        self.told.push(decision["cursor"].as_str().unwrap().to_owned());
    }

    /// Ends it; answers everything that it told.
    async fn end(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Some(line) = timeout(PATIENCE, self.lines.recv()).await.expect("its output ends") {
            self.note(&line);
        }
        std::mem::take(&mut self.told)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All decisions, by their cursors, the oldest first.
async fn decided(team: &Team) -> Vec<String> {
    let answer = team.get("decisions?limit=100").await.body;
    let decisions = answer["decisions"].as_array().unwrap().iter().rev();
    decisions
        .map(|decision| decision["cursor"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn who_follows_the_log_is_told_of_each_decision_once() {
    let host = Host::start().await;
    let team = Team::of(&host);
    Person::named("before").put(&host.tenant).await.join(&host).await;
    let before = decided(&team).await;
    assert!(!before.is_empty());
    let mut following = Following::of(&host.url);
    following.until(before.len()).await;
    for name in ["one", "two", "three"] {
        Person::named(name).put(&host.tenant).await.join(&host).await;
    }
    let mut all = decided(&team).await;
    assert!(all.len() > before.len() + 3, "{all:?}");
    following.until(all.len()).await;
    let mut told = following.end().await;
    // One that is noted while the list is read can come before others of its moment.
    told.sort_unstable();
    all.sort_unstable();
    assert_eq!(told, all);
}

/// Of two hosts with one database, or of two decisions at once, the earlier one can come into the list later.
#[tokio::test]
async fn a_decision_that_comes_into_the_list_late_is_told_too() {
    let looks = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(move |_| {
        // The first answer is the newest first, those to who asks what came since are the oldest first.
        let listed: &[&str] = match looks.fetch_add(1, Ordering::Relaxed) {
            0 => &["3.a", "1.a"],
            1 => &["3.a"],
            2 => &["2.a", "3.a", "4.a"],
            _ => &["2.a", "3.a", "4.a", "5.a"],
        };
        let listed: Vec<Value> = listed.iter().map(|cursor| json!({"cursor": cursor})).collect();
        as_json(&json!({"decisions": listed}))
    })
    .await;
    let mut following = Following::of(&stub.url);
    following.until(5).await;
    // It has looked twice more when it asks a third time.
    let looked = |stub: &Stub| stub.asked.lock().unwrap().len();
    let enough = looked(&stub) + 3;
    let looks_on = async {
        while looked(&stub) < enough {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, looks_on).await.expect("it goes on");
    assert_eq!(following.end().await, ["1.a", "3.a", "2.a", "4.a", "5.a"]);
}
