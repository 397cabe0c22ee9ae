//! What is read and printed, and what is refused.

use expect_test::{Expect, expect};

use super::{NOW, query};
use crate::Query;
use crate::limits::DEPTH_MAX;

/// The tree of `text`, and the canonical form when it is written otherwise.
fn check(text: &str, expect: &Expect) {
    expect.assert_eq(&query(text).to_string());
}

fn check_tree(text: &str, expect: &Expect) {
    expect.assert_eq(&format!("{:?}", query(text).expr()));
}

fn check_error(text: &str, expect: &Expect) {
    let error = Query::parse(text, NOW).expect_err(text);
    expect.assert_eq(&error.render(text));
}

#[test]
fn terms_stand_side_by_side_or_with_words_between() {
    check("a b", &expect!["a b"]);
    check("a AND b OR c", &expect!["a b OR c"]);
    check("a (b OR c) NOT d", &expect!["a (b OR c) -d"]);
    check("-(a b)", &expect!["-(a b)"]);
    check("NOT -a", &expect!["a"]);
    check("((a)) (b c)", &expect!["a b c"]);
    check("a OR (b OR c)", &expect!["a OR b OR c"]);
    check("", &expect!["*"]);
    check(" * ", &expect!["*"]);
    check("a *", &expect!["a"]);
    check("-*", &expect!["-*"]);
    check("or and not", &expect!["or and not"]);
    check("\"OR\"", &expect![[r#""OR""#]]);
    check("ORDER NOTE", &expect!["ORDER NOTE"]);
    check_tree(
        "a b OR -c",
        &expect![[
            r#"Or([And([Term(Text(Pattern { pieces: ["a"] })), Term(Text(Pattern { pieces: ["b"] }))]), Not(Term(Text(Pattern { pieces: ["c"] })))])"#
        ]],
    );
}

#[test]
fn words_and_phrases_are_texts() {
    check("10.0.0.1 i-0abc s3/key", &expect!["10.0.0.1 i-0abc s3/key"]);
    check("\"two words\"", &expect![[r#""two words""#]]);
    check("Delete*Trail *x", &expect!["Delete*Trail *x"]);
    check("a**b", &expect!["a*b"]);
    check(r"\*literal\*", &expect![[r#""*literal*""#]]);
    check(r"CORP\alice", &expect![[r#""CORP\\alice""#]]);
    check("\"a b\"*c", &expect![[r#""a b"*c"#]]);
    check("arn:aws:s3:::bucket", &expect![[r#""arn:aws:s3:::bucket""#]]);
    check("\"-x\"", &expect![[r#""-x""#]]);
    check("größe", &expect!["größe"]);
}

#[test]
fn names_and_paths_take_values() {
    check("USER:alice eventname:RunInstances", &expect!["user:alice event:RunInstances"]);
    check("user=Alice user:=Al*", &expect!["user=Alice user=Al*"]);
    check("user:\"\" user=\"\"", &expect![[r#"user:"" user="""#]]);
    check("type:AWS::EC2::Instance", &expect!["type:AWS::EC2::Instance"]);
    check("requestparameters.a.b:i-0abc", &expect!["requestparameters.a.b:i-0abc"]);
    check("RequestParameters:x useridentity:y", &expect!["requestParameters:x userIdentity:y"]);
    check(".newMember:x .user:y", &expect![".newMember:x .user:y"]);
    check(r#"requestParameters."a.b".c\.d:x"#, &expect![[r#"requestParameters."a.b"."c.d":x"#]]);
    check("\"eventName\":\"RunInstances\"", &expect!["event:RunInstances"]);
    check("error:* a.b:* exists:a.b exists:user", &expect!["error:* exists:a.b exists:a.b user:*"]);
    check("is:WRITE -is:root", &expect!["is:write -is:root"]);
    check("ip:10.1.2.3/8 ip:2001:db8::/32", &expect!["ip:10.0.0.0/8 ip:2001:db8::/32"]);
    check("ip:\"10.1.2.3/8\"", &expect![[r#"ip:"10.1.2.3/8""#]]);
    check("event:(A OR B* -C)", &expect!["event:A OR event:B* -event:C"]);
    check("event=(A OR B)", &expect!["event=A OR event=B"]);
    check("is:(write OR error)", &expect!["is:write OR is:error"]);
}

#[test]
fn numbers_and_times_compare() {
    check("a.b:>5 a.b:>=-0.5 a.b:<1e6 a.b:<=7", &expect!["a.b:>5 a.b:>=-0.5 a.b:<1e6 a.b:<=7"]);
    check("a.b:1..10 a.b:1.. a.b:..10", &expect!["a.b:1..10 a.b:>=1 a.b:<=10"]);
    check(
        "a.b:../../etc a.b:x..y a.b:\"1..2\"",
        &expect![[r#"a.b:"../../etc" a.b:"x..y" a.b:"1..2""#]],
    );
    check(
        "eventTime:>-30m eventTime:2023-07-01..today",
        &expect![
            "eventTime:>2023-07-10T11:30:00Z eventTime:2023-07-01T00:00:00Z..2023-07-10T00:00:00Z"
        ],
    );
}

#[test]
fn time_words_are_resolved_and_bound_the_query() {
    check("since:-30m", &expect!["since:2023-07-10T11:30:00Z"]);
    check("since:2h until:now", &expect!["since:2023-07-10T10:00:00Z until:2023-07-10T12:00:00Z"]);
    check("since:yesterday", &expect!["since:2023-07-09T00:00:00Z"]);
    check("until:\"2023-07-01 06:30\"", &expect!["until:2023-07-01T06:30:00Z"]);
    check("since:2023-07-01T06:30:15.250+02:00", &expect!["since:2023-07-01T04:30:15.250Z"]);
    let range = |text: &str| format!("{:?}", query(text).time_range());
    expect!["TimeRange { start: Some(Timestamp(1688983200000000)), end: Some(Timestamp(1688990400000000)) }"]
        .assert_eq(&range("since:7d a until:now since:2h until:now"));
    expect!["TimeRange { start: None, end: None }"].assert_eq(&range("since:7d OR a"));
    expect!["TimeRange { start: None, end: None }"].assert_eq(&range("-since:7d"));
}

#[test]
fn an_error_points_at_the_place_and_suggests() {
    check_error(
        "a usr:alice",
        &expect![[r#"
            a usr:alice
              ^^^
            there is no field `usr`; did you mean `user:`?"#]],
    );
    check_error(
        "https://example.com/x",
        &expect![[r#"
            https://example.com/x
            ^^^^^
            there is no field `https`; did you mean `"https://example.com/x"`?"#]],
    );
    check_error(
        "is:wrte",
        &expect![[r#"
            is:wrte
               ^^^^
            `is:` does not know `wrte`, only read, write, error, console, root, insight, management, conflict; did you mean `is:write`?"#]],
    );
    check_error(
        "(a (b)",
        &expect![[r#"
            (a (b)
            ^
            this parenthesis is not closed"#]],
    );
}

#[test]
fn an_error_points_at_what_is_missing_or_too_much() {
    check_error(
        "a) b",
        &expect![[r#"
            a) b
             ^
            this parenthesis closes nothing"#]],
    );
    check_error(
        "größe \"x",
        &expect![[r#"
            größe "x
                  ^
            this quote is not closed"#]],
    );
    check_error(
        "a OR",
        &expect![[r#"
            a OR
                ^
            a term is missing here"#]],
    );
    check_error(
        "user: x",
        &expect![[r#"
            user: x
                 ^
            a value is missing here"#]],
    );
}

#[test]
fn an_error_points_at_the_value() {
    check_error(
        "since:tomorrow",
        &expect![[r#"
            since:tomorrow
                  ^^^^^^^^
            `tomorrow` is not a time; a time is an age (`30m`, `-2h`, `7d`, `2w`, `1h30m`), a date (`2023-07-10`), ISO 8601 (`2023-07-10T12:00:00+02:00`; UTC without a zone), `now`, `today` or `yesterday`"#]],
    );
    check_error(
        "日本 a.b:>x",
        &expect![[r#"
            日本 a.b:>x
                      ^
            `x` is neither a number nor a time, so nothing compares to it"#]],
    );
    check_error(
        "user:>5",
        &expect![[r#"
            user:>5
                 ^^
            `user` cannot be compared; paths such as `eventTime` can"#]],
    );
    check_error(
        "ip:10.0.0.0/33",
        &expect![[r#"
            ip:10.0.0.0/33
               ^^^^^^^^^^^
            `10.0.0.0/33` is not a network; one is written `10.0.0.0/8` or `2001:db8::/32`"#]],
    );
    check_error(
        "a..b:c",
        &expect![[r#"
            a..b:c
            ^^^^
            a path is made of names with dots between them; other characters stand in quotes"#]],
    );
    check_error(
        "\"\"",
        &expect![[r#"
            ""
            ^^
            the text to find is empty"#]],
    );
    for text in
        ["()", "a ()", "-", "AND a", "a AND OR b", "OR", "event:()", "event:(A", "exists:is"]
    {
        assert!(Query::parse(text, NOW).is_err(), "{text}");
    }
}

#[test]
fn a_long_text_is_cut_around_the_place() {
    let text = format!("{} usr:x {}", "word ".repeat(100), "word ".repeat(100));
    check_error(
        &text,
        &expect![[r#"
            …ord word word word word word word word word word  usr:x word word word word word word word word word…
                                                               ^^^
            there is no field `usr`; did you mean `user:`?"#]],
    );
}

#[test]
fn nesting_is_bounded_and_repetition_is_not() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(query(&nested(DEPTH_MAX)).to_string(), "a");
    check_error(
        &nested(DEPTH_MAX + 1),
        &expect![[r#"
            …(((((((((((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))))))))…
                                                               ^
            parentheses nest deeper than 64 levels"#]],
    );
    assert!(Query::parse(&"(-".repeat(1_000_000), NOW).is_err());
    assert_eq!(query(&format!("{}a", "-".repeat(1_000_001))).to_string(), "-a");
    let many = "event:A OR ".repeat(100_000) + "b";
    assert_eq!(query(&many).to_string(), many);
}
