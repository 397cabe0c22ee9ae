//! Instants, in UTC microseconds, and the one text form that CloudTrail writes.

use chrono::{DateTime, SecondsFormat, Utc};

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a UTC day.
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the instant that `text` names: RFC 3339, any zone, any fraction; or nothing.
    ///
    /// # Source
    /// CloudTrail writes `YYYY-MM-DDTHH:MM:SSZ` (user guide, "record contents"); other producers add
    /// fractions or zones.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(seconds) = canonical_seconds(text.as_bytes()) {
            return Some(Self(seconds * MICROS_PER_SECOND));
        }
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_micros()))
    }

    /// Returns the instant `seconds` after the epoch.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Days since the epoch, rounded down: the UTC date.
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
    }

    /// Whether it lies in the years 0001 to 9999: others have no date in a calendar or a path, and count
    /// as unreadable.
    pub fn has_date(self) -> bool {
        (-719_162..2_932_897).contains(&self.day())
    }

    /// Returns `text` as CloudTrail writes it, if this instant is a whole second of a four-digit year.
    pub fn canonical_text(self) -> Option<String> {
        let at = DateTime::<Utc>::from_timestamp_micros(self.0)?;
        let text = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        (self.0.rem_euclid(MICROS_PER_SECOND) == 0 && text.len() == 20).then_some(text)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(at) => write!(f, "{}", at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{} µs", self.0),
        }
    }
}

/// The UTC date of `day` (days since the epoch) as `YYYY-MM-DD`.
pub fn day_text(day: i32) -> String {
    let at = DateTime::<Utc>::from_timestamp(i64::from(day) * 86_400, 0).unwrap_or_default();
    at.format("%Y-%m-%d").to_string()
}

/// Seconds since the epoch of a `YYYY-MM-DDTHH:MM:SSZ` text that names a real instant.
pub(crate) fn canonical_seconds(text: &[u8]) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b'Z',
    ] = text
    else {
        return None;
    };
    let two = |a: u8, b: u8| -> Option<i64> {
        (a.is_ascii_digit() && b.is_ascii_digit())
            .then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let month_days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > month_days || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since the epoch in the proleptic Gregorian calendar, counted from 1 March.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The fixed-form reader agrees with chrono on every second of four centuries.
        #[test]
        fn canonical_form_agrees_with_chrono(seconds in -62_000_000_000_i64..250_000_000_000) {
            if let Some(text) = Timestamp::from_seconds(seconds).canonical_text() {
                prop_assert_eq!(canonical_seconds(text.as_bytes()), Some(seconds));
            }
        }

        /// Whatever text comes, it is an instant or nothing; never a panic.
        #[test]
        fn any_text_is_an_instant_or_nothing(text in ".{0,30}") {
            let _ = Timestamp::parse(&text);
        }
    }

    #[test]
    fn impossible_dates_are_not_instants() {
        for text in ["2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "...", "foo", ""] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(
            Timestamp::parse("2024-02-29T00:00:00Z").map(Timestamp::seconds),
            Some(1_709_164_800)
        );
        assert_eq!(
            Timestamp::parse("2024-02-29T01:00:00.250+01:00").map(|at| at.0),
            Some(1_709_164_800_250_000)
        );
    }
}
