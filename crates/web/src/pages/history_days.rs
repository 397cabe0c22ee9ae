//! The chart of events per day on the Event history page, and the list that says the same.
//!
//! It shows what the store holds, whatever the filter is; a day leads to its events under the filter.

use crate::filter::{Filter, Key};
use crate::limits::{DAYS_DRAWN_MAX, DAYS_LISTED_MAX};
use crate::visible::{count, count_of};
use trailhound_app::stats::Count;

/// The chart and its list.
#[derive(Debug)]
pub(crate) struct Days {
    /// What is counted.
    pub(crate) covers: String,
    /// The chart in words.
    pub(crate) label: String,
    /// What the script draws: `2023-07-10:12 2023-07-12:3`, oldest first; days without events are absent.
    pub(crate) data: String,
    /// What a pointer can do.
    pub(crate) help: &'static str,
    /// The list, newest first.
    pub(crate) rows: Vec<DayRow>,
    /// Says which days the list lacks.
    pub(crate) unlisted: Option<String>,
}

/// One day with events.
#[derive(Debug)]
pub(crate) struct DayRow {
    pub(crate) day: String,
    pub(crate) events: String,
    /// Its events under the filter.
    pub(crate) href: String,
}

impl Days {
    /// The chart of `days`, oldest first; nothing when there are fewer than two. Links keep `filter`.
    pub(crate) fn new(filter: &Filter, days: &[Count]) -> Option<Self> {
        let drawn = newest(days, DAYS_DRAWN_MAX);
        let listed = newest(days, DAYS_LISTED_MAX);
        let [first, .., last] = drawn else { return None };
        let covers = match days.len() - drawn.len() {
            0 => "All events in the store, by UTC date".to_owned(),
            older => format!(
                "All events in the store, by UTC date; {} not drawn",
                count_of(older as u64, "older day is", "older days are")
            ),
        };
        let data: Vec<String> =
            drawn.iter().map(|day| format!("{}:{}", day.value, day.events)).collect();
        let row = |day: &Count| DayRow {
            day: day.value.clone(),
            events: count(day.events),
            href: filter.with(Key::From, &day.value).with(Key::Until, &day.value).href(),
        };
        let unlisted = (days.len() > listed.len()).then(|| {
            let older = (days.len() - listed.len()) as u64;
            format!("{} not listed.", count_of(older, "older day is", "older days are"))
        });
        Some(Self {
            covers,
            label: format!(
                "Events per day from {} to {}; the list below has the numbers.",
                first.value, last.value
            ),
            data: data.join(" "),
            help: "Click a day or drag over days",
            rows: listed.iter().rev().map(row).collect(),
            unlisted,
        })
    }
}

/// The last `days_max` of `days`.
fn newest(days: &[Count], days_max: usize) -> &[Count] {
    days.get(days.len().saturating_sub(days_max)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::parse_query;

    fn days(numbers: impl IntoIterator<Item = (usize, u64)>) -> Vec<Count> {
        let value = |day: usize| format!("{:04}-{:02}-01", 2000 + day / 12, day % 12 + 1);
        numbers.into_iter().map(|(day, events)| Count { value: value(day), events }).collect()
    }

    #[test]
    fn fewer_than_two_days_have_no_chart() {
        assert!(Days::new(&Filter::default(), &[]).is_none());
        assert!(Days::new(&Filter::default(), &days([(0, 5)])).is_none());
        assert!(Days::new(&Filter::default(), &days([(0, 5), (1, 1)])).is_some());
    }

    #[test]
    fn a_day_keeps_the_filter_but_its_time() {
        let filter = parse_query("username=alice&range=7d").state.filter;
        let shown = Days::new(&filter, &days([(0, 1), (3, 1_200)])).unwrap();
        assert_eq!(shown.data, "2000-01-01:1 2000-04-01:1200");
        let newest = shown.rows.first().unwrap();
        assert_eq!((newest.day.as_str(), newest.events.as_str()), ("2000-04-01", "1,200"));
        assert_eq!(newest.href, "/?from=2000-04-01&until=2000-04-01&username=alice");
        assert_eq!((shown.rows.len(), shown.unlisted), (2, None));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let many = days((0..DAYS_DRAWN_MAX + 7).map(|day| (day, 1)));
        let shown = Days::new(&Filter::default(), &many).unwrap();
        assert_eq!(shown.data.split(' ').count(), DAYS_DRAWN_MAX);
        assert_eq!(
            shown.covers,
            "All events in the store, by UTC date; 7 older days are not drawn"
        );
        assert_eq!(shown.rows.len(), DAYS_LISTED_MAX);
        assert_eq!(shown.unlisted.unwrap(), "3,607 older days are not listed.");
        assert_eq!(shown.rows.first().unwrap().day, many.last().unwrap().value);
    }
}
