//! Words of a record's text: what the full-text filters hold.
//!
//! A token is a run of ASCII letters, digits, `-`, `_` and non-ASCII bytes, at least
//! [`TOKEN_BYTES_MIN`] long, compared without regard to ASCII case. So `i-0abc`, `us-east-1` and a
//! UUID are one token each; `ec2.amazonaws.com` is three.

use crate::limits::TOKEN_BYTES_MIN;

pub(crate) const SEPARATOR: u8 = 0;
pub(crate) const WORD: u8 = 1;
pub(crate) const QUOTE: u8 = 2;
pub(crate) const BACKSLASH: u8 = 3;
pub(crate) const CONTROL: u8 = 4;

/// The class of each byte inside a JSON string.
pub(crate) static CLASS: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn classes() -> [u8; 256] {
    let mut classes = [SEPARATOR; 256];
    let mut byte = 0;
    while byte < 256 {
        let at = byte as u8;
        if at.is_ascii_alphanumeric() || at == b'-' || at == b'_' || at >= 0x80 {
            classes[byte] = WORD;
        } else if at < 0x20 {
            classes[byte] = CONTROL;
        }
        byte += 1;
    }
    classes[b'"' as usize] = QUOTE;
    classes[b'\\' as usize] = BACKSLASH;
    classes
}

/// The class of `byte` inside a JSON string.
#[inline]
#[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
pub(crate) fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

const FOLD: u64 = 0x2020_2020_2020_2020;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes one token, without regard to ASCII case.
#[inline]
pub fn token_hash(token: &[u8]) -> u64 {
    let length = token.len();
    let mut hash = (length as u64).wrapping_mul(MULTIPLIER);
    let (words, rest) = token.as_chunks::<8>();
    for word in words {
        hash = mix(hash ^ (u64::from_le_bytes(*word) | FOLD));
    }
    if !rest.is_empty() {
        // The last eight bytes, some of them a second time; a shorter token in two overlapping halves.
        let tail =
            match (token.last_chunk::<8>(), token.first_chunk::<4>(), token.last_chunk::<4>()) {
                (Some(last), _, _) => u64::from_le_bytes(*last),
                (None, Some(first), Some(last)) => {
                    u64::from(u32::from_le_bytes(*first))
                        | u64::from(u32::from_le_bytes(*last)) << 32
                }
                _ => token.iter().fold(0, |tail, &byte| (tail << 8) | u64::from(byte)),
            };
        hash = mix(hash ^ (tail | FOLD));
    }
    hash ^ (hash >> 29)
}

/// Which of 16 bytes inside a JSON string are word bytes, and which end plain text (quotes,
/// backslashes, control characters): a bit each, the first byte lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn classify(bytes: [u8; 16]) -> (u32, u32) {
    #[expect(unsafe_code, reason = "the compiler asks for it around vector instructions")]
    // SAFETY: every x86-64 processor has SSE2; nothing else is asked of the caller.
    unsafe {
        classify_sse2(bytes)
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn classify_sse2(bytes: [u8; 16]) -> (u32, u32) {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_sub_epi8,
    };
    let (halves, _) = bytes.as_chunks::<8>();
    let half = |at: usize| halves.get(at).map_or(0, |half| i64::from_le_bytes(*half));
    let text = _mm_set_epi64x(half(1), half(0));
    let letter = {
        let value =
            _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8(b'a' as i8));
        _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(25)), value)
    };
    let digit = {
        let value = _mm_sub_epi8(text, _mm_set1_epi8(b'0' as i8));
        _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value)
    };
    let dash = _mm_or_si128(
        _mm_cmpeq_epi8(text, _mm_set1_epi8(b'-' as i8)),
        _mm_cmpeq_epi8(text, _mm_set1_epi8(b'_' as i8)),
    );
    let ascii_word = _mm_or_si128(_mm_or_si128(letter, digit), dash);
    let quote = _mm_or_si128(
        _mm_cmpeq_epi8(text, _mm_set1_epi8(b'"' as i8)),
        _mm_cmpeq_epi8(text, _mm_set1_epi8(b'\\' as i8)),
    );
    let end = _mm_or_si128(quote, _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1F)), text));
    // The sign bits of the text itself are its non-ASCII bytes.
    ((_mm_movemask_epi8(_mm_or_si128(ascii_word, text))) as u32, _mm_movemask_epi8(end) as u32)
}

/// As on x86-64, a byte at a time.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn classify(bytes: [u8; 16]) -> (u32, u32) {
    let (mut words, mut ends) = (0, 0);
    for (at, byte) in bytes.into_iter().enumerate() {
        words |= u32::from(class(byte) == WORD) << at;
        ends |= u32::from(matches!(class(byte), QUOTE | BACKSLASH | CONTROL)) << at;
    }
    (words, ends)
}

#[inline]
fn mix(value: u64) -> u64 {
    let wide = u128::from(value) * u128::from(MULTIPLIER);
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Calls `each` with every token of `text` (decoded text, not JSON).
pub fn for_each_token(text: &[u8], mut each: impl FnMut(&[u8])) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | 0x80..);
    for run in text.split(|byte| !is_word(byte)) {
        if run.len() >= TOKEN_BYTES_MIN {
            each(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        for_each_token(text.as_bytes(), |t| tokens.push(String::from_utf8_lossy(t).into_owned()));
        tokens
    }

    #[test]
    fn ids_are_one_token_and_names_split_at_dots() {
        assert_eq!(tokens("i-0abc us-east-1"), ["i-0abc", "us-east-1"]);
        assert_eq!(tokens("arn:aws:s3:::b/k.txt"), ["arn", "aws", "s3", "txt"]);
        assert_eq!(token_hash(b"AbC-9_longer"), token_hash(b"aBc-9_LONGER"));
        assert_ne!(token_hash(b"ab"), token_hash(b"ba"));
    }

    proptest! {
        /// Sixteen bytes at once are classed as one at a time.
        #[test]
        fn classes_of_sixteen_bytes_equal_those_of_one(bytes in any::<[u8; 16]>()) {
            let (words, ends) = classify(bytes);
            for (at, byte) in bytes.into_iter().enumerate() {
                prop_assert_eq!(words >> at & 1 == 1, class(byte) == WORD, "{:02x}", byte);
                let is_end = matches!(class(byte), QUOTE | BACKSLASH | CONTROL);
                prop_assert_eq!(ends >> at & 1 == 1, is_end, "{:02x}", byte);
            }
        }
    }
}
