use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::identity::UserId;
use super::user::User;

/// What the users search sees: every change becomes visible one lag after it was made. Auth0's index is eventually consistent; by how much
/// is not documented, so that a test chooses.
pub struct SearchIndex {
    lag: Duration,
    visible: BTreeMap<UserId, User>,
    pending: VecDeque<(Instant, UserId, Option<User>)>,
}

impl SearchIndex {
    /// An index that already knows `users`.
    #[must_use]
    pub fn new(users: impl Iterator<Item = User>, lag: Duration) -> Self {
        Self {
            lag,
            visible: users.map(|user| (user.user_id.clone(), user)).collect(),
            pending: VecDeque::new(),
        }
    }

    /// Notes a change: the user as it is now, or that it is gone.
    pub fn record(&mut self, now: Instant, id: UserId, user: Option<User>) {
        self.pending.push_back((now, id, user));
        self.advance(now);
    }

    /// Makes every change visible whose time has come.
    pub fn advance(&mut self, now: Instant) {
        while self
            .pending
            .front()
            .is_some_and(|(made, ..)| now.saturating_duration_since(*made) >= self.lag)
        {
            match self.pending.pop_front() {
                Some((_, id, Some(user))) => drop(self.visible.insert(id, user)),
                Some((_, id, None)) => drop(self.visible.remove(&id)),
                None => {}
            }
        }
    }

    /// The users that the search sees.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.visible.values()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_shows_after_the_lag_and_not_before() {
        let user = User::from_fixture(json!({"user_id": "auth0|a"})).unwrap();
        let start = Instant::now();
        let mut index = SearchIndex::new([user.clone()].into_iter(), Duration::from_secs(5));
        index.record(start, user.user_id.clone(), None);
        index.advance(start + Duration::from_secs(4));
        assert_eq!(index.users().count(), 1);
        index.advance(start + Duration::from_secs(5));
        assert_eq!(index.users().count(), 0);
    }
}
