//! What the tenant would have mailed: nothing leaves the machine, and its developer reads it here.

use std::collections::VecDeque;

use serde::Serialize;

/// Messages that are kept.
const CAPACITY: usize = 200;

/// A mail that was not sent.
#[derive(Clone, Serialize)]
pub struct Message {
    /// The address.
    pub to: String,
    /// What it is about.
    pub subject: &'static str,
    /// The code to type, if that is what it brings.
    pub code: Option<String>,
    /// When, as users show times.
    pub sent_at: String,
}

/// The last messages, oldest first.
#[derive(Default)]
pub struct Inbox(VecDeque<Message>);

impl Inbox {
    /// Keeps a message.
    pub fn deliver(&mut self, message: Message) {
        if self.0.len() >= CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    /// All that are kept.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.0.iter()
    }
}
