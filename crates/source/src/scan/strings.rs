//! Strings: keys, and values that hold JSON themselves.

use super::{Frame, Key, Scan, Stop};
use crate::lex::{self, Extent, Skipper};
use crate::limits::{BASE64_BYTES_MAX, SEARCH_DEPTH_MAX, WINDOW_BYTES_MAX};
use crate::text::{More, Text};
use crate::{notice, sniff};
use base64::Engine;
use std::io::Read;

impl Scan<'_, '_, '_> {
    pub(super) fn string(&mut self) -> Result<(), Stop> {
        let mut from = 1;
        let end = loop {
            match lex::string_end(self.text.rest(), from) {
                Extent::End(quote) => break quote,
                Extent::Unclear => return self.stray_quote(),
                Extent::Incomplete => {}
            }
            from = self.resume_at();
            match self.more()? {
                More::Grown => {}
                More::Full => return self.long_string(),
                More::Ended => return self.stray_quote(),
            }
        };
        // After a quote too many or too few, what seems a string is what stands between two: such a
        // "string" is not followed by what follows one.
        let is_line = self.frames.is_empty() && lex::is_line_end(self.text.rest(), end + 1);
        if !is_line && !lex::is_string_followed(self.text.rest(), end) {
            return self.stray_quote();
        }
        let body = self.text.rest().get(1..end).unwrap_or_default();
        if let Some(recovery) = &mut self.recovery
            && lex::is_telling_key(body)
        {
            recovery.is_record = true;
        }
        let is_in_object = self.frames.last() == Some(&Frame::Object);
        if !is_in_object && self.recovery.is_none() && lex::is_telling_member(self.text.rest(), end)
        {
            let reason = "the start of this record is missing".to_owned();
            let rejected = self.rejected_here(reason, true);
            self.recover(rejected, true);
            return Ok(());
        }
        if is_in_object && !self.is_after_colon {
            self.key = match body {
                b"CloudTrailEvent" => Key::CloudTrailEvent,
                b"data" | b"Data" => Key::Data,
                _ => Key::Other,
            };
        } else {
            self.string_value(end)?;
            self.key = Key::Other;
        }
        self.is_after_colon = false;
        self.text.at += end + 1;
        Ok(())
    }

    /// Where to go on looking for a string's end: not inside an escape.
    pub(super) fn resume_at(&self) -> usize {
        let rest = self.text.rest();
        let escapes = rest.iter().rev().take_while(|&&byte| byte == b'\\').count();
        (rest.len() - escapes).max(1)
    }

    pub(super) fn stray_quote(&mut self) -> Result<(), Stop> {
        self.has_content |= self.frames.is_empty();
        self.text.at += 1;
        Ok(())
    }

    pub(super) fn long_string(&mut self) -> Result<(), Stop> {
        let reason = format!("a text of more than {WINDOW_BYTES_MAX} bytes is not searched");
        let rejected = self.rejected_here(reason, false);
        self.reject(rejected);
        self.text.at += 1;
        self.skip(Skipper::in_string())
    }

    /// Searches the string value at the place looked at; its closing quote is at `end`.
    pub(super) fn string_value(&mut self, end: usize) -> Result<(), Stop> {
        let quoted = self.text.rest().get(..=end).unwrap_or_default();
        let body = quoted.get(1..end).unwrap_or_default();
        if body == notice::VALIDATION_MESSAGE {
            self.set_aside(notice::VALIDATION_KIND);
            return Ok(());
        }
        let is_event = self.key == Key::CloudTrailEvent;
        if is_event || (body.len() > 24 && lex::has_marker(body)) {
            let decoded: Option<String> = serde_json::from_slice(quoted).ok();
            let decoded = decoded.map(|text| text.trim().as_bytes().to_vec()).unwrap_or_default();
            return match decoded.first() {
                Some(b'{' | b'[') => self.embedded(decoded, is_event),
                _ if is_event => {
                    let rejected = self.rejected_here("holds no JSON object".to_owned(), true);
                    self.reject(rejected);
                    Ok(())
                }
                _ => Ok(()),
            };
        }
        if self.key == Key::Data && lex::looks_like_base64(body) {
            return match decode_base64(body) {
                Some(decoded) => self.embedded(decoded, false),
                None => Ok(()),
            };
        }
        if self.recovery.is_none() && self.frames.last() != Some(&Frame::Object) {
            self.has_content = true;
            if self.is_in_records() {
                self.odd_text();
            }
        }
        Ok(())
    }

    /// Scans a text that stood in a string of this one.
    pub(super) fn embedded(&mut self, mut decoded: Vec<u8>, is_listed: bool) -> Result<(), Stop> {
        self.has_content = true;
        let depth = self.levels() + 1;
        if depth > SEARCH_DEPTH_MAX {
            return Ok(());
        }
        let origin = self.place();
        let len = decoded.len();
        let mut inner = Scan::new(Text::whole(&mut decoded, len), &mut *self.context);
        (inner.origin, inner.depth, inner.is_listed) = (Some(origin), depth, is_listed);
        inner.run()?;
        inner.finish(is_listed);
        let tally = std::mem::take(&mut inner.tally);
        if tally.records > 0 {
            self.took_record();
            self.tally.records += tally.records - 1;
        }
        self.tally.rejected += tally.rejected;
        for kind in tally.set_aside {
            if !self.tally.set_aside.contains(&kind) {
                self.tally.set_aside.push(kind);
            }
        }
        Ok(())
    }
}

/// The JSON text behind base64, gzip undone; nothing when it is something else.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > BASE64_BYTES_MAX {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    if !sniff::is_gzip(&decoded) {
        return Some(decoded);
    }
    let mut plain = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(decoded.as_slice());
    decoder.take(WINDOW_BYTES_MAX as u64).read_to_end(&mut plain).ok()?;
    Some(plain)
}
