//! Trino's functions and habits, said in the engine's.
//!
//! What is only another name or order of arguments is rewritten in the parsed statement; what computes
//! something else is a function of its own in [`crate::functions`].

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, BinaryOperator, CaseWhen, CastKind, DataType, Expr, Function,
    FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, FunctionArguments,
    Ident, LambdaFunction, ObjectName, ObjectNamePart, OrderByExpr, OrderByOptions, Select,
    UnaryOperator, Value, VisitorMut,
};

use crate::error::QueryError;
use crate::schema::{EVENTS, map_type};
use crate::statement::{EVENTS_TABLE, EventDataStoreNames};
use crate::table_name::{check, is_store_name};
use crate::unnest::rewrite_unnest;

/// Functions that have another name here.
const RENAMED: &[(&str, &str)] = &[
    ("transform", "array_transform"),
    ("filter", "array_filter"),
    ("arbitrary", "any_value"),
    ("split", "string_to_array"),
    ("json_format", "json_parse"),
    ("day", "day_of_month"),
    ("dow", "day_of_week"),
    ("doy", "day_of_year"),
    ("week_of_year", "week"),
    ("pow", "power"),
    ("char_length", "length"),
    ("every", "bool_and"),
];

/// Functions whose value is JSON text.
const JSON_FUNCTIONS: &[&str] = &["json_extract", "json_parse", "json_array_get"];

/// Columns that are text here and in AWS's schema, but that samples compare with Booleans.
const TEXT_BOOLEANS: &[&str] = &["sessioncredentialfromconsole", "mfaauthenticated"];

/// Rewrites a parsed statement in place.
pub(crate) struct Rewrite<'n> {
    names: &'n EventDataStoreNames,
    /// The parameters of the lambdas around the expression.
    parameters: Vec<String>,
    /// The names of UNNESTs, which are no tables any more.
    unnested: Vec<String>,
}

impl<'n> Rewrite<'n> {
    pub(crate) fn new(names: &'n EventDataStoreNames) -> Self {
        Self { names, parameters: Vec::new(), unnested: Vec::new() }
    }

    /// The table's name where `name` is a quoted name of the event data store.
    fn store_name(&self, name: &mut Ident) -> Result<(), QueryError> {
        if name.quote_style.is_some() && is_store_name(&name.value) {
            check(&name.value, self.names)?;
            *name = Ident::new(EVENTS_TABLE);
        }
        Ok(())
    }

    fn expr(&mut self, expr: &mut Expr) -> Result<(), QueryError> {
        match expr {
            Expr::CompoundIdentifier(names) => {
                if let Some(first) = names.first_mut() {
                    self.store_name(first)?;
                }
                if names.len() > 1
                    && names
                        .first()
                        .is_some_and(|name| self.unnested.contains(&name.value.to_lowercase()))
                {
                    names.remove(0);
                }
                if let Some(member) = member_of_map(names) {
                    *expr = member;
                } else if let [name] = names.as_slice() {
                    *expr = Expr::Identifier(name.clone());
                } else if let Some((first, members)) = names.split_first()
                    && self.parameters.contains(&first.value.to_lowercase())
                {
                    let access_chain = members.iter().map(|name| dot(&name.value)).collect();
                    let root = Box::new(Expr::Identifier(first.clone()));
                    *expr = Expr::CompoundFieldAccess { root, access_chain };
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => lower_members(root, access_chain),
            Expr::Lambda(lambda) => {
                let count = parameters_of(lambda).len();
                self.parameters.truncate(self.parameters.len().saturating_sub(count));
            }
            Expr::Cast { expr: inner, data_type, kind, .. } if is_json(inner) => {
                if let Some(cast) = cast_json(inner, data_type, kind) {
                    *expr = cast;
                }
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                compare_as_text(left, right);
                compare_as_text(right, left);
            }
            Expr::Function(function) => {
                if let Some(rewritten) = rewrite_function(function) {
                    *expr = rewritten;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn flow(result: Result<(), QueryError>) -> ControlFlow<QueryError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl VisitorMut for Rewrite<'_> {
    type Break = QueryError;

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<QueryError> {
        match relation.0.as_mut_slice() {
            [ObjectNamePart::Identifier(name)] => flow(self.store_name(name)),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<QueryError> {
        let aliases = rewrite_unnest(select);
        flow(aliases.map(|aliases| self.unnested.extend(aliases)))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        if let Expr::Lambda(lambda) = expr {
            self.parameters.extend(parameters_of(lambda));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        flow(self.expr(expr))
    }
}

/// `requestParameters.bucketName`: the member of a map, whose names keep their case; what is deeper is
/// JSON text.
fn member_of_map(names: &[Ident]) -> Option<Expr> {
    let is_map = |name: &Ident| {
        let name = name.value.to_lowercase();
        let column = EVENTS.iter().find(|(column, _)| *column == name);
        column.is_some_and(|(_, source)| source.data_type() == map_type())
    };
    let at = names.iter().take(2).position(is_map)?;
    let (column, members) = names.split_at_checked(at + 1)?;
    let (first, deeper) = members.split_first()?;
    let column = match column {
        [name] => Expr::Identifier(name.clone()),
        names => Expr::CompoundIdentifier(names.to_vec()),
    };
    let value = call("element_at", vec![column, text(&first.value)]);
    if deeper.is_empty() {
        return Some(value);
    }
    let path = deeper.iter().map(|name| format!(".{}", name.value)).collect::<String>();
    Some(call("json_text_at", vec![value, text(&format!("${path}"))]))
}

fn parameters_of(lambda: &LambdaFunction) -> Vec<String> {
    lambda.params.iter().map(|parameter| parameter.name.value.to_lowercase()).collect()
}

fn dot(member: &str) -> AccessExpr {
    AccessExpr::Dot(text(&member.to_lowercase()))
}

/// Members behind a call or a subscript: `element_at(resources, 1).accountId`.
fn lower_members(root: &Expr, chain: &mut [AccessExpr]) {
    let mut is_behind = !matches!(root, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    for access in chain {
        match access {
            AccessExpr::Dot(Expr::Identifier(name)) if is_behind => *access = dot(&name.value),
            AccessExpr::Dot(_) => {}
            AccessExpr::Subscript(_) => is_behind = true,
        }
    }
}

fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

fn number(value: &str) -> Expr {
    Expr::Value(Value::Number(value.parse().unwrap_or_default(), false).into())
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let unnamed = |arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg));
    let args = FunctionArgumentList {
        duplicate_treatment: None,
        args: args.into_iter().map(unnamed).collect(),
        clauses: Vec::new(),
    };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(args),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn sum(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    let side = |side: Expr| Box::new(Expr::Nested(Box::new(side)));
    Expr::BinaryOp { left: side(left), op, right: side(right) }
}

fn name_of(function: &Function) -> Option<String> {
    match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => Some(name.value.to_lowercase()),
        _ => None,
    }
}

fn is_json(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            name_of(function).is_some_and(|name| JSON_FUNCTIONS.contains(&name.as_str()))
        }
        Expr::Nested(inner) => is_json(inner),
        _ => false,
    }
}

/// Casts JSON as Trino does: a string loses its quotes, objects and lists become maps and arrays.
fn cast_json(inner: &Expr, data_type: &DataType, kind: &CastKind) -> Option<Expr> {
    let is_json_type = |data_type: &DataType| matches!(data_type, DataType::JSON);
    Some(match data_type {
        DataType::JSON => inner.clone(),
        DataType::Varchar(_) | DataType::Text | DataType::String(_) | DataType::Char(_) => {
            call("json_extract_scalar", vec![inner.clone(), text("$")])
        }
        DataType::Map(_, value) if is_json_type(value) => call("json_as_map", vec![inner.clone()]),
        DataType::Map(..) => call("json_as_text_map", vec![inner.clone()]),
        DataType::Array(
            ArrayElemTypeDef::Parenthesis(item) | ArrayElemTypeDef::AngleBracket(item),
        ) => {
            let is_json = is_json_type(item);
            call(if is_json { "json_as_array" } else { "json_as_text_array" }, vec![inner.clone()])
        }
        _ => Expr::Cast {
            kind: kind.clone(),
            expr: Box::new(call("json_extract_scalar", vec![inner.clone(), text("$")])),
            data_type: data_type.clone(),
            array: false,
            format: None,
        },
    })
}

fn compare_as_text(column: &Expr, value: &mut Expr) {
    let name = match column {
        Expr::Identifier(name) => &name.value,
        Expr::CompoundIdentifier(names) => match names.last() {
            Some(name) => &name.value,
            None => return,
        },
        _ => return,
    };
    if let Expr::Value(literal) = value
        && let Value::Boolean(is_true) = literal.value
        && TEXT_BOOLEANS.contains(&name.to_lowercase().as_str())
    {
        *value = text(if is_true { "true" } else { "false" });
    }
}

/// The plain arguments of a call; nothing when it has named ones or a `*`.
fn args_of(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let arg = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().map(arg).collect()
}

fn rewrite_function(function: &mut Function) -> Option<Expr> {
    let name = name_of(function)?;
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name) {
        function.name = ObjectName::from(vec![Ident::new(*new)]);
        return None;
    }
    let mut args = args_of(function)?;
    Some(match (name.as_str(), args.as_mut_slice()) {
        ("replace", [_, _]) => {
            args.push(text(""));
            call("replace", args)
        }
        ("regexp_replace", [_, _]) => {
            args.extend([text(""), text("g")]);
            call("regexp_replace", args)
        }
        ("regexp_replace", [_, _, _]) => {
            args.push(text("g"));
            call("regexp_replace", args)
        }
        ("regexp_extract", [value, pattern]) => regexp_extract(value, pattern, number("1")),
        ("regexp_extract", [value, pattern, group]) => {
            let group = sum(group.clone(), BinaryOperator::Plus, number("1"));
            regexp_extract(value, pattern, group)
        }
        ("if", [condition, result]) => case(condition, result, None),
        ("if", [condition, result, other]) => case(condition, result, Some(other)),
        ("date", [value]) => cast(value, DataType::Date),
        ("from_iso8601_date", [value]) => cast(value, DataType::Date),
        ("from_iso8601_timestamp", [value]) => call("to_lake_time", vec![value.clone()]),
        ("to_unixtime", [value]) => call("date_part", vec![text("epoch"), value.clone()]),
        ("slice", [array, start, length]) => {
            let end = sum(start.clone(), BinaryOperator::Plus, length.clone());
            let end = sum(end, BinaryOperator::Minus, number("1"));
            call("array_slice", vec![array.clone(), start.clone(), end])
        }
        ("count_if", [condition]) => {
            let one = case(condition, &number("1"), None);
            with_window(function, call("count", vec![one]))
        }
        ("max_by", [value, by]) => with_window(function, first_by(value, by, false)),
        ("min_by", [value, by]) => with_window(function, first_by(value, by, true)),
        ("none_match", [array, lambda]) => {
            not(call("any_match", vec![array.clone(), lambda.clone()]))
        }
        ("all_match", [array, Expr::Lambda(lambda)]) => {
            let mut lambda = lambda.clone();
            lambda.body = Box::new(not(Expr::Nested(lambda.body)));
            not(call("any_match", vec![array.clone(), Expr::Lambda(lambda)]))
        }
        _ => return None,
    })
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) }
}

fn cast(value: &Expr, data_type: DataType) -> Expr {
    let expr = Box::new(value.clone());
    Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None }
}

fn case(condition: &Expr, result: &Expr, other: Option<&Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition: condition.clone(), result: result.clone() }],
        else_result: other.map(|other| Box::new(other.clone())),
    }
}

/// The pattern gets a group around it, so that the first item is the whole match.
fn regexp_extract(value: &Expr, pattern: &Expr, item: Expr) -> Expr {
    let whole = call("concat", vec![text("("), pattern.clone(), text(")")]);
    call("element_at", vec![call("regexp_match", vec![value.clone(), whole]), item])
}

/// The value at the greatest or least `by`.
fn first_by(value: &Expr, by: &Expr, is_ascending: bool) -> Expr {
    let mut first = call("first_value", vec![value.clone()]);
    if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = &mut first {
        let options = OrderByOptions { asc: Some(is_ascending), nulls_first: Some(false) };
        let order = OrderByExpr { expr: by.clone(), options, with_fill: None };
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![order]));
    }
    first
}

/// Keeps FILTER and OVER of the call that is replaced.
fn with_window(function: &Function, mut call: Expr) -> Expr {
    if let Expr::Function(new) = &mut call {
        new.filter = function.filter.clone();
        new.over = function.over.clone();
    }
    call
}
