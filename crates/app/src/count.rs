//! Counting what a search finds: top values, events over time, totals.

use trailhound_query::columnar;
pub use trailhound_query::columnar::{Bucket, Counted, Facet, Histogram, Top};
use trailhound_query::search::{Query, TimeRange};

use crate::App;
use crate::lookup::LookupError;

impl App {
    /// Counts the events in `range` that match `query` by the values of `facet`; gives the `limit` most
    /// frequent.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn top(
        &self,
        facet: &Facet,
        query: &Query,
        range: TimeRange,
        limit: usize,
    ) -> Result<Top, LookupError> {
        Ok(columnar::top(&*self.store().snapshot()?, facet, query, range, limit))
    }

    /// Counts the events in `range` that match `query`, over time, in at most 200 steps.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn histogram(&self, query: &Query, range: TimeRange) -> Result<Histogram, LookupError> {
        let snapshot = self.store().snapshot()?;
        let counted = columnar::histogram(&snapshot, query, range, None, None);
        counted.map_err(|error| LookupError::Store(Box::new(error)))
    }

    /// Counts the events in `range` that match `query`.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn count_matching(&self, query: &Query, range: TimeRange) -> Result<Counted, LookupError> {
        Ok(columnar::count(&*self.store().snapshot()?, query, range))
    }
}
