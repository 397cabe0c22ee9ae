//! Real records, when they are there: every folder gives its known number of records.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop where it stands"
)]

mod common;

use common::Collected;
use std::collections::BTreeMap;
use std::path::Path;
use trailhound_source::{Reader, find};

/// Records by folder, counted by another program.
const RECORDS: [(&str, usize); 13] = [
    ("aws-cli-examples", 1),
    ("aws-docs", 25),
    ("batfish-aws-configs", 0),
    ("boogy-cloudtrail-log-parser", 1685),
    ("cloudconsolecartographer", 6607),
    ("invictus-aws_dataset", 2093),
    ("localstack-ec2-snapshot", 0),
    ("opensearch-catalog", 891),
    ("stratus-red-team", 310),
    ("streamalert", 57),
    ("traildiscover", 315),
    ("trailscraper", 4),
    ("umccr-cloudtrail-parquet", 206),
];

#[test]
fn every_folder_gives_its_records() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !root.is_dir() {
        eprintln!("SKIPPED: there is no folder {} with real records", root.display());
        return;
    }
    let mut reader = Reader::new();
    let mut found = BTreeMap::new();
    for (folder, _) in RECORDS {
        let inputs = find::find_inputs(&[root.join(folder).display().to_string()]).unwrap();
        assert!(inputs.rejected().is_empty());
        let mut collected = Collected::default();
        for file in inputs.iter() {
            let before = collected.records.len() + collected.rejected.len();
            assert!(reader.read_file(&file, &mut collected).is_continue());
            let is_other = file.name.contains("SOURCE.json") || file.name.contains("/UPSTREAM-");
            let after = collected.records.len() + collected.rejected.len();
            assert!(!is_other || after == before + 1, "{} holds records", file.name);
        }
        assert_eq!(collected.stored, inputs.bytes());
        for rejected in &collected.rejected {
            assert!(!rejected.is_record, "{folder}: {rejected:?}");
            assert!(rejected.reason.starts_with("holds no CloudTrail record"), "{rejected:?}");
        }
        found.insert(folder, collected.records.len());
        let has_digests = folder == "aws-docs";
        assert_eq!(!collected.set_aside.is_empty(), has_digests, "{:?}", collected.set_aside);
    }
    assert_eq!(found, BTreeMap::from(RECORDS));
}
