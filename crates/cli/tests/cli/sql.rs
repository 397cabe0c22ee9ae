//! `sql`, and SQL over HTTP: with the feature, and without it.

use crate::env::TestEnv;
use expect_test::expect;

#[cfg(not(feature = "sql"))]
#[test]
fn without_the_feature_it_says_how_to_get_it() {
    TestEnv::with_logs().check(
        &["sql", "SELECT 1"],
        expect![[r#"
            --- stderr
            error: this build has no SQL
            hint: build it in, which takes some minutes more: cargo install --path crates/cli --features sql
            --- exit 2
        "#]],
    );
}

#[cfg(feature = "sql")]
mod with_engine {
    use super::*;
    use crate::serve::{post, start, stop};
    use serde_json::{Value, json};
    use std::time::{Duration, Instant};

    const BY_NAME: &str = "SELECT eventname, count(*) AS calls, max(eventtime) AS latest FROM events \
        GROUP BY eventname ORDER BY calls DESC, eventname LIMIT 3";

    #[track_caller]
    fn check(args: &[&str], expect: expect_test::Expect) {
        let env = TestEnv::with_logs();
        let text = env.run(args);
        // How long it took is in the note.
        let lines: Vec<_> = text.lines().filter(|line| !line.contains(" s; read ")).collect();
        expect.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn rows_come_in_every_form() {
        check(
            &["sql", BY_NAME],
            expect![[r#"
            eventname     calls  latest
            AssumeRole    1      2023-07-11 00:00:00.000
            CreateUser    1      2023-07-12 10:00:00.000
            DeleteBucket  1      2023-07-10 09:10:00.000
            --- stderr"#]],
        );
        check(
            &["sql", BY_NAME, "--output", "csv"],
            expect![[r#"
            eventname,calls,latest
            AssumeRole,1,2023-07-11 00:00:00.000
            CreateUser,1,2023-07-12 10:00:00.000
            DeleteBucket,1,2023-07-10 09:10:00.000
            --- stderr"#]],
        );
        check(
            &["sql", BY_NAME, "--output", "ndjson"],
            expect![[r#"
            {"eventname":"AssumeRole","calls":1,"latest":"2023-07-11T00:00:00.000Z"}
            {"eventname":"CreateUser","calls":1,"latest":"2023-07-12T10:00:00.000Z"}
            {"eventname":"DeleteBucket","calls":1,"latest":"2023-07-10T09:10:00.000Z"}
            --- stderr"#]],
        );
        check(
            &["sql", "SELECT eventname FROM events WHERE false", "--output", "json"],
            expect![[r#"
                []
                --- stderr"#]],
        );
    }

    #[test]
    fn wrong_statements_are_usage_errors() {
        check(
            &["sql", "SELEC 1"],
            expect![[r#"
                --- stderr
                error: only SELECT is allowed, not `SELEC`
                hint: `DESCRIBE events` lists the columns; a text stands in 'single quotes'
                --- exit 2"#]],
        );
        check(
            &["sql", "SELECT nme FROM events"],
            expect![[r#"
                --- stderr
                error: No field named nme
                hint: `DESCRIBE events` lists the columns; a text stands in 'single quotes'
                --- exit 2"#]],
        );
        check(
            &["sql", "DROP TABLE events"],
            expect![[r#"
                --- stderr
                error: only SELECT is allowed, not `DROP TABLE`
                hint: `DESCRIBE events` lists the columns; a text stands in 'single quotes'
                --- exit 2"#]],
        );
        check(
            &["sql", "SELECT 1 FROM 11111111-2222-4333-8444-555555555555"],
            expect![[r#"
            --- stderr
            error: there is no event data store `11111111-2222-4333-8444-555555555555` here
            --- exit 1"#]],
        );
    }

    fn aws(address: &str, operation: &str, body: &Value) -> Value {
        let target = format!("X-Amz-Target: CloudTrail_20131101.{operation}\r\n");
        let answer = post(address, "/", &target, &body.to_string());
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    fn sql(address: &str, body: &Value) -> Value {
        let kind = "Content-Type: application/json\r\n";
        let answer = post(address, "/api/v1/sql", kind, &body.to_string());
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut answer: Value = serde_json::from_str(body).unwrap();
        if let Some(statistics) = answer.get_mut("statistics") {
            statistics["elapsed_ms"] = Value::Null;
            statistics["bytes_scanned"] = Value::Null;
        }
        answer
    }

    #[test]
    fn the_native_endpoint_answers_columns_and_rows() {
        let env = TestEnv::with_logs();
        let (child, address, _reader) = start(&env, &["serve", "--listen", "127.0.0.1:0"]);
        let text = |body: &Value| sql(&address, body).to_string();
        expect![[r#"{"columns":["eventname","calls","latest"],"rows":[["AssumeRole",1,"2023-07-11T00:00:00.000Z"],["CreateUser",1,"2023-07-12T10:00:00.000Z"]],"more":true,"statistics":{"events_matched":5,"events_scanned":5,"bytes_scanned":null,"elapsed_ms":null}}"#]].assert_eq(&text(&json!({"statement": BY_NAME, "limit": 2})));
        expect![[r#"{"columns":["a","b","c","t"],"rows":[[1,"x",null,"IAMUser"]],"more":false,"statistics":{"events_matched":1,"events_scanned":1,"bytes_scanned":null,"elapsed_ms":null}}"#]].assert_eq(&text(&json!({"statement":
            "SELECT 1 AS a, 'x' AS b, NULL AS c, useridentity.type AS t FROM events \
             WHERE eventname = 'CreateUser'"})));
        let wrong = sql(&address, &json!({"statement": "DELETE FROM events"}));
        assert_eq!(wrong["error"]["code"], "InvalidStatement", "{wrong}");
        assert_eq!(stop(child, "-TERM"), Some(0));
    }

    #[test]
    fn a_lake_query_is_started_described_and_read_page_by_page() {
        let env = TestEnv::with_logs();
        let (child, address, _reader) = start(&env, &["serve", "--listen", "127.0.0.1:0"]);
        let stores = aws(&address, "ListEventDataStores", &json!({}));
        let arn = stores["EventDataStores"][0]["EventDataStoreArn"].as_str().unwrap();
        let id = arn.rsplit('/').next().unwrap();
        let statement = format!("SELECT eventid FROM {id} ORDER BY eventid");
        let started = aws(&address, "StartQuery", &json!({"QueryStatement": statement}));
        let query = json!({"QueryId": started["QueryId"]});
        let deadline = Instant::now() + Duration::from_secs(60);
        let described = loop {
            let described = aws(&address, "DescribeQuery", &query);
            if described["QueryStatus"] != "RUNNING" {
                break described;
            }
            assert!(Instant::now() < deadline, "{described}");
        };
        assert_eq!(described["QueryStatus"], "FINISHED", "{described}");
        let (mut seen, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({"QueryId": started["QueryId"], "MaxQueryResults": 2});
            if !token.is_null() {
                request["NextToken"] = token;
            }
            let page = aws(&address, "GetQueryResults", &request);
            for row in page["QueryResultRows"].as_array().unwrap() {
                seen.push(row[0]["eventid"].as_str().unwrap().to_owned());
            }
            token = page["NextToken"].clone();
            if token.is_null() {
                assert_eq!(page["QueryStatistics"]["TotalResultsCount"], seen.len());
                break;
            }
        }
        assert!(seen.len() == 5 && seen.is_sorted(), "{seen:?}");
        assert_eq!(described["QueryStatistics"]["EventsScanned"], seen.len());
        let cancelled = aws(&address, "CancelQuery", &query);
        assert_eq!(cancelled["__type"], "InactiveQueryException", "{cancelled}");
        // The command line knows the event data store by the same names.
        let count =
            env.run(&["sql", &format!("SELECT count(*) AS n FROM '{arn}'"), "--output", "ndjson"]);
        assert!(count.starts_with(&format!("{{\"n\":{}}}\n", seen.len())), "{count}");
        assert_eq!(stop(child, "-TERM"), Some(0));
    }
}
