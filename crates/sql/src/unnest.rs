//! `FROM t CROSS JOIN UNNEST(array) AS u(x)`, which the engine has in the list of columns only.

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, Join, JoinConstraint, JoinOperator, Query, Select,
    TableAlias, TableFactor, TableWithJoins, Value,
};

use crate::error::QueryError;
use crate::statement::parse_query;

/// Puts a sub-query in the place of every UNNEST of `select`; returns the names that qualified their
/// columns.
///
/// # Errors
/// [`QueryError::Invalid`] when an UNNEST follows a join: names could not be kept apart.
pub(crate) fn rewrite_unnest(select: &mut Select) -> Result<Vec<String>, QueryError> {
    let mut aliases = Vec::new();
    merge_commas(select);
    for from in &mut select.from {
        while let Some(at) = from.joins.iter().position(|join| unnest_of(&join.relation).is_some())
        {
            if at > 0 {
                let reason = "UNNEST must follow its table, before other joins".to_owned();
                return Err(QueryError::Invalid { reason });
            }
            let join = from.joins.remove(0);
            if !is_cross(&join.join_operator) {
                let reason =
                    "UNNEST is for CROSS JOIN, or JOIN … ON true: put conditions into WHERE";
                return Err(QueryError::Invalid { reason: reason.to_owned() });
            }
            if let Some((argument, alias)) = unnest_of(&join.relation) {
                // Without a list of columns the name is the column's own.
                let named = alias.filter(|alias| !alias.columns.is_empty());
                aliases.extend(named.map(|alias| alias.name.value.to_lowercase()));
                from.relation = joined(&from.relation, &argument, alias)?;
            }
        }
    }
    Ok(aliases)
}

/// Whether a join keeps every pair of rows, and no row without one.
fn is_cross(operator: &JoinOperator) -> bool {
    let is_true = |constraint: &JoinConstraint| match constraint {
        JoinConstraint::None => true,
        JoinConstraint::On(Expr::Value(value)) => matches!(value.value, Value::Boolean(true)),
        _ => false,
    };
    match operator {
        JoinOperator::CrossJoin(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Join(constraint) => is_true(constraint),
        _ => false,
    }
}

/// `FROM t, UNNEST(…)` is a cross join too.
fn merge_commas(select: &mut Select) {
    let mut merged: Vec<TableWithJoins> = Vec::new();
    for from in select.from.drain(..) {
        match merged.last_mut() {
            Some(before) if unnest_of(&from.relation).is_some() => {
                let operator = JoinOperator::CrossJoin(JoinConstraint::None);
                let (relation, global) = (from.relation, false);
                before.joins.push(Join { relation, global, join_operator: operator });
                before.joins.extend(from.joins);
            }
            _ => merged.push(from),
        }
    }
    select.from = merged;
}

/// The argument and the alias of an UNNEST.
fn unnest_of(factor: &TableFactor) -> Option<(String, Option<&TableAlias>)> {
    let TableFactor::Table { name, args: Some(args), alias, .. } = factor else { return None };
    if !name.to_string().eq_ignore_ascii_case("unnest") {
        return None;
    }
    match args.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => {
            Some((expr.to_string(), alias.as_ref()))
        }
        _ => None,
    }
}

fn joined(
    relation: &TableFactor,
    argument: &str,
    alias: Option<&TableAlias>,
) -> Result<TableFactor, QueryError> {
    let columns: Vec<String> = match alias {
        Some(alias) if alias.columns.is_empty() => vec![alias.name.to_string()],
        Some(alias) => alias.columns.iter().map(|column| column.name.to_string()).collect(),
        None => vec!["_unnest".to_owned()],
    };
    let condition = format!("WHERE cardinality({argument}) > 0");
    let sql = match columns.as_slice() {
        [key, value] => format!(
            "SELECT *, _entry['key'] AS {key}, _entry['value'] AS {value} FROM \
             (SELECT *, unnest(map_entries({argument})) AS _entry FROM {relation} {condition})"
        ),
        [column] => format!("SELECT *, unnest({argument}) AS {column} FROM {relation} {condition}"),
        _ => {
            let reason = "UNNEST gives one column, or two of a map".to_owned();
            return Err(QueryError::Invalid { reason });
        }
    };
    let subquery: Box<Query> = parse_query(&sql)?;
    let name = match relation {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } => Some(alias.name.clone()),
        TableFactor::Table { name, .. } => Some(Ident::new(name.to_string())),
        _ => None,
    };
    let alias = name.map(|name| TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    Ok(TableFactor::Derived { lateral: false, subquery, alias, sample: None })
}
