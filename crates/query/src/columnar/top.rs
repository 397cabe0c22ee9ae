//! The most frequent values, and how many different values go with each.

use trailhound_search::{Query, TimeRange};
use trailhound_store::{ReadSegmentError, Snapshot};

use crate::columnar::bits::Bits;
use crate::columnar::block::Block;
use crate::columnar::facet::Facet;
use crate::columnar::names::{Map, Names};
use crate::columnar::scan::{Tally, tally, within};
use crate::lookup::Coverage;

/// The most frequent values of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Top {
    /// The values and how many events have each, the most frequent first, equal ones by text.
    pub values: Vec<(String, u64)>,
    /// How many different values there are.
    pub distinct: u64,
    /// The sum of the counts of the values that are not in `values`.
    pub rest: u64,
    /// Events that have no value.
    pub without: u64,
    /// Events that match.
    pub events: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// Counts the events of `snapshot` in `range` that match `query` by the values of `facet`, and gives the
/// `limit` most frequent.
///
/// As of: the snapshot. Unreadable segments are named in the coverage; their events are missing.
pub fn top(
    snapshot: &Snapshot,
    facet: &Facet,
    query: &Query,
    range: TimeRange,
    limit: usize,
) -> Top {
    let new = || Counts { facet, counts: Map::default(), without: 0, events: 0 };
    let (counts, coverage) = tally(snapshot, &within(query, range), new);
    let distinct = counts.counts.len() as u64;
    let total: u64 = counts.counts.values().sum();
    let values = largest(counts.counts, limit, |(_, count)| *count);
    let shown: u64 = values.iter().map(|(_, count)| count).sum();
    Top {
        values,
        distinct,
        rest: total - shown,
        without: counts.without,
        events: counts.events,
        coverage,
    }
}

/// The `limit` entries with the largest `size`, the largest first, equal ones by their text.
pub(crate) fn largest<V>(
    map: Map<String, V>,
    limit: usize,
    size: impl Fn(&(String, V)) -> u64,
) -> Vec<(String, V)> {
    let mut entries: Vec<(String, V)> = map.into_iter().collect();
    let order = |a: &(String, V), b: &(String, V)| size(b).cmp(&size(a)).then(a.0.cmp(&b.0));
    if limit < entries.len() {
        entries.select_nth_unstable_by(limit, order);
        entries.truncate(limit);
    }
    entries.sort_unstable_by(order);
    entries
}

struct Counts<'f> {
    facet: &'f Facet,
    counts: Map<String, u64>,
    without: u64,
    events: u64,
}

impl Tally for Counts<'_> {
    fn add(&mut self, block: &Block<'_>, rows: &Bits) -> Result<(), ReadSegmentError> {
        let values = self.facet.values(block, rows)?;
        let mut counts = vec![0_u64; values.texts.len()];
        let mut with = 0_u64;
        let mut last = None;
        for (row, code) in values.pairs {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
            with += u64::from(last != Some(row));
            last = Some(row);
        }
        for (text, count) in values.texts.into_iter().zip(counts) {
            add_to(&mut self.counts, text, count);
        }
        self.events += rows.len() as u64;
        self.without += rows.len() as u64 - with;
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        if self.counts.is_empty() {
            self.counts = other.counts;
        } else {
            other
                .counts
                .into_iter()
                .for_each(|(text, count)| add_to(&mut self.counts, text, count));
        }
        self.events += other.events;
        self.without += other.without;
    }
}

fn add_to(counts: &mut Map<String, u64>, text: String, count: u64) {
    if count > 0 {
        *counts.entry(text).or_default() += count;
    }
}

/// A value of one facet, and how many different values of another go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinctPer {
    /// The value.
    pub value: String,
    /// How many different values of the other facet its events have.
    pub distinct: u64,
    /// How many events have it.
    pub events: u64,
}

/// The values of a facet with the most different values of another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopDistinct {
    /// The values, those with the most different others first, equal ones by text.
    pub values: Vec<DistinctPer>,
    /// How many different values there are.
    pub distinct: u64,
    /// Events that match.
    pub events: u64,
    /// What was looked at.
    pub coverage: Coverage,
}

/// Counts for each value of `per` how many different values of `of` its matching events have, and gives
/// the `limit` values with the most: the different IP addresses of each user.
///
/// As of: the snapshot. Unreadable segments are named in the coverage; their events are missing.
pub fn distinct_per(
    snapshot: &Snapshot,
    of: &Facet,
    per: &Facet,
    query: &Query,
    range: TimeRange,
    limit: usize,
) -> TopDistinct {
    let new = || Pairs {
        of,
        per,
        names: Names::default(),
        others: Names::default(),
        counts: Vec::new(),
        pairs: Map::default(),
        events: 0,
    };
    let (pairs, coverage) = tally(snapshot, &within(query, range), new);
    let mut distinct = vec![0_u64; pairs.counts.len()];
    for (name, _) in pairs.pairs.keys() {
        if let Some(count) = distinct.get_mut(*name as usize) {
            *count += 1;
        }
    }
    let sizes: Map<String, (u64, u64)> = pairs
        .names
        .into_iter()
        .map(|(name, id)| {
            let at = |counts: &[u64]| counts.get(id as usize).copied().unwrap_or_default();
            (name, (at(&distinct), at(&pairs.counts)))
        })
        .collect();
    let total = sizes.len() as u64;
    let values = largest(sizes, limit, |(_, (distinct, _))| *distinct);
    let values = values
        .into_iter()
        .map(|(value, (distinct, events))| DistinctPer { value, distinct, events })
        .collect();
    TopDistinct { values, distinct: total, events: pairs.events, coverage }
}

struct Pairs<'f> {
    of: &'f Facet,
    per: &'f Facet,
    names: Names,
    others: Names,
    /// Events by name.
    counts: Vec<u64>,
    /// Which name goes with which other.
    pairs: Map<(u32, u32), ()>,
    events: u64,
}

impl Pairs<'_> {
    fn count(&mut self, name: u32, events: u64) {
        if self.counts.len() <= name as usize {
            self.counts.resize(name as usize + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(name as usize) {
            *count += events;
        }
    }
}

impl Tally for Pairs<'_> {
    fn add(&mut self, block: &Block<'_>, rows: &Bits) -> Result<(), ReadSegmentError> {
        let per = self.per.values(block, rows)?;
        let of = self.of.values(block, rows)?;
        self.events += rows.len() as u64;
        let names: Vec<u32> = per.texts.into_iter().map(|text| self.names.id(text)).collect();
        let others: Vec<u32> = of.texts.into_iter().map(|text| self.others.id(text)).collect();
        // Both are in order of rows: each row's others are looked up from where the last row's were.
        let mut from = 0;
        for (row, code) in per.pairs {
            let Some(name) = names.get(code as usize).copied() else { continue };
            self.count(name, 1);
            while of.pairs.get(from).is_some_and(|(other, _)| *other < row) {
                from += 1;
            }
            let of_row = of.pairs.get(from..).unwrap_or_default();
            for (_, other) in of_row.iter().take_while(|(other, _)| *other == row) {
                if let Some(other) = others.get(*other as usize) {
                    self.pairs.insert((name, *other), ());
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        let names = self.names.absorb(other.names);
        let others = self.others.absorb(other.others);
        for (name, events) in names.iter().zip(&other.counts) {
            self.count(*name, *events);
        }
        for (name, with) in other.pairs.into_keys() {
            if let (Some(name), Some(with)) = (names.get(name as usize), others.get(with as usize))
            {
                self.pairs.insert((*name, *with), ());
            }
        }
        self.events += other.events;
    }
}
