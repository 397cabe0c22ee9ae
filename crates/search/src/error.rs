//! Why a text is no query, and where.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::field::Flag;
use crate::limits::{CONTEXT_COLUMNS_MAX, DEPTH_MAX, QUERY_BYTES_MAX};
use crate::time_word;

fn flag_names() -> String {
    Flag::ALL.iter().map(|flag| flag.name()).collect::<Vec<_>>().join(", ")
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ParseQueryError {
    /// The place, in bytes of the text; it starts and ends between characters, and may be empty.
    pub span: Range<usize>,
    /// What is wrong there.
    pub reason: ParseQueryReason,
    /// What to write instead, when there is a guess.
    pub suggestion: Option<String>,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "the fields are texts from the query, named by what they were read as"
)]
#[non_exhaustive]
pub enum ParseQueryReason {
    /// A name before `:` or `=` is neither a short name, nor a member of a record, nor a path.
    #[error("there is no field `{name}`")]
    UnknownField { name: String },
    /// A word after `is:` is none of the flags.
    #[error("`is:` does not know `{name}`, only {}", flag_names())]
    UnknownFlag { name: String },
    /// A path has an empty name, or a `*`, outside quotes.
    #[error("a path is made of names with dots between them; other characters stand in quotes")]
    BadPath,
    /// Nothing stands after `:`, `=` or a comparison.
    #[error("a value is missing here")]
    NoValue,
    /// Nothing stands where a term must follow.
    #[error("a term is missing here")]
    NoTerm,
    /// A quoted text has nothing in it.
    #[error("the text to find is empty")]
    EmptyText,
    /// A quote is not closed.
    #[error("this quote is not closed")]
    UnclosedQuote,
    /// A parenthesis is not closed.
    #[error("this parenthesis is not closed")]
    UnclosedParenthesis,
    /// A parenthesis closes nothing.
    #[error("this parenthesis closes nothing")]
    StrayParenthesis,
    /// A text is no time.
    #[error("`{text}` is not a time; {}", time_word::TIME_ACCEPTED)]
    NotATime { text: String },
    /// A value is compared to what is neither a number nor a time.
    #[error("`{text}` is neither a number nor a time, so nothing compares to it")]
    NotABound { text: String },
    /// A network is not in CIDR form.
    #[error("`{text}` is not a network; one is written `10.0.0.0/8` or `2001:db8::/32`")]
    NotANetwork { text: String },
    /// A short name is compared.
    #[error("`{name}` cannot be compared; paths such as `eventTime` can")]
    NotComparable { name: String },
    /// Parentheses nest too deep.
    #[error("parentheses nest deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// The text is too long.
    #[error("a query is at most {QUERY_BYTES_MAX} bytes long")]
    TooLong,
}

impl ParseQueryError {
    pub(crate) fn new(span: Range<usize>, reason: ParseQueryReason) -> Self {
        Self { span, reason, suggestion: None }
    }

    pub(crate) fn with_suggestion(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// The text with a caret under the place, then the message and the suggestion: three lines, no line
    /// end after the last. Control characters of the text are shown as spaces, a long text is cut.
    pub fn render(&self, text: &str) -> String {
        let (mut line, mut marks) = (String::new(), String::new());
        let before = text.get(..self.span.start).unwrap_or_default();
        let cut = start_of_last(before, CONTEXT_COLUMNS_MAX / 2);
        if cut > 0 {
            line.push('…');
            marks.push(' ');
        }
        let mut columns = 0;
        for (at, character) in text.get(cut..).unwrap_or_default().char_indices() {
            let at = cut + at;
            let shown = if character.is_control() { ' ' } else { character };
            let width = shown.width().unwrap_or(0);
            columns += width;
            if columns > CONTEXT_COLUMNS_MAX {
                line.push('…');
                break;
            }
            line.push(shown);
            let is_marked = at == self.span.start || self.span.contains(&at);
            marks.push_str(&(if is_marked { "^" } else { " " }).repeat(width));
        }
        if !marks.contains('^') {
            marks.push('^');
        }
        let mut rendered = format!("{line}\n{}\n{}", marks.trim_end(), self.reason);
        if let Some(suggestion) = &self.suggestion {
            rendered.push_str(&format!("; did you mean `{suggestion}`?"));
        }
        rendered
    }
}

/// Where the last `count` characters of `text` start.
fn start_of_last(text: &str, count: usize) -> usize {
    text.char_indices().rev().nth(count.saturating_sub(1)).map_or(0, |(at, _)| at)
}
