//! A query as a condition of SQL over CloudTrail Lake's columns.
//!
//! Where a term says what a column holds, the condition does so too, and runs on CloudTrail Lake as it
//! stands; any other term becomes `matches(eventjson, 'term')`, a function of ours.

use crate::ast::{Expr, Term, Test};
use crate::field::{Flag, SearchField};
use crate::pattern::Pattern;
use crate::query::Query;

impl Query {
    /// The condition of a `WHERE` that holds for the events that match.
    ///
    /// Shape: one SQL expression, never null for an event that matches. `is:conflict` has no meaning
    /// there: the condition is refused.
    pub fn to_sql(&self) -> String {
        of_expr(self.expr())
    }
}

fn of_expr(expr: &Expr) -> String {
    match expr {
        Expr::All => "true".to_owned(),
        Expr::And(parts) => joined(parts, " AND "),
        Expr::Or(parts) => joined(parts, " OR "),
        // What is null is not matched, and its negation is.
        Expr::Not(part) => format!("NOT coalesce({}, false)", of_expr(part)),
        Expr::Term(term) => of_term(term),
    }
}

fn joined(parts: &[Expr], between: &str) -> String {
    let each = |part: &Expr| match part {
        Expr::And(_) | Expr::Or(_) => format!("({})", of_expr(part)),
        other => of_expr(other),
    };
    parts.iter().map(each).collect::<Vec<_>>().join(between)
}

fn of_term(term: &Term) -> String {
    let by_column = match term {
        Term::Field(field, test) => of_field(*field, test),
        Term::Is(Flag::Read) => Some("readonly = true".to_owned()),
        Term::Is(Flag::Write) => Some("readonly = false".to_owned()),
        Term::Is(Flag::Error) => {
            Some("(errorcode IS NOT NULL OR errormessage IS NOT NULL)".to_owned())
        }
        Term::Is(Flag::Root) => Some("useridentity.type = 'Root'".to_owned()),
        Term::Since(at) => Some(format!("eventtime >= {}", time_literal(*at))),
        Term::Until(at) => Some(format!("eventtime < {}", time_literal(*at))),
        _ => None,
    };
    by_column.unwrap_or_else(|| format!("matches(eventjson, {})", literal(&term.to_string())))
}

fn time_literal(at: trailhound_record::Timestamp) -> String {
    let text = at.to_string().replace('T', " ");
    format!("TIMESTAMP '{}'", text.trim_end_matches('Z'))
}

fn of_field(field: SearchField, test: &Test) -> Option<String> {
    let column = match field {
        SearchField::Event => "eventname",
        SearchField::Region => "awsregion",
        SearchField::Error => "errorcode",
        SearchField::Id => "eventid",
        SearchField::Key => "useridentity.accesskeyid",
        SearchField::Service => return of_service(test),
        // An address has several spellings, and the others several sources.
        _ => return None,
    };
    match test {
        Test::Exists => Some(format!("{column} IS NOT NULL")),
        Test::Equals(text) => Some(format!("{column} = {}", literal(text))),
        Test::Like(pattern) => folded(column, pattern),
        _ => None,
    }
}

fn of_service(test: &Test) -> Option<String> {
    let Test::Like(pattern) = test else { return None };
    let name =
        pattern.as_literal().filter(|name| name.is_ascii() && !name.contains(['.', 'k', 'K']))?;
    let name = name.to_ascii_lowercase();
    let whole = literal(&format!("{name}.amazonaws.com"));
    Some(format!("lower(eventsource) IN ({}, {whole})", literal(&name)))
}

/// A comparison without regard to ASCII case; nothing where SQL's means another.
fn folded(column: &str, pattern: &Pattern) -> Option<String> {
    // SQL's `lower` knows letters beyond ASCII; the Kelvin sign becomes a `k`.
    let is_plain =
        |piece: &String| piece.is_ascii() && !piece.contains(['%', '_', '\\', '\0', 'k', 'K']);
    if !pattern.pieces().iter().all(is_plain) {
        return None;
    }
    let text = pattern.pieces().join("%").to_ascii_lowercase();
    let comparison = if pattern.as_literal().is_some() { "=" } else { "LIKE" };
    Some(format!("lower({column}) {comparison} {}", literal(&text)))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use trailhound_record::Timestamp;

    #[expect(clippy::needless_pass_by_value, reason = "an expectation is written at the call")]
    fn check(query: &str, expect: Expect) {
        expect.assert_eq(&Query::parse(query, Timestamp(0)).unwrap().to_sql());
    }

    #[test]
    fn columns_where_there_are_some_and_matches_for_the_rest() {
        check("", expect!["true"]);
        check(
            "event:Delete* is:error -service:s3 since:2024-05-01",
            expect![
                "lower(eventname) LIKE 'delete%' AND (errorcode IS NOT NULL OR errormessage IS NOT NULL) AND NOT coalesce(lower(eventsource) IN ('s3', 's3.amazonaws.com'), false) AND eventtime >= TIMESTAMP '2024-05-01 00:00:00'"
            ],
        );
        check(
            "(region=eu-west-1 OR key:*) is:write",
            expect![
                "(awsregion = 'eu-west-1' OR useridentity.accesskeyid IS NOT NULL) AND readonly = false"
            ],
        );
        check(
            "event:Run_* \"it's\" user:alice ip:10.0.0.0/8",
            expect![[
                r#"matches(eventjson, 'event:Run_*') AND matches(eventjson, '"it''s"') AND matches(eventjson, 'user:alice') AND matches(eventjson, 'ip:10.0.0.0/8')"#
            ]],
        );
        check(
            "-(is:root error:AccessDenied)",
            expect![
                "NOT coalesce(useridentity.type = 'Root' AND lower(errorcode) = 'accessdenied', false)"
            ],
        );
    }
}
