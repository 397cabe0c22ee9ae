//! The language from outside: what is read, what is refused, what matches, what the index may say.

mod evaluate;
mod page;
mod properties;
mod read;

use trailhound_record::{Event, Timestamp};

use crate::Query;

/// 2023-07-10T12:00:00Z
const NOW: Timestamp = Timestamp(1_688_990_400_000_000);

fn query(text: &str) -> Query {
    Query::parse(text, NOW).unwrap_or_else(|error| panic!("{}", error.render(text)))
}

fn event(record: &str) -> Event {
    Event::parse(record.as_bytes().to_vec(), 0).expect("a record")
}

#[test]
fn the_clock_of_these_tests_is_right() {
    assert_eq!(NOW.to_string(), "2023-07-10T12:00:00Z");
}
