//! How many events match.

use trailhound_search::{Query, TimeRange};
use trailhound_store::{ReadSegmentError, Snapshot};

use crate::columnar::bits::Bits;
use crate::columnar::block::Block;
use crate::columnar::scan::{Tally, tally, within};
use crate::lookup::Coverage;

/// How many events match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// The number.
    pub events: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

struct Sum(u64);

impl Tally for Sum {
    fn add(&mut self, _block: &Block<'_>, rows: &Bits) -> Result<(), ReadSegmentError> {
        self.0 += rows.len() as u64;
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// Counts the events of `snapshot` in `range` that match `query`.
///
/// As of: the snapshot. Unreadable segments are named in the coverage; their events are missing.
pub fn count(snapshot: &Snapshot, query: &Query, range: TimeRange) -> Counted {
    let (sum, coverage) = tally(snapshot, &within(query, range), || Sum(0));
    Counted { events: sum.0, coverage }
}
