//! Rows of one block, and what is known about them.

/// A set of rows of one block, by their place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    rows: usize,
}

impl Bits {
    /// None of `rows` rows.
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    /// All of `rows` rows.
    pub fn all(rows: usize) -> Self {
        Self::from_words(vec![u64::MAX; rows.div_ceil(64)], rows)
    }

    /// Those whose bit is set, the first row in the lowest bit; missing words are empty.
    pub fn from_words(mut words: Vec<u64>, rows: usize) -> Self {
        words.resize(rows.div_ceil(64), 0);
        let over = words.len() * 64 - rows;
        if let Some(last) = words.last_mut() {
            *last &= u64::MAX >> over;
        }
        Self { words, rows }
    }

    /// How many rows the block has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row; one past the end is ignored.
    #[inline]
    pub fn insert(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    /// Whether it has the row.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Keeps the rows that are in `other` too.
    pub fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds the rows of `other`.
    pub fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Drops the rows of `other`.
    pub fn drop_all(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// The rows that are not in it.
    pub fn inverted(&self) -> Self {
        Self::from_words(self.words.iter().map(|word| !word).collect(), self.rows)
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many rows it has before `row`.
    pub(crate) fn len_before(&self, row: usize) -> usize {
        let whole: usize =
            self.words.iter().take(row / 64).map(|word| word.count_ones() as usize).sum();
        let part = self.words.get(row / 64).copied().unwrap_or_default();
        let part = part & ((1_u64 << (row % 64)) - 1);
        whole + part.count_ones() as usize
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Its rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit as usize)
            })
        })
    }
}

/// What the columns say about each row of a block: it matches, it does not, or only its record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMask {
    /// The rows that match.
    pub yes: Bits,
    /// The rows that match or may match.
    pub may: Bits,
}

impl RowMask {
    /// Every row matches, or none does, as `yes` says.
    pub(crate) fn exact(yes: Bits) -> Self {
        Self { may: yes.clone(), yes }
    }

    /// The rows of `unknown` are known no more.
    pub(crate) fn with_unknown(mut self, unknown: &Bits) -> Self {
        self.yes.drop_all(unknown);
        self.may.add(unknown);
        self
    }

    /// The rows of `unknown` may match too.
    pub(crate) fn with_maybe(mut self, unknown: &Bits) -> Self {
        self.may.add(unknown);
        self
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.yes.keep(&other.yes);
        self.may.keep(&other.may);
    }

    pub(crate) fn or(&mut self, other: &Self) {
        self.yes.add(&other.yes);
        self.may.add(&other.may);
    }

    pub(crate) fn not(&self) -> Self {
        Self { yes: self.may.inverted(), may: self.yes.inverted() }
    }

    /// The rows that only their records decide.
    pub fn unknown(&self) -> Bits {
        let mut unknown = self.may.clone();
        unknown.drop_all(&self.yes);
        unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(rows: usize, set: &[usize]) -> Bits {
        let mut bits = Bits::none(rows);
        set.iter().for_each(|row| bits.insert(*row));
        bits
    }

    #[test]
    fn bits_are_a_set_of_rows() {
        let some = bits(130, &[0, 63, 64, 129, 130]);
        assert_eq!(some.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!((some.len(), some.len_before(64), some.len_before(65)), (4, 2, 3));
        assert_eq!(some.inverted().len(), 126);
        assert_eq!(Bits::all(130).len(), 130);
        assert_eq!(Bits::all(128).len_before(128), 128);
        assert!(some.has(129) && !some.has(128) && !some.has(1_000));
    }

    #[test]
    fn masks_follow_three_valued_logic() {
        // Rows: no, unknown, yes.
        let three = || RowMask { yes: bits(3, &[2]), may: bits(3, &[1, 2]) };
        let shown = |mask: &RowMask| {
            (0..3)
                .map(|row| match (mask.yes.has(row), mask.may.has(row)) {
                    (true, true) => 'y',
                    (false, true) => '?',
                    (false, false) => 'n',
                    (true, false) => '!',
                })
                .collect::<String>()
        };
        let unknown = RowMask { yes: Bits::none(3), may: Bits::all(3) };
        let (mut and, mut or) = (three(), three());
        and.and(&unknown);
        or.or(&unknown);
        assert_eq!([shown(&and), shown(&or), shown(&three().not())], ["n??", "??y", "y?n"]);
    }
}
