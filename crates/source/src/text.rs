//! A text seen through a window that moves and grows, in bounded memory.

use crate::limits::{WINDOW_BYTES_MAX, WINDOW_BYTES_MIN};
use std::io::{self, Read};

/// What asking for more of a text came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    /// The window reaches further now.
    Grown,
    /// The text ends where the window does.
    Ended,
    /// The window is as large as it may be.
    Full,
}

/// A text, its window, and the place in it that is looked at.
pub(crate) struct Text<'a> {
    buffer: &'a mut Vec<u8>,
    /// The window is `buffer[..len]`; the rest is spare.
    len: usize,
    source: Option<&'a mut dyn Read>,
    /// Where the window starts in the whole text.
    base: u64,
    /// What is looked at, as an offset in the window.
    pub(crate) at: usize,
    /// The window is UTF-8 up to here.
    valid_to: usize,
    /// Whether the bytes at `valid_to` are not UTF-8 whatever follows.
    is_invalid: bool,
    /// Newlines before `lines_to`, an offset in the window.
    lines: u64,
    lines_to: usize,
    error: Option<io::Error>,
}

impl<'a> Text<'a> {
    /// A text that is read as needed.
    pub(crate) fn streamed(buffer: &'a mut Vec<u8>, source: &'a mut dyn Read) -> Self {
        Self::new(buffer, 0, Some(source))
    }

    /// A text that is there: the first `len` bytes of `buffer`.
    pub(crate) fn whole(buffer: &'a mut Vec<u8>, len: usize) -> Self {
        let len = len.min(buffer.len());
        let mut text = Self::new(buffer, len, None);
        text.validate(0);
        text
    }

    fn new(buffer: &'a mut Vec<u8>, len: usize, source: Option<&'a mut dyn Read>) -> Self {
        Self {
            buffer,
            len,
            source,
            base: 0,
            at: 0,
            valid_to: 0,
            is_invalid: false,
            lines: 0,
            lines_to: 0,
            error: None,
        }
    }

    /// The window as far as it is UTF-8.
    #[inline]
    pub(crate) fn window(&self) -> &[u8] {
        self.buffer.get(..self.valid_to).unwrap_or_default()
    }

    /// The window from the place looked at.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..self.valid_to).unwrap_or_default()
    }

    /// The window from the place looked at, the part that is not UTF-8 included.
    pub(crate) fn raw_rest(&self) -> &[u8] {
        self.buffer.get(self.at..self.len).unwrap_or_default()
    }

    /// Whether bytes that are not UTF-8 stand at the end of [`Text::window`].
    pub(crate) fn is_invalid(&self) -> bool {
        self.is_invalid
    }

    /// Why the text could not be read to its end.
    pub(crate) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Where the place looked at is in the whole text.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The line of the place looked at, from 1.
    pub(crate) fn line(&mut self) -> u64 {
        self.count_lines(self.at);
        self.lines + 1
    }

    fn count_lines(&mut self, to: usize) {
        if let Some(passed) = self.buffer.get(self.lines_to..to) {
            self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
            self.lines_to = to;
        }
    }

    /// Passes over the bytes that are not UTF-8 at the end of the window and looks behind them.
    pub(crate) fn pass_invalid(&mut self) {
        if self.is_invalid {
            self.at = self.valid_to + 1;
            self.validate(self.at);
        }
    }

    /// Looks at `at`, which may lie behind bytes that are not UTF-8.
    pub(crate) fn pass_to(&mut self, at: usize) {
        self.at = at;
        if self.at > self.valid_to {
            self.validate(self.at);
        }
    }

    /// Drops what lies before the place looked at and reads on.
    pub(crate) fn more(&mut self) -> More {
        if self.source.is_none() {
            return More::Ended;
        }
        self.drop_passed();
        if self.len >= WINDOW_BYTES_MAX {
            return More::Full;
        }
        let target = (self.len * 2).clamp(WINDOW_BYTES_MIN, WINDOW_BYTES_MAX);
        if self.buffer.len() < target {
            self.buffer.reserve_exact(target - self.buffer.len());
            self.buffer.resize(target, 0);
        }
        let before = self.len;
        while self.len < target {
            let (Some(source), Some(spare)) =
                (self.source.as_mut(), self.buffer.get_mut(self.len..target))
            else {
                break;
            };
            match source.read(spare) {
                Ok(0) => self.source = None,
                Ok(count) => self.len += count.min(spare.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    self.source = None;
                }
            }
        }
        if !self.is_invalid {
            self.validate(self.valid_to);
        }
        if self.len > before { More::Grown } else { More::Ended }
    }

    /// How many bytes were read into the window so far, in all.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.base + self.len as u64
    }

    fn drop_passed(&mut self) {
        let passed = self.at.min(self.len);
        if passed > 0 {
            self.count_lines(passed);
            self.buffer.copy_within(passed..self.len, 0);
            self.len -= passed;
            self.valid_to = self.valid_to.saturating_sub(passed);
            self.lines_to = 0;
            self.base += passed as u64;
            self.at = 0;
        }
    }

    fn validate(&mut self, from: usize) {
        let part = self.buffer.get(from..self.len).unwrap_or_default();
        if simdutf8::basic::from_utf8(part).is_ok() {
            (self.valid_to, self.is_invalid) = (self.len.max(from), false);
            return;
        }
        if let Err(error) = simdutf8::compat::from_utf8(part) {
            self.valid_to = from + error.valid_up_to();
            // A character cut by the window's end is whole once more is read.
            self.is_invalid = error.error_len().is_some() || self.source.is_none();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_by_the_window_is_whole_later() {
        let mut stored = vec![b'a'; WINDOW_BYTES_MIN - 1];
        stored.extend("é\nz".as_bytes());
        let mut source = &stored[..];
        let mut buffer = Vec::new();
        let mut text = Text::streamed(&mut buffer, &mut source);
        assert_eq!(text.more(), More::Grown);
        assert_eq!((text.window().len(), text.is_invalid()), (WINDOW_BYTES_MIN - 1, false));
        text.at = WINDOW_BYTES_MIN - 1;
        assert_eq!(text.more(), More::Grown);
        assert_eq!(text.window(), "é\nz".as_bytes());
        text.at = 3;
        assert_eq!((text.line(), text.offset()), (2, WINDOW_BYTES_MIN as u64 + 2));
    }

    #[test]
    fn bytes_that_are_not_utf_8_end_the_window() {
        let mut stored = b"ab\xff\xfecd".to_vec();
        let len = stored.len();
        let mut text = Text::whole(&mut stored, len);
        assert_eq!((text.window(), text.is_invalid()), (&b"ab"[..], true));
        text.pass_invalid();
        text.pass_invalid();
        assert_eq!(text.rest(), b"cd");
        assert!(!text.is_invalid());
    }
}
