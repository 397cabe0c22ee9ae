//! A sink that takes records by the rules with `serde_json` alone, and packers of every kind.
#![allow(dead_code, reason = "each test file uses its own part")]

use serde_json::Value;
use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;
use trailhound_record::ParseRecordError;
use trailhound_record::field::Level;
use trailhound_record::limits::RECORD_BYTES_MAX;
use trailhound_source::find::InputFile;
use trailhound_source::{Pushed, Reader, RecordRule, Rejected, Sink};

/// What a sink was given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    pub(crate) records: Vec<String>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) set_aside: Vec<String>,
    pub(crate) stored: u64,
    pub(crate) decompressed: u64,
    /// The longest text that was handed over.
    pub(crate) text_bytes_max: usize,
    /// Stop when this many records were taken.
    pub(crate) stop_after: Option<usize>,
}

fn is_record(value: &Value, rule: RecordRule) -> bool {
    let Value::Object(object) = value else { return false };
    let has = |key: &str| object.contains_key(key);
    let found = has("eventName") && has("eventSource") && (has("eventTime") || has("userIdentity"))
        || has("insightDetails");
    found
        || (rule == RecordRule::Listed
            && object.keys().any(|key| Level::Top.member(key.as_bytes()).is_some()))
}

impl Sink for Collected {
    fn record(
        &mut self,
        text: &[u8],
        at: usize,
        rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError> {
        self.text_bytes_max = self.text_bytes_max.max(text.len());
        assert_eq!(text[at], b'{', "a record starts with a brace");
        let rest = &text[at..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        let next = values.next().expect("there is at least a brace");
        let end = at + values.byte_offset();
        match next {
            Ok(_) if end - at > RECORD_BYTES_MAX => Err(ParseRecordError::TooLong),
            Ok(value) if is_record(&value, rule) => {
                self.records.push(text_of(&text[at..end]));
                Ok(Pushed::Record { end })
            }
            Ok(_) => Ok(Pushed::NotRecord { end }),
            Err(error) if error.is_eof() && rest.len() > RECORD_BYTES_MAX => {
                Err(ParseRecordError::TooLong)
            }
            Err(error) if error.is_eof() => Ok(Pushed::Incomplete),
            Err(_) => Err(ParseRecordError::Syntax { at, expected: "JSON" }),
        }
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }

    fn set_aside(&mut self, file: &str, kind: &'static str) {
        self.set_aside.push(format!("{file}: {kind}"));
    }

    fn advance(&mut self, stored: u64, decompressed: u64) -> bool {
        self.stored += stored;
        self.decompressed += decompressed;
        self.stop_after.is_none_or(|after| self.records.len() < after)
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Collected {
    /// One line for each record, reject and thing set aside.
    pub(crate) fn report(&self) -> String {
        let mut report = String::new();
        for record in &self.records {
            report.push_str(&format!("{}\n", record.replace('\n', "\\n")));
        }
        for rejected in &self.rejected {
            let what = if rejected.is_record { "record" } else { "file" };
            let place = match (rejected.line, rejected.offset) {
                (Some(line), Some(offset)) => format!(" line {line} offset {offset}"),
                _ => String::new(),
            };
            report.push_str(&format!("! {what} {}{place}: {}\n", rejected.file, rejected.reason));
        }
        for set_aside in &self.set_aside {
            report.push_str(&format!("~ {set_aside}\n"));
        }
        report
    }
}

/// Reads `stored` as a stream.
pub(crate) fn read_stream(stored: &[u8]) -> Collected {
    let mut collected = Collected::default();
    let flow = Reader::new().read_stream("in", &mut Cursor::new(stored), &mut collected);
    assert_eq!(flow, ControlFlow::Continue(()));
    assert_eq!(collected.stored, stored.len() as u64, "every stored byte is counted");
    collected
}

/// Reads `stored` as a file, with a reader that has read other things before.
pub(crate) fn read_file(reader: &mut Reader, stored: &[u8]) -> Collected {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(stored).unwrap();
    let mut input = InputFile::new(file.path().to_owned(), stored.len() as u64);
    input.name = "in".to_owned();
    let mut collected = Collected::default();
    assert_eq!(reader.read_file(&input, &mut collected), ControlFlow::Continue(()));
    assert_eq!(collected.stored, stored.len() as u64, "every stored byte is counted");
    collected
}

/// Gives a few bytes at a time.
pub(crate) struct Dribble<'a> {
    pub(crate) rest: &'a [u8],
    pub(crate) step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, spare: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(self.rest.len()).min(spare.len());
        spare[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 1).unwrap()
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, plain) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(plain.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *plain).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, plain) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(plain).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A whole small record.
pub(crate) fn record(id: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2024-01-01T00:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventID":"{id}"}}"#
    )
}
