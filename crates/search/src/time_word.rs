//! The times that people write: `-30m`, `2h`, `2023-07-10`, ISO 8601, `now`, `today`, `yesterday`.

use trailhound_record::Timestamp;
use trailhound_record::time::{MICROS_PER_DAY, MICROS_PER_SECOND};

/// What the errors about a time end with.
pub const TIME_ACCEPTED: &str = "a time is an age (`30m`, `-2h`, `7d`, `2w`, `1h30m`), a date \
    (`2023-07-10`), ISO 8601 (`2023-07-10T12:00:00+02:00`; UTC without a zone), `now`, `today` or \
    `yesterday`";

/// Years 0 to 9999: what ISO 8601 writes with four digits.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Returns the instant that `text` names: a date is its first moment, a time without a zone UTC, an age
/// counts back from `now`. Nothing when it names none, or one outside the years 0 to 9999.
pub fn parse_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let at = named(text, now)
        .or_else(|| age(text.strip_prefix('-').unwrap_or(text), now))
        .or_else(|| iso(text))?;
    SECONDS.contains(&at.seconds()).then_some(at)
}

fn named(text: &str, now: Timestamp) -> Option<Timestamp> {
    let today = Timestamp(now.0.saturating_sub(now.0.rem_euclid(MICROS_PER_DAY)));
    match text.to_ascii_lowercase().as_str() {
        "now" => Some(now),
        "today" => Some(today),
        "yesterday" => Some(Timestamp(today.0.saturating_sub(MICROS_PER_DAY))),
        _ => None,
    }
}

/// The instant that lies an age such as `1h30m` before `now`.
fn age(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let seconds = match unit.chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        let micros = number.parse::<i64>().ok()?.checked_mul(seconds * MICROS_PER_SECOND)?;
        total = total.checked_add(micros)?;
        rest = unit.get(1..)?;
    }
    if text.is_empty() {
        return None;
    }
    now.0.checked_sub(total).map(Timestamp)
}

/// ISO 8601: a date (its first moment), or date and time; a time without a zone is UTC.
fn iso(text: &str) -> Option<Timestamp> {
    let with_t = text.replacen(' ', "T", 1);
    let without_z = with_t.strip_suffix(['Z', 'z']).unwrap_or(&with_t);
    if without_z.len() == 10 {
        return Timestamp::parse(&format!("{with_t}T00:00:00Z"));
    }
    Timestamp::parse(&with_t)
        .or_else(|| Timestamp::parse(&format!("{without_z}Z")))
        .or_else(|| Timestamp::parse(&format!("{without_z}:00Z")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const NOW: &str = "2023-07-10T12:00:00Z";

    fn check(text: &str, expect: &Expect) {
        let now = Timestamp::parse(NOW).unwrap();
        let shown = parse_time(text, now).map_or("no time".to_owned(), |at| at.to_string());
        expect.assert_eq(&shown);
    }

    #[test]
    fn ages_and_words_count_back_from_now() {
        check("30s", &expect!["2023-07-10T11:59:30Z"]);
        check("-30m", &expect!["2023-07-10T11:30:00Z"]);
        check("1h30m", &expect!["2023-07-10T10:30:00Z"]);
        check("2w", &expect!["2023-06-26T12:00:00Z"]);
        check("now", &expect!["2023-07-10T12:00:00Z"]);
        check("Today", &expect!["2023-07-10T00:00:00Z"]);
        check("yesterday", &expect!["2023-07-09T00:00:00Z"]);
    }

    #[test]
    fn dates_and_iso_8601_may_have_a_zone() {
        check("2023-07-01", &expect!["2023-07-01T00:00:00Z"]);
        check("2023-07-01T06:30", &expect!["2023-07-01T06:30:00Z"]);
        check("2023-07-01T06:30Z", &expect!["2023-07-01T06:30:00Z"]);
        check("2023-07-01 06:30:15", &expect!["2023-07-01T06:30:15Z"]);
        check("2023-07-01T06:30:15.250+02:00", &expect!["2023-07-01T04:30:15.250Z"]);
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in ["", "-", "h", "2x", "--2h", "2023-02-30", "tomorrow", "99999999999999999d"] {
            check(text, &expect!["no time"]);
        }
        check("500000w", &expect!["no time"]);
    }

    proptest! {
        /// No text is a panic, and what is printed is read back as itself.
        #[test]
        fn any_text_is_a_time_or_not(text in "[0-9a-zTZ:+. -]{0,24}", other in any::<String>(), now in any::<i64>()) {
            for text in [text, other] {
                if let Some(at) = parse_time(&text, Timestamp(now)) {
                    prop_assert_eq!(parse_time(&at.to_string(), Timestamp(0)), Some(at));
                }
            }
        }
    }
}
