//! The cursor that walks over a record's JSON and fills a [`Walk`].

use crate::field::{Field, Kind, Level, Member, mark};
use crate::limits::{TOKEN_BYTES_MIN, VALUE_DEPTH_MAX};
use crate::rebuild::{self, value_mark};
use crate::time::{MICROS_PER_SECOND, Timestamp, canonical_seconds};
use crate::token::{BACKSLASH, CONTROL, QUOTE, WORD, class, classify, for_each_token, token_hash};
use crate::walk::{Extra, Found, ParseRecordError, Span, Text, Walk};

type Step<T = ()> = Result<T, ParseRecordError>;

#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A cursor over the text that fills a [`Walk`].
pub(crate) struct Scan<'t, 'w> {
    pub(crate) text: &'t [u8],
    pub(crate) at: usize,
    pub(crate) walk: &'w mut Walk,
}

impl Scan<'_, '_> {
    #[inline]
    fn peek(&self) -> Step<u8> {
        self.text.get(self.at).copied().ok_or(ParseRecordError::Incomplete)
    }

    #[inline]
    fn expect(&mut self, byte: u8, expected: &'static str) -> Step {
        if self.peek()? != byte {
            return Err(ParseRecordError::Syntax { at: self.at, expected });
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(|&byte| is_space(byte)) {
            self.at += 1;
        }
    }

    /// Skips white space and keeps it in the shape.
    #[inline]
    fn keep_space(&mut self) {
        while let Some(&byte) = self.text.get(self.at)
            && is_space(byte)
        {
            self.walk.shape.push(byte);
            self.at += 1;
        }
    }

    /// An object whose members have columns.
    pub(crate) fn object(&mut self, level: Level) -> Step {
        self.expect(b'{', "`{`")?;
        self.walk.shape.push(b'{');
        self.keep_space();
        if self.peek()? == b'}' {
            self.at += 1;
            self.walk.shape.push(b'}');
            return Ok(());
        }
        loop {
            self.member(level)?;
            self.keep_space();
            let byte = self.peek()?;
            self.at += 1;
            self.walk.shape.push(byte);
            match byte {
                b',' => self.keep_space(),
                b'}' => return Ok(()),
                _ => {
                    let at = self.at - 1;
                    return Err(ParseRecordError::Syntax { at, expected: "`,` or `}`" });
                }
            }
        }
    }

    fn member(&mut self, level: Level) -> Step {
        let (key, member) = match self.expected_member(level) {
            Some((key, member)) => (key, Some(member)),
            None => {
                let key = self.key()?;
                (key, level.member(key.of(self.text)))
            }
        };
        if let Some(member) = member {
            self.walk.order.push((level, member));
        }
        if member.is_none() {
            self.note_name(key);
            if level == Level::Top && key.of(self.text) == b"s3" {
                self.walk.has_s3_member = true;
            }
        }
        self.walk.shape.push(member.map_or(rebuild::UNKNOWN_KEY, mark));
        self.keep_space();
        self.expect(b':', "`:`")?;
        self.walk.shape.push(b':');
        self.keep_space();
        match member {
            Some(Member::Object(inner)) => self.nested(inner, key),
            Some(Member::Field(field)) => self.field(field, key),
            None => self.extra(None, key),
        }
    }

    /// The member that the record before had at this place, if this one has it too: most records of a
    /// producer have the same members in the same order.
    #[inline]
    fn expected_member(&mut self, level: Level) -> Option<(Span, Member)> {
        let (expected_level, member) = *self.walk.order_before.get(self.walk.order.len())?;
        let key = match member {
            Member::Field(field) => field.key(),
            Member::Object(object) => object.key(),
        };
        let (start, end) = (self.at + 1, self.at + 1 + key.len());
        let is_it = expected_level == level
            && self.text.get(self.at) == Some(&b'"')
            && self.text.get(end) == Some(&b'"')
            && self.text.get(start..end) == Some(key.as_bytes());
        is_it.then(|| {
            self.at = end + 1;
            (Span::new(start, end), member)
        })
    }

    fn nested(&mut self, level: Level, key: Span) -> Step {
        let bit = 1 << level as u8;
        let is_first = self.walk.levels_seen & bit == 0;
        self.walk.levels_seen |= bit;
        match self.peek()? {
            b'{' if is_first => self.object(level),
            b'n' => self.null(),
            _ => self.extra(None, key),
        }
    }

    fn null(&mut self) -> Step {
        self.literal(b"null")?;
        self.walk.shape.push(value_mark::NULL);
        Ok(())
    }

    fn field(&mut self, field: Field, key: Span) -> Step {
        let bit = 1_u64 << field as u64;
        let is_first = self.walk.seen & bit == 0;
        self.walk.seen |= bit;
        let byte = self.peek()?;
        if byte == b'n' {
            return self.null();
        }
        match (field.kind(), byte) {
            _ if !is_first => self.extra(None, key),
            (Kind::Text, b'"') => self.text_value(field, key),
            (Kind::Time, b'"') => self.time_value(field, key),
            (Kind::Bool, b't' | b'f') => {
                self.literal(if byte == b't' { b"true" } else { b"false" })?;
                self.walk.shape.push(value_mark::BOOL);
                self.set_bool(field, byte == b't');
                Ok(())
            }
            (Kind::Json, _) => {
                let start = self.at;
                let collect = matches!(
                    field,
                    Field::RequestParameters | Field::ResponseElements | Field::Resources
                );
                self.skip_value(collect.then_some(field))?;
                self.walk.shape.push(value_mark::JSON);
                let span = Span::new(start, self.at);
                self.set(field, Text { span, is_decoded: false });
                Ok(())
            }
            _ => self.extra(Some(field), key),
        }
    }

    #[inline]
    fn set(&mut self, field: Field, value: Text) {
        if let Some(slot) = self.walk.values.get_mut(field as usize) {
            *slot = value;
            self.walk.present |= 1 << field as u64;
        }
    }

    fn set_bool(&mut self, field: Field, value: bool) {
        self.walk.present |= 1 << field as u64;
        self.walk.bools |= u64::from(value) << field as u64;
    }

    fn text_value(&mut self, field: Field, key: Span) -> Step {
        let start = self.at;
        let value = self.string()?;
        let is_exact = !value.is_decoded
            || rebuild::is_canonical(
                Span::new(start + 1, self.at - 1).of(self.text),
                value.span.of(&self.walk.decoded),
            );
        self.set(field, value);
        self.exact_or_extra(is_exact, value_mark::TEXT, key, start);
        Ok(())
    }

    fn time_value(&mut self, field: Field, key: Span) -> Step {
        let start = self.at;
        let value = self.string()?;
        let inner = Span::new(start + 1, self.at - 1);
        let seconds = canonical_seconds(inner.of(self.text));
        self.walk.time_micros = match seconds {
            Some(seconds) => Some(seconds * MICROS_PER_SECOND),
            None => std::str::from_utf8(self.walk.text_of(self.text, value))
                .ok()
                .and_then(Timestamp::parse)
                .map(|at| at.0),
        };
        if self.walk.time_micros.is_some() {
            self.set(field, Text { span: inner, is_decoded: false });
        }
        self.exact_or_extra(seconds.is_some(), value_mark::TIME, key, start);
        Ok(())
    }

    /// Marks a value that its column gives back exactly, or keeps its text beside the column.
    fn exact_or_extra(&mut self, is_exact: bool, mark: u8, key: Span, start: usize) {
        if is_exact {
            self.walk.shape.push(mark);
        } else {
            self.walk.shape.push(value_mark::EXTRA);
            self.walk.extras.push(Extra { key, value: Span::new(start, self.at) });
        }
    }

    /// A value that no column gives back: kept verbatim. `field` names the column that a text spelling
    /// of a Boolean still fills.
    fn extra(&mut self, field: Option<Field>, key: Span) -> Step {
        let start = self.at;
        self.skip_value(None)?;
        let value = Span::new(start, self.at);
        if let Some(field) = field
            && field.kind() == Kind::Bool
        {
            let spelled = value.of(self.text);
            if spelled.eq_ignore_ascii_case(b"\"true\"") {
                self.set_bool(field, true);
            } else if spelled.eq_ignore_ascii_case(b"\"false\"") {
                self.set_bool(field, false);
            }
        }
        self.walk.shape.push(value_mark::EXTRA);
        self.walk.extras.push(Extra { key, value });
        Ok(())
    }

    /// A key of an object with columns: between its quotes, escapes left as they are.
    fn key(&mut self) -> Step<Span> {
        self.expect(b'"', "a key in quotes")?;
        let start = self.at;
        loop {
            let byte = self.peek()?;
            match class(byte) {
                QUOTE => break,
                BACKSLASH => self.escape()?,
                CONTROL => return Err(self.syntax("a key without control characters")),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(Span::new(start, self.at - 1))
    }

    fn syntax(&self, expected: &'static str) -> ParseRecordError {
        ParseRecordError::Syntax { at: self.at, expected }
    }

    /// Notes the tokens of a name that has no column: a search for it must find the record (QU-2).
    #[cold]
    fn note_name(&mut self, key: Span) {
        let mut name = Vec::new();
        rebuild::decode_string(key.of(self.text), &mut name);
        for_each_token(&name, |token| self.walk.tokens.push(token_hash(token)));
    }

    /// Steps over one escape sequence, checked for form.
    fn escape(&mut self) -> Step {
        self.at += 1;
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek()?.is_ascii_hexdigit() {
                        return Err(self.syntax("four hexadecimal digits"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.syntax("an escape sequence")),
        }
        Ok(())
    }

    /// A string, its tokens noted: sixteen bytes at a time.
    #[inline]
    fn string(&mut self) -> Step<Text> {
        self.at += 1;
        let start = self.at;
        let text = self.text;
        let mut at = start;
        // Where the word under way starts.
        let mut word_at = None;
        while let Some(&chunk) = text.get(at..).and_then(<[u8]>::first_chunk::<16>) {
            let (words, ends) = classify(chunk);
            let stop = ends.trailing_zeros().min(16);
            let words = words & ((1 << stop) - 1);
            // A bit wherever a word starts or ends.
            let mut edges = words ^ (words << 1 | u32::from(word_at.is_some()));
            edges &= 0xFFFF;
            while edges != 0 {
                let edge = at + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                match word_at.take() {
                    Some(from) => self.note_word(from, edge),
                    None => word_at = Some(edge),
                }
            }
            if stop < 16 {
                self.at = at + stop as usize;
                return self.end_string(start);
            }
            at += 16;
        }
        self.at = word_at.unwrap_or(at);
        self.string_tail(start)
    }

    #[inline]
    fn note_word(&mut self, from: usize, to: usize) {
        if to - from >= TOKEN_BYTES_MIN {
            self.walk.tokens.push(token_hash(self.text.get(from..to).unwrap_or_default()));
        }
    }

    /// The rest of a string near the end of the text, where no sixteen bytes are left.
    fn string_tail(&mut self, start: usize) -> Step<Text> {
        loop {
            let from = self.at;
            while self.text.get(self.at).is_some_and(|&byte| class(byte) == WORD) {
                self.at += 1;
            }
            self.note_word(from, self.at);
            match class(self.peek()?) {
                QUOTE | BACKSLASH | CONTROL => return self.end_string(start),
                _ => self.at += 1,
            }
        }
    }

    /// At a quote, a backslash or a control character.
    #[inline]
    fn end_string(&mut self, start: usize) -> Step<Text> {
        match class(self.peek()?) {
            QUOTE => {
                self.at += 1;
                Ok(Text { span: Span::new(start, self.at - 1), is_decoded: false })
            }
            BACKSLASH => self.escaped_string(start),
            _ => Err(self.syntax("a string without control characters")),
        }
    }

    /// The rest of a string from its first escape on; decodes the whole and notes its tokens.
    #[cold]
    fn escaped_string(&mut self, start: usize) -> Step<Text> {
        loop {
            match class(self.peek()?) {
                QUOTE => break,
                BACKSLASH => self.escape()?,
                CONTROL => return Err(self.syntax("a string without control characters")),
                _ => self.at += 1,
            }
        }
        let raw = Span::new(start, self.at);
        self.at += 1;
        let from = self.walk.decoded.len();
        rebuild::decode_string(raw.of(self.text), &mut self.walk.decoded);
        let span = Span::new(from, self.walk.decoded.len());
        let (decoded, tokens) = (&self.walk.decoded, &mut self.walk.tokens);
        for_each_token(span.of(decoded), |token| tokens.push(token_hash(token)));
        Ok(Text { span, is_decoded: true })
    }

    fn literal(&mut self, literal: &'static [u8]) -> Step {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(literal) {
            self.at += literal.len();
            Ok(())
        } else if literal.starts_with(rest) {
            Err(ParseRecordError::Incomplete)
        } else {
            Err(self.syntax("a JSON value"))
        }
    }

    fn digits(&mut self) -> Step {
        if !self.peek()?.is_ascii_digit() {
            return Err(self.syntax("a digit"));
        }
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Step {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1
        } else {
            self.digits()?
        }
        if self.peek()? == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek()?, b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        let tokens = &mut self.walk.tokens;
        for_each_token(Span::new(start, self.at).of(self.text), |run| tokens.push(token_hash(run)));
        Ok(())
    }

    /// Steps over any value, noting its tokens, and its strings when they belong to `collect`.
    fn skip_value(&mut self, collect: Option<Field>) -> Step {
        let mut stack = Nesting::default();
        let mut key = Span::default();
        loop {
            self.skip_space();
            match self.peek()? {
                b'"' => {
                    let value = self.string()?;
                    if let Some(field) = collect {
                        let object = self.walk.objects;
                        self.walk.found.push(Found { field, key, value, object });
                    }
                }
                b'{' => {
                    self.at += 1;
                    self.walk.objects += 1;
                    self.skip_space();
                    if self.peek()? != b'}' {
                        stack.open(true, self.at)?;
                        key = self.inner_key()?;
                        continue;
                    }
                    self.at += 1;
                }
                b'[' => {
                    self.at += 1;
                    self.skip_space();
                    if self.peek()? != b']' {
                        stack.open(false, self.at)?;
                        continue;
                    }
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => return Err(self.syntax("a JSON value")),
            }
            if self.close_values(&mut stack, &mut key)? {
                return Ok(());
            }
        }
    }

    /// After a value: closes what ends here; returns whether the outermost value has ended.
    #[inline]
    fn close_values(&mut self, stack: &mut Nesting, key: &mut Span) -> Step<bool> {
        loop {
            if stack.depth == 0 {
                return Ok(true);
            }
            self.skip_space();
            match (self.peek()?, stack.is_object()) {
                (b',', true) => {
                    self.at += 1;
                    self.skip_space();
                    *key = self.inner_key()?;
                    return Ok(false);
                }
                (b',', false) => {
                    self.at += 1;
                    return Ok(false);
                }
                (b'}', true) | (b']', false) => {
                    self.at += 1;
                    stack.close();
                }
                _ => return Err(self.syntax("`,` or the end of the list or object")),
            }
        }
    }

    /// A key below a value without columns, with the colon after it; its tokens are noted.
    #[inline]
    fn inner_key(&mut self) -> Step<Span> {
        if self.peek()? != b'"' {
            return Err(self.syntax("a key in quotes"));
        }
        let start = self.at;
        let text = self.string()?;
        let key = Span::new(start + 1, self.at - 1);
        self.skip_space();
        self.expect(b':', "`:`")?;
        Ok(if text.is_decoded { Span::default() } else { key })
    }
}

/// The open objects and lists around the cursor, a bit each.
#[derive(Default)]
struct Nesting {
    objects: u128,
    depth: usize,
}

impl Nesting {
    fn open(&mut self, is_object: bool, at: usize) -> Step {
        if self.depth >= VALUE_DEPTH_MAX {
            return Err(ParseRecordError::TooDeep { at });
        }
        self.objects = (self.objects << 1) | u128::from(is_object);
        self.depth += 1;
        Ok(())
    }

    fn is_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn close(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }
}
