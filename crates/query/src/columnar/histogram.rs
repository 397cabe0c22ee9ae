//! How many events match over time.

use trailhound_record::Timestamp;
use trailhound_record::time::{MICROS_PER_DAY, MICROS_PER_SECOND};
use trailhound_search::{Query, TimeRange};
use trailhound_store::{ReadSegmentError, Snapshot};

use crate::columnar::bits::Bits;
use crate::columnar::block::Block;
use crate::columnar::facet::Facet;
use crate::columnar::names::{Map, Names};
use crate::columnar::scan::{Tally, tally, within};
use crate::columnar::top::largest;
use crate::lookup::Coverage;

/// The most buckets of a histogram.
pub const BUCKETS_MAX: u64 = 10_000;
/// The most buckets of an interval that was not asked for.
const BUCKETS_WANTED: i64 = 200;

/// Why there is no histogram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistogramError {
    /// The interval is too short for the range.
    #[error("the interval gives {buckets} buckets; at most {BUCKETS_MAX} are counted")]
    TooManyBuckets {
        /// How many it would be.
        buckets: u64,
    },
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    micros: i64,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// The intervals that are chosen from, in seconds: each at most 3⅓ times the one before, so that one of
/// them gives 60 to 200 buckets.
const STEPS: &[i64] = &[
    1,
    2,
    5,
    10,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    3 * DAY,
    WEEK,
    2 * WEEK,
    4 * WEEK,
    13 * WEEK,
    26 * WEEK,
    52 * WEEK,
];

impl Interval {
    /// So many seconds; nothing for none.
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        (seconds > 0).then(|| Self { micros: i64::from(seconds) * MICROS_PER_SECOND })
    }

    /// The shortest of the usual intervals (from a second to 52 weeks) that cuts `span_micros` into at
    /// most 200 buckets: 60 at least, when the span is a minute or longer.
    pub fn for_span(span_micros: i64) -> Self {
        let fits = |seconds: &&i64| span_micros / (**seconds * MICROS_PER_SECOND) < BUCKETS_WANTED;
        let longest = span_micros / MICROS_PER_SECOND / (BUCKETS_WANTED - 1) + 1;
        let weeks = longest.div_euclid(52 * WEEK) + 1;
        let seconds = STEPS.iter().find(fits).copied().unwrap_or(weeks * 52 * WEEK);
        Self { micros: seconds * MICROS_PER_SECOND }
    }

    /// Its length.
    pub fn seconds(self) -> i64 {
        self.micros / MICROS_PER_SECOND
    }

    /// The start of the bucket that holds `at`. Buckets start at multiples of the interval, in UTC;
    /// whole weeks start on Mondays.
    pub fn start_of(self, at: Timestamp) -> Timestamp {
        // 1970-01-05 was a Monday.
        let offset =
            if self.micros % (WEEK * MICROS_PER_SECOND) == 0 { 4 * MICROS_PER_DAY } else { 0 };
        let over = (at.0.saturating_sub(offset)).rem_euclid(self.micros);
        Timestamp(at.0.saturating_sub(over))
    }
}

/// The events of one interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Where it starts.
    pub start: Timestamp,
    /// Events in it.
    pub events: u64,
    /// Of these, those that have each of [`Histogram::values`].
    pub split: Vec<u64>,
}

/// Events over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// How long each bucket is.
    pub interval: Interval,
    /// One bucket after the other, empty ones too, over the range that was asked for; where that is open,
    /// from the store's first event or to its last.
    pub buckets: Vec<Bucket>,
    /// The most frequent values of the facet that it is split by.
    pub values: Vec<String>,
    /// Matching events without a readable time: in no bucket.
    pub without_time: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// Counts the events of `snapshot` in `range` that match `query`, by time: in steps of `interval`, or of
/// the one that [`Interval::for_span`] chooses; split by the most frequent values of a facet, at most so
/// many.
///
/// As of: the snapshot. Unreadable segments are named in the coverage; their events are missing.
///
/// # Errors
/// [`HistogramError::TooManyBuckets`] when `interval` is too short for the range.
pub fn histogram(
    snapshot: &Snapshot,
    query: &Query,
    range: TimeRange,
    interval: Option<Interval>,
    split: Option<(&Facet, usize)>,
) -> Result<Histogram, HistogramError> {
    let query = within(query, range);
    let bounds = bounds_of(snapshot, query.time_range());
    let (first, last) = bounds.unwrap_or_default();
    let interval = interval.unwrap_or_else(|| Interval::for_span(last.saturating_sub(first)));
    let start = interval.start_of(Timestamp(first)).0;
    let buckets = match bounds {
        Some(_) => (last.saturating_sub(start) / interval.micros) as u64 + 1,
        None => 0,
    };
    if buckets > BUCKETS_MAX {
        return Err(HistogramError::TooManyBuckets { buckets });
    }
    let new = || Times {
        start,
        interval: interval.micros,
        facet: split.map(|(facet, _)| facet),
        buckets: vec![0; buckets as usize],
        without_time: 0,
        names: Names::default(),
        split: Map::default(),
    };
    let (times, coverage) = tally(snapshot, &query, new);
    Ok(times.into_histogram(interval, split.map_or(0, |(_, limit)| limit), coverage))
}

/// The first and last instant to show.
fn bounds_of(snapshot: &Snapshot, range: TimeRange) -> Option<(i64, i64)> {
    let times = || snapshot.segments().iter().filter_map(|segment| segment.entry().time_micros);
    let first = match range.start {
        Some(start) => start.0,
        None => times().map(|(first, _)| first).min()?,
    };
    let last = match range.end {
        Some(end) => end.0.saturating_sub(1),
        None => times().map(|(_, last)| last).max()?,
    };
    (first <= last).then_some((first, last))
}

struct Times<'f> {
    start: i64,
    interval: i64,
    facet: Option<&'f Facet>,
    buckets: Vec<u64>,
    without_time: u64,
    names: Names,
    /// Events by value and bucket.
    split: Map<(u32, u32), u64>,
}

impl Times<'_> {
    fn bucket_of(&self, time: i64) -> Option<usize> {
        if time == i64::MIN {
            return None;
        }
        usize::try_from(time.checked_sub(self.start)?.div_euclid(self.interval)).ok()
    }

    fn count(&mut self, bucket: Option<usize>, events: u64) {
        match bucket {
            Some(bucket) => {
                if let Some(count) = self.buckets.get_mut(bucket) {
                    *count += events;
                }
            }
            None => self.without_time += events,
        }
    }

    fn into_histogram(self, interval: Interval, limit: usize, coverage: Coverage) -> Histogram {
        let mut totals = vec![0_u64; 0];
        for ((name, _), events) in &self.split {
            let name = *name as usize;
            totals.resize(totals.len().max(name + 1), 0);
            if let Some(total) = totals.get_mut(name) {
                *total += events;
            }
        }
        let sized: Map<String, (u32, u64)> = self
            .names
            .into_iter()
            .map(|(text, id)| (text, (id, totals.get(id as usize).copied().unwrap_or_default())))
            .collect();
        let shown = largest(sized, limit, |(_, (_, total))| *total);
        let place: Map<u32, usize> =
            shown.iter().enumerate().map(|(place, (_, (id, _)))| (*id, place)).collect();
        let mut buckets: Vec<Bucket> = self
            .buckets
            .into_iter()
            .enumerate()
            .map(|(at, events)| Bucket {
                start: Timestamp(self.start + at as i64 * self.interval),
                events,
                split: vec![0; shown.len()],
            })
            .collect();
        for ((name, bucket), events) in self.split {
            let Some(place) = place.get(&name) else { continue };
            let bucket = buckets.get_mut(bucket as usize);
            if let Some(count) = bucket.and_then(|bucket| bucket.split.get_mut(*place)) {
                *count += events;
            }
        }
        let values = shown.into_iter().map(|(text, _)| text).collect();
        Histogram { interval, buckets, values, without_time: self.without_time, coverage }
    }
}

impl Tally for Times<'_> {
    fn add(&mut self, block: &Block<'_>, rows: &Bits) -> Result<(), ReadSegmentError> {
        // A block that lies in one bucket needs no column.
        if let Some((first, last)) = block.segment.block_time_range(block.number)?
            && let Some(bucket) = self.bucket_of(first)
            && self.bucket_of(last) == Some(bucket)
            && self.facet.is_none()
        {
            self.count(Some(bucket), rows.len() as u64);
            return Ok(());
        }
        let times = block.times()?;
        let values = match self.facet {
            Some(facet) => Some(facet.values(block, rows)?),
            None => None,
        };
        if rows.len() == block.rows {
            // Rows ascend by time: where a bucket ends is found without a look at each.
            let mut left = times.as_slice();
            while let Some(&time) = left.first() {
                let bucket = self.bucket_of(time);
                let same = left.partition_point(|&time| self.bucket_of(time) <= bucket);
                self.count(bucket, same.max(1) as u64);
                left = left.get(same.max(1)..).unwrap_or_default();
            }
        } else {
            for row in rows.iter() {
                let time = times.get(row).copied().unwrap_or(i64::MIN);
                self.count(self.bucket_of(time), 1);
            }
        }
        let Some(values) = values else { return Ok(()) };
        let names: Vec<u32> = values.texts.into_iter().map(|text| self.names.id(text)).collect();
        for (row, code) in values.pairs {
            let time = times.get(row as usize).copied().unwrap_or(i64::MIN);
            let Some(bucket) = self.bucket_of(time) else { continue };
            if let Some(name) = names.get(code as usize) {
                *self.split.entry((*name, bucket as u32)).or_default() += 1;
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        for (count, other) in self.buckets.iter_mut().zip(other.buckets) {
            *count += other;
        }
        self.without_time += other.without_time;
        let names = self.names.absorb(other.names);
        for ((name, bucket), events) in other.split {
            if let Some(name) = names.get(name as usize) {
                *self.split.entry((*name, bucket)).or_default() += events;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_its_own_gives_60_to_200_buckets() {
        let mut span = MICROS_PER_SECOND * MINUTE;
        while span < 100 * 365 * MICROS_PER_DAY {
            let interval = Interval::for_span(span);
            let buckets = span / interval.micros + 1;
            assert!((60..=200).contains(&buckets), "{} s: {buckets}", span / MICROS_PER_SECOND);
            span += span / 7;
        }
        assert!(i64::MAX / Interval::for_span(i64::MAX).micros < 200);
    }

    #[test]
    fn buckets_start_at_utc_multiples_and_weeks_on_mondays() {
        let start = |seconds: i64, at: &str| {
            let interval = Interval { micros: seconds * MICROS_PER_SECOND };
            interval.start_of(Timestamp::parse(at).unwrap()).to_string()
        };
        assert_eq!(start(6 * HOUR, "2023-07-12T11:59:59Z"), "2023-07-12T06:00:00Z");
        assert_eq!(start(DAY, "1969-12-31T23:59:59Z"), "1969-12-31T00:00:00Z");
        assert_eq!(start(WEEK, "2023-07-12T11:00:00Z"), "2023-07-10T00:00:00Z");
        assert_eq!(start(WEEK, "2023-07-10T00:00:00Z"), "2023-07-10T00:00:00Z");
    }
}
