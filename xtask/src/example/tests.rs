use super::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn parsed() -> Vec<Value> {
    records().iter().map(|record| serde_json::from_str(&record.json).unwrap()).collect()
}

fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn the_example_is_the_same_every_time() {
    let objects = || delivery::deliver(&records());
    assert_eq!(objects(), objects());
    let bytes = delivery::archive(&objects()).unwrap();
    assert_eq!(bytes, delivery::archive(&objects()).unwrap());
    let members = unpack(&bytes).unwrap();
    assert_eq!(members.len(), objects().len());
    for (object, (key, text)) in objects().iter().zip(&members) {
        assert_eq!((object.key.as_str(), object.text.as_bytes()), (key.as_str(), text.as_slice()));
    }
}

#[test]
fn records_have_the_members_of_a_record_in_their_order() {
    const ORDER: [&str; 23] = [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "requestID",
        "eventID",
        "readOnly",
        "resources",
        "eventType",
        "apiVersion",
        "managementEvent",
        "recipientAccountId",
        "sharedEventID",
        "eventCategory",
    ];
    for record in parsed() {
        let names: Vec<&String> = record.as_object().unwrap().keys().collect();
        let places: Vec<usize> =
            names.iter().filter_map(|name| ORDER.iter().position(|known| known == name)).collect();
        assert!(places.is_sorted(), "{names:?}");
        for name in ["eventVersion", "userIdentity", "eventTime", "eventID", "eventCategory"] {
            assert!(record.get(name).is_some(), "no {name} in {record}");
        }
        let failed = record.get("errorCode").is_some();
        assert!(!failed || record["responseElements"].is_null(), "{record}");
    }
}

#[test]
fn addresses_are_those_set_aside_for_documentation() {
    for record in parsed() {
        let address = text(&record, "/sourceIPAddress");
        let is_documentation = ["192.0.2.", "198.51.100.", "203.0.113."]
            .iter()
            .any(|prefix| address.starts_with(prefix));
        assert!(is_documentation || address.ends_with(".amazonaws.com"), "{address}");
    }
}

#[test]
fn event_ids_are_unique_and_shared_event_ids_join_two_accounts() {
    let (mut ids, mut shared) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<String>>::new());
    for record in parsed() {
        assert!(ids.insert(text(&record, "/eventID").to_owned()));
        let id = text(&record, "/sharedEventID");
        if !id.is_empty() {
            let account = text(&record, "/recipientAccountId").to_owned();
            shared.entry(id.to_owned()).or_default().insert(account);
        }
    }
    assert!(shared.values().filter(|accounts| accounts.len() == 2).count() > 100);
}

/// What can change where the private subnets' traffic goes, in order.
#[test]
fn one_replace_route_on_the_private_table_changes_its_target() {
    let table = world::shop().private_table;
    let changes: Vec<String> = parsed()
        .iter()
        .filter(|record| text(record, "/requestParameters/routeTableId") == table)
        .filter(|record| text(record, "/eventName").ends_with("Route"))
        .map(|record| {
            let parameters = &record["requestParameters"];
            let target = match text(parameters, "/natGatewayId") {
                "" => "internet gateway",
                _ => "NAT gateway",
            };
            let (time, name) = (text(record, "/eventTime"), text(record, "/eventName"));
            let who = text(record, "/userIdentity/arn").rsplit('/').next().unwrap_or_default();
            let error = text(record, "/errorCode");
            format!("{time} {who} {name} {target} {error}").trim_end().to_owned()
        })
        .collect();
    let without_first_time: Vec<&str> = changes.iter().skip(1).map(String::as_str).collect();
    assert!(changes[0].ends_with("run-1001 CreateRoute NAT gateway"), "{}", changes[0]);
    assert!(without_first_time[0].ends_with("run-1009 ReplaceRoute NAT gateway"), "{changes:?}");
    assert_eq!(
        without_first_time[1..],
        [
            "2026-09-10T17:02:44Z bob ReplaceRoute internet gateway Client.UnauthorizedOperation",
            "2026-09-13T02:47:11Z dave ReplaceRoute internet gateway",
        ]
    );
}

#[test]
fn the_fatal_change_is_by_dave_in_the_console_with_the_switched_role() {
    let records = parsed();
    let change =
        records.iter().find(|record| text(record, "/eventTime") == "2026-09-13T02:47:11Z").unwrap();
    assert_eq!(text(change, "/eventName"), "ReplaceRoute");
    assert_eq!(text(change, "/userIdentity/sessionContext/sessionIssuer/userName"), "NetworkAdmin");
    assert_eq!(text(change, "/sourceIPAddress"), "203.0.113.77");
    assert_eq!(text(change, "/sessionCredentialFromConsole"), "true");
    let key = text(change, "/userIdentity/accessKeyId");
    let handed_out = records
        .iter()
        .find(|record| text(record, "/responseElements/credentials/accessKeyId") == key)
        .unwrap();
    assert_eq!(text(handed_out, "/eventName"), "AssumeRole");
    assert_eq!(text(handed_out, "/userIdentity/userName"), "dave");
}

#[test]
fn nothing_leaves_through_the_nat_gateway_after_the_change() {
    let last = parsed()
        .iter()
        .filter(|record| text(record, "/sourceIPAddress") == actor::NAT_ADDRESS)
        .map(|record| text(record, "/eventTime").to_owned())
        .max();
    let last = last.unwrap();
    assert!(last.as_str() < "2026-09-13T02:47:11Z" && last.as_str() > "2026-09-13T02:30", "{last}");
}

#[test]
fn some_records_are_delivered_twice_in_two_files() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for object in delivery::deliver(&records()) {
        let file: Value = serde_json::from_str(&object.text).unwrap();
        for record in file["Records"].as_array().into_iter().flatten() {
            *seen.entry(record.to_string()).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), records().len());
    assert_eq!(seen.values().filter(|count| **count == 2).count(), delivery::DELIVERED_TWICE);
}

#[test]
fn keys_are_those_of_a_trail_and_digests_hash_the_files_they_name() {
    let objects = delivery::deliver(&records());
    let digests: Vec<Value> = objects
        .iter()
        .filter(|object| object.key.contains("CloudTrail-Digest"))
        .map(|object| serde_json::from_str(&object.text).unwrap())
        .collect();
    assert_eq!(digests.len(), 2);
    for file in digests.iter().flat_map(|digest| digest["logFiles"].as_array().unwrap()) {
        let key = file["s3Object"].as_str().unwrap();
        let log = objects.iter().find(|object| object.key == key).unwrap();
        let name = key.rsplit('/').next().unwrap();
        assert!(name.starts_with(&format!("{}_CloudTrail_", key.split('/').nth(1).unwrap())));
        let hash: String = {
            use sha2::{Digest, Sha256};
            Sha256::digest(&log.text).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert_eq!(file["hashValue"], hash.as_str());
    }
}
