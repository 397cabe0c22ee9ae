//! From a statement's text to one read-only query that the engine understands.

use std::any::TypeId;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::{
    DescribeAlias, Expr, Query, Select, SelectItem, SetExpr, Statement, Visit, VisitMut, Visitor,
};
use datafusion::sql::sqlparser::dialect::{ClickHouseDialect, Dialect};
use datafusion::sql::sqlparser::parser::Parser;

use crate::error::QueryError;
use crate::limits::STATEMENT_CHARS_MAX;
use crate::rewrite::Rewrite;
use crate::schema::{EVENTS, Source};
use crate::table_name::{name_tables, opaque_len};

/// The name of the table.
pub const EVENTS_TABLE: &str = "events";
/// The names under which configuration items are there: ours, and the one of AWS's samples.
pub(crate) const CONFIGURATION_ITEMS_TABLES: [&str; 2] =
    ["configuration_items", "config_event_data_store_id"];

/// What the store is called as an event data store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventDataStoreNames {
    /// Its UUID, in lower case.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}

/// A statement that may be run.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: EngineStatement,
    /// The names of its columns as Trino gives them; nothing where the engine's own are right.
    pub(crate) names: Option<Vec<String>>,
}

/// The SQL that Lake speaks: Trino's, as far as the parser has it.
#[derive(Debug)]
struct LakeDialect;

impl Dialect for LakeDialect {
    // The one dialect whose types are written `map(varchar, json)` and `array(varchar)`.
    fn dialect(&self) -> TypeId {
        TypeId::of::<ClickHouseDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }
}

/// Reads one SELECT.
///
/// # Errors
/// [`QueryError`] when it is no single SELECT, or asks another event data store.
pub(crate) fn parse(sql: &str, names: &EventDataStoreNames) -> Result<Parsed, QueryError> {
    let chars = sql.chars().count();
    if chars > STATEMENT_CHARS_MAX {
        return Err(QueryError::TooLong { chars });
    }
    let sql = name_tables(sql, names)?;
    let syntax = |error: datafusion::sql::sqlparser::parser::ParserError| {
        let reason = error.to_string();
        QueryError::Syntax { reason: reason.trim_start_matches("sql parser error: ").to_owned() }
    };
    let mut statements = Parser::new(&LakeDialect)
        .try_with_sql(&sql)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| match first_word(&sql) {
            // Statements that are refused anyway need not be understood.
            Some(word) if !is_query_word(&word) => QueryError::NotSelect { statement: word },
            _ => syntax(error),
        })?;
    let count = statements.len();
    let (Some(mut statement), 0 | 1) = (statements.pop(), count) else {
        return Err(if count == 0 { QueryError::Empty } else { QueryError::Several { count } });
    };
    if let Statement::ExplainTable { table_name, .. } = &statement
        && table_name.to_string().eq_ignore_ascii_case(EVENTS_TABLE)
    {
        statement = Statement::Query(parse_query(&description())?);
    }
    let query = query_of(&statement)?;
    if let ControlFlow::Break(statement) = Visit::visit(&statement, &mut ReadOnly) {
        return Err(QueryError::NotSelect { statement });
    }
    let output = match &statement {
        Statement::Query(_) => output_names(&query.body),
        _ => None,
    };
    let mut rewrite = Rewrite::new(names);
    if let ControlFlow::Break(error) = VisitMut::visit(&mut statement, &mut rewrite) {
        return Err(error);
    }
    Ok(Parsed { statement: EngineStatement::Statement(Box::new(statement)), names: output })
}

/// What `DESCRIBE events` is short for.
fn description() -> String {
    let row = |(name, source): &(&str, Source)| {
        format!("('{name}', '{}')", lake_type(&source.data_type()))
    };
    let rows = EVENTS.iter().map(row).collect::<Vec<_>>().join(", ");
    format!("SELECT column_name, type FROM (VALUES {rows}) AS described (column_name, type)")
}

/// What a type is called in Lake.
fn lake_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::List(item) => format!("array<{}>", lake_type(item.data_type())),
        DataType::Map(..) => "map<string,string>".to_owned(),
        DataType::Struct(members) => {
            let member = |it: &Arc<Field>| format!("{}:{}", it.name(), lake_type(it.data_type()));
            format!("struct<{}>", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        _ => "string".to_owned(),
    }
}

/// Reads a query of our own making.
pub(crate) fn parse_query(sql: &str) -> Result<Box<Query>, QueryError> {
    Parser::new(&LakeDialect)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_query())
        .map_err(|error| QueryError::Syntax { reason: error.to_string() })
}

fn is_query_word(word: &str) -> bool {
    word.starts_with('(')
        || matches!(word, "SELECT" | "WITH" | "EXPLAIN" | "VALUES" | "FROM" | "DESCRIBE" | "DESC")
}

fn first_word(sql: &str) -> Option<String> {
    let mut text = sql.trim_start();
    while text.starts_with("--") || text.starts_with("/*") {
        text = text.get(opaque_len(text)?..)?.trim_start();
    }
    let word = text.split_whitespace().next()?;
    Some(word.trim_end_matches(';').to_ascii_uppercase())
}

/// The query that a statement runs or explains.
fn query_of(statement: &Statement) -> Result<&Query, QueryError> {
    match statement {
        Statement::Query(query) => Ok(query),
        Statement::Explain { describe_alias: DescribeAlias::Explain, statement, .. } => {
            query_of(statement)
        }
        other => {
            let text = other.to_string();
            let words: Vec<_> = text.split_whitespace().take(2).collect();
            Err(QueryError::NotSelect { statement: words.join(" ") })
        }
    }
}

/// Finds what writes inside of queries.
struct ReadOnly;

impl Visitor for ReadOnly {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        let found = match &*query.body {
            SetExpr::Insert(_) => "INSERT",
            SetExpr::Update(_) => "UPDATE",
            SetExpr::Delete(_) => "DELETE",
            SetExpr::Merge(_) => "MERGE",
            _ if query.settings.is_some() => "SETTINGS",
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(found.to_owned())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<String> {
        match select.into {
            Some(_) => ControlFlow::Break("SELECT INTO".to_owned()),
            None => ControlFlow::Continue(()),
        }
    }
}

/// The names of a query's columns, as Trino gives them: the alias, the last part of a name, `_col2`
/// for the third column when it is computed. Nothing where there is a `*`.
fn output_names(body: &SetExpr) -> Option<Vec<String>> {
    let select = match body {
        SetExpr::Select(select) => select,
        SetExpr::Query(query) => return output_names(&query.body),
        SetExpr::SetOperation { left, .. } => return output_names(left),
        _ => return None,
    };
    let name = |(at, item): (usize, &SelectItem)| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(expr) => Some(name_of(expr).unwrap_or(format!("_col{at}"))),
        _ => None,
    };
    select.projection.iter().enumerate().map(name).collect()
}

fn name_of(expr: &Expr) -> Option<String> {
    use datafusion::sql::sqlparser::ast::AccessExpr;
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last()? {
            AccessExpr::Dot(Expr::Identifier(name)) => Some(name.value.clone()),
            _ => None,
        },
        Expr::Nested(inner) => name_of(inner),
        _ => None,
    }
}
