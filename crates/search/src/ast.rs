//! What a query says, as a tree: for whoever translates it.

use std::cmp::Ordering;

use ipnet::IpNet;
use trailhound_record::Timestamp;

use crate::field::{Flag, SearchField};
use crate::pattern::Pattern;

/// A query, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// Every event.
    All,
    /// Events that all parts match.
    And(Vec<Expr>),
    /// Events that at least one part matches.
    Or(Vec<Expr>),
    /// Events that the part does not match.
    Not(Box<Expr>),
    /// Events that the term matches.
    Term(Term),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Term {
    /// The text stands in one string, number, Boolean or member name of the record, on token boundaries
    /// (but next to a `*`), without regard to ASCII case. `null` is no text.
    Text(Pattern),
    /// One of the field's values passes the test.
    Field(SearchField, Test),
    /// A value at the path, or anywhere below it, passes the test.
    Path(Path, Test),
    /// A claim about the event holds.
    Is(Flag),
    /// The event time is this or later.
    Since(Timestamp),
    /// The event time is before this.
    Until(Timestamp),
}

/// What a value must pass.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// There is a value; `null` is none. Of a path: there is a member, also an empty object or list.
    Exists,
    /// The value is exactly this text.
    Equals(String),
    /// The whole value fits, without regard to ASCII case; for `agent`, a part of it. For `ip` an
    /// address fits the other spellings of itself.
    Like(Pattern),
    /// The value is an IP address of this network. For `ip` only.
    InNet(IpNet),
    /// The value compares so. For paths only.
    Compare(Comparison, Bound),
    /// The value lies between these, both included. For paths only.
    Between(Bound, Bound),
}

/// The member names that lead to a value. Lists on the way are transparent: each item is looked at.
/// Names are compared without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<String>);

/// How a value compares to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether a value that stands to the bound as `order` says passes.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What a value is compared to. Values of another kind match no comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A number; numbers and texts that spell one are compared to it numerically.
    Number(Number),
    /// An instant; texts that are RFC 3339 times are compared to it.
    Time(Timestamp),
}

impl Bound {
    /// How `value` stands to the bound; nothing when it is of another kind.
    pub fn order_of(&self, value: &str) -> Option<Ordering> {
        match self {
            Self::Number(number) => Number::parse(value)?.order(number),
            Self::Time(at) => Timestamp::parse(value).map(|value| value.cmp(at)),
        }
    }
}

/// A number as it is written: `-12`, `0.5`, `1e6`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// Reads a number in JSON's grammar, leading zeros allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let is_mantissa = match mantissa.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(mantissa),
        };
        let is_exponent =
            exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)));
        (is_mantissa && is_exponent).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it stands to `other`: exactly for whole numbers, as 64-bit floating point for others.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self.0.parse::<i128>(), other.0.parse::<i128>()) {
            (Ok(left), Ok(right)) => Some(left.cmp(&right)),
            _ => self.0.parse::<f64>().ok()?.partial_cmp(&other.0.parse::<f64>().ok()?),
        }
    }
}

impl Expr {
    /// All of `parts`, in the form that the parser makes: nothing nested that need not be.
    pub fn all_of(parts: impl IntoIterator<Item = Expr>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All => {}
                Self::And(parts) => flat.extend(parts),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.remove(0),
            _ => Self::And(flat),
        }
    }

    /// Any of `parts` (every event when there are none), in the form that the parser makes.
    pub fn any_of(parts: impl IntoIterator<Item = Expr>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Or(parts) => flat.extend(parts),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.remove(0),
            _ => Self::Or(flat),
        }
    }

    /// Not `part`, in the form that the parser makes.
    pub fn negated(part: Expr) -> Self {
        match part {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let order = |a: &str, b: &str| Number::parse(a)?.order(&Number::parse(b)?);
        assert_eq!(order("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(order("1.0", "1"), Some(Ordering::Equal));
        assert_eq!(order("-2", "1e1"), Some(Ordering::Less));
        for text in ["", "-", "1.", ".5", "1e", "inf", "NaN", "0x1", "+1", "1 "] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
