//! Trino's functions, one by one.

use super::*;

fn check_value(expression: &str, expect: Expect) {
    check(&format!("SELECT {expression} AS v FROM events WHERE eventid = 'id-1'"), expect);
}

#[test]
fn json_functions() {
    let nested = "element_at(requestParameters, 'nested')";
    for (expression, expect) in [
        (
            format!("json_extract({nested}, '$.list[2]')"),
            expect![[r#"
            v
            {"three":3}"#]],
        ),
        (
            format!("json_extract({nested}, '$.list[1]')"),
            expect![[r#"
            v
            "two""#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.list[1]')"),
            expect![[r#"
            v
            two"#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.list')"),
            expect![[r#"
            v
        "#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.a:b')"),
            expect![[r#"
            v
            c"#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$[\"a:b\"]')"),
            expect![[r#"
            v
            c"#]],
        ),
        (
            format!("json_extract_scalar({nested}, 'a')"),
            expect!["error: `a` is no JSON path that is understood here"],
        ),
        (
            "json_extract_scalar('no json', '$.a')".to_owned(),
            expect![[r#"
            v
        "#]],
        ),
    ] {
        check_value(&expression, expect);
    }
}

#[test]
fn json_lists_and_casts() {
    let nested = "element_at(requestParameters, 'nested')";
    for (expression, expect) in [
        (
            "json_parse('no json')".to_owned(),
            expect!["error: json_parse was given text that is no JSON"],
        ),
        (
            format!("json_array_get(json_extract({nested}, '$.list'), -1)"),
            expect![[r#"
            v
            {"three":3}"#]],
        ),
        (
            format!("json_array_length(json_extract({nested}, '$.list'))"),
            expect![[r#"
            v
            3"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list[1]') AS varchar)"),
            expect![[r#"
            v
            two"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list[0]') AS bigint) + 1"),
            expect![[r#"
            v
            2"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list') AS array(varchar))"),
            expect![[r#"
            v
            [1, two, {"three":3}]"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list') AS array(json))"),
            expect![[r#"
            v
            [1, "two", {"three":3}]"#]],
        ),
        (
            format!("cast(json_parse({nested}) AS map(varchar, json))"),
            expect![[r#"
            v
            {list=[1,"two",{"three":3}], a:b="c"}"#]],
        ),
        (
            format!("cast(json_parse({nested}) AS map(varchar, varchar))"),
            expect![[r#"
            v
            {list=[1,"two",{"three":3}], a:b=c}"#]],
        ),
        (
            "json_extract_scalar(json_parse(eventjson), '$.userIdentity.principalId')".to_owned(),
            expect![[r#"
                v
                AROA:alice"#]],
        ),
    ] {
        check_value(&expression, expect);
    }
}

#[test]
fn lambdas() {
    for (expression, expect) in [
        ("transform(filter(resources, r -> r.type LIKE '%Bucket'), r -> r.arn)", expect![[r#"
            v
            [arn:aws:s3:::b1]"#]]),
        ("any_match(resources, r -> r.Arn = 'arn:aws:s3:::b1')", expect![[r#"
            v
            true"#]]),
        ("all_match(resources, r -> r.type LIKE 'AWS::S3%')", expect![[r#"
            v
            true"#]]),
        ("none_match(resources, r -> r.type LIKE '%Object')", expect![[r#"
            v
            false"#]]),
        ("filter(map_values(requestParameters), x -> x LIKE 'b%')", expect![[r#"
            v
            [b1]"#]]),
        (
            "transform(map_values(cast(json_parse('{\"a\":{\"Id\":1},\"b\":{\"Id\":2}}') AS map(varchar, json))),
                x -> json_extract(x, '$.Id'))",
            expect![[r#"
                v
                [1, 2]"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn time_functions() {
    for (expression, expect) in [
        (
            "day_of_week(eventtime)",
            expect![[r#"
            v
            3"#]],
        ),
        (
            "year(eventtime) * 10000 + month(eventtime) * 100 + day(eventtime)",
            expect![[r#"
            v
            20240501"#]],
        ),
        (
            "hour(eventtime) + minute(eventtime) + second(eventtime)",
            expect![[r#"
            v
            10"#]],
        ),
        (
            "week(eventtime) * 1000 + day_of_year(eventtime)",
            expect![[r#"
            v
            18122"#]],
        ),
        (
            "date(eventtime)",
            expect![[r#"
            v
            2024-05-01"#]],
        ),
        (
            "date_trunc('month', eventtime)",
            expect![[r#"
            v
            2024-05-01 00:00:00.000"#]],
        ),
        (
            "date_add('day', -2, eventtime)",
            expect![[r#"
            v
            2024-04-29 10:00:00.000"#]],
        ),
        (
            "date_add('month', 1, timestamp '2024-01-31 00:00:00')",
            expect![[r#"
            v
            2024-02-29 00:00:00.000"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn times_are_told_apart_and_printed() {
    for (expression, expect) in [
        ("date_add('eon', 1, eventtime)", expect!["error: `eon` is no unit of time"]),
        (
            "date_diff('hour', timestamp '2024-04-30 09:30:00', eventtime)",
            expect![[r#"
            v
            24"#]],
        ),
        (
            "date_diff('month', eventtime, timestamp '2024-03-02 00:00:00')",
            expect![[r#"
            v
            -1"#]],
        ),
        (
            "date_format(eventtime, '%Y/%m/%d %H:%i:%s %f %W')",
            expect![[r#"
            v
            2024/05/01 10:00:00 000000 Wednesday"#]],
        ),
        (
            "from_iso8601_timestamp('2024-05-01T12:00:00+02:00')",
            expect![[r#"
            v
            2024-05-01 10:00:00.000"#]],
        ),
        (
            "to_unixtime(eventtime)",
            expect![[r#"
            v
            1714557600.0"#]],
        ),
        (
            "eventtime + INTERVAL '1' HOUR",
            expect![[r#"
            v
            2024-05-01 11:00:00.000"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn text_functions() {
    for (expression, expect) in [
        (
            "replace(eventname, 'Object')",
            expect![[r#"
            v
            Get"#]],
        ),
        (
            "regexp_replace('a1b2', '[0-9]')",
            expect![[r#"
            v
            ab"#]],
        ),
        (
            "regexp_replace('a1b2', '[0-9]', 'x')",
            expect![[r#"
            v
            axbx"#]],
        ),
        (
            "regexp_like(eventname, '^Get')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "regexp_extract(eventname, 'O[a-z]+')",
            expect![[r#"
            v
            Object"#]],
        ),
        (
            "regexp_extract(eventname, '([A-Z])([a-z]+)', 2)",
            expect![[r#"
            v
            et"#]],
        ),
        (
            "regexp_extract(eventname, 'xyz')",
            expect![[r#"
            v
        "#]],
        ),
        (
            "if(readonly, 'r', 'w')",
            expect![[r#"
            v
            r"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn conditions_and_lists() {
    for (expression, expect) in [
        (
            "if(readonly = false, 'w')",
            expect![[r#"
            v
        "#]],
        ),
        (
            "contains(split('a,b', ','), 'b')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "contains(map_keys(requestParameters), 'key')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "contains(eventname, 'Obj')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "slice(split('a,b,c,d', ','), 2, 2)",
            expect![[r#"
            v
            [b, c]"#]],
        ),
        (
            "array_join(split('a,b', ','), '-')",
            expect![[r#"
            v
            a-b"#]],
        ),
        (
            "greatest(1, 3, 2) * 10 + least(3, 1)",
            expect![[r#"
            v
            31"#]],
        ),
        (
            "coalesce(errorcode, 'ok')",
            expect![[r#"
            v
            ok"#]],
        ),
        (
            "cast(2 AS double)",
            expect![[r#"
            v
            2.0"#]],
        ),
        (
            "element_at(split('a,b', ','), 0)",
            expect![[r#"
            v
        "#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn aggregates() {
    check(
        "SELECT approx_distinct(eventname), arbitrary(errorcode), count_if(readonly),
            max_by(eventname, eventtime), min_by(eventname, eventtime),
            count(DISTINCT recipientaccountid), bool_or(readonly)
         FROM events",
        expect![[r#"
            _col0 | _col1 | _col2 | _col3 | _col4 | _col5 | _col6
            3 | AccessDenied | 2 | AssumeRole | GetObject | 2 | true"#]],
    );
    check(
        "SELECT eventid, rank() OVER (PARTITION BY recipientaccountid ORDER BY eventtime DESC) AS rnk
         FROM events ORDER BY eventid",
        expect![[r#"
            eventid | rnk
            id-1 | 2
            id-2 | 1
            id-3 | 1"#]],
    );
    check(
        "SELECT DISTINCT awsregion AS r FROM events ORDER BY awsregion",
        expect![[r#"
            r
            eu-west-1
            us-east-1"#]],
    );
}

#[test]
fn an_execution_error_is_told() {
    check(
        "SELECT CAST(eventname AS BIGINT) FROM events WHERE eventid = 'id-1'",
        expect!["error: Cast error: Cannot cast string 'GetObject' to value of Int64 type"],
    );
}
