//! Which parts of a shown text a query is about.

use std::ops::Range;

use crate::ast::{Expr, Term, Test};
use crate::field::SearchField;
use crate::pattern::Needle;

/// The texts of a query that are worth marking.
#[derive(Debug, Default)]
pub(crate) struct Highlighter {
    folded: Vec<Needle>,
    exact: Vec<Needle>,
}

impl Highlighter {
    pub(crate) fn new(expr: &Expr) -> Self {
        let mut highlighter = Self::default();
        highlighter.add(expr);
        highlighter
    }

    fn add(&mut self, expr: &Expr) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.add(part)),
            Expr::Term(term) => self.add_term(term),
            Expr::All | Expr::Not(_) => {}
        }
    }

    fn add_term(&mut self, term: &Term) {
        match term {
            Term::Text(pattern) => self.folded.push(Needle::new(pattern)),
            Term::Field(SearchField::Agent, Test::Like(pattern)) => {
                self.folded.push(Needle::new(&pattern.opened()));
            }
            Term::Field(_, Test::Like(pattern)) | Term::Path(_, Test::Like(pattern)) => {
                self.folded.push(Needle::new(pattern));
            }
            Term::Field(_, Test::Equals(text)) | Term::Path(_, Test::Equals(text)) => {
                self.exact.push(Needle::exact(text));
            }
            _ => {}
        }
    }

    pub(crate) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.folded.is_empty() {
            let lower = text.to_ascii_lowercase();
            self.folded.iter().for_each(|needle| find_all(needle, lower.as_bytes(), &mut found));
        }
        self.exact.iter().for_each(|needle| find_all(needle, text.as_bytes(), &mut found));
        merged(found)
    }
}

fn find_all(needle: &Needle, text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    loop {
        let kept = found.len();
        match needle.find(text, from, |start, end| found.push(start..end)) {
            Some(end) => from = end,
            None => return found.truncate(kept),
        }
    }
}

/// The same places, in order, those that touch made one.
fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.start, place.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}
