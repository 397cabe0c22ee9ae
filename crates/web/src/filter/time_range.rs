//! The time range of a filter.

use super::{Filter, Key};
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use trailhound_record::Timestamp;
use trailhound_record::time::MICROS_PER_SECOND;

/// A range that the page offers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preset {
    /// Its name in the query string; before the newest event with `newest-` in front.
    pub(crate) param: &'static str,
    /// Its name on the page.
    pub(crate) label: &'static str,
    seconds: i64,
}

/// Every preset, shortest first.
pub(crate) const PRESETS: [Preset; 6] = [
    Preset { param: "30m", label: "30 minutes", seconds: 30 * 60 },
    Preset { param: "3h", label: "3 hours", seconds: 3 * 3_600 },
    Preset { param: "12h", label: "12 hours", seconds: 12 * 3_600 },
    Preset { param: "1d", label: "1 day", seconds: 86_400 },
    Preset { param: "7d", label: "7 days", seconds: 7 * 86_400 },
    Preset { param: "30d", label: "30 days", seconds: 30 * 86_400 },
];

/// A half-open range of time, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TimeRange {
    /// The earliest time.
    pub(crate) start: Option<Timestamp>,
    /// The first time that is too late.
    pub(crate) end: Option<Timestamp>,
}

impl TimeRange {
    /// The range that `filter` names.
    ///
    /// # Errors
    /// A sentence that says which text is no time, or why the range holds nothing.
    pub(crate) fn of(
        filter: &Filter,
        now: Timestamp,
        newest: Option<Timestamp>,
    ) -> Result<Self, String> {
        if let Some(range) = filter.value(Key::Range) {
            return Self::of_preset(range, now, newest);
        }
        let named = |key: Key| match filter.value(key) {
            None => Ok(None),
            Some(text) => named_time(text).map(Some).ok_or_else(|| {
                format!(
                    "{} is no time: `{text}`. Write 2023-07-10, 2023-07-10 12:30 or \
                     2023-07-10T12:30:05Z (UTC).",
                    key.label()
                )
            }),
        };
        let start = named(Key::From)?.map(|range| range.0);
        let end = named(Key::Until)?.map(|range| range.1);
        match (start, end) {
            (Some(start), Some(end)) if start >= end => {
                Err("From is later than Until: no event can match.".to_owned())
            }
            _ => Ok(Self { start, end }),
        }
    }

    fn of_preset(range: &str, now: Timestamp, newest: Option<Timestamp>) -> Result<Self, String> {
        let (name, is_newest) = match range.strip_prefix("newest-") {
            Some(name) => (name, true),
            None => (range, false),
        };
        let preset = PRESETS
            .iter()
            .find(|preset| preset.param == name)
            .ok_or_else(|| format!("There is no time range `{range}`."))?;
        let back = preset.seconds * MICROS_PER_SECOND;
        if !is_newest {
            return Ok(Self { start: Some(Timestamp(now.0.saturating_sub(back))), end: None });
        }
        let Some(newest) = newest else { return Ok(Self::default()) };
        Ok(Self {
            start: Some(Timestamp(newest.0.saturating_sub(back))),
            end: Some(Timestamp(newest.0.saturating_add(1))),
        })
    }
}

/// The day, minute, second or microsecond that `text` names, as the half-open range it covers: so
/// `until=2023-07-10` means that whole day.
fn named_time(text: &str) -> Option<(Timestamp, Timestamp)> {
    let text = text.trim();
    let micros = |at: NaiveDateTime| Timestamp(at.and_utc().timestamp_micros());
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let start = day.and_hms_opt(0, 0, 0)?;
        return Some((micros(start), micros(start.checked_add_days(Days::new(1))?)));
    }
    let local = text.strip_suffix(['Z', 'z']).unwrap_or(text).replacen(' ', "T", 1);
    for (format, unit) in
        [("%Y-%m-%dT%H:%M", TimeDelta::minutes(1)), ("%Y-%m-%dT%H:%M:%S", TimeDelta::seconds(1))]
    {
        if let Ok(start) = NaiveDateTime::parse_from_str(&local, format) {
            return Some((micros(start), micros(start.checked_add_signed(unit)?)));
        }
    }
    let start = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{local}Z")))?;
    let unit = if start.0 % MICROS_PER_SECOND == 0 { MICROS_PER_SECOND } else { 1 };
    Some((start, Timestamp(start.0.checked_add(unit)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, start: Option<&str>, end: Option<&str>) {
        let now = Timestamp::parse("2024-01-31T12:00:00Z").unwrap();
        let newest = Timestamp::parse("2023-07-10T12:00:00Z");
        let filter = super::super::parse_query(query).state.filter;
        let range = TimeRange::of(&filter, now, newest).unwrap();
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let expected = (start.map(str::to_owned), end.map(str::to_owned));
        assert_eq!((text(range.start), text(range.end)), expected, "{query}");
    }

    #[test]
    fn presets_count_back_from_now_or_from_the_newest_event() {
        check("", None, None);
        check("range=all", None, None);
        check("range=1d", Some("2024-01-30T12:00:00Z"), None);
        check("range=30m", Some("2024-01-31T11:30:00Z"), None);
        check("range=newest-3h", Some("2023-07-10T09:00:00Z"), Some("2023-07-10T12:00:00.000001Z"));
    }

    #[test]
    fn until_covers_the_whole_unit_that_it_names() {
        check("until=2023-07-10", None, Some("2023-07-11T00:00:00Z"));
        check("until=2023-07-10+12:30", None, Some("2023-07-10T12:31:00Z"));
        check("until=2023-07-10T12:30:05Z", None, Some("2023-07-10T12:30:06Z"));
        check("until=2023-07-10T12:30:05%2B02:00", None, Some("2023-07-10T10:30:06Z"));
        check("until=2023-07-10T12:30:05.5Z", None, Some("2023-07-10T12:30:05.500001Z"));
        check("from=2023-07-10", Some("2023-07-10T00:00:00Z"), None);
    }

    #[test]
    fn written_times_count_more_than_a_preset() {
        check("range=1d&from=2023-07-10", Some("2023-07-10T00:00:00Z"), None);
    }

    #[test]
    fn an_empty_range_and_a_bad_time_are_said() {
        for query in ["from=2023-07-10&until=2023-07-09", "from=yesterday", "until=2023-02-30"] {
            let filter = super::super::parse_query(query).state.filter;
            assert!(TimeRange::of(&filter, Timestamp(0), None).is_err(), "{query}");
        }
    }
}
