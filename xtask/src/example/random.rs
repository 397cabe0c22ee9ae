//! A seeded generator of numbers, ids and names: the same seed gives the same example for ever.
//!
//! Its own 20 lines, since a crate's generator may change its stream in a new version.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A stream of its own for each name, so that changing one scene leaves the others as they are.
    pub(crate) fn named(name: &str) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number in `[0, end)`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// A number in `[start, end)`.
    pub(crate) fn between(&mut self, start: u64, end: u64) -> u64 {
        start + self.below(end.saturating_sub(start))
    }

    /// One of `items`; the empty text when there is none.
    pub(crate) fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        let place = self.below(items.len() as u64) as usize;
        items.get(place).copied().unwrap_or_default()
    }

    fn text(&mut self, alphabet: &str, chars: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..chars)
            .filter_map(|_| {
                let place = self.below(letters.len() as u64) as usize;
                letters.get(place).copied()
            })
            .collect()
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, chars: usize) -> String {
        self.text("0123456789abcdef", chars)
    }

    /// Letters and digits, as in the last part of a log file's name.
    pub(crate) fn alphanumeric(&mut self, chars: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", chars)
    }

    /// Upper-case letters and digits, as in S3's request ids and in access key ids.
    pub(crate) fn upper(&mut self, chars: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", chars)
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let variant = self.pick(&["8", "9", "a", "b"]);
        let (first, second) = (self.hex(8), self.hex(4));
        let (third, fourth, last) = (self.hex(3), self.hex(3), self.hex(12));
        format!("{first}-{second}-4{third}-{variant}{fourth}-{last}")
    }
}

/// The id of an EC2 resource, fixed by its kind and our name for it: `rtb-0…`.
pub(crate) fn resource_id(kind: &str, name: &str) -> String {
    format!("{kind}-0{}", Rng::named(&format!("{kind}/{name}")).hex(16))
}

/// The unique id of an IAM principal or an access key: `AROA…`, `ASIA…`, 20 characters.
pub(crate) fn principal_id(prefix: &str, name: &str) -> String {
    format!("{prefix}{}EXAMPLE", Rng::named(&format!("{prefix}/{name}")).upper(9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_gives_the_same_stream() {
        let (mut a, mut b) = (Rng::named("night"), Rng::named("night"));
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(a.uuid(), Rng::named("day").uuid());
    }

    #[test]
    fn ids_have_the_length_that_aws_gives_them() {
        assert_eq!(resource_id("rtb", "private").len(), "rtb-0123456789abcdef0".len());
        assert_eq!(principal_id("ASIA", "x").len(), 20);
        assert_eq!(Rng::named("x").uuid().len(), 36);
    }
}
