//! Look-ups against the plain sorted list of everything imported, filtered by an own reading of the
//! JSON.

use std::ops::ControlFlow;

use serde_json::Value;
use trailhound_app::App;
use trailhound_app::lookup::search::{Expr, Pattern, Query, Term};
use trailhound_app::lookup::{Category, LookupError, LookupQuery};
use trailhound_record::Timestamp;

use crate::rows::{import, open, rows_paged};
use crate::synthetic::{Seeded, Wanted, log_file, record, seed, write_gz};

const DAY_MICROS: i64 = 86_400_000_000;
/// 2024-03-01T00:00:00Z.
const FIRST_DAY_MICROS: i64 = 1_709_251_200_000_000;

/// One expected event.
struct Expected {
    raw: String,
    json: Value,
    time_micros: Option<i64>,
    id: String,
    account: String,
    conflict: u32,
}

/// Imports random records in several imports and returns what must be there, newest first.
fn stored(seeded: &mut Seeded, folder: &std::path::Path, app: &App) -> Vec<Expected> {
    let mut all: Vec<Expected> = Vec::new();
    for round in 0..5 {
        let mut files = Vec::new();
        for file in 0..1 + seeded.below(4) {
            let mut records = Vec::new();
            for _ in 0..20 + seeded.below(80) {
                let wanted = Wanted { has_close_times: true, ..Wanted::default() };
                let mut made = record(seeded, &wanted);
                if seeded.one_in(10) && !all.is_empty() {
                    // Another body under a known id.
                    let other = format!(r#""requestID":"{}-"#, seeded.below(1_000_000));
                    made = seeded.pick(&all).raw.replacen(r#""requestID":""#, &other, 1);
                }
                if seeded.one_in(25) {
                    made =
                        made.replacen(r#""eventTime":"2024"#, r#""eventTime":"the year 2024"#, 1);
                }
                expect(&mut all, &made);
                records.push(made);
            }
            let path = folder.join(format!("{round}-{file}.json.gz"));
            files.push(write_gz(&path, &log_file(&records)));
        }
        let paths: Vec<_> = files.iter().map(std::path::PathBuf::as_path).collect();
        import(app, &paths);
    }
    all.sort_by(|a, b| {
        let key = |it: &Expected| {
            (it.time_micros.unwrap_or(i64::MIN), it.id.clone(), it.account.clone(), it.conflict)
        };
        key(b).cmp(&key(a))
    });
    all
}

fn expect(all: &mut Vec<Expected>, raw: &str) {
    let json: Value = serde_json::from_str(raw).expect("JSON");
    let text = |key: &str| json[key].as_str().expect("a text").to_owned();
    let (id, account, time) = (text("eventID"), text("recipientAccountId"), text("eventTime"));
    let time_micros =
        chrono::DateTime::parse_from_rfc3339(&time).ok().map(|at| at.timestamp_micros());
    let same: Vec<_> = all
        .iter()
        .filter(|it| it.id == id && it.account == account && it.time_micros == time_micros)
        .collect();
    if same.iter().any(|it| it.json == json) {
        return;
    }
    let conflict = same.len() as u32;
    all.push(Expected { raw: raw.to_owned(), json, time_micros, id, account, conflict });
}

#[test]
fn paging_equals_the_plain_sorted_list() {
    let mut seeded = Seeded::new(seed());
    let (mut cases, mut answered) = (0, 0);
    for _ in 0..2 {
        let folder = tempfile::tempdir().expect("a folder");
        let app = open(&folder.path().join("db"));
        let expected = stored(&mut seeded, folder.path(), &app);
        for case in 0..100 {
            let query = match case {
                0 => LookupQuery::default(),
                _ => any_query(&mut seeded, &expected),
            };
            check(&app, &expected, &query, &mut seeded);
            cases += 1;
            answered += usize::from(expected.iter().any(|it| is_wanted(&query, it)));
            if case == 60 {
                app.compact(None).expect("compacted");
            }
        }
    }
    println!("seed {}: {cases} queries, {answered} with an answer", seed());
    assert!(answered > cases / 3, "enough queries find something: {answered}");
}

fn check(app: &App, all: &[Expected], query: &LookupQuery, seeded: &mut Seeded) {
    let wanted: Vec<_> = all.iter().filter(|it| is_wanted(query, it)).collect();
    let found = rows_paged(app, query, || 1 + seeded.below(60));
    let plain = |at: usize| found.get(at).map(|row| (row.raw.as_str(), row.conflict));
    for (at, it) in wanted.iter().enumerate() {
        assert_eq!(
            plain(at),
            Some((it.raw.as_str(), it.conflict)),
            "row {at} of {query:?}, seed {}",
            seed()
        );
    }
    assert_eq!(plain(wanted.len()), None, "no more of {query:?}, seed {}", seed());
    let mut backwards = Vec::new();
    let read = app.lookup_oldest_first(query, |events| {
        backwards.extend(events.iter().map(|event| (event.raw.clone(), event.conflict)));
        ControlFlow::Continue(())
    });
    assert_eq!(read.expect("readable").unreadable, Vec::<String>::new());
    let expected = wanted.iter().rev().map(|it| (it.raw.clone().into_bytes(), it.conflict));
    assert_eq!(backwards, expected.collect::<Vec<_>>(), "oldest first, seed {}", seed());
}

#[test]
fn arrivals_are_the_new_events_also_across_a_compaction() {
    let mut seeded = Seeded::new(seed());
    let folder = tempfile::tempdir().expect("a folder");
    let app = open(&folder.path().join("db"));
    let before = stored(&mut seeded, folder.path(), &app);
    let mut arrivals = app.arrivals().expect("readable");
    let mut arrived = Vec::new();
    let mut take = |arrived: &mut Vec<Vec<u8>>| {
        let taken = arrivals.take(&LookupQuery::default(), |events| {
            arrived.extend(events.iter().map(|event| event.raw.clone()));
            Ok::<_, LookupError>(())
        });
        assert_eq!(taken.expect("readable").unreadable, Vec::<String>::new());
    };
    take(&mut arrived);
    assert!(arrived.is_empty(), "what was there is no arrival");
    let fresh: Vec<String> = (0..50).map(|_| record(&mut seeded, &Wanted::default())).collect();
    let path = write_gz(&folder.path().join("fresh.json.gz"), &log_file(&fresh));
    import(&app, &[path.as_path()]);
    app.compact(None).expect("compacted");
    take(&mut arrived);
    let is_known = |raw: &String| before.iter().any(|it| it.raw == *raw);
    let mut expected: Vec<Vec<u8>> =
        fresh.into_iter().filter(|raw| !is_known(raw)).map(String::into_bytes).collect();
    expected.sort();
    expected.dedup();
    arrived.sort();
    assert_eq!(arrived, expected, "seed {}", seed());
    take(&mut arrived);
    assert_eq!(arrived.len(), expected.len(), "nothing arrives twice");
}

/// One to three conditions, mostly with values that occur.
fn any_query(seeded: &mut Seeded, all: &[Expected]) -> LookupQuery {
    let mut query = LookupQuery::default();
    let sample = seeded.pick(all);
    for _ in 0..1 + seeded.below(3) {
        let from = if seeded.one_in(4) { seeded.pick(all) } else { sample };
        set_condition(&mut query, seeded, from);
    }
    query
}

fn set_condition(query: &mut LookupQuery, seeded: &mut Seeded, from: &Expected) {
    let json = &from.json;
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    match seeded.below(17) {
        0 => query.event_id = Some(from.id.clone()),
        1 => query.event_name = text("eventName"),
        2 => query.event_source = text("eventSource"),
        3 => query.read_only = Some(seeded.one_in(2)),
        4 => query.username = Some(username(json).unwrap_or("nobody").to_owned()),
        5 => {
            let types =
                ["AWS::EC2::Instance", "AWS::S3::Bucket", "AWS::S3::Object", "AWS::IAM::User"];
            query.resource_type = Some((*seeded.pick(&types)).to_owned());
        }
        6 => {
            let names = names(json);
            let name = if names.is_empty() {
                "i-00000000".to_owned()
            } else {
                seeded.pick(&names).clone()
            };
            query.resource_name = Some(name);
        }
        7 => {
            query.access_key_id =
                Some(access_key(json).unwrap_or("AKIANOTTHERE00000000").to_owned())
        }
        8 => query.account_id = text("recipientAccountId"),
        9 => query.aws_region = text("awsRegion"),
        10 => query.source_ip_address = text("sourceIPAddress"),
        11 => query.error_code = Some(text("errorCode").unwrap_or_default()),
        12 => query.event_type = text("eventType"),
        13 => query.search = Some(some_text(seeded, json)),
        14 => query.category = Category::Management,
        15 => query.start = Some(some_time(seeded, from)),
        _ => query.end = Some(some_time(seeded, from)),
    }
}

fn some_time(seeded: &mut Seeded, from: &Expected) -> Timestamp {
    let micros = match from.time_micros {
        Some(time) => time + seeded.below(3) as i64 - 1,
        None => FIRST_DAY_MICROS + seeded.below(5) as i64 * DAY_MICROS,
    };
    Timestamp(micros)
}

/// A word, a part of one with stars, or several words of some value, in any case.
fn some_text(seeded: &mut Seeded, json: &Value) -> Query {
    let mut strings = Vec::new();
    collect_strings(json, &mut strings);
    let value = seeded.pick(&strings).replace('*', "");
    let chars: Vec<char> = value.chars().collect();
    if chars.is_empty() {
        return text_query("nothing-like-this");
    }
    let start = seeded.below(chars.len());
    let end = start + 1 + seeded.below(chars.len() - start);
    let part: String = chars[start..end].iter().collect();
    let text = match seeded.below(5) {
        0 => value,
        1 => format!("*{part}*"),
        2 => format!("*{}", chars[start..].iter().collect::<String>()),
        3 => format!("{}*", chars[..end].iter().collect::<String>()),
        _ => part,
    };
    text_query(&if seeded.one_in(2) { text.to_ascii_uppercase() } else { text })
}

fn text_query(typed: &str) -> Query {
    let pieces = typed.split('*').map(str::to_owned).collect();
    Query::from(Expr::Term(Term::Text(Pattern::new(pieces))))
}

fn collect_strings(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, strings)),
        Value::Object(members) => {
            for (key, value) in members {
                strings.push(key.clone());
                collect_strings(value, strings);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => strings.push(value.to_string()),
    }
}

// The filter, from the documentation of `LookupQuery` and of LookupEvents, on plain JSON.

fn is_wanted(query: &LookupQuery, it: &Expected) -> bool {
    let json = &it.json;
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    };
    let member = |key: &str| json[key].as_str();
    is(&query.event_id, Some(it.id.as_str()))
        && is(&query.event_name, member("eventName"))
        && is(&query.event_source, member("eventSource"))
        && query.read_only.is_none_or(|wanted| json["readOnly"].as_bool() == Some(wanted))
        && is(&query.username, username(json))
        && query.resource_type.as_ref().is_none_or(|wanted| types(json).contains(wanted))
        && query.resource_name.as_ref().is_none_or(|wanted| names(json).contains(wanted))
        && is(&query.access_key_id, access_key(json))
        && is(&query.account_id, member("recipientAccountId"))
        && is(&query.aws_region, member("awsRegion"))
        && is(&query.source_ip_address, member("sourceIPAddress"))
        && match query.error_code.as_deref() {
            None => true,
            Some("") => member("errorCode").is_some(),
            wanted => member("errorCode") == wanted,
        }
        && is(&query.event_type, member("eventType"))
        && query.search.as_ref().is_none_or(|search| has_text(it, search))
        && (query.category == Category::Any || member("eventCategory") == Some("Management"))
        && query.start.is_none_or(|start| it.time_micros.is_some_and(|time| time >= start.0))
        && query.end.is_none_or(|end| it.time_micros.is_some_and(|time| time < end.0))
}

fn username(json: &Value) -> Option<&str> {
    let identity = &json["userIdentity"];
    match identity["type"].as_str()? {
        "Root" => Some("root"),
        "AssumedRole" => Some(identity["principalId"].as_str()?.split_once(':')?.1),
        "IAMUser" => identity["userName"].as_str(),
        _ => None,
    }
}

fn access_key(json: &Value) -> Option<&str> {
    json["userIdentity"]["accessKeyId"].as_str()
}

/// Every resource type that the made records can have.
fn types(json: &Value) -> Vec<String> {
    let mut types: Vec<String> = json["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|resource| resource["type"].as_str().map(str::to_owned))
        .collect();
    let parameters = &json["requestParameters"];
    for (pointer, name) in [
        ("/instancesSet/items/0/instanceId", "AWS::EC2::Instance"),
        ("/routeTableId", "AWS::EC2::RouteTable"),
        ("/bucketName", "AWS::S3::Bucket"),
        ("/userName", "AWS::IAM::User"),
    ] {
        if parameters.pointer(pointer).is_some() {
            types.push(name.to_owned());
        }
    }
    types
}

/// Every resource name, id and ARN that the made records can have.
fn names(json: &Value) -> Vec<String> {
    let pointers = [
        "/requestParameters/instancesSet/items/0/instanceId",
        "/requestParameters/routeTableId",
        "/requestParameters/bucketName",
        "/requestParameters/userName",
        "/requestParameters/roleArn",
        "/requestParameters/roleSessionName",
        "/resources/0/ARN",
        "/resources/1/ARN",
    ];
    pointers.iter().filter_map(|at| json.pointer(at)?.as_str().map(str::to_owned)).collect()
}

/// Whether a value or the name of a member contains the text that `search` is, between word boundaries.
fn has_text(it: &Expected, search: &Query) -> bool {
    let Expr::Term(Term::Text(pattern)) = search.expr() else { panic!("a text") };
    let typed = pattern.pieces().join("*");
    let mut strings = Vec::new();
    collect_strings(&it.json, &mut strings);
    strings.iter().any(|text| contains(&text.to_ascii_lowercase(), &typed.to_ascii_lowercase()))
}

fn contains(text: &str, typed: &str) -> bool {
    let inner = typed.strip_prefix('*').unwrap_or(typed);
    let part = inner.strip_suffix('*').unwrap_or(inner);
    let (is_start_open, is_end_open) = (typed.starts_with('*'), inner.len() > part.len());
    let is_word = |it: Option<char>| {
        it.is_some_and(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_' || !it.is_ascii())
    };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| {
        let Some(after) = text[at..].strip_prefix(part) else { return false };
        let is_cut_before = is_word(part.chars().next()) && is_word(text[..at].chars().next_back());
        let is_cut_after = is_word(part.chars().next_back()) && is_word(after.chars().next());
        (is_start_open || !is_cut_before) && (is_end_open || !is_cut_after)
    })
}
