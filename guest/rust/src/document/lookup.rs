//! The values of an object by their keys.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::{Entries, Node};

/// Up to so many keys are looked through one by one.
const FEW: usize = 8;

/// Finds the values of an object. Cheapest for keys in the order in which the object has them, which those of two accounts of one application mostly are.
pub struct Lookup<'a> {
    all: Entries<'a>,
    /// From behind the key that was found last.
    ahead: Entries<'a>,
    /// Where each key of an object of many is; made when it is needed.
    index: Option<Index<'a>>,
}

/// Without `RandomState`: a component gets no chance but that of its event, and the same bags have to cost the same. Keys that are made to collide cost their own owner fuel.
type Index<'a> = HashMap<Cow<'a, str>, Entries<'a>, BuildHasherDefault<DefaultHasher>>;

impl<'a> Lookup<'a> {
    pub(super) fn of(entries: Entries<'a>) -> Self {
        Self {
            ahead: entries.clone(),
            all: entries,
            index: None,
        }
    }

    /// What a key holds.
    pub fn get(&mut self, key: &str) -> Option<Node<'a>> {
        let ahead = self.ahead.clone();
        self.at(ahead, key).or_else(|| {
            let place = self.find(key)?;
            self.at(place, key)
        })
    }

    /// The value at a place, if it is this key's.
    fn at(&mut self, mut place: Entries<'a>, key: &str) -> Option<Node<'a>> {
        let (name, value) = place.next()?;
        if !name.says(key) {
            return None;
        }
        self.ahead = place;
        Some(value)
    }

    fn find(&mut self, key: &str) -> Option<Entries<'a>> {
        if self.index.is_none() {
            let mut places = places(self.all.clone());
            let found = places.by_ref().take(FEW).find(|(name, _)| name.says(key));
            if let Some((_, place)) = found {
                return Some(place);
            }
            places.next()?;
        }
        let all = &self.all;
        let index = self.index.get_or_insert_with(|| {
            let mut index = Index::with_capacity_and_hasher(all.clone().count(), BuildHasherDefault::new());
            index.extend(places(all.clone()).map(|(name, place)| (name.said(), place)));
            index
        });
        index.get(key).cloned()
    }
}

/// Each key, and where it stands.
fn places(mut entries: Entries<'_>) -> impl Iterator<Item = (Node<'_>, Entries<'_>)> {
    std::iter::from_fn(move || {
        let place = entries.clone();
        let (key, _) = entries.next()?;
        Some((key, place))
    })
}
