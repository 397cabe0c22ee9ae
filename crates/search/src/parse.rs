//! From text to tree: recursive descent, bounded by [`DEPTH_MAX`].

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use trailhound_record::Timestamp;

use crate::ast::{Bound, Comparison, Expr, Number, Path, Term, Test};
use crate::error::{ParseQueryError, ParseQueryReason as Reason};
use crate::field::{Flag, Name, SearchField, find_member, find_name, nearest_flag, nearest_name};
use crate::limits::{DEPTH_MAX, QUERY_BYTES_MAX};
use crate::pattern::Pattern;
use crate::time_word::parse_time;
use crate::word;

type Parsed<T> = Result<T, ParseQueryError>;

/// Reads `text`; ages and words such as `today` are counted from `now`.
pub(crate) fn parse(text: &str, now: Timestamp) -> Parsed<Expr> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(ParseQueryError::new(0..0, Reason::TooLong));
    }
    let mut parser = Parser { text, at: 0, now, depth: 0 };
    parser.skip_space();
    if parser.peek().is_none() {
        return Ok(Expr::All);
    }
    let expr = parser.any(&Subject::Text)?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.error(parser.at..parser.at + 1, Reason::StrayParenthesis)),
    }
}

/// What the words under way are about.
#[derive(Debug, Clone)]
enum Subject {
    /// Words of their own: texts, or names with values.
    Text,
    /// Values of this target, as in `event:(A OR B)`.
    Values(Target, Operator),
}

#[derive(Debug, Clone)]
enum Target {
    Name(Name),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Like,
    Equals,
}

/// A connective between terms.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Keyword {
    And,
    Or,
    Not,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    now: Timestamp,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn error(&self, span: Range<usize>, reason: Reason) -> ParseQueryError {
        ParseQueryError::new(span, reason)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn slice(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.slice(self.at..self.text.len());
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The keyword that stands here, and where it ends.
    fn keyword(&self) -> Option<(Keyword, usize)> {
        let rest = self.slice(self.at..self.text.len());
        let keywords = [("AND", Keyword::And), ("OR", Keyword::Or), ("NOT", Keyword::Not)];
        keywords.into_iter().find_map(|(word, keyword)| {
            let after = rest.strip_prefix(word)?.chars().next();
            let is_whole = after.is_none_or(|it| it.is_whitespace() || matches!(it, '(' | ')'));
            is_whole.then_some((keyword, self.at + word.len()))
        })
    }

    /// Terms with `OR` between them.
    fn any(&mut self, subject: &Subject) -> Parsed<Expr> {
        let mut parts = vec![self.all(subject)?];
        while let Some((Keyword::Or, end)) = self.keyword() {
            self.at = end;
            parts.push(self.all(subject)?);
        }
        Ok(Expr::any_of(parts))
    }

    /// Terms one after the other, with or without `AND`.
    fn all(&mut self, subject: &Subject) -> Parsed<Expr> {
        let mut parts = vec![self.signed(subject)?];
        loop {
            match (self.keyword(), self.peek()) {
                (Some((Keyword::Or, _)), _) | (None, None | Some(')')) => break,
                (Some((Keyword::And, end)), _) => self.at = end,
                _ => {}
            }
            parts.push(self.signed(subject)?);
        }
        Ok(Expr::all_of(parts))
    }

    /// A term or a group, perhaps with `-` or `NOT` in front. Ends behind the white space that follows.
    fn signed(&mut self, subject: &Subject) -> Parsed<Expr> {
        let mut is_negated = false;
        loop {
            self.skip_space();
            match self.keyword() {
                Some((Keyword::Not, end)) => self.at = end,
                _ if self.peek() == Some('-') => self.at += 1,
                _ => break,
            }
            is_negated = !is_negated;
        }
        let has_term = self.keyword().is_none() && !matches!(self.peek(), None | Some(')'));
        if !has_term {
            let stray = self.peek() == Some(')') && self.depth == 0;
            return Err(match stray {
                true => self.error(self.at..self.at + 1, Reason::StrayParenthesis),
                false => self.error(self.at..self.at, Reason::NoTerm),
            });
        }
        let expr = match self.peek() {
            Some('(') => self.group(subject)?,
            _ => self.word(subject)?,
        };
        self.skip_space();
        Ok(if is_negated { Expr::negated(expr) } else { expr })
    }

    fn group(&mut self, subject: &Subject) -> Parsed<Expr> {
        let open = self.at;
        if self.depth >= DEPTH_MAX {
            return Err(self.error(open..open + 1, Reason::TooDeep));
        }
        self.depth += 1;
        self.at += 1;
        let expr = self.any(subject)?;
        if self.peek() != Some(')') {
            return Err(self.error(open..open + 1, Reason::UnclosedParenthesis));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(expr)
    }

    fn word(&mut self, subject: &Subject) -> Parsed<Expr> {
        let start = self.at;
        let scan = word::scan_word(self.text, start)
            .map_err(|quote| self.error(quote..quote + 1, Reason::UnclosedQuote))?;
        self.at = scan.end;
        if let Subject::Values(target, operator) = subject {
            return self.value(target, *operator, start..scan.end);
        }
        let Some(colon) = scan.operator else { return self.bare_text(start..scan.end) };
        let name = self.slice(start..colon);
        let is_colon = self.slice(colon..colon + 1) == ":";
        // A pasted ARN is a text to find.
        if is_colon && name.eq_ignore_ascii_case("arn") {
            return self.bare_text(start..scan.end);
        }
        let is_like = is_colon && self.slice(colon + 1..scan.end).get(..1) != Some("=");
        let operator = if is_like { Operator::Like } else { Operator::Equals };
        let value_at = colon + 1 + usize::from(is_colon && !is_like);
        let target = self.target(start..colon)?;
        if value_at == scan.end && self.peek() == Some('(') {
            return self.group(&Subject::Values(target, operator));
        }
        self.value(&target, operator, value_at..scan.end)
    }

    fn bare_text(&self, span: Range<usize>) -> Parsed<Expr> {
        let pattern = Pattern::new(word::pieces(self.slice(span.clone())));
        if pattern.is_anything() {
            return Ok(Expr::All);
        }
        if pattern.as_literal() == Some("") {
            return Err(self.error(span, Reason::EmptyText));
        }
        Ok(Expr::Term(Term::Text(pattern)))
    }

    /// What the name at `span` stands for.
    fn target(&self, span: Range<usize>) -> Parsed<Target> {
        let written = self.slice(span.clone());
        let (path, is_dotted) = match written.strip_prefix('.') {
            Some(path) => (path, true),
            None => (written, false),
        };
        let names = word::names(path).ok_or_else(|| self.error(span.clone(), Reason::BadPath))?;
        match names.as_slice() {
            [name] if !is_dotted => {
                if let Some(known) = find_name(name) {
                    return Ok(Target::Name(known));
                }
                if let Some(member) = find_member(name) {
                    return Ok(Target::Path(Path(vec![member.to_owned()])));
                }
                let suggestion = match nearest_name(name) {
                    Some(near) => format!("{near}:"),
                    None => self.as_text(span.start),
                };
                let reason = Reason::UnknownField { name: shortened(name) };
                Err(self.error(span, reason).with_suggestion(Some(suggestion)))
            }
            _ => Ok(Target::Path(Path(names))),
        }
    }

    /// The word that starts at `start`, written so that it is a text to find.
    fn as_text(&self, start: usize) -> String {
        let word = shortened(self.slice(start..self.at));
        Term::Text(Pattern::literal(&word)).to_string()
    }

    fn value(&self, target: &Target, operator: Operator, span: Range<usize>) -> Parsed<Expr> {
        let written = self.slice(span.clone());
        if written.is_empty() {
            return Err(self.error(span, Reason::NoValue));
        }
        let term = match target {
            Target::Name(Name::Is) => Term::Is(self.flag(span)?),
            Target::Name(Name::Since) => Term::Since(self.time(span)?),
            Target::Name(Name::Until) => Term::Until(self.time(span)?),
            Target::Name(Name::Exists) => match self.target(span.clone())? {
                Target::Name(Name::Field(field)) => Term::Field(field, Test::Exists),
                Target::Path(path) => Term::Path(path, Test::Exists),
                Target::Name(_) => {
                    let name = shortened(written);
                    return Err(self.error(span, Reason::UnknownField { name }));
                }
            },
            Target::Name(Name::Field(field)) => {
                Term::Field(*field, self.field_test(*field, operator, span)?)
            }
            Target::Path(path) => Term::Path(path.clone(), self.path_test(operator, span)?),
        };
        Ok(Expr::Term(term))
    }

    fn flag(&self, span: Range<usize>) -> Parsed<Flag> {
        let name = word::literal(self.slice(span.clone()));
        Flag::from_name(&name).ok_or_else(|| {
            let suggestion = nearest_flag(&name).map(|near| format!("is:{near}"));
            let reason = Reason::UnknownFlag { name: shortened(&name) };
            self.error(span, reason).with_suggestion(suggestion)
        })
    }

    fn time(&self, span: Range<usize>) -> Parsed<Timestamp> {
        let text = word::literal(self.slice(span.clone()));
        parse_time(&text, self.now)
            .ok_or_else(|| self.error(span, Reason::NotATime { text: shortened(&text) }))
    }

    fn field_test(
        &self,
        field: SearchField,
        operator: Operator,
        span: Range<usize>,
    ) -> Parsed<Test> {
        let written = self.slice(span.clone());
        if operator == Operator::Equals {
            return Ok(Test::Equals(word::literal(written)));
        }
        if written.starts_with(['<', '>']) {
            let name = field.name().to_owned();
            return Err(self.error(span, Reason::NotComparable { name }));
        }
        if field == SearchField::Ip
            && word::is_plain(written)
            && let Some((address, _)) = written.split_once('/')
            && address.parse::<IpAddr>().is_ok()
        {
            let net = written
                .parse::<IpNet>()
                .map_err(|_| self.error(span, Reason::NotANetwork { text: shortened(written) }))?;
            return Ok(Test::InNet(net.trunc()));
        }
        Ok(like(written))
    }

    fn path_test(&self, operator: Operator, span: Range<usize>) -> Parsed<Test> {
        let written = self.slice(span.clone());
        if operator == Operator::Equals {
            return Ok(Test::Equals(word::literal(written)));
        }
        for comparison in [
            Comparison::LessOrEqual,
            Comparison::GreaterOrEqual,
            Comparison::Less,
            Comparison::Greater,
        ] {
            let Some(bound) = written.strip_prefix(comparison.sign()) else { continue };
            let bound_at = span.end - bound.len();
            if bound.is_empty() {
                return Err(self.error(span.end..span.end, Reason::NoValue));
            }
            let text = word::literal(bound);
            let bound = self.bound(&text).ok_or_else(|| {
                let reason = Reason::NotABound { text: shortened(&text) };
                self.error(bound_at..span.end, reason)
            })?;
            return Ok(Test::Compare(comparison, bound));
        }
        Ok(self.range(written).unwrap_or_else(|| like(written)))
    }

    /// The range `low..high`, `low..` or `..high`, when both sides are numbers, or both are times.
    fn range(&self, written: &str) -> Option<Test> {
        if !word::is_plain(written) {
            return None;
        }
        let (low, high) = written.split_once("..")?;
        match (low, high) {
            ("", "") => None,
            (low, "") => Some(Test::Compare(Comparison::GreaterOrEqual, self.bound(low)?)),
            ("", high) => Some(Test::Compare(Comparison::LessOrEqual, self.bound(high)?)),
            (low, high) => match (self.bound(low)?, self.bound(high)?) {
                (low @ Bound::Number(_), high @ Bound::Number(_))
                | (low @ Bound::Time(_), high @ Bound::Time(_)) => Some(Test::Between(low, high)),
                _ => None,
            },
        }
    }

    fn bound(&self, text: &str) -> Option<Bound> {
        Number::parse(text)
            .map(Bound::Number)
            .or_else(|| parse_time(text, self.now).map(Bound::Time))
    }
}

fn like(written: &str) -> Test {
    let pattern = Pattern::new(word::pieces(written));
    if pattern.is_anything() { Test::Exists } else { Test::Like(pattern) }
}

/// `text` in one line, cut to what a message can show.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut characters = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    let mut short: String = characters.by_ref().take(CHARS_MAX).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
