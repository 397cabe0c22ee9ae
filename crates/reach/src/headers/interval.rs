//! Sets of numbers, as sorted intervals that neither overlap nor touch.

use std::sync::Arc;

/// A set of numbers; addresses, ports and protocols alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct IntervalSet {
    /// Both ends belong to the set; sorted, with a gap between any two.
    ///
    /// Shared: most steps narrow one field of a block and leave four as they are.
    intervals: Arc<[(u128, u128)]>,
}

impl IntervalSet {
    /// The numbers from `first` to `last`, both included; none where `last` is lower.
    pub fn range(first: u128, last: u128) -> IntervalSet {
        if first <= last {
            IntervalSet::from_sorted(vec![(first, last)])
        } else {
            IntervalSet::default()
        }
    }

    fn from_sorted(intervals: Vec<(u128, u128)>) -> IntervalSet {
        IntervalSet { intervals: intervals.into() }
    }

    /// Whether one interval of `other` holds all of this one.
    fn is_covered_by(&self, other: &IntervalSet) -> bool {
        if Arc::ptr_eq(&self.intervals, &other.intervals) {
            return true;
        }
        match (&*other.intervals, self.intervals.first(), self.intervals.last()) {
            ([(low, high)], Some((first, _)), Some((_, last))) => low <= first && last <= high,
            _ => false,
        }
    }

    /// One number.
    pub fn one(number: u128) -> IntervalSet {
        IntervalSet::range(number, number)
    }

    /// The union of any intervals, both ends included.
    pub fn of(ranges: impl IntoIterator<Item = (u128, u128)>) -> IntervalSet {
        let mut sorted: Vec<_> = ranges.into_iter().filter(|(a, b)| a <= b).collect();
        sorted.sort_unstable();
        let mut intervals: Vec<(u128, u128)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match intervals.last_mut() {
                // Neighbours become one, so that equal sets are equal values.
                Some(previous) if first <= previous.1.saturating_add(1) => {
                    previous.1 = previous.1.max(last);
                }
                _ => intervals.push((first, last)),
            }
        }
        IntervalSet::from_sorted(intervals)
    }

    /// The intervals in order, both ends included.
    pub fn intervals(&self) -> &[(u128, u128)] {
        &self.intervals
    }

    /// Whether there is no number in it.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether `number` is in it.
    pub fn contains(&self, number: u128) -> bool {
        self.intervals.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// The lowest number.
    pub fn first(&self) -> Option<u128> {
        self.intervals.first().map(|(first, _)| *first)
    }

    /// All numbers, where there are at most `max` of them.
    pub fn numbers(&self, max: u128) -> Option<Vec<u128>> {
        let mut numbers = Vec::new();
        for (first, last) in self.intervals.iter() {
            let room = max - numbers.len() as u128;
            if last - first >= room {
                return None;
            }
            numbers.extend(*first..=*last);
        }
        Some(numbers)
    }

    /// What is in both.
    pub fn intersect(&self, other: &IntervalSet) -> IntervalSet {
        if self.is_covered_by(other) {
            return self.clone();
        }
        if other.is_covered_by(self) {
            return other.clone();
        }
        let (mut left, mut right) = (self.intervals.iter(), other.intervals.iter());
        let (mut a, mut b) = (left.next(), right.next());
        let mut intervals = Vec::new();
        while let (Some((a_first, a_last)), Some((b_first, b_last))) = (a, b) {
            let (first, last) = (*a_first.max(b_first), *a_last.min(b_last));
            if first <= last {
                intervals.push((first, last));
            }
            if a_last < b_last {
                a = left.next();
            } else {
                b = right.next();
            }
        }
        IntervalSet::from_sorted(intervals)
    }

    /// What is in this one and not in `other`.
    pub fn subtract(&self, other: &IntervalSet) -> IntervalSet {
        if self.is_covered_by(other) {
            return IntervalSet::default();
        }
        let mut intervals = Vec::new();
        for (first, last) in self.intervals.iter() {
            let mut from = Some(*first);
            for (cut_first, cut_last) in other.intervals.iter() {
                let Some(start) = from else { break };
                if *cut_last < start || cut_first > last {
                    continue;
                }
                if *cut_first > start {
                    intervals.push((start, cut_first - 1));
                }
                from = cut_last.checked_add(1).filter(|next| next <= last);
            }
            if let Some(start) = from {
                intervals.push((start, *last));
            }
        }
        IntervalSet::from_sorted(intervals)
    }

    /// What is in either.
    pub fn union(&self, other: &IntervalSet) -> IntervalSet {
        IntervalSet::of(self.intervals.iter().chain(other.intervals.iter()).copied())
    }

    /// Whether every number of this one is in `other`.
    pub fn is_within(&self, other: &IntervalSet) -> bool {
        self.subtract(other).is_empty()
    }
}
