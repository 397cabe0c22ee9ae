//! Any text is a query or an error that points into it; a query is printed as itself, and a match meets
//! what the index is told.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trailhound_record::{Event, Timestamp};
use trailhound_search::{Query, Requirement};

const RECORD: &str = r#"{"eventTime":"2023-07-10T12:00:00Z","eventName":"RunInstances",
"eventSource":"ec2.amazonaws.com","sourceIPAddress":"203.0.113.7","errorMessage":"a \"b\"\n\u0041",
"requestParameters":{"a":[{"b":1.5},{"c":null,"d":true}]}}"#;

fuzz_target!(|text: &str| {
    match Query::parse(text, Timestamp(1_688_990_400_000_000)) {
        Ok(query) => {
            assert_eq!(Query::parse(&query.to_string(), Timestamp(0)).as_ref(), Ok(&query));
            for place in query.highlights(text) {
                assert!(text.get(place).is_some());
            }
            let event = Event::parse(RECORD.as_bytes().to_vec(), 0).unwrap();
            assert!(!query.matches(&event) || query.requirement() != Requirement::Never);
        }
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some());
            error.render(text);
        }
    }
});
