//! What a statement may name, and what is refused.

use super::*;

#[test]
fn every_name_of_the_store_is_the_table() {
    let store = TestStore::of(&records());
    let engine = store.engine();
    for name in [
        "events",
        "EVENTS",
        ID,
        &ID.to_uppercase(),
        &format!("\"{ID}\""),
        &format!("'{ID}'"),
        ARN,
        &format!("\"{ARN}\""),
        "$EDS_ID",
        "<EDS ID>",
        "<event_data_store_id>",
        "<Event data store Id>",
        "$EventDataStoreId$",
    ] {
        let statement = format!(
            "/* of <EDS ID> or {ID} */ SELECT count(*) AS n FROM {name} -- $EDS_ID\n WHERE '{ID}' <> 'x'"
        );
        let answer = run(&engine, &statement).expect(&statement);
        assert_eq!(answer.page(0, 9), [["3"]], "{statement}");
    }
}

/// A regression: the table log was read anew on a thread of the engine, which panicked.
#[test]
fn events_that_arrive_are_in_the_next_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let writing = Store::open(folder.path()).expect("opens");
    let reading = Arc::new(Store::open(folder.path()).expect("opens"));
    let store = TestStore { _folder: folder, snapshots: Arc::new(move || reading.snapshot()) };
    let engine = store.engine();
    for (at, record) in records().iter().enumerate() {
        append(&writing, &[record.to_string()]);
        let answer = run(&engine, "SELECT count(*) AS n FROM events").expect("an answer");
        assert_eq!(text_of(&answer), format!("n\n{}", at + 1));
    }
}

#[test]
fn several_names_join() {
    check(
        &format!("SELECT a.eventid FROM {ID} a JOIN {ID} b ON a.eventid = b.eventid ORDER BY 1"),
        expect![[r#"
            eventid
            id-1
            id-2
            id-3"#]],
    );
}

#[test]
fn another_event_data_store_is_unknown() {
    check(
        "SELECT 1 FROM 0f1e2d3c-1111-2222-3333-000000000000",
        expect!["error: there is no event data store `0f1e2d3c-1111-2222-3333-000000000000` here"],
    );
    check(
        "SELECT 1 FROM \"arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-000000000000\"",
        expect![
            "error: there is no event data store `arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-000000000000` here"
        ],
    );
}

#[test]
fn nothing_but_one_select_is_run() {
    let store = TestStore::of(&records());
    let engine = store.engine();
    let file = store._folder.path().join("out");
    let file = file.display();
    let refused = [
        "INSERT INTO events SELECT * FROM events".to_owned(),
        "DELETE FROM events".to_owned(),
        "UPDATE events SET eventname = 'x'".to_owned(),
        "DROP TABLE events".to_owned(),
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        format!("CREATE EXTERNAL TABLE t (a INT) STORED AS CSV LOCATION '{file}'"),
        format!("COPY (SELECT 1) TO '{file}'"),
        format!("COPY events TO '{file}' STORED AS CSV"),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "SHOW TABLES".to_owned(),
        "DESCRIBE trips".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "EXPLAIN INSERT INTO events SELECT * FROM events".to_owned(),
        "EXPLAIN ANALYZE DELETE FROM events".to_owned(),
        "SELECT 1 INTO t".to_owned(),
        "WITH a AS (SELECT 1) INSERT INTO events SELECT * FROM a".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1; DROP TABLE events".to_owned(),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM 'file:///etc/passwd.csv'".to_owned(),
        "SELECT * FROM \"/etc/passwd.csv\"".to_owned(),
        "SELECT * FROM read_csv('/etc/passwd')".to_owned(),
        "SELECT * FROM generate_series(1, 10)".to_owned(),
        "SELECT * FROM information_schema.tables".to_owned(),
        "SELECT * FROM other.events".to_owned(),
        "SELECT * FROM trips".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
        "CALL f()".to_owned(),
        "GRANT ALL ON events TO alice".to_owned(),
        "BEGIN".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
        "x".repeat(10_001),
    ];
    for statement in refused {
        let error = run(&engine, &statement).expect_err(&statement);
        assert!(error.is_invalid_statement(), "{statement}: {error:?}");
    }
    assert!(!store._folder.path().join("out").exists());
}

#[test]
fn refusals_say_why() {
    check("DELETE FROM events", expect!["error: only SELECT is allowed, not `DELETE FROM`"]);
    check("COPY events TO 'x.csv'", expect!["error: only SELECT is allowed, not `COPY events`"]);
    check(
        "SELECT * FROM trips",
        expect!["error: there is no table `trips`, only `events` and `configuration_items`"],
    );
    check("SELECT 1; SELECT 2", expect!["error: there are 2 statements, one SELECT is allowed"]);
    check("SELECT nosuch FROM events", expect!["error: No field named nosuch"]);
    check(
        "SELECT eventname FROM events WHERE",
        expect!["error: Expected: an expression, found: EOF"],
    );
}

#[test]
fn explain_is_allowed() {
    let store = TestStore::of(&records());
    let answer = run(&store.engine(), "EXPLAIN SELECT eventname FROM events LIMIT 1");
    assert!(text_of(&answer.expect("a plan")).contains("EventsExec"));
}

#[test]
fn what_would_be_answered_wrongly_or_without_bounds_is_refused() {
    check(
        "SELECT 1 FROM events JOIN UNNEST(resources) AS t(r) ON t.r.type = 'x'",
        expect!["error: UNNEST is for CROSS JOIN, or JOIN … ON true: put conditions into WHERE"],
    );
    check(
        "SELECT 1 FROM events LEFT JOIN UNNEST(resources) AS t(r) ON true",
        expect!["error: UNNEST is for CROSS JOIN, or JOIN … ON true: put conditions into WHERE"],
    );
    for function in ["repeat('x', 9)", "lpad('x', 9)", "range(0, 9)", "array_repeat('x', 9)"] {
        let statement = format!("SELECT {function} FROM events");
        let store = TestStore::of(&records());
        let error = run(&store.engine(), &statement).map(|_| ()).expect_err(function);
        assert!(error.is_invalid_statement(), "{function}: {error}");
    }
    check(
        "SELECT matches(eventjson, 'is:conflict') FROM events",
        expect!["error: is:conflict is no claim about a record alone: use `trailhound search`"],
    );
    check(
        "SELECT to_timestamp_seconds(99999999999999) AS t FROM events LIMIT 1",
        expect![[r#"
        t
    "#]],
    );
}
