//! Counting what a search finds: top values, events over time, totals.

use trailhound_query::columnar;
pub use trailhound_query::columnar::{
    Bucket, Counted, DistinctPer, Facet, Histogram, HistogramError, Interval, Top, TopDistinct,
};
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

    /// Counts for each value of `per` how many different values of `of` go with it, in the events in
    /// `range` that match `query`; gives the `limit` values with the most.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn distinct_per(
        &self,
        of: &Facet,
        per: &Facet,
        query: &Query,
        range: TimeRange,
        limit: usize,
    ) -> Result<TopDistinct, LookupError> {
        Ok(columnar::distinct_per(&*self.store().snapshot()?, of, per, query, range, limit))
    }

    /// Counts the events in `range` that match `query` over time: in steps of `interval`, or of one that
    /// suits the range; split by the most frequent values of a facet, at most so many.
    ///
    /// # Errors
    /// As [`App::lookup`]; inside, [`HistogramError`] when `interval` is too short for the range.
    pub fn histogram(
        &self,
        query: &Query,
        range: TimeRange,
        interval: Option<Interval>,
        split: Option<(&Facet, usize)>,
    ) -> Result<Result<Histogram, HistogramError>, LookupError> {
        let snapshot = self.store().snapshot()?;
        Ok(columnar::histogram(&snapshot, query, range, interval, split))
    }

    /// Counts the events in `range` that match `query`.
    ///
    /// # Errors
    /// As [`App::lookup`].
    pub fn count_matches(&self, query: &Query, range: TimeRange) -> Result<Counted, LookupError> {
        Ok(columnar::count(&*self.store().snapshot()?, query, range))
    }
}
