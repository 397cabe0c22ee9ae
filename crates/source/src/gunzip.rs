//! Gzip in one shot, for the many small files that CloudTrail delivers.
//!
//! libdeflate takes half the time of a streaming decoder, and needs the whole input and output in
//! memory. The safe wrapper crate hides how much input was used, which multi-member files need.

use crate::limits::DECODED_WHOLE_BYTES_MAX;
use crate::sniff::is_gzip;
use std::ptr::NonNull;

/// A gzip decoder that is reused over many files.
pub(crate) struct Gunzip {
    decoder: NonNull<libdeflate_sys::libdeflate_decompressor>,
}

#[expect(unsafe_code, reason = "libdeflate is a C library")]
// SAFETY: a decompressor holds no thread-local state and no reference to anything outside itself; it
// is used by one thread at a time because every use takes `&mut self`.
unsafe impl Send for Gunzip {}

/// How one member ended.
enum Member {
    Whole { used: usize, made: usize },
    NoSpace,
    Damaged,
}

impl Gunzip {
    /// Returns a decoder, or nothing when memory is short.
    #[expect(unsafe_code, reason = "libdeflate is a C library")]
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: the function takes no argument and returns null or an owned decompressor.
        let decoder = unsafe { libdeflate_sys::libdeflate_alloc_decompressor() };
        NonNull::new(decoder).map(|decoder| Self { decoder })
    }

    /// Decompresses every member of `stored` into `text`; returns how many bytes of `stored` the
    /// members take, or nothing when the data is damaged or makes more than
    /// [`DECODED_WHOLE_BYTES_MAX`] bytes. `text` grows and never shrinks; its first bytes up to the
    /// second number hold the text.
    pub(crate) fn decompress(
        &mut self,
        stored: &[u8],
        text: &mut Vec<u8>,
    ) -> Option<(usize, usize)> {
        let (mut used, mut made) = (0, 0);
        while let Some(rest) = stored.get(used..).filter(|rest| is_gzip(rest)) {
            let hint = length_hint(rest).min(rest.len().saturating_mul(64));
            let wanted = (made + hint.max(4096)).min(DECODED_WHOLE_BYTES_MAX);
            if text.len() < wanted {
                text.resize(wanted, 0);
            }
            match self.member(rest, text.get_mut(made..)?) {
                Member::Whole { used: member_used, made: member_made } => {
                    used += member_used;
                    made += member_made;
                }
                Member::NoSpace if text.len() < DECODED_WHOLE_BYTES_MAX => {
                    text.resize((text.len() * 2).min(DECODED_WHOLE_BYTES_MAX), 0);
                }
                Member::NoSpace | Member::Damaged => return None,
            }
        }
        Some((used, made))
    }

    #[expect(unsafe_code, reason = "libdeflate is a C library")]
    fn member(&mut self, stored: &[u8], text: &mut [u8]) -> Member {
        let (mut used, mut made) = (0, 0);
        // SAFETY: both buffers are valid for the lengths given, and do not overlap because one is
        // borrowed mutably; the two counters are valid for writes; the decompressor is ours.
        let result = unsafe {
            libdeflate_sys::libdeflate_gzip_decompress_ex(
                self.decoder.as_ptr(),
                stored.as_ptr().cast(),
                stored.len(),
                text.as_mut_ptr().cast(),
                text.len(),
                &mut used,
                &mut made,
            )
        };
        match result {
            libdeflate_sys::libdeflate_result_LIBDEFLATE_SUCCESS => {
                assert!(used > 0 && used <= stored.len() && made <= text.len());
                Member::Whole { used, made }
            }
            libdeflate_sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Member::NoSpace,
            _ => Member::Damaged,
        }
    }
}

impl Drop for Gunzip {
    #[expect(unsafe_code, reason = "libdeflate is a C library")]
    fn drop(&mut self) {
        // SAFETY: the decompressor was allocated by libdeflate and is freed once.
        unsafe { libdeflate_sys::libdeflate_free_decompressor(self.decoder.as_ptr()) }
    }
}

/// The length of the text as the last four bytes of a gzip file claim it (RFC 1952, ISIZE).
fn length_hint(stored: &[u8]) -> usize {
    match stored.last_chunk::<4>() {
        Some(&claimed) => u32::from_le_bytes(claimed) as usize,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_are_joined_and_the_rest_is_left() {
        let long = b"0123456789".repeat(100_000);
        let mut stored = gzip(b"first ");
        stored.extend(gzip(&long));
        let end = stored.len();
        stored.extend(b"trailing");
        let mut text = Vec::new();
        let (used, made) = Gunzip::new().unwrap().decompress(&stored, &mut text).unwrap();
        assert_eq!(used, end);
        assert_eq!(&text[..made], [&b"first "[..], &long].concat());
    }

    #[test]
    fn damaged_data_is_refused() {
        let mut stored = gzip(b"some text");
        let mut text = Vec::new();
        stored.truncate(stored.len() - 1);
        assert_eq!(Gunzip::new().unwrap().decompress(&stored, &mut text), None);
    }
}
