//! JMESPath over printed events.

use crate::error::CliError;
use crate::text::visible_json;
use jmespath::{Expression, Variable};

/// A compiled JMESPath expression.
#[derive(Debug)]
pub(crate) struct JmesPath(Expression<'static>);

impl JmesPath {
    /// Compiles `text`.
    ///
    /// # Errors
    /// A usage error when it is no JMESPath.
    pub(crate) fn compile(text: &str) -> Result<Self, CliError> {
        jmespath::compile(text).map(Self).map_err(|error| {
            let reason = error.reason.to_string();
            let reason = reason.trim_start_matches("Parse error: ").trim_end_matches(['.', ' ', '\n']);
            CliError::usage(
                format!("`{text}` is not a JMESPath expression: {reason} at column {}", error.column),
                "json is queried as an array, `[].event_name`; ndjson event by event, `event_name`; \
                 https://jmespath.org describes the language",
            )
        })
    }

    /// Applies it to the JSON `text`; the answer is JSON on one line, object keys sorted.
    ///
    /// # Errors
    /// When a function of the expression does not take the value it got.
    pub(crate) fn search(&self, text: &str) -> Result<String, CliError> {
        let value = Variable::from_json(text)
            .map_err(|reason| CliError::failed(format!("cannot query the events: {reason}")))?;
        let found = self.0.search(value).map_err(|error| {
            let reason = error.reason.to_string();
            CliError::failed(format!("the JMESPath expression failed: {}", visible_json(&reason)))
                .hint("check the types its functions get; a field that a record lacks is null")
        })?;
        Ok(serde_json::to_string(&*found)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(expression: &str, json: &str, expect: Expect) {
        let answer = JmesPath::compile(expression).and_then(|query| query.search(json));
        expect.assert_eq(&answer.unwrap_or_else(|error| format!("{:#}", error.error)));
    }

    #[test]
    fn expressions_select_from_events() {
        let json =
            r#"[{"event_name":"A","n":1},{"event_name":"B","n":2.5,"record":{"eventName":"B"}}]"#;
        check("[].event_name", json, expect![[r#"["A","B"]"#]]);
        check("[?n > `1`].record.eventName", json, expect![[r#"["B"]"#]]);
        check("length(@)", json, expect!["2"]);
        check("[0].nothing", json, expect!["null"]);
        check("[1]", json, expect![[r#"{"event_name":"B","n":2.5,"record":{"eventName":"B"}}"#]]);
    }

    #[test]
    fn wrong_expressions_are_named() {
        check(
            "[",
            "[]",
            expect![
                "`[` is not a JMESPath expression: Unexpected nud token -- found Eof at column 1"
            ],
        );
        check(
            "length(`1`)",
            "[]",
            expect![
                "the JMESPath expression failed: Runtime error: Argument 0 expects type array|object|string, given number"
            ],
        );
    }
}
