//! Whether an event matches: the reference that every other way of answering is held to.

use std::cell::OnceCell;
use std::net::IpAddr;

use ipnet::IpNet;
use trailhound_record::{Event, Timestamp};

use crate::ast::{Bound, Comparison, Expr, Path, Term, Test};
use crate::field::{Flag, SearchField};
use crate::json::{Value, any_at_path, any_text};
use crate::pattern::{Glob, Needle, Pattern};
use crate::value::any_value;

/// A query made ready to be asked of many events.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    All,
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Not(Box<Plan>),
    Text(TextNeedle),
    Field(SearchField, ValueTest),
    Path(Path, ValueTest),
    Is(Flag),
    Since(Timestamp),
    Until(Timestamp),
}

impl Plan {
    pub(crate) fn new(expr: &Expr) -> Self {
        // The cheap parts first: most events fail one of them.
        let sorted = |parts: &[Expr]| {
            let mut parts: Vec<Self> = parts.iter().map(Self::new).collect();
            parts.sort_by_key(Self::cost);
            parts
        };
        match expr {
            Expr::All => Self::All,
            Expr::And(parts) => Self::And(sorted(parts)),
            Expr::Or(parts) => Self::Or(sorted(parts)),
            Expr::Not(part) => Self::Not(Box::new(Self::new(part))),
            Expr::Term(term) => Self::of_term(term),
        }
    }

    fn of_term(term: &Term) -> Self {
        match term {
            Term::Text(pattern) => Self::Text(TextNeedle::new(pattern)),
            Term::Field(field, test) => Self::Field(*field, ValueTest::of_field(*field, test)),
            Term::Path(path, test) => Self::Path(path.clone(), ValueTest::new(test)),
            Term::Is(flag) => Self::Is(*flag),
            Term::Since(at) => Self::Since(*at),
            Term::Until(at) => Self::Until(*at),
        }
    }

    /// How much work it is, roughly.
    fn cost(&self) -> u32 {
        match self {
            Self::All | Self::Is(_) | Self::Since(_) | Self::Until(_) => 0,
            Self::Field(SearchField::User | SearchField::Role, _) => 3,
            Self::Field(..) => 1,
            Self::Text(_) => 4,
            Self::Path(..) => 5,
            Self::Not(part) => part.cost(),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).max().unwrap_or_default()
            }
        }
    }

    pub(crate) fn matches(&self, seen: &Seen<'_>) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(seen)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(seen)),
            Self::Not(part) => !part.matches(seen),
            Self::Text(needle) => needle.is_in(seen),
            Self::Field(field, test) => any_value(*field, seen.event, |value| test.passes(value)),
            Self::Path(path, test) => {
                any_at_path(&seen.event.raw, &path.0, |value| test.passes_json(&value))
            }
            Self::Is(flag) => holds(*flag, seen.event),
            Self::Since(at) => seen.event.event_time.is_some_and(|time| time >= *at),
            Self::Until(at) => seen.event.event_time.is_some_and(|time| time < *at),
        }
    }
}

/// An event being looked at, and what was worked out about it so far.
pub(crate) struct Seen<'e> {
    event: &'e Event,
    lower: OnceCell<Vec<u8>>,
    has_escapes: OnceCell<bool>,
}

impl<'e> Seen<'e> {
    pub(crate) fn new(event: &'e Event) -> Self {
        Self { event, lower: OnceCell::new(), has_escapes: OnceCell::new() }
    }

    fn lower(&self) -> &[u8] {
        self.lower.get_or_init(|| self.event.raw.to_ascii_lowercase())
    }

    fn has_escapes(&self) -> bool {
        *self.has_escapes.get_or_init(|| memchr::memchr(b'\\', &self.event.raw).is_some())
    }
}

/// A text to find anywhere in a record.
#[derive(Debug, Clone)]
pub(crate) struct TextNeedle {
    needle: Needle,
    /// JSON writes it with escapes: a record without any does not hold it.
    has_escapes: bool,
    /// Where it stands in the bytes of a record without escapes, it stands in one text.
    is_plain: bool,
}

impl TextNeedle {
    fn new(pattern: &Pattern) -> Self {
        let needle = Needle::new(pattern);
        let has_escapes =
            needle.pieces().flatten().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let is_plain = match needle.pieces().collect::<Vec<_>>().as_slice() {
            [piece] => stands_in_one_text(piece),
            _ => false,
        };
        Self { needle, has_escapes, is_plain }
    }

    fn is_in(&self, seen: &Seen<'_>) -> bool {
        if !seen.has_escapes() {
            if self.has_escapes || !self.needle.is_in(seen.lower()) {
                return false;
            }
            if self.is_plain {
                return true;
            }
        }
        any_text(&seen.event.raw, seen.lower(), |text| self.needle.is_in(text))
    }
}

/// Whether `piece` cannot reach over the end of a string, a number or a Boolean, nor be part of `null`.
fn stands_in_one_text(piece: &[u8]) -> bool {
    let is_mark = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"');
    let is_space = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    !piece.iter().any(is_mark)
        && !is_space(piece.first())
        && !is_space(piece.last())
        && memchr::memmem::find(b"null", piece).is_none()
}

/// A test made ready.
#[derive(Debug, Clone)]
pub(crate) enum ValueTest {
    Exists,
    Equals(String),
    Fits(Glob),
    Address(IpAddr, Glob),
    InNet(IpNet),
    Compare(Comparison, Bound),
    Between(Bound, Bound),
}

impl ValueTest {
    pub(crate) fn new(test: &Test) -> Self {
        match test {
            Test::Exists => Self::Exists,
            Test::Equals(text) => Self::Equals(text.clone()),
            Test::Like(pattern) => Self::Fits(Glob::new(pattern)),
            Test::InNet(net) => Self::InNet(*net),
            Test::Compare(comparison, bound) => Self::Compare(*comparison, bound.clone()),
            Test::Between(low, high) => Self::Between(low.clone(), high.clone()),
        }
    }

    pub(crate) fn of_field(field: SearchField, test: &Test) -> Self {
        match (field, test) {
            (SearchField::Agent, Test::Like(pattern)) => Self::Fits(Glob::new(&pattern.opened())),
            (SearchField::Ip, Test::Like(pattern)) => {
                match pattern.as_literal().and_then(|text| text.parse().ok()) {
                    Some(address) => Self::Address(address, Glob::new(pattern)),
                    None => Self::new(test),
                }
            }
            _ => Self::new(test),
        }
    }

    pub(crate) fn passes(&self, value: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Equals(text) => value == text,
            Self::Fits(glob) => glob.fits(value.as_bytes()),
            Self::Address(address, glob) => {
                glob.fits(value.as_bytes()) || value.parse::<IpAddr>() == Ok(*address)
            }
            Self::InNet(net) => value.parse::<IpAddr>().is_ok_and(|address| net.contains(&address)),
            Self::Compare(comparison, bound) => {
                bound.order_of(value).is_some_and(|order| comparison.holds(order))
            }
            Self::Between(low, high) => {
                low.order_of(value).is_some_and(std::cmp::Ordering::is_ge)
                    && high.order_of(value).is_some_and(std::cmp::Ordering::is_le)
            }
        }
    }

    pub(crate) fn passes_json(&self, value: &Value<'_>) -> bool {
        let text = match value {
            Value::Container => return matches!(self, Self::Exists),
            Value::String(text) => text.as_ref(),
            Value::Scalar(text) => text,
        };
        match self {
            // The longest values are compared as bytes.
            Self::Exists => true,
            Self::Equals(wanted) => text == wanted.as_bytes(),
            Self::Fits(glob) => glob.fits(text),
            _ => std::str::from_utf8(text).is_ok_and(|text| self.passes(text)),
        }
    }
}

/// Whether the claim holds of the event.
fn holds(flag: Flag, event: &Event) -> bool {
    match flag {
        Flag::Read => event.read_only == Some(true),
        Flag::Write => event.read_only == Some(false),
        Flag::Error => event.has_failed(),
        Flag::Console => is_from_console(event),
        Flag::Root => event.user_identity_type.as_deref() == Some("Root"),
        Flag::Insight => event.is_insight,
        Flag::Management => event.is_management,
        Flag::Conflict => event.conflict > 0,
    }
}

/// # Source
/// User guide, "record contents": `sessionCredentialFromConsole` and `eventType`; user agents as observed
/// in records of the console.
fn is_from_console(event: &Event) -> bool {
    let agent = event.user_agent.as_deref().unwrap_or_default();
    matches!(event.event_type.as_deref(), Some("AwsConsoleSignIn" | "AwsConsoleAction"))
        || ["console.amazonaws.com", "signin.amazonaws.com"].iter().any(|it| agent.contains(it))
        || any_at_path(&event.raw, &["sessionCredentialFromConsole"], |value| match value {
            Value::String(text) => text.eq_ignore_ascii_case(b"true"),
            Value::Scalar(text) => text == b"true",
            Value::Container => false,
        })
}
