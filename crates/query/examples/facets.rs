//! Times counts over a store: `cargo run --release --example facets -- FOLDER [NAME]`; with NAME only
//! those whose names hold it. `benches/search.py` reads what it prints.

use std::path::PathBuf;
use std::time::Instant;

use trailhound_query::columnar::{Facet, Interval, count, distinct_per, histogram, top};
use trailhound_record::Timestamp;
use trailhound_search::{Query, TimeRange};
use trailhound_store::{Snapshot, Store};

const RUNS: usize = 7;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("give the folder of a store")?.into();
    let only = std::env::args().nth(2);
    let store = Store::open(&folder)?;
    let snapshot = store.snapshot()?;
    let times = snapshot.segments().iter().filter_map(|segment| segment.entry().time_micros);
    let last = Timestamp(times.map(|(_, last)| last).max().ok_or("the store is empty")?);
    let day = last.day() - 1;
    let noon = Timestamp(i64::from(day) * trailhound_record::time::MICROS_PER_DAY);
    let of_day = TimeRange {
        start: Some(noon),
        end: Some(Timestamp(noon.0 + trailhound_record::time::MICROS_PER_DAY)),
    };
    for (name, run) in cases(of_day) {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let mut spent = Vec::new();
        let mut answer = String::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            answer = run(&snapshot)?;
            spent.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        let first = spent.first().copied().unwrap_or_default();
        spent.sort_by(f64::total_cmp);
        let median = spent.get(RUNS / 2).copied().unwrap_or_default();
        println!("{name:<48} first {first:8.1} ms  median {median:8.1} ms  {answer}");
    }
    Ok(())
}

type Run = Box<dyn Fn(&Snapshot) -> Result<String>>;
type Case = (&'static str, Run);

fn cases(of_day: TimeRange) -> Vec<Case> {
    let all = TimeRange::default();
    let by = |name: &'static str, facet: &'static str, text: &'static str, range, limit| {
        let run: Run = Box::new(move |snapshot| {
            let query = Query::parse(text, Timestamp(0))?;
            let top = top(snapshot, &Facet::parse(facet)?, &query, range, limit);
            let first = top.values.first().map(|(value, count)| format!("{value} {count}"));
            let first = first.unwrap_or_default();
            let (distinct, events) = (top.distinct, top.events);
            Ok(format!("{events} events, {distinct} values, first {first}"))
        });
        (name, run)
    };
    let number = |name: &'static str, text: &'static str| {
        let run: Run = Box::new(move |snapshot| {
            let counted = count(snapshot, &Query::parse(text, Timestamp(0))?, all);
            Ok(format!("{} events, {:?}", counted.events, counted.coverage))
        });
        (name, run)
    };
    let hours = |name: &'static str, text: &'static str| {
        let run: Run = Box::new(move |snapshot| {
            let query = Query::parse(text, Timestamp(0))?;
            let hour = Interval::from_seconds(3_600);
            let found = histogram(snapshot, &query, all, hour, None)?;
            let events: u64 = found.buckets.iter().map(|bucket| bucket.events).sum();
            Ok(format!("{} buckets, {events} events", found.buckets.len()))
        });
        (name, run)
    };
    let distinct: Run = Box::new(move |snapshot| {
        let (ip, user) = (Facet::parse("ip")?, Facet::parse("user")?);
        let query = Query::parse("", Timestamp(0))?;
        let found = distinct_per(snapshot, &ip, &user, &query, all, 10);
        Ok(format!("{} users, first {:?}", found.distinct, found.values.first()))
    });
    vec![
        by("top 10 users with errors in a day", "user", "is:error", of_day, 10),
        hours("events per hour", ""),
        hours("errors per hour", "is:error"),
        by("top 20 event names", "event", "", all, 20),
        number("count is:error -service:s3", "is:error -service:s3"),
        number("count everything", ""),
        by("top 10 users", "user", "", all, 10),
        by("top 10 addresses", "ip", "", all, 10),
        by("top 10 error codes of writes", "error", "is:write", all, 10),
        ("distinct addresses per user", distinct),
        number("count ip:10.0.0.0/8 OR user:*admin*", "ip:10.0.0.0/8 OR user:*admin*"),
        by("top 10 roles with errors", "role", "is:error", all, 10),
        by("top 10 event types", "eventType", "", all, 10),
    ]
}
