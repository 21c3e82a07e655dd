//! What happens to which request.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt};

/// What is done to one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answered with this status; it never reaches the tenant.
    Refuse(u16),
    /// It reaches the tenant, and the answer is this status all the same.
    FailAfter(u16),
    /// The connection is cut; before, or after it reached the tenant.
    Cut { after: bool },
    /// It reaches the tenant, and half of the answer arrives.
    Half,
    /// The connection is cut, and it reaches the tenant that much later.
    Late(Duration),
    /// The host dies; before, or after it reached the tenant.
    Kill { after: bool },
    /// Someone else writes this metadata: before or after it reaches the tenant, as the request allows (see `proxy`).
    Edit(Edit),
}

/// What someone else writes.
#[derive(Clone, Debug)]
pub struct Edit {
    pub of: Side,
    pub bag: &'static str,
    /// A key of the edit's own, or, for the primary, one that the link writes.
    pub planned: bool,
    pub value: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Primary,
    Secondary,
}

/// The later of a request's two reaching the tenant is no later than this. Shorter than the run's [`conjoin_linking::pace::Pace::late`]: that is what the domain relies on.
const LATEST: u64 = 400;

/// Which of the requests of one link or unlink are struck, by their number, counted from 0.
pub type Schedule = Vec<(usize, Act)>;

pub fn schedule(random: &mut StdRng) -> Schedule {
    // Often nothing or little, sometimes one thing after another.
    let many = [0, 1, 2, 3, 4, 8][random.random_range(0..6)];
    (0..many).map(|_| (random.random_range(0..18), act(random))).collect()
}

fn act(random: &mut StdRng) -> Act {
    match random.random_range(0..12) {
        0 => Act::Refuse([400, 403, 404, 409][random.random_range(0..4)]),
        1 => Act::Refuse([429, 500, 503, 401][random.random_range(0..4)]),
        2 => Act::FailAfter([500, 503, 408][random.random_range(0..3)]),
        3 => Act::Cut { after: false },
        4 => Act::Cut { after: true },
        5 => Act::Half,
        6 => Act::Late(Duration::from_millis(random.random_range(0..LATEST))),
        7 | 8 => Act::Kill {
            after: random.random_bool(0.5),
        },
        _ => Act::Edit(Edit {
            of: if random.random_bool(0.6) {
                Side::Primary
            } else {
                Side::Secondary
            },
            bag: if random.random_bool(0.5) {
                "user_metadata"
            } else {
                "app_metadata"
            },
            planned: random.random_bool(0.4),
            value: random.next_u32(),
        }),
    }
}
