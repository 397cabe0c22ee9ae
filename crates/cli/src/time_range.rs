//! The times that people write: `2h`, `2023-07-10`, ISO 8601, `A..B`. All of them are UTC.

use crate::error::CliError;
use trailhound_app::lookup::search::{TIME_ACCEPTED, parse_time};
use trailhound_record::Timestamp;
use trailhound_record::time::MICROS_PER_DAY;

/// What every error about a range ends with; about one time, [`TIME_ACCEPTED`].
const ACCEPTED: &str = "a range is `A..B`, `A..`, `..B` or one date (that whole day), in UTC; its ends are \
    times as --since takes";

/// A half-open range of event times; an absent end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TimeRange {
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

/// The texts that a range is made of, as given on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RangeArgs<'a> {
    pub(crate) since: Option<&'a str>,
    pub(crate) until: Option<&'a str>,
    pub(crate) range: Option<&'a str>,
}

/// Returns the range that `args` name, ages counted back from `now`.
///
/// # Errors
/// A usage error when a text is no time, or when the range ends before it starts.
pub(crate) fn parse_range(args: RangeArgs<'_>, now: Timestamp) -> Result<TimeRange, CliError> {
    let range = match args.range {
        Some(text) => whole_range(text, now)?,
        None => TimeRange {
            start: args.since.map(|text| instant(text, now)).transpose()?,
            end: args.until.map(|text| instant(text, now)).transpose()?,
        },
    };
    if let (Some(start), Some(end)) = (range.start, range.end)
        && start >= end
    {
        return Err(CliError::usage(
            format!("the time range is empty: it starts at {start} and ends before {end}"),
            ACCEPTED,
        ));
    }
    Ok(range)
}

fn whole_range(text: &str, now: Timestamp) -> Result<TimeRange, CliError> {
    if let Some((start, end)) = text.split_once("..") {
        let side = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| instant(text, now)).transpose()
        };
        return Ok(TimeRange { start: side(start)?, end: side(end)? });
    }
    match date(text.trim(), now) {
        Some(start) => Ok(TimeRange {
            start: Some(start),
            end: Some(Timestamp(start.0.saturating_add(MICROS_PER_DAY))),
        }),
        None => Err(CliError::usage(format!("`{text}` is not a range of times"), ACCEPTED)),
    }
}

fn instant(text: &str, now: Timestamp) -> Result<Timestamp, CliError> {
    parse_time(text.trim(), now)
        .ok_or_else(|| CliError::usage(format!("`{text}` is not a time"), TIME_ACCEPTED))
}

/// Returns the first moment of a `YYYY-MM-DD` date.
fn date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let is_date = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    is_date.then(|| parse_time(text, now)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const NOW: &str = "2023-07-10T12:00:00Z";

    fn show(result: Result<TimeRange, CliError>) -> String {
        let side = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        match result {
            Ok(range) => format!("{}..{}", side(range.start), side(range.end)),
            Err(error) => format!("{:#}", error.error),
        }
    }

    fn check_since(since: &str, expect: Expect) {
        let args = RangeArgs { since: Some(since), ..RangeArgs::default() };
        expect.assert_eq(&show(parse_range(args, Timestamp::parse(NOW).unwrap())));
    }

    fn check_range(range: &str, expect: Expect) {
        let args = RangeArgs { range: Some(range), ..RangeArgs::default() };
        expect.assert_eq(&show(parse_range(args, Timestamp::parse(NOW).unwrap())));
    }

    #[test]
    fn ages_count_back_from_now() {
        check_since("30s", expect!["2023-07-10T11:59:30Z.."]);
        check_since("30m", expect!["2023-07-10T11:30:00Z.."]);
        check_since("2h", expect!["2023-07-10T10:00:00Z.."]);
        check_since("1h30m", expect!["2023-07-10T10:30:00Z.."]);
        check_since("7d", expect!["2023-07-03T12:00:00Z.."]);
        check_since("2w", expect!["2023-06-26T12:00:00Z.."]);
        check_since("now", expect!["2023-07-10T12:00:00Z.."]);
        check_since("yesterday", expect!["2023-07-09T00:00:00Z.."]);
    }

    #[test]
    fn dates_and_iso_8601_are_utc() {
        check_since("2023-07-01", expect!["2023-07-01T00:00:00Z.."]);
        check_since("2023-07-01T06:30", expect!["2023-07-01T06:30:00Z.."]);
        check_since("2023-07-01T06:30Z", expect!["2023-07-01T06:30:00Z.."]);
        check_since("2023-07-01T06:30:15", expect!["2023-07-01T06:30:15Z.."]);
        check_since("2023-07-01 06:30:15Z", expect!["2023-07-01T06:30:15Z.."]);
        check_since("2023-07-01T06:30:15.250+02:00", expect!["2023-07-01T04:30:15.250Z.."]);
    }

    #[test]
    fn ranges_may_be_open_and_a_date_is_its_day() {
        check_range(
            "2023-07-01..2023-07-03",
            expect!["2023-07-01T00:00:00Z..2023-07-03T00:00:00Z"],
        );
        check_range("2023-07-01..", expect!["2023-07-01T00:00:00Z.."]);
        check_range("..7d", expect!["..2023-07-03T12:00:00Z"]);
        check_range("..", expect![".."]);
        check_range("2023-07-01", expect!["2023-07-01T00:00:00Z..2023-07-02T00:00:00Z"]);
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        check_since("tomorrow", expect!["`tomorrow` is not a time"]);
        check_since("", expect!["`` is not a time"]);
        check_since("2x", expect!["`2x` is not a time"]);
        check_since("h", expect!["`h` is not a time"]);
        check_since("2023-02-30", expect!["`2023-02-30` is not a time"]);
        check_since("99999999999999999d", expect!["`99999999999999999d` is not a time"]);
        check_range("2h", expect!["`2h` is not a range of times"]);
        check_range("a..b", expect!["`a` is not a time"]);
        check_range(
            "1h..2h",
            expect![
                "the time range is empty: it starts at 2023-07-10T11:00:00Z and ends before 2023-07-10T10:00:00Z"
            ],
        );
    }

    proptest! {
        /// No text is a panic.
        #[test]
        fn any_text_is_a_range_or_an_error(text in "[0-9a-zTZ:+. -]{0,24}", other in any::<String>()) {
            let now = Timestamp::parse(NOW).unwrap();
            for range in [text, other] {
                let _ = parse_range(RangeArgs { range: Some(&range), ..RangeArgs::default() }, now);
                let _ = parse_range(RangeArgs { since: Some(&range), ..RangeArgs::default() }, now);
            }
        }

        /// Every instant that we print is read back as itself.
        #[test]
        fn printed_times_are_read_back(micros in 0_i64..4_102_444_800_000_000) {
            let at = Timestamp(micros);
            prop_assert_eq!(parse_time(&at.to_string(), Timestamp(0)), Some(at));
            let text = crate::field::time_text(at);
            prop_assert_eq!(parse_time(&text, Timestamp(0)), Some(at));
        }
    }
}
