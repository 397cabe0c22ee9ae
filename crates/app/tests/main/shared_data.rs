//! Real records that others wrote down, where they lie beside the repository: every one comes back
//! byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::rows::{Row, check_counts, check_whole, import, open, rows_paged};
use crate::synthetic::{Seeded, seed};
use trailhound_app::lookup::LookupQuery;

/// Each folder with its records, digest files not counted.
const FOLDERS: [(&str, u64); 13] = [
    ("aws-cli-examples", 1),
    ("aws-docs", 25),
    ("batfish-aws-configs", 0),
    ("boogy-cloudtrail-log-parser", 1_685),
    ("cloudconsolecartographer", 6_607),
    ("invictus-aws_dataset", 2_093),
    ("localstack-ec2-snapshot", 0),
    ("opensearch-catalog", 891),
    ("stratus-red-team", 310),
    ("streamalert", 57),
    ("traildiscover", 315),
    ("trailscraper", 4),
    ("umccr-cloudtrail-parquet", 206),
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

#[test]
fn every_real_record_comes_back_byte_for_byte() {
    for (name, records) in FOLDERS {
        let folder = data().join(name);
        if folder.is_dir() {
            check(name, &folder, records);
        } else {
            skip(&folder);
        }
    }
}

/// Folders that are there and not in the list would go unnoticed.
#[test]
fn every_folder_of_real_records_is_listed() {
    let Ok(entries) = std::fs::read_dir(data()) else {
        return skip(&data());
    };
    let known: BTreeSet<&str> = FOLDERS.iter().map(|(name, _)| *name).collect();
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(name.as_str()), "{name} is not in the list of this test");
    }
}

fn skip(folder: &Path) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", folder.display());
    eprintln!("SKIPPED: {} is not there", folder.display());
}

fn check(name: &str, folder: &Path, records: u64) {
    let delivered = delivered(folder);
    let total: u64 = delivered.values().sum();
    assert_eq!(total, records, "{name}: this test's own reading of the files");
    let db = tempfile::tempdir().expect("a folder");
    let app = open(db.path());
    let report = import(&app, &[folder]);
    check_counts(&report);
    assert_eq!((report.read, report.rejected_records), (records, 0), "{name}");
    check_whole(&app);

    let mut seeded = Seeded::new(seed());
    let rows = rows_paged(&app, &LookupQuery::default(), || 1 + seeded.below(400));
    assert_eq!(rows.len() as u64, report.stored, "{name}: what was stored is shown");
    let kept: BTreeSet<&str> = rows.iter().map(|row| row.raw.as_str()).collect();
    for body in &kept {
        assert!(delivered.contains_key(*body), "{name}: was never delivered: {body}");
    }
    check_repeats(name, &delivered, &rows);

    let again = import(&app, &[folder]);
    assert_eq!((again.stored, again.duplicates), (0, records), "{name}: nothing new");
    let mut seeded = Seeded::new(seed() + 1);
    assert_eq!(rows_paged(&app, &LookupQuery::default(), || 1 + seeded.below(400)), rows, "{name}");
    println!(
        "{name}: {} read = {} stored ({} conflicts) + {} duplicate",
        report.read, report.stored, report.conflicts, report.duplicates
    );
}

/// One of each group of equal records is kept, exactly: of equal JSON when the record has an id, of
/// equal bytes when it has none.
fn check_repeats(name: &str, delivered: &BTreeMap<String, u64>, rows: &[Row]) {
    let groups = |bodies: &mut dyn Iterator<Item = &str>| -> BTreeMap<String, Vec<String>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for body in bodies {
            groups.entry(identity(body)).or_default().push(body.to_owned());
        }
        groups
    };
    let expected = groups(&mut delivered.keys().map(String::as_str));
    let found = groups(&mut rows.iter().map(|row| row.raw.as_str()));
    for (identity, bodies) in &expected {
        let kept = found.get(identity).map_or(0, Vec::len);
        assert_eq!(kept, 1, "{name}: {kept} are kept of {}", bodies[0]);
    }
    assert_eq!(expected.len(), found.len(), "{name}");
}

fn identity(body: &str) -> String {
    let json: Value = serde_json::from_str(body).expect("a record is JSON");
    match json["eventID"].as_str().filter(|id| !id.is_empty()) {
        Some(_) => sorted(json).to_string(),
        None => body.to_owned(),
    }
}

/// `json` with the members of each object in the order of their names.
fn sorted(json: Value) -> Value {
    match json {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let members: BTreeMap<String, Value> =
                members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

// An own, slow reading of the files, by other means than the importer's.

/// Every record body in the files below `folder`, with how often it occurs.
fn delivered(folder: &Path) -> BTreeMap<String, u64> {
    let mut bodies = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            for (body, count) in delivered(&path) {
                bodies.extend(std::iter::repeat_n(body, count as usize));
            }
        } else {
            read(&path, &mut bodies);
        }
    }
    let mut counts = BTreeMap::new();
    for body in bodies {
        *counts.entry(body).or_insert(0) += 1;
    }
    counts
}

fn read(path: &Path, bodies: &mut Vec<String>) {
    let mut bytes = std::fs::read(path).expect("read");
    if bytes.starts_with(b"\x1f\x8b") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    let Ok(text) = String::from_utf8(bytes) else { return };
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(whole) = serde_json::from_str::<&RawValue>(text) {
        return walk(whole.get(), 0, bodies);
    }
    // Not one JSON value: every value that starts with a brace, one after the other.
    let mut at = 0;
    while let Some(found) = text[at..].find('{') {
        at += found;
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => {
                walk(value.get(), 0, bodies);
                at += value.get().len();
            }
            _ => at += 1,
        }
    }
}

/// Collects the records in `json`, also those in strings.
fn walk(json: &str, depth: usize, bodies: &mut Vec<String>) {
    let json = json.trim();
    if depth > 12 {
        return;
    }
    if json.starts_with('{') {
        let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) else { return };
        let has = |key: &str| members.contains_key(key);
        if has("digestEndTime") && has("logFiles") {
            return;
        }
        let is_record =
            has("eventName") && has("eventSource") && (has("eventTime") || has("userIdentity"));
        // The user guide also shows the details of Insights events alone, as members of `Records`.
        let is_insight = has("insightDetails") || (has("insightType") && has("state"));
        if is_record || is_insight {
            return bodies.push(json.to_owned());
        }
        members.values().for_each(|value| walk(value.get(), depth + 1, bodies));
    } else if json.starts_with('[') {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) else { return };
        items.iter().for_each(|item| walk(item.get(), depth + 1, bodies));
    } else if json.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(json)
        && text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<&RawValue>(text.trim()).is_ok()
    {
        walk(&text, depth + 1, bodies);
    }
}
