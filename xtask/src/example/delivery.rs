//! Delivery: records in log files every five minutes, by account and region, with digest files, in
//! one archive in the S3 key layout.
//!
//! The log files' gzip members are *stored*, not deflated: the archive around them compresses far
//! better across files than 2,000 small ones do each for itself. They are ordinary `.json.gz` files.

use super::clock::{HOUR, MINUTE, compact_minute, compact_second, date_folder, iso};
use super::random::Rng;
use super::record::Record;
use super::world::TRAIL_BUCKET;
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

/// How many records are delivered twice, as happens in real life.
pub(crate) const DELIVERED_TWICE: usize = 7;
const WINDOW: u64 = 5 * MINUTE;

/// An object of the trail's bucket: key and text, before gzip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    /// The object key.
    pub(crate) key: String,
    /// When it was written.
    pub(crate) time: u64,
    /// The JSON text.
    pub(crate) text: String,
}

type Place = (u64, &'static str, &'static str);

/// Packs `records` into log files, and adds the digest files.
pub(crate) fn deliver(records: &[Record]) -> Vec<Object> {
    let mut rng = Rng::named("delivery");
    let mut files: BTreeMap<Place, Vec<(u64, &Record)>> = BTreeMap::new();
    let again = records.len() / DELIVERED_TWICE;
    for (place, record) in records.iter().enumerate() {
        let delay = rng.between(60, 8 * MINUTE);
        let mut put = |time: u64, order: u64| {
            let window = (time / WINDOW + 1) * WINDOW;
            files.entry((window, record.account, record.region)).or_default().push((order, record));
        };
        // Records within a file are in no order: they arrive when their service sends them.
        put(record.time + delay, record.time + delay);
        if place % again == again / 2 {
            put(record.time + delay + WINDOW, record.time);
        }
    }
    let mut objects: Vec<Object> = Vec::new();
    for ((time, account, region), mut records) in files {
        records.sort_by_key(|(order, _)| *order);
        let texts: Vec<&str> = records.iter().map(|(_, record)| record.json.as_str()).collect();
        let text = format!("{{\"Records\":[{}]}}", texts.join(","));
        let key = log_file_key(account, region, time, &rng.alphanumeric(16));
        objects.push(Object { key, time, text });
    }
    let digests = digests(&objects);
    objects.extend(digests);
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    objects
}

fn log_file_key(account: &str, region: &str, time: u64, unique: &str) -> String {
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{}/{account}_CloudTrail_{region}_{}_{unique}.json.gz",
        date_folder(time),
        compact_minute(time),
    )
}

/// The first digest file of each account's trail: a chain starts with null `previous…` members.
///
/// Later ones are left out, since they quote a signature and there is no key to sign with.
fn digests(logs: &[Object]) -> Vec<Object> {
    let mut digests = Vec::new();
    for account in [super::actor::SHOP, super::actor::MONITORING] {
        let folder = format!("AWSLogs/{account}/CloudTrail/us-east-1/");
        let mine = || logs.iter().filter(|object| object.key.starts_with(&folder));
        let Some(first) = mine().map(|object| object.time).min() else { continue };
        let (start, end) = (first, first + HOUR);
        let files: Vec<Value> =
            mine().filter(|object| object.time < end).map(digest_entry).collect();
        let times = |name: &str| files.iter().filter_map(|file| file.get(name)?.as_str()).collect();
        let (newest, oldest): (Vec<&str>, Vec<&str>) =
            (times("newestEventTime"), times("oldestEventTime"));
        let key = format!(
            "AWSLogs/{account}/CloudTrail-Digest/us-east-1/{}/{account}_CloudTrail-Digest_us-east-1_management_us-east-1_{}.json.gz",
            date_folder(end),
            compact_second(end),
        );
        let text = json!({
            "awsAccountId": account,
            "digestStartTime": iso(start),
            "digestEndTime": iso(end),
            "digestS3Bucket": TRAIL_BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": Rng::named("public key").hex(32),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": newest.iter().max(),
            "oldestEventTime": oldest.iter().min(),
            "previousDigestS3Bucket": null,
            "previousDigestS3Object": null,
            "previousDigestHashValue": null,
            "previousDigestHashAlgorithm": null,
            "previousDigestSignature": null,
            "logFiles": files,
        });
        digests.push(Object { key, time: end, text: text.to_string() });
    }
    digests
}

fn digest_entry(object: &Object) -> Value {
    let parsed: Value = serde_json::from_str(&object.text).unwrap_or_default();
    let records = parsed.get("Records").and_then(Value::as_array);
    let times: Vec<&str> = records
        .into_iter()
        .flatten()
        .filter_map(|record| record.get("eventTime")?.as_str())
        .collect();
    let hash: String =
        Sha256::digest(object.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "s3Bucket": TRAIL_BUCKET,
        "s3Object": object.key,
        "hashValue": hash,
        "hashAlgorithm": "SHA-256",
        "newestEventTime": times.iter().max(),
        "oldestEventTime": times.iter().min(),
    })
}

/// The archive: `objects` as gzip files in a `.tar.gz`.
pub(crate) fn archive(objects: &[Object]) -> Result<Vec<u8>> {
    let outer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(outer);
    for object in objects {
        let mut inner = GzBuilder::new().mtime(0).write(Vec::new(), Compression::none());
        inner.write_all(object.text.as_bytes()).context("cannot compress a log file")?;
        let bytes = inner.finish().context("cannot compress a log file")?;
        let mut header = tar::Header::new_ustar();
        header.set_path(&object.key).with_context(|| format!("cannot name `{}`", object.key))?;
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(object.time);
        header.set_cksum();
        archive.append(&header, bytes.as_slice()).context("cannot append to the archive")?;
    }
    let outer = archive.into_inner().context("cannot end the archive")?;
    outer.finish().context("cannot compress the archive")
}
