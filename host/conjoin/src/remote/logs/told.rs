//! What was told already, while decisions are followed.
//!
//! A host lists decisions by when they were made, and one can come into the list after later ones: of another host, whose clock is a little behind, or of a database that
//! made it wait for its turn. So what was told in the last half minute is asked for again, and what was told is not told again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// How much later than its time a decision may come into the list: more than a host waits for its database, and its clock may be off.
const LATE: Duration = Duration::from_secs(30);

/// The most that are remembered: as many as a host keeps. Of more than that in half a minute, one that comes late can be missed.
pub(super) const REMEMBERED: usize = 10_000;

/// What a host is asked for first: everything.
const BEGINNING: &str = "0.";

/// The decisions of the last half minute that were told, by their cursors.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Everything up to here was told long ago.
    since: Option<String>,
    /// When each after it was first seen.
    seen: HashMap<String, Instant>,
    /// The same in the order of the list, as it was last read.
    listed: VecDeque<String>,
}

impl Told {
    /// Takes for told what was listed before anything is followed, the oldest first. What comes before the first of these is not asked for.
    pub(super) fn begin<'a>(listed: impl Iterator<Item = &'a str>, now: Instant) -> Self {
        let mut listed = listed.map(str::to_owned);
        Self {
            since: listed.next(),
            seen: listed.map(|cursor| (cursor, now)).collect(),
            listed: VecDeque::new(),
        }
    }

    /// From where on to ask.
    pub(super) fn since(&self) -> &str {
        self.since.as_deref().unwrap_or(BEGINNING)
    }

    /// Notes a decision, in the order of the list; says whether it was never told.
    pub(super) fn is_new(&mut self, cursor: &str, now: Instant) -> bool {
        self.listed.push_back(cursor.to_owned());
        if self.seen.contains_key(cursor) {
            return false;
        }
        self.seen.insert(cursor.to_owned(), now);
        true
    }

    /// At the end of the list: what is old enough that nothing can come before it any more is not asked for again, and what the host does not list any more is forgotten.
    pub(super) fn move_on(&mut self, now: Instant) {
        let mut seen = std::mem::take(&mut self.seen);
        while let Some(cursor) = self.listed.front() {
            let at = seen.get(cursor);
            let settled = at.is_none_or(|at| now.saturating_duration_since(*at) >= LATE);
            if !settled && self.listed.len() <= REMEMBERED {
                break;
            }
            self.since = self.listed.pop_front();
        }
        let left = self.listed.drain(..).filter_map(|cursor| seen.remove_entry(&cursor));
        self.seen = left.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of a list is told.
    fn told(told: &mut Told, list: &[&str], now: Instant) -> Vec<String> {
        let new = |cursor: &&&str| told.is_new(cursor, now);
        let new: Vec<String> = list.iter().filter(new).map(|cursor| (*cursor).to_owned()).collect();
        told.move_on(now);
        new
    }

    #[test]
    fn what_comes_late_is_told_and_nothing_is_told_twice() {
        let (mut all, now) = (Told::default(), Instant::now());
        assert_eq!(told(&mut all, &["1.a", "3.a"], now), ["1.a", "3.a"]);
        assert_eq!(all.since(), BEGINNING);
        assert_eq!(told(&mut all, &["1.a", "2.a", "3.a"], now), ["2.a"]);
        assert_eq!(told(&mut all, &["1.a", "2.a", "3.a"], now), [""; 0]);
    }

    #[test]
    fn what_was_there_before_is_told() {
        let now = Instant::now();
        let mut all = Told::begin(["1.a", "3.a"].into_iter(), now);
        assert_eq!(all.since(), "1.a");
        assert_eq!(told(&mut all, &["2.a", "3.a", "4.a"], now), ["2.a", "4.a"]);
    }

    #[test]
    fn what_the_host_forgets_is_forgotten() {
        let (mut all, now) = (Told::default(), Instant::now());
        told(&mut all, &["1.a", "2.a"], now);
        told(&mut all, &["2.a"], now);
        assert_eq!(all.seen.len(), 1);
    }

    #[test]
    fn what_is_old_is_not_asked_for_again() {
        let (mut all, now) = (Told::default(), Instant::now());
        told(&mut all, &["1.a", "3.a"], now);
        let soon = now + LATE / 2;
        told(&mut all, &["1.a", "2.a", "3.a"], soon);
        let later = now + LATE;
        assert_eq!(told(&mut all, &["1.a", "2.a", "3.a"], later), [""; 0]);
        assert_eq!(all.since(), "1.a", "before `2.a`, which came half a time ago");
        assert_eq!(told(&mut all, &["2.a", "3.a"], soon + LATE), [""; 0]);
        assert_eq!((all.since(), all.seen.len()), ("3.a", 0));
    }

    #[test]
    fn no_more_is_remembered_than_a_host_keeps() {
        let (mut all, now) = (Told::default(), Instant::now());
        let cursors: Vec<String> = (0..REMEMBERED + 5).map(|number| format!("{number}.a")).collect();
        let list: Vec<&str> = cursors.iter().map(String::as_str).collect();
        assert_eq!(told(&mut all, &list, now).len(), list.len());
        assert_eq!((all.since(), all.seen.len()), ("4.a", REMEMBERED));
    }
}
