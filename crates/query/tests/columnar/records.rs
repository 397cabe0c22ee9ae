//! Any query and any record.

use super::*;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(vec![
            "alice", "Alice", "root", "RunInstances", "ec2", "ec2.amazonaws.com", "10.0.0.1", "::1",
            "0:0::1", "AWS::S3::Bucket", "S3::Bucket", "arn:aws:s3:::b/k", "k", "i-0123456789abcdef0",
            "arn:aws:sts::123456789012:assumed-role/Admin/alice", "Admin", "true", "false", "null",
            "eventName", "userName", "12", "-12", "1.50", "a b", "newMember", "odd", "us-east-1",
            "2023-07-10T11:00:00Z", "2023", "AccessDenied", "x,y", "é", "a\"b", "a\\b", "line\nline",
            "Insight", "Management", "console.amazonaws.com", "AwsConsoleSignIn", "",
        ]).prop_map(str::to_owned),
        1 => "[a-cA-C0-9 :/._*\"\\\\-]{1,6}",
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "userIdentity", "sessionContext", "sessionIssuer", "requestParameters", "eventName",
            "eventTime", "readOnly", "resources", "userName", "arn", "type", "newMember", "useridentity",
            "odd", "bucketName", "instanceId", "errorCode", "sourceIPAddress", "a.b", "attributes",
            "insightDetails", "eventSource", "managementEvent", "tlsDetails", "EVENTNAME", "READONLY",
        ]).prop_map(str::to_owned),
        1 => "[a-b.* \"-]{0,3}",
    ]
}

/// A path; most lead to what records of these tests hold.
fn any_path() -> impl Strategy<Value = Path> {
    let known = prop::sample::select(vec![
        "userIdentity.userName",
        "userIdentity.arn",
        "userIdentity.type",
        "userIdentity",
        "eventName",
        "userIdentity.sessionContext.sessionIssuer.userName",
        "userIdentity.sessionContext",
        "readOnly",
        "eventTime",
        "requestParameters",
        "requestParameters.bucketName",
        "resources",
        "errorCode",
        "insightDetails.eventName",
        "newMember",
        "userIdentity.odd",
        "eventCategory",
        "managementEvent",
        "tlsDetails",
        "resources.arn",
        "responseElements",
    ]);
    prop_oneof![
        4 => known.prop_map(|path| Path(path.split('.').map(str::to_owned).collect())),
        1 => prop::collection::vec(any_name(), 1..5).prop_map(Path),
    ]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let piece = prop_oneof![3 => any_text(), 1 => Just(String::new())];
    let text = any_text().prop_filter("some text", |text| !text.is_empty());
    prop_oneof![
        3 => text.prop_map(|text| Pattern::literal(&text)),
        2 => prop::collection::vec(piece, 2..4).prop_map(Pattern::new),
    ]
    .prop_filter("not `*`", |pattern| !pattern.is_anything())
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-4_i64..60).prop_map(|hours| Timestamp(NOW.0 - hours * 3_600_000_000))
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        1 => Just(Test::Exists),
        3 => any_text().prop_map(Test::Equals),
        5 => any_pattern().prop_map(Test::Like),
    ]
}

fn any_path_test() -> impl Strategy<Value = Test> {
    let comparison = prop::sample::select(vec![Comparison::Less, Comparison::GreaterOrEqual]);
    let number = || "-?[0-9]{1,2}".prop_map(|text| Number::parse(&text).unwrap());
    let bound = prop_oneof![number().prop_map(Bound::Number), any_time().prop_map(Bound::Time),];
    prop_oneof![
        6 => any_test(),
        1 => (comparison, bound).prop_map(|(comparison, bound)| Test::Compare(comparison, bound)),
        1 => (number(), number())
            .prop_map(|(low, high)| Test::Between(Bound::Number(low), Bound::Number(high))),
    ]
}

fn any_term() -> impl Strategy<Value = Term> {
    let nets = ["10.0.0.0/8", "::/64", "0.0.0.0/0"];
    let net = prop::sample::select(nets.to_vec()).prop_map(|net| net.parse().unwrap());
    prop_oneof![
        4 => any_pattern().prop_map(Term::Text),
        8 => (prop::sample::select(FIELDS.to_vec()), any_test())
            .prop_map(|(field, test)| Term::Field(field, test)),
        1 => net.prop_map(|net| Term::Field(SearchField::Ip, Test::InNet(net))),
        8 => (any_path(), any_path_test()).prop_map(|(path, test)| Term::Path(path, test)),
        4 => prop::sample::select(Flag::ALL).prop_map(Term::Is),
        1 => any_time().prop_map(Term::Since),
        1 => any_time().prop_map(Term::Until),
    ]
}

pub(super) fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![12 => any_term().prop_map(Expr::Term), 1 => Just(Expr::All)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::all_of),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expr::any_of),
            inner.prop_map(Expr::negated),
        ]
    })
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The name of a member of a record, in quotes; some are spelled with an escape.
fn any_member_name() -> impl Strategy<Value = String> {
    let known = vec![
        "userIdentity",
        "requestParameters",
        "responseElements",
        "resources",
        "readOnly",
        "insightDetails",
        "managementEvent",
        "tlsDetails",
        "eventTime",
        "eventName",
        "newMember",
    ];
    let known = prop::sample::select(known);
    prop_oneof![
        9 => known.clone().prop_map(quoted),
        2 => known.prop_map(|name| quoted(name).replacen('e', "\\u0065", 1)),
        2 => any_name().prop_map(|name| quoted(&name)),
    ]
}

/// A record in which known names stand in known and in odd places.
pub(super) fn any_record() -> impl Strategy<Value = String> {
    let text = || {
        any_text().prop_map(|text| match text.starts_with('A') {
            true => quoted(&text).replacen('A', "\\u0041", 1),
            false => quoted(&text),
        })
    };
    let odd = vec!["true", "false", "null", "12", "-12", "1.50", "\"True\"", "\"\\ud800\"", "{}"];
    let leaf = prop_oneof![
        8 => text(),
        2 => prop::sample::select(odd).prop_map(str::to_owned),
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        let name = any_name().prop_map(|name| quoted(&name));
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            5 => prop::collection::vec((name, inner), 0..4).prop_map(object),
        ]
    });
    let known = prop::sample::select(vec![
        "eventName",
        "eventSource",
        "sourceIPAddress",
        "awsRegion",
        "errorCode",
        "errorMessage",
        "recipientAccountId",
        "userAgent",
        "eventCategory",
        "eventID",
        "eventType",
        "sessionCredentialFromConsole",
    ]);
    let name = any_member_name();
    let kinds = vec!["Root", "IAMUser", "AssumedRole", "AWSAccount", "Unknown"];
    let identity = (prop::sample::select(kinds), text(), text(), text(), any::<bool>()).prop_map(
        |(kind, user, arn, key, has_more)| {
            let issuer = format!("{{\"sessionIssuer\":{{\"userName\":{arn},\"arn\":{user}}}}}");
            let more = if has_more {
                format!(",\"accountId\":{arn},\"principalId\":\"x:al\"")
            } else {
                String::new()
            };
            format!(
                "{{\"type\":\"{kind}\",\"userName\":{user},\"arn\":{arn},\"accessKeyId\":{key},\
                \"sessionContext\":{issuer}{more}}}"
            )
        },
    );
    let time = (0_i64..50, any::<bool>()).prop_map(|(hours, is_odd)| {
        let at = Timestamp(NOW.0 - hours * 3_600_000_000 - hours * 7_000_000).to_string();
        quoted(&if is_odd { at.replace('Z', "+00:00") } else { at })
    });
    let member = prop_oneof![
        8 => (known.prop_map(quoted), text()),
        5 => (name, value),
        2 => (Just(quoted("userIdentity")), identity),
        1 => (Just(quoted("readOnly")), prop::sample::select(vec!["true", "false"]).prop_map(str::to_owned)),
        1 => (Just(quoted("eventSource")), Just(quoted("s3.amazonaws.com"))),
        1 => (Just(quoted("insightDetails")), text().prop_map(|it| format!("{{\"eventName\":{it},\"eventSource\":\"x\"}}"))),
    ];
    (time, 0_u8..12, prop::collection::vec(member, 0..9)).prop_map(
        |(time, is_dated, mut members)| {
            if is_dated > 0 {
                members.insert(0, (quoted("eventTime"), time));
            }
            object(members)
        },
    )
}

pub(super) fn any_facet() -> impl Strategy<Value = Facet> {
    prop_oneof![
        2 => prop::sample::select(FIELDS.to_vec()).prop_map(Facet::Field),
        1 => any_path().prop_map(Facet::Path),
    ]
}

pub(super) fn any_range() -> impl Strategy<Value = TimeRange> {
    let end = || proptest::option::weighted(0.3, any_time());
    (end(), end()).prop_map(|(start, end)| TimeRange { start, end })
}
