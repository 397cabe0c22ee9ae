//! Real records, when they are there: queries made from a record's own leaves find it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it stands"
)]

use std::path::{Path as FilePath, PathBuf};

use serde_json::Value;
use trailhound_record::batch::RecordRule;
use trailhound_record::{Event, RowBatch, Timestamp};
use trailhound_search::{Expr, Path, Pattern, Query, Requirement, SearchField, Term, Test};

/// How many records are taken from each file.
const RECORDS_PER_FILE: usize = 25;

fn json_files(folder: &FilePath, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// The objects in `value` that have an `eventName` and an `eventSource`.
fn records<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("eventName") && members.contains_key("eventSource") {
                return found.push(value);
            }
            members.values().for_each(|value| records(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| records(item, found)),
        _ => {}
    }
}

/// The strings, numbers and Booleans in `value`, each with its path.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    match value {
        Value::Null => {}
        Value::Bool(value) => found.push((path.clone(), value.to_string())),
        Value::Number(value) => found.push((path.clone(), value.to_string())),
        Value::String(text) => found.push((path.clone(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, found)),
        Value::Object(members) => {
            for (name, value) in members {
                path.push(name.clone());
                leaves(value, path, found);
                path.pop();
            }
        }
    }
}

fn holds_tokens(requirement: &Requirement, tokens: &[u64]) -> bool {
    match requirement {
        Requirement::And(parts) => parts.iter().all(|part| holds_tokens(part, tokens)),
        Requirement::Or(parts) => parts.iter().any(|part| holds_tokens(part, tokens)),
        Requirement::Token(hash) => tokens.contains(hash),
        _ => true,
    }
}

fn terms_of(record: &Value, event: &Event) -> Vec<Term> {
    let mut found = Vec::new();
    leaves(record, &mut Vec::new(), &mut found);
    let mut terms = Vec::new();
    for (path, text) in found {
        let path = Path(path);
        let half = text.chars().take(text.chars().count() / 2).collect::<String>();
        let prefix = Pattern::new(vec![half, String::new()]);
        if !prefix.is_anything() {
            terms.push(Term::Path(path.clone(), Test::Like(prefix)));
        }
        if !text.is_empty() {
            terms.push(Term::Text(Pattern::literal(&text.to_ascii_uppercase())));
        }
        terms.push(Term::Path(path.clone(), Test::Exists));
        terms.push(Term::Path(path.clone(), Test::Like(Pattern::literal(&text.to_lowercase()))));
        terms.push(Term::Path(path, Test::Equals(text)));
    }
    for field in trailhound_search::fields() {
        let Some(field) = SearchField::from_name(field.name) else { continue };
        for value in field.values(event) {
            terms.push(Term::Field(field, Test::Like(Pattern::literal(&value))));
            terms.push(Term::Field(field, Test::Equals(value)));
        }
    }
    terms
}

#[test]
fn queries_made_from_a_record_find_it() {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !root.is_dir() {
        eprintln!("SKIPPED: there is no folder {} with real records", root.display());
        return;
    }
    let mut files = Vec::new();
    json_files(&root, &mut files);
    let (mut seen, mut asked) = (0, 0);
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
        let mut found = Vec::new();
        records(&value, &mut found);
        let step = found.len().div_ceil(RECORDS_PER_FILE).max(1);
        for record in found.into_iter().step_by(step) {
            let raw = serde_json::to_vec(record).unwrap();
            let mut batch = RowBatch::default();
            batch.try_push(&raw, 0, RecordRule::Stored).expect("a record");
            let event = Event::parse(raw, 0).expect("a record");
            for term in terms_of(record, &event) {
                let query = Query::from(Expr::Term(term));
                assert!(query.matches(&event), "{query} in {}", file.display());
                assert!(holds_tokens(&query.requirement(), &batch.tokens), "{query}");
                let again = Query::parse(&query.to_string(), Timestamp(0));
                assert_eq!(again.as_ref(), Ok(&query));
                asked += 1;
            }
            seen += 1;
        }
    }
    eprintln!("{asked} queries on {seen} records");
    assert!(seen > 100, "{seen} records");
}
