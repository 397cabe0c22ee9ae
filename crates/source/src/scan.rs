//! Finds the records in a text of JSON of any packing.
//!
//! A loose reader: it follows objects, lists and strings and is not stopped by what is broken or
//! stands between. Each object it meets is first offered to the sink as a record; only when it is none
//! is it searched. So an outer record wins over record-shaped objects inside it, one rule covers every
//! envelope, and a list of any length is read in bounded memory. Rejected alternative: one reader per
//! envelope; real files mix and nest them.
//!
//! After a broken object whose end cannot be told the scan *recovers*: brackets mean nothing until the
//! next whole record.

use crate::lex::{self, Extent, Skipper};
use crate::limits::{
    BASE64_BYTES_MAX, EXCERPT_CHARS_MAX, ODD_MEMBERS_MAX, SEARCH_DEPTH_MAX, WINDOW_BYTES_MAX,
};
use crate::notice::{self, Notice};
use crate::sniff;
use crate::text::{More, Text};
use crate::{Pushed, RecordRule, Rejected, Sink};
use base64::Engine;
use std::io::Read;
use trailhound_record::ParseRecordError;

/// The sink wants no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop;

/// What a scan needs around it.
pub(crate) struct Context<'a> {
    pub(crate) sink: &'a mut dyn Sink,
    /// The name under which things are rejected.
    pub(crate) file: &'a str,
    /// Returns the stored bytes read since the last call.
    pub(crate) stored: &'a dyn Fn() -> u64,
}

/// What came of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    records: u64,
    rejected: u64,
    set_aside: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Object,
    List,
    /// A `Records` list.
    Records,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    CloudTrailEvent,
    Data,
    Other,
}

/// What became of an object offered to the sink.
enum Offered {
    Record(usize),
    NotRecord(usize),
    Broken(String),
    /// The text ends inside.
    Cut,
    TooLong,
}

/// A broken object whose end is not known.
struct Recovery {
    rejected: Rejected,
    /// Whether it is a record for all one can tell.
    is_record: bool,
}

/// Where in the file an embedded text stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: u64,
    offset: u64,
}

/// How far ahead the scan looks to tell what an object is.
const LOOKAHEAD_BYTES: usize = 256;

/// How far into an object the mark of another service's events is looked for.
const SERVICE_MARK_BYTES: usize = 160;

struct Scan<'t, 'x, 'c> {
    text: Text<'t>,
    context: &'x mut Context<'c>,
    /// Set in a text that is embedded in another one.
    origin: Option<Place>,
    /// Whether the outermost object is known to be a record.
    is_listed: bool,
    depth: usize,
    frames: Vec<Frame>,
    key: Key,
    is_after_colon: bool,
    recovery: Option<Recovery>,
    /// Odd members of `Records` lists, until it is known that the lists are CloudTrail's.
    odd: Vec<Rejected>,
    tally: Tally,
    reported: u64,
    has_content: bool,
    /// Whether what stands here in a `Records` list was called odd already.
    is_odd_run: bool,
    first_problem: Option<String>,
    head: Vec<u8>,
}

/// Hands every record of `text` to the sink, and what is broken or holds none by name.
pub(crate) fn scan(text: Text<'_>, context: &mut Context<'_>) -> Result<(), Stop> {
    let mut scan = Scan::new(text, context);
    scan.report()?;
    scan.run()?;
    scan.finish_file();
    Ok(())
}

impl<'t, 'x, 'c> Scan<'t, 'x, 'c> {
    fn new(text: Text<'t>, context: &'x mut Context<'c>) -> Self {
        Self {
            text,
            context,
            origin: None,
            is_listed: false,
            depth: 0,
            frames: Vec::new(),
            key: Key::Other,
            is_after_colon: false,
            recovery: None,
            odd: Vec::new(),
            tally: Tally::default(),
            reported: 0,
            has_content: false,
            is_odd_run: false,
            first_problem: None,
            head: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Stop> {
        self.peek(sniff::SNIFF_BYTES)?;
        self.text.at = if self.text.rest().starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if self.origin.is_none() {
            let head = self.text.raw_rest();
            self.head = head.get(..sniff::SNIFF_BYTES).unwrap_or(head).to_vec();
        }
        while let Some(byte) = self.next_byte()? {
            match byte {
                b'{' => self.object()?,
                b'"' => self.string()?,
                b',' | b':' => {
                    self.is_after_colon = byte == b':';
                    self.text.at += 1;
                }
                b'[' => self.open_list(),
                b'}' | b']' => self.close(byte)?,
                _ => self.scalar(),
            }
        }
        Ok(())
    }

    /// Tells the sink how far reading has come.
    fn report(&mut self) -> Result<(), Stop> {
        if self.origin.is_some() {
            return Ok(());
        }
        let read = self.text.read_bytes();
        let goes_on = self.context.sink.advance((self.context.stored)(), read - self.reported);
        self.reported = read;
        if goes_on { Ok(()) } else { Err(Stop) }
    }

    fn more(&mut self) -> Result<More, Stop> {
        let more = self.text.more();
        if more == More::Grown {
            self.report()?;
        }
        Ok(more)
    }

    /// Has at least `bytes` bytes behind the place looked at in the window, when there are that many.
    #[inline]
    fn peek(&mut self, bytes: usize) -> Result<(), Stop> {
        while self.text.rest().len() < bytes && !self.text.is_invalid() {
            if self.more()? != More::Grown {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    fn next_byte(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            let rest = self.text.rest();
            let found = rest.iter().enumerate().find(|(_, byte)| !byte.is_ascii_whitespace());
            if let Some((blanks, &byte)) = found {
                self.text.at += blanks;
                return Ok(Some(byte));
            }
            self.text.at += rest.len();
            if self.text.is_invalid() {
                self.has_content = true;
                self.text.pass_invalid();
            } else if self.more()? != More::Grown {
                return Ok(None);
            }
        }
    }

    fn levels(&self) -> usize {
        self.depth + self.frames.len()
    }

    fn is_in_records(&self) -> bool {
        match self.frames.last() {
            Some(frame) => *frame == Frame::Records,
            None => self.is_listed,
        }
    }

    fn object(&mut self) -> Result<(), Stop> {
        self.peek(LOOKAHEAD_BYTES)?;
        let is_recovering = self.recovery.is_some();
        if (!is_recovering || self.frames.is_empty())
            && self.levels() < SEARCH_DEPTH_MAX
            && let Some(list) = lex::list_start(self.text.rest())
        {
            self.flush_recovery();
            self.frames.push(Frame::Object);
            self.frames.push(if list.is_records { Frame::Records } else { Frame::List });
            self.text.at += list.inside;
            self.is_after_colon = false;
            return Ok(());
        }
        let key = lex::first_key(self.text.rest()).unwrap_or_default();
        let (looks, starts) = (lex::is_record_key(key), key == b"eventVersion");
        let is_in_records = self.is_in_records();
        if self.service_event(is_in_records && !looks)? {
            return Ok(());
        }
        (self.is_after_colon, self.is_odd_run) = (false, false);
        let is_listed = is_in_records && (!is_recovering || starts);
        let rule = if is_listed { RecordRule::Listed } else { RecordRule::Found };
        match self.offer(rule)? {
            Offered::Record(end) => {
                self.took_record();
                self.text.at = end.max(self.text.at + 1);
            }
            Offered::NotRecord(end) => self.not_record(end, is_listed),
            Offered::TooLong => self.too_long(is_listed || looks)?,
            Offered::Broken(_) | Offered::Cut if is_recovering && !starts => self.text.at += 1,
            Offered::Broken(reason) => self.broken(reason, is_listed || looks)?,
            Offered::Cut => self.cut(is_listed || looks),
        }
        Ok(())
    }

    /// Offers the object at the place looked at, reading on until it is whole.
    #[inline]
    fn offer(&mut self, rule: RecordRule) -> Result<Offered, Stop> {
        loop {
            let at = self.text.at;
            match self.context.sink.record(self.text.window(), at, rule) {
                Ok(Pushed::Record { end }) => return Ok(Offered::Record(end)),
                Ok(Pushed::NotRecord { end }) => return Ok(Offered::NotRecord(end)),
                Ok(Pushed::Incomplete) | Err(ParseRecordError::Incomplete) => {}
                Err(ParseRecordError::TooLong) => return Ok(Offered::TooLong),
                Err(error) => return Ok(Offered::Broken(reason_of(&error, at))),
            }
            if self.text.is_invalid() {
                return Ok(Offered::Broken("not valid UTF-8".to_owned()));
            }
            match self.more()? {
                More::Grown => {}
                More::Full => return Ok(Offered::TooLong),
                More::Ended if self.text.is_invalid() => {}
                More::Ended => return Ok(Offered::Cut),
            }
        }
    }

    /// Passes over or opens what another AWS service hands out in a `Records` list: its members have
    /// names of the record format, but it is no record. Returns whether it was one.
    fn service_event(&mut self, is_suspicious: bool) -> Result<bool, Stop> {
        let rest = self.text.rest();
        let head = rest.get(..SERVICE_MARK_BYTES).unwrap_or(rest);
        if !is_suspicious && memchr::memmem::find(head, b"\"aws:").is_none() {
            return Ok(false);
        }
        loop {
            match lex::extent(self.text.rest()) {
                Extent::End(len) => {
                    let object = self.text.rest().get(..len).unwrap_or_default();
                    match notice::recognise(object) {
                        Some(Notice::SetAside(kind)) => {
                            self.set_aside(kind);
                            self.text.at += len;
                        }
                        Some(Notice::Envelope) if self.levels() < SEARCH_DEPTH_MAX => {
                            self.open_object();
                        }
                        Some(Notice::Envelope) => self.text.at += len,
                        None => return Ok(false),
                    }
                    return Ok(true);
                }
                Extent::Incomplete if self.more()? == More::Grown => {}
                Extent::Incomplete | Extent::Unclear => return Ok(false),
            }
        }
    }

    fn open_object(&mut self) {
        // What a broken file leaves open must not use up the depth of the search.
        if self.recovery.is_some() && self.levels() > SEARCH_DEPTH_MAX / 2 {
            self.frames.clear();
        }
        self.has_content = true;
        self.frames.push(Frame::Object);
        self.is_after_colon = false;
        self.text.at += 1;
    }

    fn open_list(&mut self) {
        if self.recovery.is_none() && self.levels() <= SEARCH_DEPTH_MAX {
            self.frames.push(Frame::List);
        }
        self.is_after_colon = false;
        self.text.at += 1;
    }

    fn close(&mut self, byte: u8) -> Result<(), Stop> {
        let is_matched = match self.frames.last() {
            Some(Frame::Object) => byte == b'}',
            Some(Frame::List | Frame::Records) => byte == b']',
            None => false,
        };
        self.is_after_colon = false;
        if is_matched && self.recovery.is_none() {
            self.peek(LOOKAHEAD_BYTES)?;
            // After something broken a list may seem to end too early.
            let stays = self.is_in_records()
                && self.tally.rejected > 0
                && lex::is_followed_by_object(self.text.rest());
            if !stays {
                self.frames.pop();
            }
        }
        self.text.at += 1;
        Ok(())
    }

    /// Goes on after a whole object that is no record: inside, when there may be one.
    fn not_record(&mut self, end: usize, is_listed: bool) {
        let end = end.max(self.text.at + 1);
        let object = self.text.window().get(self.text.at..end).unwrap_or_default();
        self.has_content = true;
        if lex::has_marker(object) && self.levels() < SEARCH_DEPTH_MAX {
            match notice::recognise(object) {
                Some(Notice::SetAside(kind)) => self.set_aside(kind),
                _ => return self.open_object(),
            }
        } else if is_listed {
            self.odd_member("is no record: it has no member of the record format");
        }
        self.text.at = end;
    }

    fn broken(&mut self, reason: String, is_record: bool) -> Result<(), Stop> {
        let mut extent = lex::extent(self.text.raw_rest());
        while extent == Extent::Incomplete && self.more()? == More::Grown {
            extent = lex::extent(self.text.raw_rest());
        }
        let rejected = self.rejected_here(reason, true);
        if let Extent::End(len) = extent {
            let object = self.text.raw_rest().get(..len).unwrap_or_default();
            let is_searched = !is_record && lex::has_marker(object);
            if !is_searched {
                self.flush_recovery();
                match is_record {
                    true => self.reject(rejected),
                    false => self.note_problem(rejected.reason),
                }
                let end = self.text.at + len;
                self.text.pass_to(end);
                return Ok(());
            }
        }
        self.recover(rejected, is_record);
        Ok(())
    }

    fn cut(&mut self, is_record: bool) {
        let reason = match self.text.error() {
            Some(error) => format!("the file ends inside this record: {error}"),
            None => "the text ends inside this record".to_owned(),
        };
        let rejected = self.rejected_here(reason, true);
        self.recover(rejected, is_record);
    }

    fn recover(&mut self, rejected: Rejected, is_record: bool) {
        self.flush_recovery();
        self.recovery = Some(Recovery { rejected, is_record });
        self.text.at += 1;
    }

    fn flush_recovery(&mut self) {
        if let Some(Recovery { rejected, is_record }) = self.recovery.take() {
            match is_record {
                true => self.reject(rejected),
                false => self.note_problem(rejected.reason),
            }
        }
    }

    fn note_problem(&mut self, reason: String) {
        self.has_content = true;
        self.first_problem.get_or_insert(reason);
    }

    /// An object too long for the window: a record is rejected, anything else searched.
    fn too_long(&mut self, is_record: bool) -> Result<(), Stop> {
        if !is_record && self.levels() < SEARCH_DEPTH_MAX {
            self.open_object();
            return Ok(());
        }
        if is_record {
            let rejected = self.rejected_here(ParseRecordError::TooLong.to_string(), true);
            self.reject(rejected);
        }
        self.has_content = true;
        self.skip(Skipper::default())
    }

    /// Passes over a value of any length.
    fn skip(&mut self, mut skipper: Skipper) -> Result<(), Stop> {
        loop {
            let rest = self.text.raw_rest();
            if let Some(len) = skipper.skip(rest) {
                let end = self.text.at + len;
                self.text.pass_to(end);
                return Ok(());
            }
            let end = self.text.at + rest.len();
            self.text.pass_to(end);
            if self.more()? != More::Grown {
                return Ok(());
            }
        }
    }

    fn scalar(&mut self) {
        let rest = self.text.rest();
        let is_end = |byte: &u8| b"{}[]\",:".contains(byte) || byte.is_ascii_whitespace();
        let len = rest.iter().position(is_end).unwrap_or(rest.len()).max(1);
        if self.recovery.is_none() && !self.is_after_colon {
            if self.is_in_records() {
                self.odd_text();
            }
            self.has_content |= self.frames.last() != Some(&Frame::Object);
        }
        self.is_after_colon = false;
        self.text.at += len;
    }

    fn string(&mut self) -> Result<(), Stop> {
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
        if self.recovery.is_some() && !lex::is_string_followed(self.text.rest(), end) {
            return self.stray_quote();
        }
        let body = self.text.rest().get(1..end).unwrap_or_default();
        if let Some(recovery) = &mut self.recovery
            && lex::is_telling_key(body)
        {
            recovery.is_record = true;
        }
        if self.frames.last() == Some(&Frame::Object) && !self.is_after_colon {
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
    fn resume_at(&self) -> usize {
        let rest = self.text.rest();
        let escapes = rest.iter().rev().take_while(|&&byte| byte == b'\\').count();
        (rest.len() - escapes).max(1)
    }

    fn stray_quote(&mut self) -> Result<(), Stop> {
        self.has_content |= self.frames.is_empty();
        self.text.at += 1;
        Ok(())
    }

    fn long_string(&mut self) -> Result<(), Stop> {
        let reason = format!("a text of more than {WINDOW_BYTES_MAX} bytes is not searched");
        let rejected = self.rejected_here(reason, false);
        self.reject(rejected);
        self.text.at += 1;
        self.skip(Skipper::in_string())
    }

    /// Searches the string value at the place looked at; its closing quote is at `end`.
    fn string_value(&mut self, end: usize) -> Result<(), Stop> {
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
    fn embedded(&mut self, mut decoded: Vec<u8>, is_listed: bool) -> Result<(), Stop> {
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

    #[inline]
    fn took_record(&mut self) {
        self.tally.records += 1;
        if self.recovery.is_some() {
            self.flush_recovery();
        }
        if !self.odd.is_empty() {
            self.flush_odd();
        }
    }

    /// Rejects a member of a `Records` list, once the list is known to be CloudTrail's.
    fn odd_member(&mut self, reason: &str) {
        self.has_content = true;
        let rejected = self.rejected_here(reason.to_owned(), true);
        if self.tally.records > 0 {
            self.reject(rejected);
        } else if self.odd.len() < ODD_MEMBERS_MAX {
            self.odd.push(rejected);
        }
    }

    /// Rejects what stands between the objects of a `Records` list, once up to the next object.
    fn odd_text(&mut self) {
        if !std::mem::replace(&mut self.is_odd_run, true) {
            self.odd_member("is no record: it is no object");
        }
    }

    fn flush_odd(&mut self) {
        for rejected in std::mem::take(&mut self.odd) {
            self.reject(rejected);
        }
    }

    fn set_aside(&mut self, kind: &'static str) {
        self.has_content = true;
        if !self.tally.set_aside.contains(&kind) {
            self.tally.set_aside.push(kind);
        }
    }

    fn reject(&mut self, rejected: Rejected) {
        self.has_content = true;
        self.tally.rejected += 1;
        self.context.sink.reject(rejected);
    }

    fn place(&mut self) -> Place {
        match self.origin {
            Some(place) => place,
            None => Place { line: self.text.line(), offset: self.text.offset() },
        }
    }

    fn rejected_here(&mut self, reason: String, is_record: bool) -> Rejected {
        let Place { line, offset } = self.place();
        Rejected {
            file: self.context.file.to_owned(),
            line: Some(line),
            offset: Some(offset),
            reason,
            excerpt: excerpt_of(self.text.raw_rest()),
            is_record,
        }
    }

    /// Rejects what is left open at the end of the text.
    fn finish(&mut self, rejects_odd: bool) {
        self.flush_recovery();
        if rejects_odd || self.tally.records > 0 {
            self.flush_odd();
        }
    }

    fn finish_file(&mut self) {
        self.finish(false);
        for kind in &self.tally.set_aside {
            self.context.sink.set_aside(self.context.file, kind);
        }
        if self.tally.rejected > 0 {
            return;
        }
        let is_barren = self.tally.records == 0 && self.tally.set_aside.is_empty();
        if let Some(reason) = self.text.error().map(ToString::to_string) {
            let rejected = self.rejected_here(reason, false);
            self.reject(rejected);
        } else if self.has_content && is_barren {
            self.holds_no_record();
        } else if !self.frames.is_empty() {
            let reason = "the text ends before its lists do: the file is cut short".to_owned();
            let rejected = self.rejected_here(reason, false);
            self.reject(rejected);
        }
    }

    fn holds_no_record(&mut self) {
        if self.head.trim_ascii() == notice::VALIDATION_MESSAGE {
            self.context.sink.set_aside(self.context.file, notice::VALIDATION_KIND);
            return;
        }
        let mut reason = "holds no CloudTrail record".to_owned();
        let is_json = matches!(self.head.trim_ascii_start().first(), Some(b'{' | b'['));
        let problem = self.first_problem.take().filter(|_| is_json);
        let detail = sniff::name_text(&self.head).map(str::to_owned).or(problem);
        if let Some(detail) = detail {
            reason = format!("{reason}; {detail}");
        }
        let excerpt = excerpt_of(&self.head);
        let file = self.context.file.to_owned();
        self.reject(Rejected { file, line: None, offset: None, reason, excerpt, is_record: false });
    }
}

fn reason_of(error: &ParseRecordError, start: usize) -> String {
    match error {
        ParseRecordError::Syntax { at, .. } | ParseRecordError::TooDeep { at } => {
            format!("{error} at byte {} of the record", at.saturating_sub(start))
        }
        _ => error.to_string(),
    }
}

/// The first characters of `bytes`, as well as they can be read.
pub(crate) fn excerpt_of(bytes: &[u8]) -> String {
    let head = bytes.get(..EXCERPT_CHARS_MAX * 4).unwrap_or(bytes);
    String::from_utf8_lossy(head).chars().take(EXCERPT_CHARS_MAX).collect()
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
