//! Times of the example, in seconds since 1970, and the spellings that records use. No wall clock.

/// Seconds in a minute, an hour and a day.
pub(crate) const MINUTE: u64 = 60;
/// See [`MINUTE`].
pub(crate) const HOUR: u64 = 3_600;
/// See [`MINUTE`].
pub(crate) const DAY: u64 = 86_400;

/// 2026-09-07T00:00:00Z, a Monday: the week begins.
pub(crate) const WEEK_START: u64 = 1_788_739_200;
/// 2026-09-13T06:00:00Z, a Sunday: the last delivery that the example holds.
pub(crate) const WEEK_END: u64 = WEEK_START + 6 * DAY + 6 * HOUR;

/// A time in September 2026.
pub(crate) fn at(day: u64, hour: u64, minute: u64, second: u64) -> u64 {
    WEEK_START + (day - 7) * DAY + hour * HOUR + minute * MINUTE + second
}

struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

/// Civil date from days (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn parts(time: u64) -> Parts {
    let shifted = time / DAY + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Parts {
        year: era * 400 + year_of_era + u64::from(month <= 2),
        month,
        day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
        hour: time % DAY / HOUR,
        minute: time % HOUR / MINUTE,
        second: time % MINUTE,
    }
}

/// `2026-09-13T02:47:11Z`.
pub(crate) fn iso(time: u64) -> String {
    let Parts { year, month, day, hour, minute, second } = parts(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `20260913T0250Z`, as in the name of a log file.
pub(crate) fn compact_minute(time: u64) -> String {
    let Parts { year, month, day, hour, minute, .. } = parts(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}Z")
}

/// `20260913T025000Z`, as in the name of a digest file.
pub(crate) fn compact_second(time: u64) -> String {
    let Parts { year, month, day, hour, minute, second } = parts(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// `2026/09/13`, as in an object key.
pub(crate) fn date_folder(time: u64) -> String {
    let Parts { year, month, day, .. } = parts(time);
    format!("{year:04}/{month:02}/{day:02}")
}

/// `Sep 13, 2026, 2:47:11 AM`, as IAM and STS write times into responses.
pub(crate) fn spoken(time: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Parts { year, month, day, hour, minute, second } = parts(time);
    let name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    format!("{name} {day}, {year}, {hour}:{minute:02}:{second:02} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_starts_on_monday_the_seventh() {
        assert_eq!(iso(WEEK_START), "2026-09-07T00:00:00Z");
        assert_eq!((WEEK_START / DAY + 4) % 7, 1, "1970-01-01 was a Thursday, day 4");
        assert_eq!(iso(WEEK_END), "2026-09-13T06:00:00Z");
    }

    #[test]
    fn times_are_spelled_as_aws_spells_them() {
        let fatal = at(13, 2, 47, 11);
        assert_eq!(iso(fatal), "2026-09-13T02:47:11Z");
        assert_eq!(compact_minute(fatal), "20260913T0247Z");
        assert_eq!(compact_second(fatal), "20260913T024711Z");
        assert_eq!(date_folder(fatal), "2026/09/13");
        assert_eq!(spoken(fatal), "Sep 13, 2026, 2:47:11 AM");
        assert_eq!(spoken(at(8, 12, 5, 0)), "Sep 8, 2026, 12:05:00 PM");
    }
}
