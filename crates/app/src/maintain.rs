//! Checking, compacting and expiring what is stored.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use trailhound_record::Timestamp;
use trailhound_store::compact::{Compacted, Retained};
use trailhound_store::verify::{Damage, verify_segment};
use trailhound_store::write::AppendError;
use trailhound_store::{OpenWriterError, TableError};

use crate::App;

/// How long events are kept. Whole UTC days are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// For ever.
    Forever,
    /// This many days.
    Days(u32),
}

/// Why a text is no retention.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no retention: write a number of days or years, as `90d` or `7y`, or `forever`"
)]
pub struct ParseRetentionError {
    /// As given.
    pub text: String,
}

impl FromStr for Retention {
    type Err = ParseRetentionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseRetentionError { text: text.to_owned() };
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let (digits, days_each) = match (text.strip_suffix('d'), text.strip_suffix('y')) {
            (Some(days), _) => (days, 1),
            // A year of retention never drops the same date of the year before.
            (_, Some(years)) => (years, 366),
            _ => return Err(wrong()),
        };
        let number: u32 = digits.parse().map_err(|_| wrong())?;
        let days = number.checked_mul(days_each).filter(|days| *days > 0).ok_or_else(wrong)?;
        Ok(Self::Days(days))
    }
}

/// What a check of every byte found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments checked.
    pub segments: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes of their data files.
    pub bytes: u64,
    /// What is wrong; empty means that all is well.
    pub damage: Vec<Damage>,
}

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactReport {
    /// Small segments merged.
    pub compacted: Compacted,
    /// Days dropped, if asked for.
    pub retained: Option<Retained>,
    /// Files removed that no version needs any more.
    pub files_swept: u64,
}

/// Why a store could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum MaintainError {
    /// Another process writes.
    #[error("cannot write to the store")]
    Writer(#[from] OpenWriterError),
    /// The change failed; the store is as before.
    #[error("cannot change the store")]
    Append(#[from] Box<AppendError>),
    /// The table log could not be read.
    #[error("cannot read the store")]
    Table(#[from] Box<TableError>),
}

impl App {
    /// Checks every segment: file against checksum, index against checksum, each record, rebuilt,
    /// against the hash noted when it came in. `done` counts segments for a progress bar.
    ///
    /// # Errors
    /// [`MaintainError::Table`] when the table log cannot be read. Damage is no error: the report names
    /// it.
    pub fn verify(&self, done: &AtomicU64) -> Result<VerifyReport, MaintainError> {
        let snapshot = self.store().snapshot().map_err(Box::new)?;
        let mut report = VerifyReport::default();
        for segment in snapshot.segments() {
            report.segments += 1;
            report.events += segment.entry().rows;
            report.bytes += segment.entry().bytes;
            report.damage.extend(verify_segment(segment));
            done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(report)
    }

    /// Merges small segments, drops days older than `retention` allows, removes files that no version
    /// needs.
    ///
    /// # Errors
    /// [`MaintainError`].
    pub fn compact(&self, retention: Option<Retention>) -> Result<CompactReport, MaintainError> {
        let writer = self.store().writer()?;
        let mut report = CompactReport::default();
        if let Some(Retention::Days(days)) = retention {
            let today = Timestamp(chrono::Utc::now().timestamp_micros()).day();
            let first_day_kept = today.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX)) + 1;
            report.retained = Some(writer.retain_from(first_day_kept).map_err(Box::new)?);
        }
        report.compacted = writer.compact(Some(1)).map_err(Box::new)?;
        report.files_swept = writer.sweep().map_err(Box::new)?;
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_days_years_or_forever() {
        for (text, expect) in [
            ("90d", Some(Retention::Days(90))),
            ("7y", Some(Retention::Days(7 * 366))),
            ("forever", Some(Retention::Forever)),
            ("0d", None),
            ("-1d", None),
            ("90", None),
            ("", None),
            ("99999999999y", None),
        ] {
            assert_eq!(text.parse::<Retention>().ok(), expect, "{text}");
        }
    }
}
