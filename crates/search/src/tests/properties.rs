//! Claims that hold of any query and any record.

use std::collections::HashSet;

use proptest::prelude::*;
use trailhound_record::batch::RecordRule;
use trailhound_record::field::Field;
use trailhound_record::key::{Attribute, key_hash};
use trailhound_record::{Event, RowBatch, Timestamp};

use super::NOW;
use crate::{
    Bound, Comparison, Expr, Flag, Number, Path, Pattern, Query, Requirement, SearchField, Term,
    Test,
};

const FIELDS: [SearchField; 13] = [
    SearchField::User,
    SearchField::Event,
    SearchField::Service,
    SearchField::Ip,
    SearchField::Key,
    SearchField::Role,
    SearchField::Account,
    SearchField::Region,
    SearchField::Error,
    SearchField::Resource,
    SearchField::Agent,
    SearchField::Type,
    SearchField::Id,
];

/// Texts that records of these tests hold, in parts or whole, and odd ones.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(vec![
            "alice", "Alice", "root", "RunInstances", "ec2", "ec2.amazonaws.com", "10.0.0.1", "::1",
            "0:0::1", "AWS::S3::Bucket", "S3::Bucket", "arn:aws:s3:::b/k", "k", "i-0123456789abcdef0",
            "arn:aws:sts::123456789012:assumed-role/Admin/alice", "Admin", "true", "false", "null",
            "eventName", "userName", "12", "-12", "1.50", "a b", "newMember", "odd", "us-east-1",
            "2023-07-10T11:00:00Z", "AccessDenied", "x,y", "é", "a\"b", "a\\b", "line\nline", "10.0",
        ]).prop_map(str::to_owned),
        1 => "[a-cA-C0-9 :/._*\"\\\\-]{1,6}",
        1 => "\\PC{1,4}",
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "userIdentity", "sessionContext", "sessionIssuer", "requestParameters", "eventName",
            "eventTime", "readOnly", "resources", "userName", "arn", "type", "newMember", "useridentity",
            "odd", "bucketName", "instanceId", "errorCode", "sourceIPAddress", "a.b", "attributes",
            "insightDetails", "eventSource",
        ]).prop_map(str::to_owned),
        1 => "[a-b.* \"-]{0,3}",
    ]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let piece = prop_oneof![3 => any_text(), 1 => Just(String::new())];
    prop_oneof![
        3 => any_text().prop_map(|text| Pattern::literal(&text)),
        2 => prop::collection::vec(piece, 2..4).prop_map(Pattern::new),
    ]
    .prop_filter("not `*`", |pattern| !pattern.is_anything())
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp(1_688_986_800_000_000)),
        (-62_167_219_200_000_000_i64..253_402_300_799_000_000).prop_map(Timestamp),
    ]
}

fn any_number() -> impl Strategy<Value = Number> {
    "-?[0-9]{1,3}(\\.[0-9]{1,2})?(e[0-9])?".prop_map(|text| Number::parse(&text).unwrap())
}

fn any_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        1 => Just(Test::Exists),
        3 => any_text().prop_map(Test::Equals),
        5 => any_pattern().prop_map(Test::Like),
    ]
}

fn any_path_test() -> impl Strategy<Value = Test> {
    let comparison = prop::sample::select(vec![
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let bound = prop_oneof![any_number().prop_map(Bound::Number), any_time().prop_map(Bound::Time)];
    prop_oneof![
        6 => any_test(),
        1 => (comparison, bound).prop_map(|(comparison, bound)| Test::Compare(comparison, bound)),
        1 => (any_number(), any_number())
            .prop_map(|(low, high)| Test::Between(Bound::Number(low), Bound::Number(high))),
        1 => (any_time(), any_time())
            .prop_map(|(low, high)| Test::Between(Bound::Time(low), Bound::Time(high))),
    ]
}

fn any_term() -> impl Strategy<Value = Term> {
    let net = (any::<std::net::IpAddr>(), 0_u8..33)
        .prop_map(|(address, prefix)| ipnet::IpNet::new(address, prefix).unwrap().trunc());
    prop_oneof![
        4 => any_pattern().prop_map(Term::Text),
        8 => (prop::sample::select(FIELDS.to_vec()), any_test())
            .prop_map(|(field, test)| Term::Field(field, test)),
        1 => net.prop_map(|net| Term::Field(SearchField::Ip, Test::InNet(net))),
        6 => (prop::collection::vec(any_name(), 1..5), any_path_test())
            .prop_map(|(path, test)| Term::Path(Path(path), test)),
        2 => prop::sample::select(Flag::ALL).prop_map(Term::Is),
        1 => any_time().prop_map(Term::Since),
        1 => any_time().prop_map(Term::Until),
    ]
}

/// Any tree in the form that the parser makes.
fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![12 => any_term().prop_map(Expr::Term), 1 => Just(Expr::All)];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::all_of),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::any_of),
            inner.prop_map(Expr::negated),
        ]
    })
}

/// A record in which known names stand in known and in odd places.
fn any_record() -> impl Strategy<Value = String> {
    let text = any_text().prop_map(|text| {
        let quoted = serde_json::to_string(&text).unwrap();
        if text.starts_with('A') { quoted.replacen('A', "\\u0041", 1) } else { quoted }
    });
    let leaf = prop_oneof![
        8 => text,
        1 => prop::sample::select(vec!["true", "false", "null", "12", "-12", "1.50", "\"\\ud800\""])
            .prop_map(str::to_owned),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        let name = any_name().prop_map(|name| serde_json::to_string(&name).unwrap());
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            5 => prop::collection::vec((name, inner), 0..5).prop_map(object),
        ]
    });
    let name = prop_oneof![
        9 => prop::sample::select(vec![
            "userIdentity", "eventName", "eventSource", "sourceIPAddress", "awsRegion", "errorCode",
            "errorMessage", "requestParameters", "responseElements", "resources", "readOnly", "eventTime",
            "recipientAccountId", "userAgent", "insightDetails", "eventCategory", "eventID", "eventType",
        ]).prop_map(|name| format!("\"{name}\"")),
        3 => any_name().prop_map(|name| serde_json::to_string(&name).unwrap()),
    ];
    let identity = (
        prop::sample::select(vec!["Root", "IAMUser", "AssumedRole", "AWSAccount", "Unknown"]),
        any_text(),
        any_text(),
    )
        .prop_map(|(kind, user, arn)| {
            let [user, arn] = [user, arn].map(|it| serde_json::to_string(&it).unwrap());
            let issuer = format!("{{\"sessionIssuer\":{{\"userName\":{arn},\"arn\":{user}}}}}");
            format!(
                "{{\"type\":\"{kind}\",\"userName\":{user},\"arn\":{arn},\"principalId\":\"x:alice\",\
                \"accessKeyId\":{user},\"accountId\":{arn},\"sessionContext\":{issuer}}}"
            )
        });
    let member = prop_oneof![
        8 => (name, value),
        2 => (Just("\"userIdentity\"".to_owned()), identity),
        1 => (Just("\"eventTime\"".to_owned()), Just("\"2023-07-10T11:00:00Z\"".to_owned())),
        1 => (Just("\"eventSource\"".to_owned()), Just("\"s3.amazonaws.com\"".to_owned())),
    ];
    prop::collection::vec(member, 0..9).prop_map(object)
}

fn object(members: Vec<(String, String)>) -> String {
    let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// What the index of a store knows of one record.
struct Indexed {
    event: Event,
    keys: Vec<u32>,
    tokens: Vec<u64>,
}

impl Indexed {
    fn new(record: &str) -> Self {
        let mut batch = RowBatch::default();
        batch.try_push(record.as_bytes(), 0, RecordRule::Stored).expect("a record");
        let event = Event::parse(record.as_bytes().to_vec(), 0).expect("a record");
        Self { event, keys: batch.keys, tokens: batch.tokens }
    }

    fn meets(&self, requirement: &Requirement) -> bool {
        match requirement {
            Requirement::Any => true,
            Requirement::Never => false,
            Requirement::And(parts) => parts.iter().all(|part| self.meets(part)),
            Requirement::Or(parts) => parts.iter().any(|part| self.meets(part)),
            Requirement::Key(attribute, value) => self.has_key(*attribute, value),
            Requirement::Present(Field::ErrorMessage) => self.event.error_message.is_some(),
            Requirement::Present(field) => panic!("{field:?} is not asked for"),
            Requirement::Token(hash) => self.tokens.contains(hash),
            Requirement::Time(range) => self.event.event_time.is_some_and(|time| {
                range.start.is_none_or(|start| time >= start)
                    && range.end.is_none_or(|end| time < end)
            }),
        }
    }

    fn has_key(&self, attribute: Attribute, value: &str) -> bool {
        self.keys.contains(&key_hash(attribute, value.as_bytes()))
    }
}

/// As [`crate::Query::matches`] of a text, over a tree of `serde_json`.
fn tree_has_text(value: &serde_json::Value, needle: &crate::pattern::Needle) -> bool {
    let is_in = |text: &str| needle.is_in(text.to_ascii_lowercase().as_bytes());
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Bool(value) => is_in(&value.to_string()),
        serde_json::Value::Number(value) => is_in(&value.to_string()),
        serde_json::Value::String(text) => is_in(text),
        serde_json::Value::Array(items) => items.iter().any(|item| tree_has_text(item, needle)),
        serde_json::Value::Object(members) => {
            members.iter().any(|(name, value)| is_in(name) || tree_has_text(value, needle))
        }
    }
}

/// The strings of a tree, each with the path that leads to it.
fn strings<'v>(
    value: &'v serde_json::Value,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'v str)>,
) {
    match value {
        serde_json::Value::String(text) => found.push((path.clone(), text)),
        serde_json::Value::Array(items) => items.iter().for_each(|it| strings(it, path, found)),
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                path.push(name.clone());
                strings(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Terms made of the names and the strings of a tree.
fn own_terms(tree: &serde_json::Value) -> Vec<Term> {
    let mut found = Vec::new();
    strings(tree, &mut Vec::new(), &mut found);
    let names = found.iter().flat_map(|(path, _)| path.iter().map(String::as_str));
    let texts: HashSet<&str> = names.chain(found.iter().map(|(_, text)| *text)).collect();
    let mut terms: Vec<Term> = Flag::ALL.iter().map(|flag| Term::Is(*flag)).collect();
    for text in texts {
        let (first, rest) = text.split_at(text.char_indices().nth(2).map_or(0, |(at, _)| at));
        let patterns = [
            Pattern::literal(text),
            Pattern::literal(&text.to_ascii_uppercase()),
            Pattern::new(vec![first.to_owned(), String::new()]),
            Pattern::new(vec![String::new(), rest.to_owned()]),
        ];
        for pattern in patterns.into_iter().filter(|pattern| !pattern.is_anything()) {
            terms.push(Term::Text(pattern.clone()));
            let test = Test::Like(pattern);
            terms.extend(FIELDS.map(|field| Term::Field(field, test.clone())));
        }
        terms.extend(FIELDS.map(|field| Term::Field(field, Test::Equals(text.to_owned()))));
        let short = text.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        terms.extend(FIELDS.map(|field| Term::Field(field, Test::Equals(short.clone()))));
    }
    terms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// What is printed is read as the same query.
    #[test]
    fn printing_and_parsing_is_the_identity(expr in any_expr()) {
        let query = Query::from(expr);
        let printed = query.to_string();
        let parsed = Query::parse(&printed, Timestamp(0));
        match parsed {
            Ok(parsed) => prop_assert_eq!(parsed.expr(), query.expr(), "{}", printed),
            Err(error) => prop_assert!(false, "{}", error.render(&printed)),
        }
    }

    /// Any text is a query, or an error that points between two characters of it.
    #[test]
    fn any_text_is_a_query_or_a_spanned_error(
        free in any::<String>(),
        near in "([()a-c:=*\"\\\\. \n<>-]|user|is:|since:|event:|OR |AND |NOT |é|exists:|\\.\\.|10|ip:){0,20}",
        record in any_record(),
    ) {
        let event = Event::parse(record.into_bytes(), 0).unwrap();
        for text in [free, near] {
            match Query::parse(&text, NOW) {
                Ok(query) => {
                    query.matches(&event);
                    query.requirement();
                    let again = Query::parse(&query.to_string(), Timestamp(0));
                    prop_assert_eq!(again.as_ref(), Ok(&query), "{}", text);
                    for place in query.highlights(&text) {
                        prop_assert!(text.get(place).is_some_and(|part| !part.is_empty()));
                    }
                }
                Err(error) => {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{:?} {:?}", text, error);
                    prop_assert_eq!(error.render(&text).lines().count(), 3);
                }
            }
        }
    }

    /// A match meets the requirement and lies in the time range (QU-2).
    #[test]
    fn a_match_meets_the_requirement(record in any_record(), terms in prop::collection::vec(any_expr(), 12)) {
        let indexed = Indexed::new(&record);
        for expr in terms {
            let query = Query::from(expr);
            if query.matches(&indexed.event) {
                let requirement = query.requirement();
                prop_assert!(indexed.meets(&requirement), "{} on {}: {:?}", query, record, requirement);
                let range = query.time_range();
                prop_assert!(indexed.meets(&Requirement::Time(range)) || range == Default::default());
            }
        }
    }

    /// As above, for queries made of the record's own names and texts: most of them match.
    #[test]
    fn a_match_of_its_own_texts_meets_the_requirement(record in any_record()) {
        let Ok(tree) = serde_json::from_str::<serde_json::Value>(&record) else { return Ok(()) };
        let indexed = Indexed::new(&record);
        for term in own_terms(&tree) {
            let query = Query::from(Expr::Term(term));
            if query.matches(&indexed.event) {
                let requirement = query.requirement();
                prop_assert!(indexed.meets(&requirement), "{} on {}: {:?}", query, record, requirement);
            }
        }
    }

    /// Searching the bytes finds what searching a tree finds, and nothing else.
    #[test]
    fn a_text_is_found_as_in_a_tree(record in any_record(), patterns in prop::collection::vec(any_pattern(), 8)) {
        // A tree has neither lone surrogates nor repeated members, and spells numbers its own way.
        let Ok(tree) = serde_json::from_str::<serde_json::Value>(&record) else { return Ok(()) };
        let plain = serde_json::to_string(&tree).unwrap();
        let spaced = record.replace("\": ", "\":").replace("\\u0041", "A");
        if plain.len() != spaced.len() || record.contains("1.50") {
            return Ok(());
        }
        let event = Event::parse(record.clone().into_bytes(), 0).unwrap();
        for pattern in patterns {
            let needle = crate::pattern::Needle::new(&pattern);
            let query = Query::from(Expr::Term(Term::Text(pattern)));
            let expect = tree_has_text(&tree, &needle);
            prop_assert_eq!(query.matches(&event), expect, "{} on {}", query, record);
        }
    }

    /// A query made of a path and its value finds the record, in any case of letters.
    #[test]
    fn every_leaf_is_found_by_its_path(record in any_record(), is_exact in any::<bool>()) {
        let Ok(tree) = serde_json::from_str::<serde_json::Value>(&record) else { return Ok(()) };
        let indexed = Indexed::new(&record);
        let mut found = Vec::new();
        strings(&tree, &mut Vec::new(), &mut found);
        for (path, text) in found {
            let test = match is_exact {
                true => Test::Equals(text.to_owned()),
                false => Test::Like(Pattern::literal(&text.to_ascii_uppercase())),
            };
            let path = Path(path.iter().map(|it| if is_exact { it.clone() } else { it.to_ascii_uppercase() }).collect());
            let query = Query::from(Expr::Term(Term::Path(path, test)));
            prop_assert!(query.matches(&indexed.event), "{} on {}", query, record);
            prop_assert!(indexed.meets(&query.requirement()), "{} on {}", query, record);
        }
    }
}

#[test]
fn what_the_index_does_not_list_is_not_required() {
    for (record, text) in [
        (r#"{"newMember":1}"#, "newMember"),
        (r#"{"new\u004dember":1}"#, "newMember"),
        (r#"{"userIdentity":{"odd-name":{"x":1}}}"#, "odd-name exists:userIdentity.odd-name.x"),
        (r#"{"insightDetails":{"eventName":"A1"}}"#, "event=A1"),
        (r#"{"eventName":"A1","eventName":"B1"}"#, ".eventName=B1"),
        (r#"{"readOnly":true,"eventName":"x"}"#, "true eventname readOnly:true"),
        (r#"{"userIdentity":{"type":"Root"}}"#, "user:root is:root"),
        (
            r#"{"eventSource":"s3.amazonaws.com","requestParameters":{"bucketName":"b1"}}"#,
            "type=S3::Bucket",
        ),
        (r#"{"sourceIPAddress":"0:0::1"}"#, "ip:\"::1\""),
        (
            r#"{"resources":[{"ARN":"arn:aws:iam::123456789012:role/p1/r1"}]}"#,
            "resource=p1/r1 OR resource=role/p1/r1",
        ),
    ] {
        let (indexed, query) = (Indexed::new(record), super::query(text));
        assert!(query.matches(&indexed.event), "{text} on {record}");
        assert!(indexed.meets(&query.requirement()), "{text} on {record}");
    }
    let required = |text: &str| super::query(text).requirement();
    assert_eq!(required("-user:alice"), Requirement::Any);
    assert_eq!(required("user:alice OR *x*"), Requirement::Any);
    assert_eq!(required("is:error x -*"), Requirement::Never);
    assert_eq!(
        required("account:123456789012"),
        Requirement::And(vec![
            Requirement::Key(Attribute::AccountId, "123456789012".to_owned()),
            Requirement::Token(trailhound_record::token::token_hash(b"123456789012")),
        ])
    );
}
