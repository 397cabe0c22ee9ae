//! The terms of a query over values that stand in columns, not in a record: for whoever answers from
//! columns. What a record's own bytes say is not decided here.

use memchr::memmem::Finder;

use crate::ast::{Path, Test};
use crate::eval::ValueTest;
use crate::field::SearchField;
use crate::json::{Value, any_at_path, any_text};
use crate::pattern::{Needle, Pattern};
use crate::value::{any_service, role_of_arn, session_of_arn};

/// A test made ready to be asked of many values.
#[derive(Debug, Clone)]
pub struct ColumnTest {
    test: ValueTest,
    /// The longest text, in lower case, that every value that passes holds.
    piece: Option<Finder<'static>>,
}

impl ColumnTest {
    /// The test of a short name.
    pub fn of_field(field: SearchField, test: &Test) -> Self {
        let is_address = matches!((field, test), (SearchField::Ip, Test::Like(_)));
        let piece = if is_address { None } else { longest_piece(test) };
        Self { test: ValueTest::of_field(field, test), piece }
    }

    /// The test of a path.
    pub fn of_path(test: &Test) -> Self {
        Self { test: ValueTest::new(test), piece: longest_piece(test) }
    }

    /// Whether one value passes.
    pub fn passes(&self, value: &str) -> bool {
        self.test.passes(value)
    }

    /// Whether a value at `names` or below it, in the value whose JSON is `json`, passes. `scratch` is
    /// room that is used again.
    pub fn passes_in_json(&self, json: &str, names: &[String], scratch: &mut Vec<u8>) -> bool {
        self.may_be_in_json(json, scratch)
            && any_at_path(json.as_bytes(), names, |value| self.test.passes_json(&value))
    }

    /// Whether a string in `json` may hold a value that passes, also in a part of it.
    pub fn may_be_in_json(&self, json: &str, scratch: &mut Vec<u8>) -> bool {
        let Some(piece) = &self.piece else { return true };
        let lower = lower_of(json, scratch);
        piece.find(lower).is_some() || memchr::memchr(b'\\', lower).is_some()
    }
}

fn longest_piece(test: &Test) -> Option<Finder<'static>> {
    let longest = match test {
        Test::Equals(text) => Some(text),
        Test::Like(pattern) => pattern.pieces().iter().max_by_key(|piece| piece.len()),
        Test::Exists | Test::InNet(_) | Test::Compare(..) | Test::Between(..) => None,
    };
    let lower = longest.filter(|text| !text.is_empty())?.to_ascii_lowercase();
    Some(Finder::new(lower.as_bytes()).into_owned())
}

fn lower_of<'s>(text: &str, scratch: &'s mut Vec<u8>) -> &'s [u8] {
    scratch.clear();
    scratch.extend_from_slice(text.as_bytes());
    scratch.make_ascii_lowercase();
    scratch
}

/// A text to find, made ready.
#[derive(Debug, Clone)]
pub struct TextTest(Needle);

impl TextTest {
    /// That of a bare word or a quoted text.
    pub fn new(pattern: &Pattern) -> Self {
        Self(Needle::new(pattern))
    }

    /// Whether it stands in one value.
    pub fn is_in(&self, value: &str, scratch: &mut Vec<u8>) -> bool {
        self.0.is_in(lower_of(value, scratch))
    }

    /// Whether it may stand in a time as CloudTrail writes it.
    pub fn may_be_time(&self) -> bool {
        let is_time = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b':' | b't' | b'z');
        self.0.pieces().all(|piece| piece.iter().all(is_time))
    }

    /// Whether it stands in one string, number, Boolean or member name of `json`.
    pub fn is_in_json(&self, json: &str, scratch: &mut Vec<u8>) -> bool {
        let lower = lower_of(json, scratch);
        let may_hold = self.0.is_in(lower) || memchr::memchr(b'\\', lower).is_some();
        may_hold && any_text(json.as_bytes(), lower, |text| self.0.is_in(text))
    }
}

/// What the columns of one row say about who acted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identity<'r> {
    /// The derived user name.
    pub username: Option<&'r str>,
    /// `userIdentity.arn`
    pub arn: Option<&'r str>,
    /// `userIdentity.userName`
    pub user_name: Option<&'r str>,
    /// `userIdentity.sessionContext.sessionIssuer.userName`
    pub issuer_user_name: Option<&'r str>,
    /// `userIdentity.sessionContext.sessionIssuer.arn`
    pub issuer_arn: Option<&'r str>,
}

impl Identity<'_> {
    /// Calls `accept` with each value of `user:`, until it returns true; returns whether it did.
    pub fn any_user(&self, mut accept: impl FnMut(&str) -> bool) -> bool {
        let session = self.arn.and_then(session_of_arn);
        [self.username, session, self.user_name].into_iter().flatten().any(&mut accept)
    }

    /// As [`Identity::any_user`], of `role:`.
    pub fn any_role(&self, mut accept: impl FnMut(&str) -> bool) -> bool {
        let role = self.arn.and_then(role_of_arn);
        [role, self.issuer_user_name, self.issuer_arn].into_iter().flatten().any(&mut accept)
    }
}

/// Whether a spelling of the service in `source`, an `eventSource`, passes.
pub fn service_passes(test: &ColumnTest, source: &str) -> bool {
    any_service(source, |value| test.passes(value))
}

/// Calls `each` with the strings, numbers and Booleans at `names` or below it, in the value whose JSON
/// is `json`. Values may repeat.
pub fn for_each_leaf(json: &[u8], path: &Path, skip: usize, mut each: impl FnMut(&str)) {
    let names = path.0.get(skip..).unwrap_or_default();
    any_at_path(json, names, |value| {
        match value {
            Value::String(text) => each(&String::from_utf8_lossy(&text)),
            Value::Scalar(text) => each(&String::from_utf8_lossy(text)),
            Value::Container => {}
        }
        false
    });
}
