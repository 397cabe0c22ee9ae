//! Any statement over any records.

use super::*;

fn any_record() -> impl Strategy<Value = Value> {
    let text = |options: &'static [&'static str]| prop::sample::select(options);
    (
        (0_u8..4, 0_u8..3),
        text(&["GetObject", "PutObject", "CreateUser"]),
        text(&["s3.amazonaws.com", "iam.amazonaws.com"]),
        prop::option::of(text(&["AccessDenied", "NoSuchKey"])),
        prop::option::of(any::<bool>()),
        text(&["AKIA1", "ASIA2"]),
        text(&[
            "alpha beta",
            "beta/gamma",
            "true",
            "x\\y \"q\"",
            "12.50",
            "Größe é",
            "\u{212a}elvin",
        ]),
        any::<bool>(),
    )
        .prop_map(|((day, second), name, source, error, read_only, key, value, is_odd)| {
            let mut record = json!({
                "eventVersion": "1.08",
                "eventTime": format!("2024-01-{:02}T10:00:{second:02}Z", 10 + day),
                "eventName": name, "eventSource": source, "awsRegion": "us-east-1",
                "recipientAccountId": "123456789012", "sourceIPAddress": "192.0.2.1",
                "userIdentity": {"type": "IAMUser", "accessKeyId": key, "userName": value},
                "requestParameters": {"v": value, "n": {"deep": [value, 12.5, true]}},
            });
            if let Some(object) = record.as_object_mut() {
                if let Some(error) = error {
                    object.insert("errorCode".to_owned(), json!(error));
                }
                if let Some(read_only) = read_only {
                    object.insert("readOnly".to_owned(), json!(read_only));
                }
                if is_odd {
                    object.insert("awsRegion".to_owned(), json!(7));
                    object.insert("eventType".to_owned(), json!(null));
                }
            }
            record
        })
}

fn any_condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "eventname = 'GetObject'",
        "eventname IN ('PutObject', 'CreateUser')",
        "eventname NOT IN ('PutObject')",
        "eventname IN ('GetObject', 'PutObject', 'CreateUser', 'Other', 'More')",
        "eventname LIKE 'Get%'",
        "eventname LIKE '%Object'",
        "eventname <> 'GetObject'",
        "eventsource = 's3.amazonaws.com'",
        "eventsource LIKE '%.amazonaws.com'",
        "errorcode IS NULL",
        "errorcode IS NOT NULL",
        "errorcode = 'AccessDenied'",
        "readonly",
        "readonly = false",
        "readonly IS NULL",
        "NOT readonly",
        "awsregion = 'us-east-1'",
        "awsregion = '7'",
        "awsregion IS NULL",
        "eventtype IS NULL",
        "recipientaccountid = '123456789012'",
        "sourceipaddress = '192.0.2.1'",
        "eventid = 'id-1'",
        "eventid IS NULL",
        "useridentity.accesskeyid = 'AKIA1'",
        "useridentity.username = 'alpha beta'",
        "useridentity.username = 'true'",
        "useridentity.username LIKE '%beta%'",
        "useridentity.username LIKE '_lpha b_ta'",
        "useridentity.username LIKE '%Größe%'",
        "element_at(requestparameters, 'v') = 'x\\y \"q\"'",
        "element_at(requestparameters, 'v') = '12.50'",
        "requestparameters['v'] = 'beta/gamma'",
        "element_at(requestparameters, 'n') LIKE '%\"beta/gamma\"%'",
        "element_at(requestparameters, 'n') LIKE '%12.5,true%'",
        "element_at(requestparameters, 'none') = 'x'",
        "eventtime > '2024-01-11 10:00:01'",
        "eventtime >= '2024-01-11 10:00:01'",
        "eventtime < '2024-01-12 10:00:00'",
        "eventtime <= timestamp '2024-01-12 10:00:00'",
        "eventtime = '2024-01-12 10:00:00'",
        "eventtime BETWEEN '2024-01-10' AND '2024-01-11 12:00:00'",
        "'2024-01-11' < eventtime",
        "year(eventtime) = 2024",
        "lower(eventname) = 'getobject'",
        "lower(eventname) LIKE 'get%'",
        "lower(eventid) = 'id-1'",
        "lower(useridentity.username) LIKE '%größe%'",
        "lower(useridentity.username) LIKE '%kelvin%'",
        "upper(useridentity.username) LIKE '%GRÖSSE%'",
        "matches(eventjson, 'event:Get* -is:read')",
        "matches(eventjson, 'gamma OR since:2024-01-12')",
        "matches(replace(eventjson, 'GetObject', 'Zzzz'), 'event:Zzzz')",
        "eventname ILIKE 'getobject'",
        "useridentity.username ILIKE '%GRÖSSE%'",
        "useridentity.username ILIKE '%kelvin%'",
        "useridentity.username ILIKE '%ALPHA%'",
        "requestparameters.v = 'beta/gamma'",
        "lower(eventname) IN ('getobject', 'other')",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner, any::<bool>(), any::<bool>()).prop_map(|(a, b, is_and, is_not)| {
            let op = if is_and { "AND" } else { "OR" };
            format!("{}({a} {op} {b})", if is_not { "NOT " } else { "" })
        })
    })
}

fn any_query() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "event:GetObject",
        "event:get*",
        "event:*Object",
        "event=getobject",
        "event=PutObject",
        "event:x_%y",
        "service:s3",
        "service:S3.amazonaws.com",
        "service:s*",
        "error:*",
        "error:AccessDenied",
        "error:access*",
        "region:us-east-1",
        "region:*",
        "id:id-1",
        "id:ID-1",
        "key:AKIA1",
        "key:akia*",
        "key:*",
        "is:read",
        "is:write",
        "is:error",
        "is:root",
        "is:management",
        "since:2024-01-11",
        "until:2024-01-12T10:00:01Z",
        "since:2024-01-12T10:00:01Z",
        "user:true",
        "user:\"alpha beta\"",
        "ip:192.0.2.0/24",
        "ip:192.0.2.1",
        "beta",
        "alpha*",
        "Größe",
        "12.5",
        "requestParameters.n.deep:12.5",
        "requestParameters.v:>12",
        "exists:errorCode",
        "account:1*",
        "requestParameters:gamma",
        "*",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner, any::<bool>(), any::<bool>()).prop_map(|(a, b, is_and, is_not)| {
            format!(
                "{}({a} {} {b})",
                if is_not { "-" } else { "" },
                if is_and { "AND" } else { "OR" }
            )
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// INVARIANT(QU-2): with the index a statement finds what it finds without.
    #[test]
    fn pruning_never_removes_a_match(
        records in prop::collection::vec(any_record(), 1..40),
        conditions in prop::collection::vec(any_condition(), 12),
    ) {
        let mut records = records;
        for (at, record) in records.iter_mut().enumerate() {
            if at % 5 != 0 {
                record["eventID"] = json!(format!("id-{at}"));
            }
        }
        let store = TestStore::of(&records);
        let (pruning, scanning) = (store.engine(), store.engine().without_pruning());
        for condition in conditions {
            let statement =
                format!("SELECT eventjson FROM events WHERE {condition} ORDER BY eventjson");
            let with = run(&pruning, &statement).expect(&statement).page(0, usize::MAX);
            let without = run(&scanning, &statement).expect(&statement).page(0, usize::MAX);
            prop_assert_eq!(with, without, "{}", statement);
        }
    }

    /// A search finds what its translation to SQL finds, and what reading every record finds.
    #[test]
    fn a_search_and_its_translation_find_the_same(
        records in prop::collection::vec(any_record(), 1..40),
        queries in prop::collection::vec(any_query(), 12),
    ) {
        let mut records = records;
        for (at, record) in records.iter_mut().enumerate() {
            record["eventID"] = json!(format!("id-{at}"));
        }
        let store = TestStore::of(&records);
        let engine = store.engine();
        let snapshot = (store.snapshots)().expect("a snapshot");
        for text in queries {
            let query = Query::parse(&text, Timestamp(0)).expect(&text);
            let event = |record: &Value| Event::parse(record.to_string().into_bytes(), 0).expect("it");
            let ids = |events: &mut dyn Iterator<Item = Event>| {
                let mut ids: Vec<_> = events.filter_map(|event| event.event_id).collect();
                ids.sort();
                ids
            };
            let naive = ids(&mut records.iter().map(event).filter(|event| query.matches(event)));
            let lookup = LookupQuery { search: Some(query.clone()), ..LookupQuery::default() };
            let page = trailhound_query::lookup(&snapshot, &lookup, None, usize::MAX);
            prop_assert_eq!(&ids(&mut page.events.into_iter()), &naive, "{}", text);
            let condition = query.to_sql();
            let statement = format!("SELECT eventid FROM events WHERE {condition} ORDER BY eventid");
            let answer = run(&engine, &statement).expect(&statement).page(0, usize::MAX);
            prop_assert_eq!(answer.concat(), naive, "{}", statement);
        }
    }

    /// Any text gives an answer or an error, and never another statement than a SELECT.
    #[test]
    fn any_text_is_read_or_refused(text in "[-a-z0-9 '\"$<>/*;()=]{0,60}") {
        let names = EventDataStoreNames { id: ID.to_owned(), arn: ARN.to_owned() };
        let _ = crate::statement::parse(&text, &names);
    }
}
