//! Whether the host answers all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::Host;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest wait for one answer before it counts as none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Somebody who asks `/healthz` again and again.
pub struct Watch {
    over: Arc<AtomicBool>,
    asking: JoinHandle<Answers>,
}

/// What came back.
#[derive(Debug, Default)]
pub struct Answers {
    /// How often all was well.
    pub well: usize,
    /// Everything else.
    pub other: Vec<String>,
}

impl Watch {
    /// Begins to ask.
    pub fn over(host: &Host) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (url, ends) = (host.at("/healthz"), over.clone());
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.expect("a client");
        let asking = tokio::spawn(async move {
            let mut answers = Answers::default();
            while !ends.load(Ordering::Relaxed) {
                match client.get(url.clone()).send().await {
                    Ok(answer) if answer.status() == 200 => answers.well += 1,
                    Ok(answer) => answers.other.push(answer.status().to_string()),
                    Err(error) => answers.other.push(error.to_string()),
                }
                tokio::time::sleep(PAUSE).await;
            }
            answers
        });
        Self { over, asking }
    }

    /// Stops asking, and asserts that there was an answer each time.
    pub async fn end(self) -> Answers {
        self.over.store(true, Ordering::Relaxed);
        let answers = self.asking.await.expect("the watch does not fail");
        assert!(answers.well > 0 && answers.other.is_empty(), "healthz: {answers:?}");
        answers
    }
}
