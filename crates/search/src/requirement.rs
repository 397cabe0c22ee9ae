//! What the index of a store can say about a query beforehand: conditions that every match meets
//! (INVARIANT(QU-2)). An event that meets them need not match.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;

use trailhound_record::Timestamp;
use trailhound_record::field::{Field, Level};
use trailhound_record::key::Attribute;
use trailhound_record::token::{for_each_token, token_hash};

use crate::ast::{Expr, Path, Term, Test};
use crate::field::{Flag, SearchField};
use crate::pattern::{Pattern, is_word};

/// A condition on an event's keys, tokens and time that every match of a query meets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Any event may match.
    Any,
    /// No event matches.
    Never,
    /// All of these hold.
    And(Vec<Requirement>),
    /// At least one of these holds.
    Or(Vec<Requirement>),
    /// The attribute has this value, in some ASCII case: [`trailhound_record::key::key_hash`] finds it.
    Key(Attribute, String),
    /// The record has a value in the column of this field.
    Present(Field),
    /// The record holds the token with this [`token_hash`].
    Token(u64),
    /// The event time is known and lies in the range.
    Time(TimeRange),
}

/// A half-open range of event times, UTC; an absent end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TimeRange {
    /// The earliest event time.
    pub start: Option<Timestamp>,
    /// The first event time that is too late.
    pub end: Option<Timestamp>,
}

impl Requirement {
    /// All of `parts`, in the shortest form.
    pub fn all_of(parts: impl IntoIterator<Item = Requirement>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any => {}
                Self::Never => return Self::Never,
                Self::And(parts) => flat.extend(parts),
                other if flat.contains(&other) => {}
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::Any,
            1 => flat.remove(0),
            _ => Self::And(flat),
        }
    }

    /// Any of `parts`, in the shortest form; nothing when there are none.
    pub fn any_of(parts: impl IntoIterator<Item = Requirement>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any => return Self::Any,
                Self::Never => {}
                Self::Or(parts) => flat.extend(parts),
                other if flat.contains(&other) => {}
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::Never,
            1 => flat.remove(0),
            _ => Self::Or(flat),
        }
    }

    /// What a record meets that has a member whose value, as text or as JSON text, is `pattern` from its
    /// start to its end.
    pub fn of_json_text(pattern: &Pattern) -> Self {
        let null = token_hash(b"null");
        listed_tokens(token_hashes(pattern, true).into_iter().filter(|hash| *hash != null))
    }
}

/// What every match of `expr` meets.
pub(crate) fn requirement(expr: &Expr) -> Requirement {
    match expr {
        Expr::All => Requirement::Any,
        Expr::And(parts) => Requirement::all_of(parts.iter().map(requirement)),
        Expr::Or(parts) => Requirement::any_of(parts.iter().map(requirement)),
        // What a term needs says nothing about the events that it does not match.
        Expr::Not(part) if **part == Expr::All => Requirement::Never,
        Expr::Not(_) => Requirement::Any,
        Expr::Term(term) => of_term(term),
    }
}

/// The range that every match of `expr` lies in, by the `since:` and `until:` that bound all of it.
pub(crate) fn time_range(expr: &Expr) -> TimeRange {
    let terms = match expr {
        Expr::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut range = TimeRange::default();
    for term in terms {
        match term {
            Expr::Term(Term::Since(at)) => range.start = range.start.max(Some(*at)),
            Expr::Term(Term::Until(at)) => {
                range.end = Some(range.end.map_or(*at, |end| end.min(*at)));
            }
            _ => {}
        }
    }
    range
}

fn of_term(term: &Term) -> Requirement {
    match term {
        Term::Text(pattern) => listed_tokens(token_hashes(pattern, true)),
        Term::Field(field, test) => of_field(*field, test),
        Term::Path(path, test) => of_path(path, test),
        Term::Is(flag) => of_flag(*flag),
        Term::Since(at) => Requirement::Time(TimeRange { start: Some(*at), end: None }),
        Term::Until(at) => Requirement::Time(TimeRange { start: None, end: Some(*at) }),
    }
}

/// Tokens of what a record may hold without their being listed: names with columns, and Booleans.
static UNLISTED: LazyLock<HashSet<u64>> = LazyLock::new(|| {
    let fields = Field::ALL.iter().map(|field| field.key());
    let levels = Level::NESTED.iter().map(|level| level.key());
    let names = fields.chain(levels).chain(["true", "false"]);
    names.map(|name| token_hash(name.as_bytes())).collect()
});

fn listed_tokens(hashes: impl IntoIterator<Item = u64>) -> Requirement {
    tokens(hashes.into_iter().filter(|hash| !UNLISTED.contains(hash)))
}

fn tokens(hashes: impl IntoIterator<Item = u64>) -> Requirement {
    Requirement::all_of(hashes.into_iter().map(Requirement::Token))
}

fn tokens_of(text: &str) -> Requirement {
    tokens(token_hashes(&Pattern::literal(text), true))
}

/// The hashes of the tokens in every text that `pattern` matches. `is_closed`: the text starts and ends,
/// or has a boundary, where the pattern does.
fn token_hashes(pattern: &Pattern, is_closed: bool) -> Vec<u64> {
    let mut hashes = Vec::new();
    let last = pattern.pieces().len().saturating_sub(1);
    for (position, piece) in pattern.pieces().iter().enumerate() {
        let bytes = piece.as_bytes();
        let is_separator = |byte: &u8| !is_word(*byte);
        let start = match position == 0 && is_closed {
            true => 0,
            false => bytes.iter().position(is_separator).unwrap_or(bytes.len()),
        };
        let end = match position == last && is_closed {
            true => bytes.len(),
            false => bytes.iter().rposition(is_separator).map_or(0, |at| at + 1),
        };
        for_each_token(bytes.get(start..end).unwrap_or_default(), |token| {
            hashes.push(token_hash(token));
        });
    }
    hashes
}

fn attribute(field: SearchField) -> Option<Attribute> {
    match field {
        SearchField::Event => Some(Attribute::EventName),
        SearchField::Service => Some(Attribute::EventSource),
        SearchField::Ip => Some(Attribute::SourceIpAddress),
        SearchField::Key => Some(Attribute::AccessKeyId),
        SearchField::Account => Some(Attribute::AccountId),
        SearchField::Region => Some(Attribute::AwsRegion),
        SearchField::Error => Some(Attribute::ErrorCode),
        SearchField::Type => Some(Attribute::ResourceType),
        // A resource also matches by a part of its ARN, a user by names that are not keys.
        SearchField::Resource
        | SearchField::User
        | SearchField::Role
        | SearchField::Agent
        | SearchField::Id => None,
    }
}

fn of_field(field: SearchField, test: &Test) -> Requirement {
    match test {
        Test::Exists if field == SearchField::Error => {
            Requirement::Key(Attribute::Failed, String::new())
        }
        Test::Exists | Test::InNet(_) | Test::Compare(..) | Test::Between(..) => Requirement::Any,
        Test::Equals(text) => Requirement::all_of([key(field, text), value_tokens(field, text)]),
        Test::Like(pattern) => {
            let Some(text) = pattern.as_literal() else {
                return pattern_tokens(field, pattern);
            };
            // An address is found in every spelling; IPv4 has one, and AWS's names never parse.
            if field == SearchField::Ip && matches!(text.parse(), Ok(IpAddr::V6(_))) {
                return Requirement::Any;
            }
            let tokens = pattern_tokens(field, pattern);
            match field {
                SearchField::Agent => tokens,
                _ => Requirement::all_of([key(field, text), tokens]),
            }
        }
    }
}

/// The keys of which an event has one when `field` has the value `text`.
fn key(field: SearchField, text: &str) -> Requirement {
    let Some(attribute) = attribute(field) else { return Requirement::Any };
    let whole = Requirement::Key(attribute, text.to_owned());
    let prefixed = match field {
        SearchField::Service => format!("{text}.amazonaws.com"),
        SearchField::Type => format!("AWS::{text}"),
        _ => return whole,
    };
    Requirement::any_of([whole, Requirement::Key(attribute, prefixed)])
}

fn value_tokens(field: SearchField, text: &str) -> Requirement {
    pattern_tokens(field, &Pattern::literal(text))
}

/// The tokens of a value. Types are derived: the record need not hold their texts.
fn pattern_tokens(field: SearchField, pattern: &Pattern) -> Requirement {
    match field {
        SearchField::Type => Requirement::Any,
        _ => tokens(token_hashes(pattern, field != SearchField::Agent)),
    }
}

fn of_path(path: &Path, test: &Test) -> Requirement {
    let value = match test {
        Test::Equals(text) => match is_boolean(text) {
            true => Requirement::Any,
            false => tokens_of(text),
        },
        Test::Like(pattern) if pattern.as_literal().is_some_and(is_boolean) => Requirement::Any,
        Test::Like(pattern) => tokens(token_hashes(pattern, true)),
        Test::Exists | Test::InNet(_) | Test::Compare(..) | Test::Between(..) => Requirement::Any,
    };
    let names = listed_names(path).iter().map(|name| tokens_of(name));
    Requirement::all_of(names.chain([value]))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// The names of `path` whose tokens every record with such a path lists: all but those of members that
/// stand beside members with columns.
fn listed_names(path: &Path) -> &[String] {
    let is = |name: &String, level: Level| name.eq_ignore_ascii_case(level.key());
    let mut level = Level::Top;
    for (position, name) in path.0.iter().enumerate() {
        let below: &[Level] = match level {
            Level::Top => &[Level::UserIdentity, Level::TlsDetails],
            Level::UserIdentity => &[Level::SessionContext],
            Level::SessionContext => &[Level::SessionIssuer, Level::Attributes],
            Level::SessionIssuer | Level::Attributes | Level::TlsDetails => &[],
        };
        match below.iter().find(|below| is(name, **below)) {
            Some(below) => level = *below,
            None => return path.0.get(position + 1..).unwrap_or_default(),
        }
    }
    &[]
}

fn of_flag(flag: Flag) -> Requirement {
    let key = |attribute, value: &str| Requirement::Key(attribute, value.to_owned());
    match flag {
        Flag::Read => key(Attribute::ReadOnly, "true"),
        Flag::Write => key(Attribute::ReadOnly, "false"),
        // A sign-in that failed has a message and no code; the key is of codes alone.
        Flag::Error => Requirement::any_of([
            key(Attribute::Failed, ""),
            Requirement::Present(Field::ErrorMessage),
        ]),
        Flag::Root => key(Attribute::Username, "root"),
        Flag::Insight => key(Attribute::Category, "insight"),
        Flag::Management => key(Attribute::Category, "management"),
        Flag::Console | Flag::Conflict => Requirement::Any,
    }
}
