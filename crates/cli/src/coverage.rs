//! What an answer covers, said after it.

use crate::field::time_text;
use crate::text::{counted, grouped, visible};
use std::collections::BTreeSet;
use trailhound_app::lookup::Coverage;

/// So many accounts or Regions are named; more are counted.
const NAMED_MAX: usize = 3;

/// Says how much an answer is taken from, and how: `of 1,234 from … to …; looked into account …, 2 Regions: …`.
pub(crate) fn coverage_text(coverage: &Coverage) -> String {
    if let (0, Some((first, last))) = (coverage.events_in_range, coverage.times_stored) {
        return format!(
            "of 0 in the time range: the store holds {} from {} to {}",
            counted(coverage.events_stored, "event"),
            time_text(first),
            time_text(last),
        );
    }
    let scope = &coverage.scope;
    let times = scope
        .times
        .map(|(first, last)| format!(" from {} to {}", time_text(first), time_text(last)));
    let places = [("account", &scope.accounts), ("Region", &scope.regions)]
        .map(|(noun, names)| names_text(noun, names))
        .join(", ");
    let (examined, skipped) = (coverage.events_examined, coverage.events_skipped);
    let left = coverage.events_in_range.saturating_sub(examined).saturating_sub(skipped);
    let left = match left {
        0 => String::new(),
        left => format!(", {} not looked at", grouped(left)),
    };
    format!(
        "of {}{}; looked into {places}: {} examined, {} ruled out by the index{left}",
        grouped(coverage.events_in_range),
        times.unwrap_or_default(),
        grouped(examined),
        grouped(skipped),
    )
}

fn names_text(noun: &str, names: &BTreeSet<String>) -> String {
    let named: Vec<_> = names.iter().filter(|name| !name.is_empty()).collect();
    if named.len() > NAMED_MAX {
        return counted(named.len() as u64, noun);
    }
    let text = named.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
    match named.len() {
        0 => format!("no {noun} named"),
        1 => format!("{noun} {text}"),
        _ => format!("{noun}s {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use trailhound_app::lookup::Scope;
    use trailhound_record::Timestamp;

    #[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
    fn check(accounts: &[&str], left: u64, expect: Expect) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let coverage = Coverage {
            events_in_range: 5_000 + left,
            events_examined: 56,
            events_skipped: 4_944,
            scope: Scope {
                times: Some((Timestamp(1_688_990_400_000_000), Timestamp(1_688_994_000_000_000))),
                accounts: names(accounts),
                regions: names(&["us-east-1"]),
            },
            ..Coverage::default()
        };
        expect.assert_eq(&coverage_text(&coverage));
    }

    #[test]
    fn few_names_are_said_and_many_counted() {
        check(
            &["111122223333", "444455556666"],
            0,
            expect![
                "of 5,000 from 2023-07-10 12:00:00Z to 2023-07-10 13:00:00Z; looked into accounts 111122223333, 444455556666, Region us-east-1: 56 examined, 4,944 ruled out by the index"
            ],
        );
        check(
            &["1", "2", "3", "4"],
            1_000,
            expect![
                "of 6,000 from 2023-07-10 12:00:00Z to 2023-07-10 13:00:00Z; looked into 4 accounts, Region us-east-1: 56 examined, 4,944 ruled out by the index, 1,000 not looked at"
            ],
        );
        check(
            &[""],
            0,
            expect![
                "of 5,000 from 2023-07-10 12:00:00Z to 2023-07-10 13:00:00Z; looked into no account named, Region us-east-1: 56 examined, 4,944 ruled out by the index"
            ],
        );
    }
}
