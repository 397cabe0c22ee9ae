//! The Rust SDK against a Trailhound: `trailhound-e2e-sdk-rust ENDPOINT EVENTS`.
//!
//! Pages through Event history, expects `EVENTS` events, each once and newest first, and checks that
//! errors arrive as the SDK's own variants. Any difference is a panic.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::{Builder, Credentials, Region};
use aws_sdk_cloudtrail::operation::list_trails::ListTrailsError;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsError;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use std::collections::HashSet;

fn client(endpoint: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "example", None, None, "e2e");
    let config = Builder::new()
        .behavior_version_latest()
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(http)
        .build();
    Client::from_conf(config)
}

async fn pages(client: &Client, events: usize) {
    let mut pages = client.lookup_events().into_paginator().page_size(33).send();
    let (mut ids, mut times) = (HashSet::new(), Vec::new());
    while let Some(page) = pages.next().await {
        for event in page.expect("a page").events() {
            assert!(ids.insert(event.event_id().expect("an id").to_owned()), "twice: {event:?}");
            times.push(event.event_time().expect("a time").secs());
        }
    }
    assert_eq!(ids.len(), events);
    assert!(times.is_sorted_by(|a, b| a >= b), "not newest first");
}

async fn attribute(client: &Client) {
    let attribute = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::Username)
        .attribute_value("bob")
        .build()
        .expect("a whole attribute");
    let answer =
        client.lookup_events().lookup_attributes(attribute).send().await.expect("an answer");
    assert!(!answer.events().is_empty());
    for event in answer.events() {
        assert_eq!(event.username(), Some("bob"));
        assert!(event.cloud_trail_event().is_some_and(|record| record.contains("\"bob\"")));
    }
}

async fn errors(client: &Client) {
    let request = client.lookup_events();
    let request = request.start_time(DateTime::from_secs(2)).end_time(DateTime::from_secs(1));
    let error = request.send().await.expect_err("a time range is refused").into_service_error();
    assert!(matches!(error, LookupEventsError::InvalidTimeRangeException(_)), "{error:?}");
    let request = client.lookup_events().next_token("garbage");
    let error = request.send().await.expect_err("a token is refused").into_service_error();
    assert!(matches!(error, LookupEventsError::InvalidNextTokenException(_)), "{error:?}");
    let error = client.list_trails().send().await.expect_err("not offered").into_service_error();
    assert!(matches!(error, ListTrailsError::UnsupportedOperationException(_)), "{error:?}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().expect("ENDPOINT");
    let events = arguments.next().expect("EVENTS").parse().expect("a number");
    let client = client(&endpoint);
    pages(&client, events).await;
    attribute(&client).await;
    errors(&client).await;
    println!("the Rust SDK agrees");
}
