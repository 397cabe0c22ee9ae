//! Statements that take long or answer much.

use super::*;

/// Events enough for two blocks, with few values.
fn many(count: usize) -> Vec<String> {
    (0..count)
        .map(|at| {
            format!(
                r#"{{"eventVersion":"1.08","eventTime":"2024-06-{:02}T{:02}:{:02}:{:02}Z","eventID":"id-{at}","eventName":"Name{}","eventSource":"s{}.amazonaws.com"}}"#,
                1 + at % 2, at / 3600 % 24, at / 60 % 60, at % 60, at % 7, at % 3,
            )
        })
        .collect()
}

#[test]
fn a_statement_without_limits_is_stopped_by_ours() {
    let store = TestStore::of_texts(&many(20_000));
    let endless = "SELECT count(*) FROM events a, events b, events c
        WHERE concat(a.eventid, b.eventid) <> c.eventid";
    let limits = Limits { timeout: Duration::from_millis(300), threads: 2, ..Limits::default() };
    let error = run(&store.engine_with(limits), endless).expect_err("a timeout");
    assert!(matches!(error, QueryError::TimedOut { .. }), "{error:?}");
    let limits = Limits { memory_bytes: 1 << 20, spill_bytes: 0, threads: 2, ..Limits::default() };
    let hungry = "SELECT eventjson, count(*) FROM events GROUP BY eventjson";
    let error = run(&store.engine_with(limits), hungry).expect_err("too much memory");
    assert!(matches!(error, QueryError::Resources { .. }), "{error:?}");
    let limits = Limits { result_bytes: 1 << 16, threads: 2, ..Limits::default() };
    let error = run(&store.engine_with(limits), "SELECT eventjson FROM events").expect_err("large");
    assert!(matches!(error, QueryError::Resources { .. }), "{error:?}");
}

/// A regression: a join that rejects every pair of rows ran on, whatever the timeout, and kept a thread
/// from all other statements.
#[test]
fn a_join_that_finds_nothing_is_stopped() {
    let store = TestStore::of_texts(&many(3_000));
    let limits = Limits { threads: 2, timeout: Duration::from_millis(300), ..Limits::default() };
    let engine = store.engine_with(limits);
    let endless = "SELECT count(*) FROM events a, events b, events c \
        WHERE concat(a.eventname, b.eventname, c.eventname) = 'x'";
    for _ in 0..3 {
        let error = run(&engine, endless).map(|_| ()).expect_err("it ends");
        assert!(matches!(error, QueryError::TimedOut { .. }), "{error}");
    }
    let answer = run(&store.engine(), "SELECT count(*) AS n FROM events").expect("an answer");
    assert_eq!(text_of(&answer), "n\n3000");
}

#[test]
fn a_sort_beyond_the_memory_spills() {
    let store = TestStore::of_texts(&many(160_000));
    let memory_bytes = 16 << 20;
    let limits = Limits { memory_bytes, threads: 2, ..Limits::default() };
    let statement = "SELECT eventid, eventjson FROM events ORDER BY eventjson DESC";
    let answer = run(&store.engine_with(limits), statement).expect("an answer");
    assert_eq!(answer.rows(), 160_000);
    let bytes: usize = answer.batches.iter().map(|batch| batch.get_array_memory_size()).sum();
    assert!(bytes > memory_bytes, "{bytes} bytes would have fitted");
}

#[test]
fn a_dropped_answer_ends_its_statement() {
    let store = TestStore::of_texts(&many(20_000));
    let engine = store.engine();
    let endless = "SELECT a.eventid FROM events a, events b, events c";
    block_on(async {
        let mut answer = engine.query(endless).await.expect("starts");
        answer.next().await.expect("a batch").expect("rows");
        drop(answer);
        // The threads are free again: the next statement gets its answer.
        let answer = engine.run("SELECT count(*) FROM events").await.expect("an answer");
        assert_eq!(answer.page(0, 1), [["20000"]]);
    });
}

#[test]
fn a_count_reads_nothing_and_a_limit_little() {
    let store = TestStore::of_texts(&many(20_000));
    let engine = store.engine();
    let answer = run(&engine, "SELECT count(*) FROM events").expect("an answer");
    assert_eq!(
        (answer.page(0, 1), answer.statistics.events_scanned),
        (vec![vec!["20000".to_owned()]], 0)
    );
    let answer = run(&engine, "SELECT eventid FROM events LIMIT 5").expect("an answer");
    assert_eq!(answer.rows(), 5);
    assert!(answer.statistics.events_scanned <= 10, "{:?}", answer.statistics);
    let answer = run(&engine, "SELECT eventname FROM events WHERE eventid = 'id-77'").expect("one");
    assert_eq!(answer.rows(), 1);
    let statistics = answer.statistics;
    assert!(statistics.events_scanned <= 2, "{statistics:?}");
    assert_eq!(statistics.events_matched, 1, "{statistics:?}");
}

#[test]
fn pages_are_parts_of_the_whole() {
    let store = TestStore::of_texts(&many(9_000));
    let answer = run(&store.engine(), "SELECT eventid FROM events ORDER BY eventid").expect("all");
    let whole = answer.page(0, usize::MAX);
    let mut pages = Vec::new();
    while pages.len() < whole.len() {
        pages.extend(answer.page(pages.len(), 1_000));
    }
    assert_eq!(pages, whole);
    assert_eq!(answer.page(9_000, 10), Vec::<Vec<String>>::new());
}
