//! The index file of one segment: which rows hold a value, which blocks hold a word.
//!
//! Little-endian, read in place:
//!
//! | part | content |
//! |---|---|
//! | header | magic, rows, blocks, entries, then the lengths of the parts below |
//! | facts | JSON: counts by account and region, failed calls, conflicts ([`Facts`]) |
//! | blocks | per block: first and last event time, filter descriptor, end of its fingerprints, the columns that have a value (a bit each) |
//! | hashes | the key hashes, ascending, `u32` each |
//! | places | per hash `u32`: a row (top bit set), or where its posting list starts |
//! | lists | posting lists: count and row gaps as variable-length integers, or a bit map |
//! | filters | the fingerprints of the blocks' binary fuse filters over all tokens |
//! | check | XXH3 of all before |
//!
//! Rejected alternative: one filter a segment; a rare word would then cost reading a whole segment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable, Filter, FilterRef};

use crate::limits::BLOCK_ROWS;
use crate::segment::rows::RowSet;

const MAGIC: &[u8; 8] = b"THIDX\0\0\x03";
const HEADER_BYTES: usize = 8 + 4 * 8;
const BLOCK_BYTES: usize = 8 + 8 + BinaryFuse8::DESCRIPTOR_LEN + 4 + 8;
const ROW_FLAG: u32 = 1 << 31;
const CHECK_BYTES: usize = 8;

/// Counts that answer without reading a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Events by account; the empty account is "not said".
    pub accounts: BTreeMap<String, u64>,
    /// Events by region.
    pub regions: BTreeMap<String, u64>,
    /// Calls with an error code; others that failed have a message alone.
    pub failed: u64,
    /// Different bodies under known ids.
    pub conflicts: u64,
    /// The sum of the XXH3 hashes of all record bodies, wrapping (invariant ST-4).
    pub body_hash_sum: u64,
}

/// Why an index file is of no use; it can be made anew from its segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenIndexError {
    /// It does not start with our magic and version.
    #[error("it is no index file of this version")]
    Magic,
    /// Its parts do not add up to its length.
    #[error("it is cut short or damaged")]
    Length,
    /// Its bytes do not hash to its check.
    #[error("its bytes do not match its checksum")]
    Check,
}

/// Collects what an index file holds. Rows come in order.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    /// (hash, row) of every key, the hash in the upper half.
    postings: Vec<u64>,
    tokens: TokenSet,
    blocks: Vec<u8>,
    filters: Vec<u8>,
    columns: u64,
    rows: u32,
    pub(crate) facts: Facts,
}

/// The bits of `extra_fields` and `conflict` beside those of the fields.
const EXTRA_FIELDS_BIT: u64 = 1 << 62;
const CONFLICT_BIT: u64 = 1 << 63;

/// The columns of a block that have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockColumns(u64);

impl BlockColumns {
    /// Those of a row: the bits of its fields, whether it has extra fields, whether it is a conflict.
    pub(crate) fn of_row(present: u64, has_extra_fields: bool, is_conflict: bool) -> Self {
        const { assert!(trailhound_record::field::FIELDS <= 62) };
        let extra_fields = if has_extra_fields { EXTRA_FIELDS_BIT } else { 0 };
        let conflict = if is_conflict { CONFLICT_BIT } else { 0 };
        Self(present | extra_fields | conflict)
    }

    pub(crate) fn has(self, field: trailhound_record::field::Field) -> bool {
        self.0 & (1 << field as u64) != 0
    }

    pub(crate) fn has_extra_fields(self) -> bool {
        self.0 & EXTRA_FIELDS_BIT != 0
    }

    pub(crate) fn has_conflicts(self) -> bool {
        self.0 & CONFLICT_BIT != 0
    }
}

impl IndexBuilder {
    /// Adds the next row's columns, keys and tokens.
    pub(crate) fn push_row(
        &mut self,
        columns: BlockColumns,
        keys: &[u32],
        tokens: &[u64],
        event_key_token: u64,
    ) {
        self.columns |= columns.0;
        let row = u64::from(self.rows);
        self.postings.extend(keys.iter().map(|&hash| (u64::from(hash) << 32) | row));
        for &token in tokens {
            self.tokens.insert(token);
        }
        self.tokens.insert(event_key_token);
        self.rows += 1;
    }

    /// Ends the block that the last rows form.
    pub(crate) fn end_block(&mut self, first_time: i64, last_time: i64) {
        let tokens = self.tokens.take();
        let mut descriptor = [0; BinaryFuse8::DESCRIPTOR_LEN];
        // Building fails only for repeated keys, which a set does not have; a block without a filter
        // is read instead of skipped, which is slow but right.
        if let Ok(filter) = BinaryFuse8::try_from(tokens) {
            filter.dma_copy_descriptor_to(&mut descriptor);
            self.filters.extend_from_slice(filter.dma_fingerprints());
        }
        self.blocks.extend_from_slice(&first_time.to_le_bytes());
        self.blocks.extend_from_slice(&last_time.to_le_bytes());
        self.blocks.extend_from_slice(&descriptor);
        self.blocks.extend_from_slice(&(self.filters.len() as u32).to_le_bytes());
        self.blocks.extend_from_slice(&std::mem::take(&mut self.columns).to_le_bytes());
    }

    /// The bytes of the index file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        sort_by_hash(&mut self.postings);
        let (mut hashes, mut places, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for group in self.postings.chunk_by(|a, b| a >> 32 == b >> 32) {
            let Some(first) = group.first() else { continue };
            hashes.extend_from_slice(&((first >> 32) as u32).to_le_bytes());
            let place = push_list(group, self.rows, &mut lists);
            places.extend_from_slice(&place.to_le_bytes());
        }
        let facts = serde_json::to_vec(&self.facts).unwrap_or_default();
        let mut file = Vec::with_capacity(
            HEADER_BYTES
                + facts.len()
                + hashes.len() * 2
                + lists.len()
                + self.filters.len()
                + 4_096,
        );
        file.extend_from_slice(MAGIC);
        for number in [
            self.rows as usize,
            self.blocks.len() / BLOCK_BYTES,
            hashes.len() / 4,
            facts.len(),
            lists.len(),
            self.filters.len(),
            0,
            0,
        ] {
            file.extend_from_slice(&(number as u32).to_le_bytes());
        }
        for part in [&facts, &self.blocks, &hashes, &places, &lists, &self.filters] {
            file.extend_from_slice(part);
        }
        let check = xxhash_rust::xxh3::xxh3_64(&file);
        file.extend_from_slice(&check.to_le_bytes());
        file
    }
}

/// Appends the posting list of one hash, whose (hash, row) pairs are `group`; returns its place.
fn push_list(group: &[u64], rows: u32, lists: &mut Vec<u8>) -> u32 {
    let mut distinct: Vec<u32> = group.iter().map(|pair| *pair as u32).collect();
    distinct.dedup();
    if let [row] = distinct.as_slice() {
        return ROW_FLAG | row;
    }
    let place = lists.len() as u32;
    let bitmap_bytes = (rows as usize).div_ceil(64) * 8;
    if distinct.len() > bitmap_bytes {
        lists.push(0);
        let mut bits = vec![0_u8; bitmap_bytes];
        for row in distinct {
            if let Some(byte) = bits.get_mut(row as usize / 8) {
                *byte |= 1 << (row % 8);
            }
        }
        lists.extend_from_slice(&bits);
        return place;
    }
    push_varint(distinct.len() as u32, lists);
    let mut before = 0;
    for row in distinct {
        push_varint(row - before, lists);
        before = row;
    }
    place
}

fn push_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0_u32;
    for shift in (0..32).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u32::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Sorts (hash, row) pairs by hash, keeping rows in order: a radix sort on the upper half.
#[expect(clippy::indexing_slicing, reason = "a digit is below the number of buckets")]
fn sort_by_hash(pairs: &mut Vec<u64>) {
    const BITS: u32 = 11;
    const BUCKETS: usize = 1 << BITS;
    let mut other = vec![0_u64; pairs.len()];
    for pass in 0..3 {
        let digit = |pair: u64| ((pair >> (32 + pass * BITS)) as usize) & (BUCKETS - 1);
        let mut ends = [0_usize; BUCKETS];
        for &pair in pairs.iter() {
            ends[digit(pair)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        for &pair in pairs.iter() {
            let place = &mut ends[digit(pair)];
            other[*place] = pair;
            *place += 1;
        }
        std::mem::swap(pairs, &mut other);
    }
}

/// The distinct tokens of one block: open addressing, emptied by walking what was put in.
#[derive(Debug)]
struct TokenSet {
    slots: Vec<u64>,
    tokens: Vec<u64>,
}

impl Default for TokenSet {
    fn default() -> Self {
        Self { slots: vec![0; 1 << 18], tokens: Vec::new() }
    }
}

impl TokenSet {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the mask keeps the slot below the length")]
    fn insert(&mut self, token: u64) {
        let token = token.max(1);
        let mask = self.slots.len() - 1;
        let mut at = token as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == token {
                return;
            }
            if slot == 0 {
                break;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = token;
        self.tokens.push(token);
        if self.tokens.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let tokens = std::mem::take(&mut self.tokens);
        self.slots = vec![0; self.slots.len() * 2];
        for token in tokens {
            self.insert(token);
        }
    }

    /// Takes the tokens out; the set is empty then.
    fn take(&mut self) -> Vec<u64> {
        self.slots.fill(0);
        std::mem::take(&mut self.tokens)
    }
}

/// An index file, read in place.
#[derive(Debug)]
pub(crate) struct Index<B> {
    bytes: B,
    rows: u32,
    blocks: usize,
    entries: usize,
    facts_at: usize,
    blocks_at: usize,
    hashes_at: usize,
    places_at: usize,
    lists_at: usize,
    filters_at: usize,
    end: usize,
}

impl<B: AsRef<[u8]>> Index<B> {
    /// Reads the header; does not read through the file.
    pub(crate) fn open(bytes: B) -> Result<Self, OpenIndexError> {
        let file = bytes.as_ref();
        if !file.starts_with(MAGIC) {
            return Err(OpenIndexError::Magic);
        }
        let number = |at: usize| read_u32(file, 8 + at * 4).ok_or(OpenIndexError::Length);
        let (rows, blocks, entries) = (number(0)?, number(1)? as usize, number(2)? as usize);
        let (facts, lists, filters) =
            (number(3)? as usize, number(4)? as usize, number(5)? as usize);
        let facts_at = HEADER_BYTES;
        let blocks_at = facts_at + facts;
        let hashes_at = blocks_at + blocks * BLOCK_BYTES;
        let places_at = hashes_at + entries * 4;
        let lists_at = places_at + entries * 4;
        let filters_at = lists_at + lists;
        let end = filters_at + filters;
        let fits =
            file.len() == end + CHECK_BYTES && blocks == (rows as usize).div_ceil(BLOCK_ROWS);
        if !fits {
            return Err(OpenIndexError::Length);
        }
        Ok(Self {
            rows,
            blocks,
            entries,
            facts_at,
            blocks_at,
            hashes_at,
            places_at,
            lists_at,
            filters_at,
            end,
            bytes,
        })
    }

    /// Checks every byte.
    pub(crate) fn verify(&self) -> Result<(), OpenIndexError> {
        let file = self.bytes.as_ref();
        let body = file.get(..self.end).ok_or(OpenIndexError::Length)?;
        let check = read_u64(file, self.end).ok_or(OpenIndexError::Length)?;
        if xxhash_rust::xxh3::xxh3_64(body) == check { Ok(()) } else { Err(OpenIndexError::Check) }
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Length of the file in bytes.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.bytes.as_ref().len() as u64
    }

    pub(crate) fn facts(&self) -> Result<Facts, OpenIndexError> {
        let facts = self.bytes.as_ref().get(self.facts_at..self.blocks_at);
        serde_json::from_slice(facts.unwrap_or_default()).map_err(|_| OpenIndexError::Length)
    }

    /// The first and last event time of a block, in microseconds.
    pub(crate) fn block_times(&self, block: usize) -> Option<(i64, i64)> {
        let at = self.blocks_at + block * BLOCK_BYTES;
        let time = |at| read_u64(self.bytes.as_ref(), at).map(|bits| bits as i64);
        (block < self.blocks).then(|| time(at).zip(time(at + 8))).flatten()
    }

    /// The columns of a block that have a value.
    pub(crate) fn block_columns(&self, block: usize) -> Option<BlockColumns> {
        let at = self.blocks_at + (block + 1) * BLOCK_BYTES - 8;
        let bits = (block < self.blocks).then(|| read_u64(self.bytes.as_ref(), at)).flatten();
        bits.map(BlockColumns)
    }

    /// Whether a block may hold every one of `tokens`.
    pub(crate) fn block_may_hold(&self, block: usize, tokens: &[u64]) -> bool {
        let Some((descriptor, fingerprints)) = self.filter(block) else { return true };
        if !is_sound(descriptor, fingerprints.len()) {
            return true;
        }
        let filter = BinaryFuse8Ref::from_dma(descriptor, fingerprints);
        tokens.iter().all(|token| filter.contains(&(*token).max(1)))
    }

    fn filter(&self, block: usize) -> Option<(&[u8], &[u8])> {
        let file = self.bytes.as_ref();
        let at = self.blocks_at + block * BLOCK_BYTES + 16;
        let descriptor = file.get(at..at + BinaryFuse8::DESCRIPTOR_LEN)?;
        let end = read_u32(file, at + BinaryFuse8::DESCRIPTOR_LEN)? as usize;
        let start = match block {
            0 => 0,
            _ => read_u32(file, at + BinaryFuse8::DESCRIPTOR_LEN - BLOCK_BYTES)? as usize,
        };
        let fingerprints = file.get(self.filters_at + start..self.filters_at + end)?;
        Some((descriptor, fingerprints))
    }

    /// The rows whose keys hash to `hash`; nothing when there is none.
    pub(crate) fn rows_of(&self, hash: u32) -> Option<RowSet> {
        let entry = self.find(hash)?;
        let place = read_u32(self.bytes.as_ref(), self.places_at + entry * 4)?;
        let mut set = RowSet::none(self.rows);
        if place & ROW_FLAG != 0 {
            set.insert(place & !ROW_FLAG);
            return Some(set);
        }
        let lists = self.bytes.as_ref().get(self.lists_at..self.filters_at)?;
        let mut at = place as usize;
        let count = take_varint(lists, &mut at)?;
        if count == 0 {
            for (word, bytes) in set.words.iter_mut().zip(lists.get(at..)?.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            return Some(set);
        }
        let mut row = 0;
        for _ in 0..count {
            row += take_varint(lists, &mut at)?;
            set.insert(row);
        }
        Some(set)
    }

    /// The position of `hash` among the entries, by binary search.
    fn find(&self, hash: u32) -> Option<usize> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low.midpoint(high);
            let found = read_u32(self.bytes.as_ref(), self.hashes_at + middle * 4)?;
            match found.cmp(&hash) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

/// Whether a filter's descriptor keeps every probe inside its fingerprints; damage may break that.
fn is_sound(descriptor: &[u8], fingerprints: usize) -> bool {
    let number = |at| read_u32(descriptor, at).map(|number| number as usize);
    let (Some(segment), Some(mask), Some(segments)) = (number(8), number(12), number(16)) else {
        return false;
    };
    segment.is_power_of_two() && mask == segment - 1 && segments + 2 * segment <= fingerprints
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn build(rows: &[Vec<u32>]) -> Vec<u8> {
        let mut builder = IndexBuilder::default();
        for (row, keys) in rows.iter().enumerate() {
            let tokens: Vec<u64> = keys.iter().map(|&key| u64::from(key) * 7_919).collect();
            let columns = BlockColumns::of_row(1, false, false);
            builder.push_row(columns, keys, &tokens, row as u64 + 1);
            if (row + 1) % BLOCK_ROWS == 0 || row + 1 == rows.len() {
                builder.end_block(row as i64, row as i64);
            }
        }
        builder.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// The index answers as a plain list of rows does, and no filter forgets a token (QU-2).
        #[test]
        fn index_equals_a_plain_list(
            rows in prop::collection::vec(prop::collection::vec(0_u32..40, 0..4), 1..600),
            copies in 1_usize..20,
        ) {
            let rows: Vec<_> = rows.iter().cycle().take(rows.len() * copies).cloned().collect();
            let index = Index::open(build(&rows)).expect("opens");
            index.verify().expect("whole");
            for key in 0..41_u32 {
                let expect: Vec<u32> = (0..rows.len() as u32)
                    .filter(|&row| rows[row as usize].contains(&key))
                    .collect();
                let mut found = index.rows_of(key).unwrap_or(RowSet::none(rows.len() as u32));
                prop_assert_eq!(found.len(), expect.len() as u64);
                prop_assert_eq!(found.take_last(usize::MAX, 0), expect.clone());
                for row in expect {
                    let block = row as usize / BLOCK_ROWS;
                    prop_assert!(index.block_may_hold(block, &[u64::from(key) * 7_919]));
                }
            }
        }

        /// Damaged or arbitrary bytes are refused or answered, never a panic.
        #[test]
        fn damage_never_panics(at in 0_usize..2_000, byte in any::<u8>(), cut in 0_usize..2_000) {
            let mut file = build(&[vec![1, 2], vec![2], vec![3]]);
            let last = file.len() - 1;
            file[at.min(last)] = byte;
            file.truncate(cut.max(1));
            if let Ok(index) = Index::open(file) {
                let _ = (index.rows_of(2), index.block_may_hold(0, &[5]), index.facts(), index.verify());
            }
        }
    }
}
