//! Sets of rows of one segment.

use crate::limits::BLOCK_ROWS;

/// A set of rows of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSet {
    pub(crate) words: Vec<u64>,
}

impl RowSet {
    /// No row of `rows`.
    pub fn none(rows: u32) -> Self {
        Self { words: vec![0; (rows as usize).div_ceil(64)] }
    }

    /// Every row of `rows`.
    pub fn all(rows: u32) -> Self {
        let mut set = Self { words: vec![u64::MAX; (rows as usize).div_ceil(64)] };
        let over = set.words.len() * 64 - rows as usize;
        if let Some(last) = set.words.last_mut() {
            *last >>= over;
        }
        set
    }

    /// Adds a row; one past the end is ignored.
    #[inline]
    pub fn insert(&mut self, row: u32) {
        if let Some(word) = self.words.get_mut(row as usize / 64) {
            *word |= 1 << (row % 64);
        }
    }

    /// Keeps the rows that are in `other` too.
    pub fn keep(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Adds the rows of `other`.
    pub fn add(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// The rows of one block, a bit each, the first row in the lowest bit; empty past the last block.
    pub fn block_words(&self, block: usize) -> &[u64] {
        let words = BLOCK_ROWS / 64;
        let start = (block * words).min(self.words.len());
        self.words.get(start..(start + words).min(self.words.len())).unwrap_or_default()
    }

    /// Drops the rows before `row` from its block.
    pub(crate) fn drop_in_block_before(&mut self, row: u32) {
        let words = BLOCK_ROWS / 64;
        let at = row as usize / 64;
        let first = at / words * words;
        self.words.iter_mut().take(at).skip(first).for_each(|word| *word = 0);
        if let Some(word) = self.words.get_mut(at) {
            *word &= u64::MAX << (row % 64);
        }
    }

    /// Drops the rows from `row` on from its block.
    pub(crate) fn drop_in_block_from(&mut self, row: u32) {
        let words = BLOCK_ROWS / 64;
        let at = row as usize / 64;
        let end = (at / words + 1) * words;
        if let Some(word) = self.words.get_mut(at) {
            *word &= (1_u64 << (row % 64)) - 1;
        }
        self.words.iter_mut().take(end).skip(at + 1).for_each(|word| *word = 0);
    }

    /// Drops the rows of one block.
    pub fn clear_block(&mut self, block: usize) {
        let words = BLOCK_ROWS / 64;
        self.words.iter_mut().skip(block * words).take(words).for_each(|word| *word = 0);
    }

    /// The block of the last row.
    pub fn last_block(&self) -> Option<usize> {
        let word = self.words.iter().rposition(|&word| word != 0)?;
        Some(word / (BLOCK_ROWS / 64))
    }

    /// How many rows of `block` it has.
    pub fn len_in_block(&self, block: usize) -> u64 {
        let words = BLOCK_ROWS / 64;
        let block = self.words.iter().skip(block * words).take(words);
        block.map(|word| u64::from(word.count_ones())).sum()
    }

    /// Of one block keeps the rows that are in `rows` too.
    pub fn keep_in_block(&mut self, block: usize, rows: &[u32]) {
        let mut kept = self.clone();
        self.clear_block(block);
        let mut wanted = Self { words: vec![0; self.words.len()] };
        rows.iter().for_each(|&row| wanted.insert(row));
        kept.keep(&wanted);
        for (word, kept) in self.words.iter_mut().zip(&kept.words) {
            *word |= kept;
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Takes out the last `count` rows of those from `floor` on, given in ascending order.
    pub fn take_last(&mut self, count: usize, floor: u32) -> Vec<u32> {
        let mut rows = Vec::new();
        while let Some(at) = self.words.iter().rposition(|&word| word != 0) {
            if at < floor as usize / 64 {
                break;
            }
            let Some(word) = self.words.get_mut(at) else { break };
            while *word != 0 && rows.len() < count {
                let bit = 63 - word.leading_zeros();
                *word &= !(1 << bit);
                rows.push(at as u32 * 64 + bit);
            }
            if rows.len() >= count {
                break;
            }
            self.words.truncate(at + 1);
        }
        rows.reverse();
        rows
    }
}
