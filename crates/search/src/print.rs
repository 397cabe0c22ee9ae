//! The one way in which each query is written.

use std::fmt::{Display, Formatter, Result, Write};

use crate::ast::{Bound, Expr, Path, Term, Test};
use crate::field::{SearchField, find_member, find_name};
use crate::pattern::Pattern;

/// Where a text is written: decides which characters may stand there without quotes.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Text,
    Value,
    ExactValue,
    IpValue,
    Name,
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::All => f.write_str("*"),
            Self::And(parts) => {
                list(f, parts, " ", |part| matches!(part, Self::Or(_) | Self::And(_)))
            }
            Self::Or(parts) => list(f, parts, " OR ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) => {
                f.write_char('-')?;
                nested(f, part, matches!(**part, Self::And(_) | Self::Or(_)))
            }
            Self::Term(term) => term.fmt(f),
        }
    }
}

fn list(
    f: &mut Formatter<'_>,
    parts: &[Expr],
    between: &str,
    is_nested: impl Fn(&Expr) -> bool,
) -> Result {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        nested(f, part, is_nested(part))?;
    }
    Ok(())
}

fn nested(f: &mut Formatter<'_>, part: &Expr, is_nested: bool) -> Result {
    if is_nested { write!(f, "({part})") } else { part.fmt(f) }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(pattern) => write_pattern(f, pattern, Place::Text),
            Self::Field(field, test) => {
                f.write_str(field.name())?;
                let is_ip = *field == SearchField::Ip;
                write_test(f, test, if is_ip { Place::IpValue } else { Place::Value })
            }
            Self::Path(path, Test::Exists) => write!(f, "exists:{path}"),
            Self::Path(path, test) => {
                path.fmt(f)?;
                write_test(f, test, Place::Value)
            }
            Self::Is(flag) => write!(f, "is:{}", flag.name()),
            Self::Since(at) => write!(f, "since:{at}"),
            Self::Until(at) => write!(f, "until:{at}"),
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let [name] = self.0.as_slice()
            && (find_name(name).is_some() || find_member(name) != Some(name.as_str()))
        {
            f.write_char('.')?;
        }
        for (position, name) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_char('.')?;
            }
            write_piece(f, name, Place::Name, true)?;
        }
        Ok(())
    }
}

fn write_test(f: &mut Formatter<'_>, test: &Test, place: Place) -> Result {
    match test {
        Test::Exists => f.write_str(":*"),
        Test::Equals(text) => {
            f.write_char('=')?;
            write_piece(f, text, Place::ExactValue, true)
        }
        Test::Like(pattern) => {
            f.write_char(':')?;
            write_pattern(f, pattern, place)
        }
        Test::InNet(net) => write!(f, ":{net}"),
        Test::Compare(comparison, bound) => write!(f, ":{}{bound}", comparison.sign()),
        Test::Between(low, high) => write!(f, ":{low}..{high}"),
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Number(number) => f.write_str(number.as_str()),
            Self::Time(at) => at.fmt(f),
        }
    }
}

fn write_pattern(f: &mut Formatter<'_>, pattern: &Pattern, place: Place) -> Result {
    if let Some(text) = pattern.as_literal() {
        return write_piece(f, text, place, true);
    }
    for (position, piece) in pattern.pieces().iter().enumerate() {
        if position > 0 {
            f.write_char('*')?;
        }
        if !piece.is_empty() {
            write_piece(f, piece, place, false)?;
        }
    }
    Ok(())
}

fn write_piece(f: &mut Formatter<'_>, text: &str, place: Place, is_whole: bool) -> Result {
    if may_be_bare(text, place) && !(is_whole && matches!(text, "AND" | "OR" | "NOT")) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

fn may_be_bare(text: &str, place: Place) -> bool {
    let may_stand = |character: char| match character {
        '-' | '_' | '@' | '+' | '$' => true,
        '.' | ',' => place != Place::Name,
        '/' => !matches!(place, Place::Name | Place::IpValue),
        ':' => matches!(place, Place::Value | Place::ExactValue | Place::IpValue),
        '*' => place == Place::ExactValue,
        other => other.is_alphanumeric(),
    };
    !text.is_empty()
        && !text.starts_with('-')
        && !text.contains("..")
        && text.chars().all(may_stand)
}
