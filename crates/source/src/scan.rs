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

mod rejects;
mod strings;

use crate::lex::{self, Extent, Skipper};
use crate::limits::{EXCERPT_CHARS_MAX, SEARCH_DEPTH_MAX};
use crate::notice::{self, Notice};
use crate::sniff;
use crate::text::{More, Text};
use crate::{Pushed, RecordRule, Rejected, Sink};
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
    /// Whether a rejected record already says that the text ends too early.
    names_end: bool,
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

/// Said of an object that starts like a record.
const LACKING: &str =
    "is no record: it lacks `eventName`, `eventSource`, or both `eventTime` and `userIdentity`";

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
            Offered::NotRecord(end) => self.not_record(end, is_listed, starts && !is_recovering),
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
    fn not_record(&mut self, end: usize, is_listed: bool, starts: bool) {
        let end = end.max(self.text.at + 1);
        let object = self.text.window().get(self.text.at..end).unwrap_or_default();
        self.has_content = true;
        if lex::has_marker(object) && self.levels() < SEARCH_DEPTH_MAX {
            match notice::recognise(object) {
                Some(Notice::SetAside(kind)) => self.set_aside(kind),
                _ if starts => self.odd_member(LACKING),
                _ => return self.open_object(),
            }
        } else if is_listed {
            self.odd_member("is no record: it has no member of the record format");
        } else if starts {
            self.odd_member(LACKING);
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
        self.tally.names_end |= is_record;
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
