//! Inputs that are too large, too deep or made to hurt: memory stays bounded, what is not stored is
//! named, what is stored is exact.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use trailhound_app::import::ImportReport;

use crate::child;
use crate::rows::{check_whole, import, open, rows};
use crate::synthetic::{Seeded, Wanted, log_file, record, seed};

const MIB: u64 = 1 << 20;

/// Writes `{"Records":[…]}` of about `bytes` bytes in one line; returns how many records.
fn write_line(out: &mut dyn Write, bytes: u64) -> u64 {
    let mut seeded = Seeded::new(seed());
    let made: Vec<(String, String)> = (0..2_000)
        .map(|at| {
            let id = format!("{at:08x}-0000-4000-8000-000000000000");
            let wanted = Wanted { id: Some(id.clone()), day: Some(at % 28), ..Wanted::default() };
            (record(&mut seeded, &wanted), id)
        })
        .collect();
    out.write_all(br#"{"Records":["#).expect("written");
    let (mut written, mut records) = (0, 0);
    while written < bytes {
        let (json, id) = &made[records as usize % made.len()];
        let json = json.replace(id, &format!("{}{records:012x}", &id[..24]));
        if records > 0 {
            out.write_all(b",").expect("written");
        }
        out.write_all(json.as_bytes()).expect("written");
        written += json.len() as u64 + 1;
        records += 1;
    }
    out.write_all(b"]}").expect("written");
    records
}

fn check_large(name: &str, write: impl FnOnce(&Path) -> u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let records = write(&path);
    let db = folder.path().join("db");
    let said = child::finish(child::import(&db, &[path]));
    assert_eq!(said.failure, None);
    let peak = said.peak_kib.expect("measured") / 1024;
    println!("{name}: {records} records, peak {peak} MiB resident");
    assert_eq!(said.reports[0]["stored"], records);
    assert_eq!(said.reports[0]["read"], records);
    assert!(peak < 1024, "{name}: peak {peak} MiB");
    let stats = open(&db).stats().expect("counts");
    assert_eq!(stats.events, records);
}

#[test]
fn a_line_of_300_mb_imports_in_less_than_a_gigabyte() {
    check_large("line.json", |path| {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
        let records = write_line(&mut file, 300 * MIB);
        file.flush().expect("written");
        records
    });
}

#[test]
fn a_compressed_line_of_300_mb_imports_in_less_than_a_gigabyte() {
    check_large("line.json.gz", |path| {
        let file = std::fs::File::create(path).expect("a file");
        let mut encoder = GzEncoder::new(file, Compression::fast());
        let records = write_line(&mut encoder, 300 * MIB);
        encoder.finish().expect("finished");
        records
    });
}

/// Imports `text` as `name` and returns the report.
fn report_of(name: &str, bytes: &[u8]) -> (ImportReport, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let app = open(&folder.path().join("db"));
    let report = import(&app, &[&path]);
    check_whole(&app);
    let mut bodies: Vec<_> = rows(&app).into_iter().map(|row| row.raw).collect();
    bodies.sort();
    (report, bodies)
}

fn two_records() -> (String, String) {
    let mut seeded = Seeded::new(seed());
    let mut one = || record(&mut seeded, &Wanted::default());
    (one(), one())
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// Blanks between two records that compress a thousandfold.
#[test]
fn a_gzip_bomb_is_rejected_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bomb.json.gz");
    let mut encoder =
        GzEncoder::new(std::fs::File::create(&path).expect("a file"), Compression::best());
    let (first, last) = two_records();
    encoder.write_all(format!(r#"{{"Records":[{first},"#).as_bytes()).expect("written");
    for _ in 0..400 {
        encoder.write_all(&vec![b' '; MIB as usize]).expect("written");
    }
    encoder.write_all(format!("{last}]}}").as_bytes()).expect("written");
    encoder.finish().expect("finished");
    let said = child::finish(child::import(&folder.path().join("db"), &[path]));
    let report = &said.reports[0];
    assert!(said.peak_kib.expect("measured") < 512 << 10);
    assert_eq!(report["stored"], 1, "what came before it is kept");
    assert_eq!(report["files_rejected"], 1);
    let reject = &report["rejects"][0];
    let text = |key: &str| reject[key].as_str().expect("a text");
    assert!(text("file").ends_with("bomb.json.gz"), "{reject}");
    assert!(text("reason").contains("decompression bomb"), "{reject}");
}

/// A file that is cut between two records says so, whatever else is wrong with it.
#[test]
fn a_cut_file_is_named_beside_a_rejected_record() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    let (first, last) = two_records();
    let blanks = " ".repeat(3_000);
    let text = format!(r#"{{"Records":[17,{first},{blanks}{last}]}}"#);
    encoder.write_all(text.as_bytes()).expect("written");
    let mut bytes = encoder.finish().expect("finished");
    bytes.truncate(first.len() + 1_500);
    let (report, bodies) = report_of("cut.json.gz", &bytes);
    assert_eq!(bodies, [first]);
    let reasons: Vec<_> = report.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert!(reasons.contains(&"is no record: it is no object"), "{reasons:?}");
    assert!(reasons.contains(&"the gzip data is cut short"), "{reasons:?}");
}

#[test]
fn a_record_of_20_mb_is_rejected_by_name() {
    let (first, last) = two_records();
    let long =
        first.replace(r#""requestID":""#, &format!(r#""requestID":"{}"#, "x".repeat(20 << 20)));
    let text = log_file(&[first.clone(), long, last.clone()]);
    let (report, bodies) = report_of("long.json", text.as_bytes());
    assert_eq!(bodies, sorted(vec![first.clone(), last]));
    assert_eq!((report.read, report.rejected_records), (3, 1));
    let reject = &report.rejects[0];
    assert!(reject.file.ends_with("long.json"), "{reject:?}");
    assert_eq!(reject.reason, "the record is longer than 16777216 bytes");
    assert_eq!(reject.offset, Some(13 + first.len() as u64), "{reject:?}");
    assert!(reject.excerpt.chars().count() <= 200);
}

#[test]
fn deep_nesting_is_rejected_by_name() {
    let (first, last) = two_records();
    for (open_with, close_with) in [("[", "]"), (r#"{"a":"#, "}")] {
        for (levels, is_kept) in [(100, true), (120, true), (129, false), (100_000, false)] {
            // The record itself is one level.
            let deep = first.replace(
                r#""responseElements":null"#,
                &format!(
                    r#""responseElements":{}1{}"#,
                    open_with.repeat(levels - 1),
                    close_with.repeat(levels - 1)
                ),
            );
            let deep = deep.replace(r#""eventID":""#, r#""eventID":"deep-"#);
            let text = log_file(&[first.clone(), deep.clone(), last.clone()]);
            let (report, bodies) = report_of("deep.json", text.as_bytes());
            let mut expected = vec![first.clone(), last.clone()];
            if is_kept {
                expected.push(deep);
            }
            assert_eq!(bodies, sorted(expected), "{levels} levels of {open_with}");
            assert_eq!(
                report.rejected_records,
                u64::from(!is_kept),
                "{levels}: {:?}",
                report.rejects
            );
            if !is_kept {
                let reason = &report.rejects[0].reason;
                assert!(reason.contains("nests deeper than 122 levels"), "{reason}");
            }
        }
    }
}

/// Nothing but brackets, a million deep.
#[test]
fn brackets_alone_are_no_harm() {
    for text in ["[".repeat(1 << 20), r#"{"Records":["#.repeat(1 << 17), r#"{"a":"#.repeat(1 << 18)]
    {
        let (report, bodies) = report_of("brackets.json", text.as_bytes());
        assert_eq!((report.read, bodies.len()), (report.rejected_records, 0));
        assert!(!report.rejects.is_empty(), "it is named");
    }
}

/// The same record in another spelling is a repeat; another body under the id is kept beside it.
#[test]
fn spelling_makes_no_conflict_and_content_does() {
    let first = r#"{"eventVersion":"1.08","eventTime":"2024-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","requestParameters":{"userName":"b\u00e9a","path":"/"},"eventID":"e-1","recipientAccountId":"123456789012"}"#;
    let spaced = first.replace(",\"", ",\n  \"").replace("\":", "\" : ");
    let ordered = r#"{"recipientAccountId":"123456789012","eventID":"e-1","requestParameters":{"path":"\/","userName":"béa"},"awsRegion":"us-east-1","eventName":"CreateUser","eventSource":"iam.amazonaws.com","eventTime":"2024-03-01T10:00:00Z","eventVersion":"1.08"}"#;
    let other = first.replace("CreateUser", "DeleteUser");
    let elsewhere = first.replace("123456789012", "210987654321");
    let folder = tempfile::tempdir().expect("a folder");
    let app = open(&folder.path().join("db"));
    let mut counts = Vec::new();
    for (at, text) in
        [first, &spaced, ordered, &other, &elsewhere, &other, first].iter().enumerate()
    {
        let path = folder.path().join(format!("{at}.json"));
        std::fs::write(&path, text).expect("written");
        let report = import(&app, &[&path]);
        counts.push((report.stored, report.duplicates, report.conflicts));
    }
    let (stored, known, conflict) = ((1, 0, 0), (0, 1, 0), (1, 0, 1));
    assert_eq!(counts, [stored, known, known, conflict, stored, known, known]);
    // The same in one import.
    let whole = open(&folder.path().join("whole"));
    let report = import(&whole, &[&folder.path().join("*.json")]);
    assert_eq!((report.stored, report.duplicates, report.conflicts), (3, 4, 1));
    for app in [&app, &whole] {
        let mut found: Vec<_> = app
            .events_by_id("e-1")
            .expect("readable")
            .into_iter()
            .map(|event| (event.account_id, event.conflict, String::from_utf8(event.raw)))
            .collect();
        found.sort_by_key(|(account, conflict, _)| (account.clone(), *conflict));
        let account = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                (account("123456789012"), 0, Ok(first.to_owned())),
                (account("123456789012"), 1, Ok(other.clone())),
                (account("210987654321"), 0, Ok(elsewhere.clone())),
            ]
        );
    }
}
