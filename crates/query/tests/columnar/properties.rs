//! Columns say what the evaluator says, of any records and any query.

use super::records::{any_expr, any_facet, any_range, any_record};
use super::*;

fn holds(range: TimeRange, event: &Event) -> bool {
    range == TimeRange::default()
        || event.event_time.is_some_and(|at| {
            range.start.is_none_or(|start| at >= start) && range.end.is_none_or(|end| at < end)
        })
}

fn counts(facet: &Facet, events: &[&Event]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in events.iter().flat_map(|event| facet.values_of(event)) {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// What the columns say of each block, beside what the records say.
fn check_masks(stored: &Stored, query: &Query) {
    let mut events = stored.events.iter();
    for segment in stored.snapshot.segments() {
        for block in 0..segment.block_count() {
            let all = Bits::all(segment.block_rows(block));
            let mask = mask(segment, block, &all, query).expect("readable");
            let found = resolve(segment, block, &all, query).expect("readable");
            for row in 0..segment.block_rows(block) {
                let event = events.next().expect("an event");
                let matches = query.matches(event);
                let raw = String::from_utf8_lossy(&event.raw);
                assert!(!mask.yes.has(row) || matches, "yes, but not {query} on {raw}");
                assert!(mask.may.has(row) || !matches, "no, but {query} on {raw}");
                assert_eq!(found.has(row), matches, "{query} on {raw}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// What columns say about a row holds of its record, and the rest is read.
    #[test]
    fn masks_agree_with_the_evaluator(
        records in prop::collection::vec(any_record(), 1..40),
        exprs in prop::collection::vec(any_expr(), 60),
    ) {
        let stored = Stored::new(&records);
        for expr in exprs {
            check_masks(&stored, &Query::from(expr));
        }
    }

    /// Counts, top values and histograms equal those of a plain vector, whatever the index rules out.
    #[test]
    fn counts_equal_those_of_a_plain_vector(
        records in prop::collection::vec(any_record(), 1..40),
        asked in prop::collection::vec((any_expr(), any_range(), any_facet(), any_facet(), 0_usize..5), 24),
        hours in 1_u32..30,
    ) {
        let stored = Stored::new(&records);
        for (expr, range, facet, other, limit) in asked {
            let query = Query::from(expr);
            let expect: Vec<&Event> =
                stored.matching(&query).into_iter().filter(|event| holds(range, event)).collect();
            let counted = count(&stored.snapshot, &query, range);
            prop_assert_eq!(counted.events, expect.len() as u64, "{}", query);
            let coverage = &counted.coverage;
            prop_assert_eq!(&coverage.unreadable, &Vec::<String>::new());
            let looked_at = coverage.events_examined + coverage.events_skipped;
            prop_assert_eq!(coverage.events_in_range, looked_at);

            let of_vector = counts(&facet, &expect);
            let found = top(&stored.snapshot, &facet, &query, range, limit);
            prop_assert_eq!(found.distinct, of_vector.len() as u64, "{:?}", facet);
            let total: u64 = of_vector.values().sum();
            let mut largest: Vec<(String, u64)> = of_vector.clone().into_iter().collect();
            largest.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            largest.truncate(limit);
            let shown: u64 = largest.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(&found.values, &largest, "{:?} {}", facet, query);
            prop_assert_eq!((found.rest, found.events), (total - shown, expect.len() as u64));
            let without = expect.iter().filter(|event| facet.values_of(event).is_empty()).count();
            prop_assert_eq!(found.without, without as u64, "{:?} {}", facet, query);

            check_distinct(&stored, &other, &facet, &query, range, &expect);
            check_histogram(&stored, &query, range, hours, &facet, &expect);
        }
    }
}

fn check_distinct(
    stored: &Stored,
    of: &Facet,
    per: &Facet,
    query: &Query,
    range: TimeRange,
    events: &[&Event],
) {
    let mut expect: BTreeMap<String, (BTreeSet<String>, u64)> = BTreeMap::new();
    for event in events {
        for value in per.values_of(event) {
            let (others, count) = expect.entry(value).or_default();
            others.extend(of.values_of(event));
            *count += 1;
        }
    }
    let mut expect: Vec<(String, u64, u64)> = expect
        .into_iter()
        .map(|(value, (others, count))| (value, others.len() as u64, count))
        .collect();
    expect.sort_by_key(|(_, distinct, _)| std::cmp::Reverse(*distinct));
    let found = distinct_per(&stored.snapshot, of, per, query, range, usize::MAX);
    let values: Vec<_> =
        found.values.into_iter().map(|it| (it.value, it.distinct, it.events)).collect();
    assert_eq!(values, expect, "{of:?} per {per:?} of {query}");
    assert_eq!(found.distinct, expect.len() as u64);
}

fn check_histogram(
    stored: &Stored,
    query: &Query,
    range: TimeRange,
    hours: u32,
    facet: &Facet,
    events: &[&Event],
) {
    let interval = Interval::from_seconds(hours * 3_600).unwrap();
    for (interval, split) in [(Some(interval), None), (None, Some((facet, 3)))] {
        let found = histogram(&stored.snapshot, query, range, interval, split);
        let found = match found {
            Ok(found) => found,
            Err(error) => panic!("{error}: {query}"),
        };
        let is_split = split.is_some();
        let counted: u64 = found.buckets.iter().map(|bucket| bucket.events).sum();
        assert_eq!(counted + found.without_time, events.len() as u64, "{query} {range:?}");
        let bucket_of = |event: &&Event| event.event_time.map(|at| found.interval.start_of(at));
        let starts: Vec<Timestamp> = found.buckets.iter().map(|bucket| bucket.start).collect();
        let step = found.interval.seconds() * 1_000_000;
        assert!(starts.windows(2).all(|pair| pair[1].0 - pair[0].0 == step));
        assert_eq!(
            found.values.len(),
            if is_split { counts(facet, events).len().min(3) } else { 0 },
            "{query}"
        );
        for bucket in &found.buckets {
            let own: Vec<&Event> = events
                .iter()
                .copied()
                .filter(|event| bucket_of(event) == Some(bucket.start))
                .collect();
            assert_eq!(bucket.events, own.len() as u64, "{query}");
            let of_own = counts(facet, &own);
            for (value, events) in found.values.iter().zip(&bucket.split) {
                assert_eq!(*events, of_own.get(value).copied().unwrap_or_default(), "{value}");
            }
        }
    }
}
