//! Checking every byte of every segment.

use trailhound_record::key::body_hash;

use crate::limits::BLOCK_ROWS;
use crate::segment::build::checksum_of_name;
use crate::segment::read::{ReadSegmentError, Segment};

/// What is wrong with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The data or index file.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

/// Checks one segment: the data file against the checksum in its name, the index against its own, and
/// every record, rebuilt, against the hash that was noted when it came in (invariant ST-4).
pub fn verify_segment(segment: &Segment) -> Vec<Damage> {
    let mut damage = Vec::new();
    let mut note = |path: &std::path::Path, what: String| {
        damage.push(Damage { path: path.display().to_string(), what });
    };
    let data_path = segment.data_path();
    match std::fs::read(data_path) {
        Ok(bytes) => {
            let found = xxhash_rust::xxh3::xxh3_64(&bytes);
            if checksum_of_name(&segment.entry().path) != Some(found) {
                note(
                    data_path,
                    format!("its bytes hash to {found:016x}, not to what its name says"),
                );
                return damage;
            }
        }
        Err(error) => {
            note(data_path, format!("cannot be read: {error}"));
            return damage;
        }
    }
    let facts = segment.open_index().and_then(|index| {
        index
            .facts()
            .map_err(|source| ReadSegmentError::Index { path: data_path.to_owned(), source })
    });
    let expected = match facts {
        Ok(facts) => Some(facts.body_hash_sum),
        Err(error) => {
            note(segment.index_path(), crate::verify::chain(&error));
            None
        }
    };
    match sum_bodies(segment) {
        Ok((rows, _)) if rows != segment.entry().rows => {
            let expect = segment.entry().rows;
            note(data_path, format!("it holds {rows} records, the table log says {expect}"));
        }
        Ok((_, sum)) if expected.is_some_and(|expected| expected != sum) => {
            note(data_path, "its records do not hash to what was delivered".to_owned());
        }
        Ok(_) => {}
        Err(error) => note(data_path, chain(&error)),
    }
    damage
}

fn sum_bodies(segment: &Segment) -> Result<(u64, u64), ReadSegmentError> {
    let (mut count, mut sum) = (0, 0_u64);
    for first in (0..segment.rows()).step_by(BLOCK_ROWS) {
        let rows: Vec<u32> = (first..segment.rows().min(first + BLOCK_ROWS as u32)).collect();
        for row in segment.read_rows(&rows)? {
            count += 1;
            sum = sum.wrapping_add(body_hash(&row.body));
        }
    }
    Ok((count, sum))
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
