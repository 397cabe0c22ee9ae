//! Events over time on the Event history page: the chart, and the list that says the same.
//!
//! The page comes with the events of each day in the store; the histogram of the answer takes their place
//! after the first paint.

use super::value::{time_machine, time_text};
use super::{AnswerPageError, blocking, fragment};
use crate::filter::{Filter, Key, parse_query};
use crate::limits::{BUCKETS_LISTED_MAX, DAYS_LISTED_MAX};
use crate::visible::{count, count_of};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use trailhound_app::App;
use trailhound_app::count::Histogram;
use trailhound_app::lookup::LookupError;
use trailhound_app::stats::Count;
use trailhound_record::Timestamp;
use trailhound_record::time::{MICROS_PER_DAY, MICROS_PER_SECOND};

/// The chart and its list.
#[derive(Debug, Template)]
#[template(path = "days.html")]
pub(crate) struct Days {
    /// What one bar is.
    pub(crate) title: String,
    /// What is counted.
    pub(crate) covers: String,
    /// The chart in words.
    pub(crate) label: String,
    /// What the script draws: `1688947200:12 1689120000:3`, the start in seconds and the events; empty
    /// steps are absent but for the first and the last.
    pub(crate) data: String,
    /// Seconds of one bar.
    pub(crate) seconds: i64,
    /// The list, newest first.
    pub(crate) rows: Vec<DayRow>,
    /// Says what the list lacks.
    pub(crate) unlisted: Option<String>,
    /// Where the histogram of the answer is; nothing when this is it.
    pub(crate) load_href: Option<String>,
    /// Where all of time is.
    pub(crate) all_href: Option<String>,
}

/// One step with events.
#[derive(Debug)]
pub(crate) struct DayRow {
    pub(crate) day: String,
    pub(crate) events: String,
    /// Its events under the filter.
    pub(crate) href: String,
}

/// `GET /histogram`: the events of the filter in the query string over time.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, AnswerPageError> {
    let filter = parse_query(query.as_deref().unwrap_or_default()).state.filter;
    let asked_filter = filter.clone();
    let counted = blocking(move || {
        let newest = app.stats()?.newest;
        match asked_filter.asked(trailhound_app::now(), newest) {
            Ok(asked) => {
                let counted = app.histogram(&asked.query, asked.range, None, None)?;
                counted.map(Some).map_err(|error| LookupError::Store(Box::new(error)))
            }
            Err(_) => Ok(None),
        }
    })
    .await?;
    match counted {
        Some(histogram) => fragment(&Days::of_histogram(&filter, &histogram)),
        None => Ok(StatusCode::BAD_REQUEST.into_response()),
    }
}

impl Days {
    /// The list of `days`, oldest first, to which the histogram is yet to come. Links keep `filter`.
    pub(crate) fn new(filter: &Filter, days: &[Count]) -> Self {
        let listed = days.get(days.len().saturating_sub(DAYS_LISTED_MAX)..).unwrap_or_default();
        let row = |day: &Count| DayRow {
            day: day.value.clone(),
            events: count(day.events),
            href: filter.with(Key::From, &day.value).with(Key::Until, &day.value).href(),
        };
        Self {
            title: "Events per day".to_owned(),
            covers: "All events in the store".to_owned(),
            label: "Events over time; the list below has the numbers.".to_owned(),
            data: String::new(),
            seconds: MICROS_PER_DAY / MICROS_PER_SECOND,
            rows: listed.iter().rev().map(row).collect(),
            unlisted: unlisted(days.len(), listed.len()),
            load_href: Some(filter.href_at("/histogram")),
            all_href: None,
        }
    }

    /// The chart of `histogram`. Links keep `filter`.
    fn of_histogram(filter: &Filter, histogram: &Histogram) -> Self {
        let step = histogram.interval.seconds();
        let buckets = &histogram.buckets;
        let last = buckets.len().saturating_sub(1);
        let data: Vec<String> = buckets
            .iter()
            .enumerate()
            .filter(|(at, bucket)| bucket.events > 0 || *at == 0 || *at == last)
            .map(|(_, bucket)| format!("{}:{}", bucket.start.0 / MICROS_PER_SECOND, bucket.events))
            .collect();
        let total: u64 = buckets.iter().map(|bucket| bucket.events).sum();
        let full: Vec<_> = buckets.iter().rev().filter(|bucket| bucket.events > 0).collect();
        let row = |start: Timestamp, events: u64| DayRow {
            day: short(start),
            events: count(events),
            href: within(filter, start, step).href(),
        };
        let mut covers = count_of(total, "event matches", "events match");
        if histogram.without_time > 0 {
            covers += &format!(", {} without a readable time", count(histogram.without_time));
        }
        if !histogram.coverage.unreadable.is_empty() {
            covers += "; not all could be read";
        }
        let times = [Key::Range, Key::From, Key::Until];
        let all = filter.without(&times);
        Self {
            title: format!("Events per {}", words(step)),
            label: format!("{covers}, by time; the list below has the numbers."),
            covers,
            data: data.join(" "),
            seconds: step,
            rows: full
                .iter()
                .take(BUCKETS_LISTED_MAX)
                .map(|bucket| row(bucket.start, bucket.events))
                .collect(),
            unlisted: unlisted(full.len(), BUCKETS_LISTED_MAX),
            load_href: None,
            all_href: (all != *filter).then(|| all.href()),
        }
    }
}

fn unlisted(all: usize, listed_max: usize) -> Option<String> {
    let left = all.saturating_sub(listed_max) as u64;
    (left > 0).then(|| format!("{} not listed.", count_of(left, "older one is", "older ones are")))
}

/// `filter` for the events of the `seconds` from `start` on.
fn within(filter: &Filter, start: Timestamp, seconds: i64) -> Filter {
    let day_seconds = MICROS_PER_DAY / MICROS_PER_SECOND;
    let is_days = start.0 % MICROS_PER_DAY == 0 && seconds % day_seconds == 0;
    let last = Timestamp(start.0.saturating_add((seconds - 1) * MICROS_PER_SECOND));
    let text = |at: Timestamp| match is_days {
        true => time_text(at).chars().take(10).collect(),
        false => time_machine(at),
    };
    filter.with(Key::From, &text(start)).with(Key::Until, &text(last))
}

/// `at` without what is zero.
fn short(at: Timestamp) -> String {
    let text = time_text(at);
    let text = text.strip_suffix(":00").unwrap_or(&text);
    text.strip_suffix(" 00:00").unwrap_or(text).to_owned()
}

/// A length of time in words: `hour`, `3 hours`.
fn words(seconds: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(unit, _): &&(i64, &str)| seconds % unit == 0;
    let (unit, name) = UNITS.iter().find(fits).copied().unwrap_or((1, "second"));
    match seconds / unit {
        1 => name.to_owned(),
        number => format!("{number} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_the_filter_but_its_time() {
        let filter = parse_query("q=user:alice&range=7d").state.filter;
        let check = |start: &str, seconds, expected: &str| {
            let start = Timestamp::parse(start).unwrap();
            assert_eq!(within(&filter, start, seconds).href(), expected);
        };
        let day = "/?q=user%3Aalice&from=2023-07-10&until=2023-07-10";
        check("2023-07-10T00:00:00Z", 86_400, day);
        let hour = "/?q=user%3Aalice&from=2023-07-10T03%3A00%3A00Z&until=2023-07-10T03%3A59%3A59Z";
        check("2023-07-10T03:00:00Z", 3_600, hour);
    }

    #[test]
    fn lengths_and_times_are_short() {
        assert_eq!([60, 10_800, 86_400, 30].map(words), ["minute", "3 hours", "day", "30 seconds"]);
        let check = |at: &str, expected: &str| {
            assert_eq!(short(Timestamp::parse(at).unwrap()), expected);
        };
        check("2023-07-10T00:00:00Z", "2023-07-10");
        check("2023-07-10T03:00:00Z", "2023-07-10 03:00");
        check("2023-07-10T00:00:05Z", "2023-07-10 00:00:05");
    }

    #[test]
    fn what_is_left_out_is_said() {
        let day = |at: usize| Count { value: format!("day {at}"), events: 1 };
        let days: Vec<Count> = (0..DAYS_LISTED_MAX + 7).map(day).collect();
        let shown = Days::new(&Filter::default(), &days);
        assert_eq!(shown.rows.len(), DAYS_LISTED_MAX);
        assert_eq!(shown.unlisted.unwrap(), "7 older ones are not listed.");
        assert_eq!(shown.rows.first().unwrap().day, days.last().unwrap().value);
    }
}
