//! Tests of the pure half of [`super`]; the routes are tested in `crate::tests`.

use super::*;
use expect_test::{Expect, expect};

fn pairs(query: &str) -> Vec<(String, String)> {
    let split = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

#[track_caller]
fn check_error(query: &str, expect: Expect) {
    let error = EventsRequest::parse(&pairs(query)).unwrap_err();
    expect.assert_eq(&format!("{} {}: {error}", error.status().as_u16(), error.code()));
}

#[test]
fn every_parameter_reaches_the_lookup() {
    let request = EventsRequest::parse(&pairs(
        "event_id=a&event_name=b&event_source=c&read_only=true&username=d&resource_type=e&\
         resource_name=f&access_key_id=g&account_id=h&aws_region=i&source_ip_address=j&error_code=&\
         event_type=k&q=l&category=management&since=2026-01-10&until=2026-01-10T01:00:00 01:00&\
         limit=7&cursor=m",
    ));
    // `until` is `since` in another zone, an hour ahead of UTC: the range would be empty.
    assert!(matches!(request, Err(NativeError::EmptyRange)));
    let request = EventsRequest::parse(&pairs(
        "event_id=a&event_name=b&event_source=c&read_only=true&username=d&resource_type=e&\
         resource_name=f&access_key_id=g&account_id=h&aws_region=i&source_ip_address=j&error_code=&\
         event_type=k&q=l&category=management&since=2026-01-10&until=2026-01-10T01:00:01 01:00&\
         limit=7&cursor=m",
    ))
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    let expected = LookupQuery {
        event_id: text("a"),
        event_name: text("b"),
        event_source: text("c"),
        read_only: Some(true),
        username: text("d"),
        resource_type: text("e"),
        resource_name: text("f"),
        access_key_id: text("g"),
        account_id: text("h"),
        aws_region: text("i"),
        source_ip_address: text("j"),
        error_code: text(""),
        event_type: text("k"),
        search: Some(Search::parse("l", Timestamp(0)).unwrap()),
        category: Category::Management,
        start: Some(Timestamp(1_768_003_200_000_000)),
        end: Some(Timestamp(1_768_003_201_000_000)),
    };
    assert_eq!(request.query, expected);
    assert_eq!((request.limit, request.cursor), (7, text("m")));
}

#[test]
fn every_known_parameter_is_accepted() {
    let mut request = EventsRequest::parse(&[]).unwrap();
    for name in PARAMETERS {
        let result = request.set(name, "1");
        assert!(!matches!(result, Err(NativeError::UnknownParameter { .. })), "{name}");
    }
}

#[test]
fn a_wrong_parameter_is_named_with_what_it_takes() {
    check_error(
        "event_nmae=x",
        expect![
            "400 UnknownParameter: there is no parameter `event_nmae`; did you mean `event_name`?"
        ],
    );
    check_error(
        "user=x",
        expect!["400 UnknownParameter: there is no parameter `user`; did you mean `username`?"],
    );
    check_error(
        "limit=1&limit=2",
        expect!["400 RepeatedParameter: the parameter `limit` is given twice"],
    );
    check_error(
        "limit=1001",
        expect![
            "400 InvalidParameter: `1001` is no value for `limit`: it takes a number from 1 to 1000"
        ],
    );
    check_error(
        "limit=0",
        expect![
            "400 InvalidParameter: `0` is no value for `limit`: it takes a number from 1 to 1000"
        ],
    );
    check_error(
        "read_only=True",
        expect!["400 InvalidParameter: `True` is no value for `read_only`: it takes true or false"],
    );
    check_error(
        "since=yesterday",
        expect![
            "400 InvalidParameter: `yesterday` is no value for `since`: it takes an ISO 8601 instant with its zone (2026-01-10T07:12:00Z) or a UTC date (2026-01-10)"
        ],
    );
    check_error(
        "category=data",
        expect![
            "400 InvalidParameter: `data` is no value for `category`: it takes any, management or insight"
        ],
    );
    check_error(
        "since=2026-01-10&until=2026-01-10",
        expect!["400 InvalidParameter: `since` must be before `until`"],
    );
}

#[test]
fn a_cursor_is_bound_to_all_but_page_and_order() {
    let digest = |query| EventsRequest::parse(&pairs(query)).unwrap().digest;
    let bound = digest("event_name=a&username=b");
    assert_eq!(bound, digest("username=b&event_name=a&limit=3&cursor=x"));
    assert_ne!(bound, digest("event_name=a"));
    assert_ne!(bound, digest("event_name=b&username=a"));
}
