use std::collections::VecDeque;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

/// Calls that are kept.
const CAPACITY: usize = 1000;
/// Bytes of bodies that are kept.
const BODIES: usize = 32 * 1024 * 1024;

/// One request that the tenant received.
#[derive(Clone, Serialize)]
pub struct Call {
    /// Counts from 1 since the start; never used twice.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query as they came.
    pub path: String,
    /// Which client, where it says so.
    pub client_id: Option<String>,
    /// The JSON or form body; the values that `observe` names secret are replaced.
    pub body: Option<Value>,
    /// The status answered; `null` while there is none, and when the connection was reset.
    pub status: Option<u16>,
    /// When it had come whole: microseconds since the tenant's start, by a clock that nothing sets.
    pub at_micros: u64,
    /// Microseconds from then to the answer; `null` as for the status.
    pub took_micros: Option<u64>,
    /// Whether a fault was at work.
    pub fault: bool,
    /// The name of that fault's rule, where it has one.
    pub fault_name: Option<String>,
    #[serde(skip)]
    bytes: usize,
}

/// The last calls, in the order of their arrival.
pub struct Calls {
    calls: VecDeque<Call>,
    bytes: usize,
    received: u64,
    start: Instant,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            calls: VecDeque::new(),
            bytes: 0,
            received: 0,
            start: Instant::now(),
        }
    }
}

impl Calls {
    fn micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Notes a request and answers its number.
    pub fn received(
        &mut self,
        method: &str,
        path: String,
        client_id: Option<String>,
        body: Option<Value>,
        bytes: usize,
    ) -> u64 {
        self.received += 1;
        self.bytes += bytes;
        let (number, at_micros) = (self.received, self.micros());
        self.calls.push_back(Call {
            number,
            method: method.to_owned(),
            path,
            client_id,
            body,
            status: None,
            at_micros,
            took_micros: None,
            fault: false,
            fault_name: None,
            bytes,
        });
        while self.calls.len() > CAPACITY || self.bytes > BODIES {
            let Some(oldest) = self.calls.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
        number
    }

    /// Notes that a fault is at work on a request.
    pub fn faulted(&mut self, number: u64, name: Option<String>) {
        self.change(number, |call| {
            call.fault = true;
            call.fault_name = name;
        });
    }

    /// Notes the answer.
    pub fn answered(&mut self, number: u64, status: u16) {
        let now = self.micros();
        self.change(number, |call| {
            call.status = Some(status);
            call.took_micros = Some(now.saturating_sub(call.at_micros));
        });
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.number == number) {
            change(call);
        }
    }

    /// All that are kept.
    #[must_use]
    pub fn all(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }

    /// Forgets all; numbers go on.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.bytes = 0;
    }
}
