//! Goes along a trail and says where it is not as it was written.

use std::io;

use conjoin_linking::tenant::TenantName;

use super::head::AuditHead;
use crate::store::StoreError;
use crate::store::keyed::Keys;

/// Where an audit trail is not as it was written, or why that could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum AuditBroken {
    /// An entry, its number, its time or its place is not what was written.
    #[error("entry {seq} was altered, moved or put in")]
    Altered {
        /// Its number.
        seq: i64,
    },
    /// An entry is not there, and later ones are.
    #[error("entry {seq} is missing")]
    Missing {
        /// Its number.
        seq: i64,
    },
    /// The last entries are not there.
    #[error("the trail ends with entry {seq}, and went on to entry {expected}: its end was cut off")]
    CutOff {
        /// The last one that there is.
        seq: i64,
        /// The last one that is known to have been written.
        expected: i64,
    },
    /// The trail is not the one that a known head is of: it was replaced, or put back to an earlier state and gone on from there.
    #[error("entry {seq} is not the one that the known head is of: the trail was replaced")]
    Differs {
        /// The head's number.
        seq: i64,
    },
    /// The head does not fit the last entry.
    #[error("the head does not fit entry {seq}, the last one: the head was altered, or entries were cut off or put in")]
    Head {
        /// The last entry's number.
        seq: i64,
    },
    /// A file ends without its head.
    #[error("the file ends after entry {seq} without its head: it was cut off")]
    NoHead {
        /// The last entry's number.
        seq: i64,
    },
    /// A line of a file is none that an export writes.
    #[error("the line after entry {seq} is none that an export writes")]
    Form {
        /// The entry's number.
        seq: i64,
    },
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be read.
    #[error("reading the file: {0}")]
    Input(#[from] io::Error),
}

/// An entry as it was found.
pub(super) struct Line<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) entry: &'a str,
    pub(super) mac: &'a str,
}

/// Goes along one trail.
pub(super) struct Check<'a> {
    keys: &'a Keys,
    tenant: &'a TenantName,
    known: &'a [AuditHead],
    seq: i64,
    at: i64,
    mac: String,
}

impl<'a> Check<'a> {
    pub(super) fn new(keys: &'a Keys, tenant: &'a TenantName, known: &'a [AuditHead]) -> Self {
        Self {
            keys,
            tenant,
            known,
            seq: 0,
            at: 0,
            mac: String::new(),
        }
    }

    /// The number of the last entry that was in order.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    /// The next entry.
    pub(super) fn take(&mut self, line: &Line<'_>) -> Result<(), AuditBroken> {
        let expected = self.seq + 1;
        if line.seq > expected {
            return Err(AuditBroken::Missing { seq: expected });
        }
        if line.seq < expected || !self.keys.is_entry(self.tenant, &self.mac, line) {
            return Err(AuditBroken::Altered { seq: line.seq });
        }
        (self.seq, self.at) = (line.seq, line.at);
        line.mac.clone_into(&mut self.mac);
        self.compare()
    }

    /// The end, where the trail is said to end.
    pub(super) fn end(self, head: &AuditHead) -> Result<AuditHead, AuditBroken> {
        let furthest = self.known.iter().map(|known| known.seq).chain([head.seq]).max();
        if let Some(expected) = furthest.filter(|furthest| *furthest > self.seq) {
            let seq = self.seq;
            return Err(AuditBroken::CutOff { seq, expected });
        }
        if head.seq != self.seq || head.tenant != *self.tenant || !self.keys.is_head(head, &self.mac) {
            return Err(AuditBroken::Head { seq: self.seq });
        }
        Ok(head.clone())
    }

    fn compare(&self) -> Result<(), AuditBroken> {
        let mut here = self.known.iter().filter(|known| known.seq == self.seq);
        let ours = |known: &AuditHead| known.tenant == *self.tenant && self.keys.is_head(known, &self.mac);
        if here.all(ours) {
            Ok(())
        } else {
            Err(AuditBroken::Differs { seq: self.seq })
        }
    }
}
