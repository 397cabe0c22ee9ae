//! Terms of a search, as links add them and chips drop them.
//!
//! The text that was typed stays as it is: `since:-2h` must go on to mean the last two hours.

use super::{Filter, Key};
use trailhound_app::count::Facet;
use trailhound_app::lookup::search::{Expr, Flag, Path, Pattern, Query, SearchField, Term, Test};
use trailhound_record::Timestamp;

/// The term for the events of which `facet` has `value`.
pub(crate) fn term(facet: &Facet, value: &str) -> String {
    let test = Test::Like(Pattern::literal(value));
    let term = match facet {
        Facet::Field(field) => Term::Field(*field, test),
        Facet::Path(path) => match path.0.as_slice() {
            [name] => match SearchField::from_name(name).filter(|field| field.name() != name) {
                Some(field) => Term::Field(field, test),
                None => Term::Path(path.clone(), test),
            },
            _ => Term::Path(path.clone(), test),
        },
    };
    Expr::Term(term).to_string()
}

/// The term that a field of the form stands for; nothing when there is no such field or value.
pub(crate) fn term_of_param(name: &str, value: &str) -> Option<String> {
    let field = match name {
        "event_name" => SearchField::Event,
        "username" => SearchField::User,
        "resource_name" => SearchField::Resource,
        "resource_type" => SearchField::Type,
        "event_source" => SearchField::Service,
        "access_key_id" => SearchField::Key,
        "source_ip_address" => SearchField::Ip,
        "error_code" => SearchField::Error,
        "account_id" => SearchField::Account,
        "aws_region" => SearchField::Region,
        "event_id" => SearchField::Id,
        "event_type" => {
            return Some(term(&Facet::Path(Path(vec!["eventType".to_owned()])), value));
        }
        _ => {
            let flag = match (name, value) {
                ("failed", "true") => Flag::Error,
                ("read_only", "true") => Flag::Read,
                ("read_only", "false") => Flag::Write,
                ("category", "management") => Flag::Management,
                ("category", "insight") => Flag::Insight,
                _ => return None,
            };
            return Some(Expr::Term(Term::Is(flag)).to_string());
        }
    };
    Some(term(&Facet::Field(field), value))
}

/// What a further term is written behind.
fn start(search: &str) -> String {
    let search = search.trim();
    match Query::parse(search, Timestamp(0)).as_ref().map(Query::expr) {
        Ok(Expr::All) => String::new(),
        Ok(Expr::Or(_)) => format!("({search}) "),
        _ => format!("{search} "),
    }
}

/// The parts of `search` that must all hold, as they are written; none when it cannot be cut.
fn pieces(search: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut depth, mut in_quotes, mut is_escaped) = (0_usize, false, false);
    for character in search.chars() {
        let is_between = character.is_whitespace() && depth == 0 && !in_quotes;
        match character {
            _ if is_between => pieces.push(String::new()),
            '"' if !is_escaped => in_quotes = !in_quotes,
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_escaped = in_quotes && character == '\\' && !is_escaped;
        if let Some(piece) = pieces.last_mut().filter(|_| !is_between) {
            piece.push(character);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    let parse = |text: &str| Query::parse(text, Timestamp(0)).map(|query| query.expr().clone());
    let parts: Result<Vec<Expr>, _> = pieces.iter().map(|piece| parse(piece)).collect();
    match (parts, parse(search)) {
        (Ok(parts), Ok(whole)) if Expr::all_of(parts.clone()) == whole => pieces,
        _ => Vec::new(),
    }
}

/// Makes filters that ask for more than one does.
#[derive(Debug)]
pub(crate) struct Narrow<'f> {
    filter: &'f Filter,
    start: String,
    pieces: Vec<String>,
}

impl<'f> Narrow<'f> {
    /// Starts from `filter`.
    pub(crate) fn new(filter: &'f Filter) -> Self {
        let search = filter.value(Key::Search).unwrap_or_default();
        Self { filter, start: start(search), pieces: pieces(search) }
    }

    /// The filter with `term` too.
    pub(crate) fn with(&self, term: &str) -> Filter {
        self.filter.with(Key::Search, &format!("{}{term}", self.start))
    }

    /// Whether the filter asks for `term` already.
    pub(crate) fn has(&self, term: &str) -> bool {
        self.pieces.iter().any(|piece| piece == term)
    }

    /// The filter without the part at `at` of [`pieces`].
    pub(crate) fn without(&self, at: usize) -> Filter {
        let kept = self.pieces.iter().enumerate().filter(|(other, _)| *other != at);
        let kept: Vec<&str> = kept.map(|(_, piece)| piece.as_str()).collect();
        self.filter.with(Key::Search, &kept.join(" "))
    }

    /// The parts that must all hold.
    pub(crate) fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// What it starts from.
    pub(crate) fn filter(&self) -> &'f Filter {
        self.filter
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_search_is_cut_where_its_parts_must_all_hold() {
        let check = |search: &str, expected: &[&str]| assert_eq!(pieces(search), expected);
        check("a user:\"b c\"  -(d OR e)", &["a", "user:\"b c\"", "-(d OR e)"]);
        check("a OR b", &[]);
        check("NOT a", &[]);
        check("a AND b", &[]);
        check("usr:a", &[]);
        check("\"a \\\" b\" c", &["\"a \\\" b\"", "c"]);
    }

    #[test]
    fn a_member_with_a_short_name_is_written_by_it() {
        let path = |names: &[&str]| Facet::Path(Path(names.iter().map(|&it| it.into()).collect()));
        assert_eq!(term(&path(&["eventName"]), "x"), "event:x");
        assert_eq!(term(&path(&["user"]), "x"), ".user:x");
        assert_eq!(
            term(&path(&["requestParameters", "a.b"]), "x y"),
            "requestParameters.\"a.b\":\"x y\""
        );
    }

    proptest! {
        /// A link asks for what was asked for, and the term.
        #[test]
        fn a_term_is_added_to_any_search(search in "(a|b|OR|NOT|\\(|\\)|\"|-| ){0,8}", value in "\\PC+") {
            let term = term(&Facet::Field(SearchField::User), &value);
            let parse = |text: &str| Query::parse(text, Timestamp(0));
            let added = parse(&term);
            prop_assert!(added.is_ok(), "{term}");
            if let (Ok(before), Ok(added)) = (parse(&search), added) {
                let after = parse(&format!("{}{term}", start(&search))).map(|query| query.expr().clone());
                let both = Expr::all_of([before.expr().clone(), added.expr().clone()]);
                prop_assert_eq!(after, Ok(both));
            }
        }
    }
}
