//! CloudTrail Lake: the store as one event data store, and queries over it.
//!
//! Differences to AWS: a query runs at once; results go with the process, are not delivered to S3, and
//! statements have no aliases; the retention period is AWS's longest, for nothing is dropped by itself.
//!
//! # Source
//! botocore model `cloudtrail/2013-11-01`; API reference and user guide, "CloudTrail Lake". The text form
//! of values in `GetQueryResults` is not documented: times are `YYYY-MM-DD HH:MM:SS.fff`, null is the
//! empty text.

use crate::aws::error::AwsError;
use crate::aws::lookup_events::{epoch_number, instant};
use crate::aws::parse_body;
use crate::limits::{LAKE_RESULTS_MAX, RETENTION_DAYS_MAX, STATEMENT_LENGTH_MAX};
use crate::state::ApiState;
use serde::Deserialize;
use serde_json::{Value, json};
use trailhound_app::lake::{
    CancelQueryError, EventDataStore, QueryState, QueryStatus, ResultPage, StartQueryError,
};
use trailhound_app::sql::StatementFailure;

const NAME: &str = "trailhound";
const CATEGORIES: [&str; 4] = ["Management", "Data", "NetworkActivity", "Insight"];

/// The members of every request of this family; an operation reads its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    event_data_store: Option<String>,
    query_statement: Option<String>,
    query_alias: Option<String>,
    query_id: Option<String>,
    query_status: Option<String>,
    query_parameters: Option<Vec<String>>,
    #[serde(rename = "DeliveryS3Uri")]
    delivery_s3_uri: Option<String>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<i64>,
    max_query_results: Option<i64>,
    next_token: Option<String>,
}

/// Answers one of the operations; nothing when `operation` is none of them.
pub(crate) async fn answer(
    state: &ApiState,
    operation: &'static str,
    body: &[u8],
) -> Option<Result<Vec<u8>, AwsError>> {
    let answer = match operation {
        "ListEventDataStores" => list_event_data_stores(state, body).await,
        "GetEventDataStore" => get_event_data_store(state, body).await,
        "StartQuery" => start_query(state, body).await,
        "DescribeQuery" => describe_query(state, body).await,
        "GetQueryResults" => get_query_results(state, body).await,
        "CancelQuery" => cancel_query(state, body).await,
        "ListQueries" => list_queries(state, body).await,
        _ => return None,
    };
    Some(answer.map(|answer| answer.to_string().into_bytes()))
}

async fn list_event_data_stores(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    count(request.max_results)?;
    if request.next_token.is_some() {
        // There is one, so no page ever had a token.
        return Err(AwsError::InvalidNextToken);
    }
    let store = own_store(state).await?;
    Ok(json!({"EventDataStores": [{"EventDataStoreArn": store.arn, "Name": NAME}]}))
}

async fn get_event_data_store(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    let name = required(request.event_data_store, "EventDataStore")?;
    let store = own_store(state).await?;
    check_store(&name, &store)?;
    let selectors: Vec<Value> = CATEGORIES
        .iter()
        .map(|category| {
            json!({"Name": format!("{category} events"),
                "FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]})
        })
        .collect();
    Ok(json!({
        "EventDataStoreArn": store.arn,
        "Name": NAME,
        "Status": "ENABLED",
        "AdvancedEventSelectors": selectors,
        "MultiRegionEnabled": true,
        "OrganizationEnabled": false,
        "RetentionPeriod": RETENTION_DAYS_MAX,
        "TerminationProtectionEnabled": true,
        "CreatedTimestamp": epoch_number(store.created),
        "UpdatedTimestamp": epoch_number(store.created),
    }))
}

async fn start_query(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    if request.query_alias.is_some() || request.query_parameters.is_some() {
        return Err(AwsError::NoAliases);
    }
    if request.delivery_s3_uri.is_some() {
        return Err(AwsError::NoDelivery);
    }
    let statement = required(request.query_statement, "QueryStatement")?;
    let length = statement.chars().count();
    if !(1..=STATEMENT_LENGTH_MAX).contains(&length) {
        let detail = format!(
            "the statement must be 1 to {STATEMENT_LENGTH_MAX} characters long, found {length}"
        );
        return Err(AwsError::InvalidQueryStatement { detail });
    }
    let queries = state.queries.clone();
    let id = state.call(move |_| queries.start(&statement)).await?.map_err(start_error)?;
    Ok(json!({"QueryId": id}))
}

fn start_error(error: StartQueryError) -> AwsError {
    match error {
        StartQueryError::NoEngine => AwsError::NoSql,
        StartQueryError::TooMany => AwsError::TooManyQueries,
        StartQueryError::Statement(error) => match error.kind {
            StatementFailure::Invalid => AwsError::InvalidQueryStatement { detail: error.reason },
            StatementFailure::UnknownEventDataStore => {
                AwsError::EventDataStoreNotFound { detail: error.reason }
            }
            _ => AwsError::Statement(error),
        },
        StartQueryError::Thread(error) => AwsError::Thread(error),
    }
}

async fn describe_query(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    if request.query_alias.is_some() {
        return Err(AwsError::NoAliases);
    }
    let id = query_of(state, &request).await?;
    let (queries, asked) = (state.queries.clone(), id.clone());
    let query = state.call(move |_| queries.describe(&asked)).await?;
    let query = query.ok_or(AwsError::QueryIdNotFound { id })?;
    let mut answer = json!({
        "QueryId": query.id,
        "QueryString": query.statement,
        "QueryStatus": query.status.name(),
        "QueryStatistics": {
            "EventsMatched": query.cost.events_matched,
            "EventsScanned": query.cost.events_scanned,
            "BytesScanned": query.cost.bytes_scanned,
            "ExecutionTimeInMillis": u64::try_from(query.cost.elapsed.as_millis()).unwrap_or(u64::MAX),
            "CreationTime": epoch_number(query.created),
        },
    });
    add_error(&mut answer, &query);
    Ok(answer)
}

async fn get_query_results(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    let id = query_of(state, &request).await?;
    let max = count(request.max_query_results)?;
    let first = match &request.next_token {
        None => 0,
        Some(token) => first_row(token, &id).ok_or(AwsError::InvalidNextToken)?,
    };
    let (queries, asked) = (state.queries.clone(), id.clone());
    // Up to a thousand rows are copied and written: not on a thread that others wait for.
    let answer = state.call(move |_| {
        let page = queries.results(&asked, first, max)?;
        let is_past_the_end = first > 0 && page.rows.is_empty();
        Some(if is_past_the_end { Err(AwsError::InvalidNextToken) } else { Ok(results(page)) })
    });
    answer.await?.ok_or(AwsError::QueryIdNotFound { id })?
}

fn results(page: ResultPage) -> Value {
    let ResultPage { query, columns, rows, next } = page;
    let count = rows.len();
    let rows = rows.into_iter().map(|row| {
        let cells = columns.iter().zip(row).map(|(column, cell)| {
            let cell = Value::String(cell.unwrap_or_default());
            Value::Object([(column.clone(), cell)].into_iter().collect())
        });
        Value::Array(cells.collect())
    });
    let mut answer = json!({
        "QueryStatus": query.status.name(),
        "QueryStatistics": {
            "ResultsCount": count,
            "TotalResultsCount": query.rows,
            "BytesScanned": query.cost.bytes_scanned,
        },
        "QueryResultRows": rows.collect::<Value>(),
    });
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), Value::String(token(next, &query.id)));
    }
    add_error(&mut answer, &query);
    answer
}

/// The token of the page that starts at row `first`: results do not change, so it needs no seal.
fn token(first: usize, id: &str) -> String {
    format!("{first}.{id}")
}

fn first_row(token: &str, id: &str) -> Option<usize> {
    let (first, of) = token.split_once('.')?;
    let first = first.parse().ok().filter(|first| *first > 0)?;
    (of == id).then_some(first)
}

async fn cancel_query(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    let id = query_of(state, &request).await?;
    let (queries, asked) = (state.queries.clone(), id.clone());
    match state.call(move |_| queries.cancel(&asked)).await? {
        Ok(query) => Ok(json!({"QueryId": query.id, "QueryStatus": query.status.name()})),
        Err(CancelQueryError::NotFound) => Err(AwsError::QueryIdNotFound { id }),
        Err(CancelQueryError::Inactive) => Err(AwsError::InactiveQuery { id }),
    }
}

async fn list_queries(state: &ApiState, body: &[u8]) -> Result<Value, AwsError> {
    let request: Request = parse_body(body)?;
    let name = required(request.event_data_store, "EventDataStore")?;
    check_store(&name, &own_store(state).await?)?;
    let max = count(request.max_results)?;
    let status = match request.query_status {
        None => None,
        Some(found) => Some(
            QueryStatus::ALL
                .into_iter()
                .find(|status| status.name() == found)
                .ok_or(AwsError::InvalidQueryStatus { found })?,
        ),
    };
    let (start, end) = (request.start_time.map(instant), request.end_time.map(instant));
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(AwsError::InvalidDateRange);
    }
    let queries = state.queries.clone();
    let queries = state.call(move |_| queries.list()).await?;
    // The token is the last query shown: queries started since are before it.
    let skipped = match &request.next_token {
        None => 0,
        Some(token) => {
            let at = queries.iter().position(|query| query.id == *token);
            at.ok_or(AwsError::InvalidNextToken)? + 1
        }
    };
    let mut wanted = queries.into_iter().skip(skipped).filter(|query| {
        status.is_none_or(|status| query.status == status)
            && start.is_none_or(|start| query.created >= start)
            && end.is_none_or(|end| query.created <= end)
    });
    let page: Vec<QueryState> = wanted.by_ref().take(max).collect();
    let has_more = wanted.next().is_some();
    let items: Vec<Value> = page
        .iter()
        .map(|query| {
            json!({"QueryId": query.id, "QueryStatus": query.status.name(),
                "CreationTime": epoch_number(query.created)})
        })
        .collect();
    Ok(match page.last().filter(|_| has_more) {
        Some(last) => json!({"Queries": items, "NextToken": last.id}),
        None => json!({"Queries": items}),
    })
}

/// The query that a request names; its event data store, which AWS asks for no longer, must be ours.
async fn query_of(state: &ApiState, request: &Request) -> Result<String, AwsError> {
    if let Some(name) = &request.event_data_store {
        check_store(name, &own_store(state).await?)?;
    }
    required(request.query_id.clone(), "QueryId").map(|id| id.to_ascii_lowercase())
}

async fn own_store(state: &ApiState) -> Result<EventDataStore, AwsError> {
    Ok(state.call(|app| app.event_data_store()).await??)
}

/// Whether `name` is the UUID or the ARN of `store`.
fn check_store(name: &str, store: &EventDataStore) -> Result<(), AwsError> {
    let is_own = name.eq_ignore_ascii_case(&store.id) || name == store.arn;
    let is_id = |id: &str| uuid::Uuid::try_parse(id).is_ok();
    let is_name = match name.strip_prefix("arn:") {
        None => is_id(name),
        Some(rest) => {
            let parts: Vec<&str> = rest.splitn(5, ':').collect();
            matches!(parts.as_slice(), [_, "cloudtrail", _, _, resource]
                if resource.strip_prefix("eventdatastore/").is_some_and(is_id))
        }
    };
    match (is_own, is_name) {
        (true, _) => Ok(()),
        (false, true) => {
            let detail = format!("there is no event data store `{name}` here");
            Err(AwsError::EventDataStoreNotFound { detail })
        }
        (false, false) => Err(AwsError::EventDataStoreArnInvalid { found: name.to_owned() }),
    }
}

fn required(value: Option<String>, name: &'static str) -> Result<String, AwsError> {
    value.ok_or(AwsError::Missing { name })
}

/// How many items a page may have.
fn count(found: Option<i64>) -> Result<usize, AwsError> {
    let Some(found) = found else { return Ok(LAKE_RESULTS_MAX) };
    let max = usize::try_from(found).ok().filter(|max| (1..=LAKE_RESULTS_MAX).contains(max));
    max.ok_or(AwsError::InvalidMaxResults { found, max: LAKE_RESULTS_MAX })
}

/// Adds why the query failed, at most as long as AWS allows.
fn add_error(answer: &mut Value, query: &QueryState) {
    if let (Some(error), Some(answer)) = (&query.error, answer.as_object_mut()) {
        let message: String = error.chars().take(1_000).collect();
        answer.insert("ErrorMessage".to_owned(), Value::String(message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use trailhound_app::sql::StatementCost;
    use trailhound_record::Timestamp;

    fn query(status: QueryStatus, rows: usize) -> QueryState {
        QueryState {
            id: "11111111-2222-4333-8444-555555555555".to_owned(),
            statement: "SELECT 1".to_owned(),
            created: Timestamp(0),
            status,
            error: (status == QueryStatus::Failed).then(|| "no".to_owned()),
            cost: StatementCost { bytes_scanned: 7, ..StatementCost::default() },
            rows,
        }
    }

    #[track_caller]
    fn check_results(
        status: QueryStatus,
        rows: &[[Option<&str>; 2]],
        total: usize,
        expect: Expect,
    ) {
        let page = ResultPage {
            query: query(status, total),
            columns: vec!["a".to_owned(), "a".to_owned()],
            rows: rows.iter().map(|row| row.map(|cell| cell.map(str::to_owned)).to_vec()).collect(),
            next: (rows.len() < total).then_some(rows.len()),
        };
        expect.assert_eq(&results(page).to_string());
    }

    #[test]
    fn rows_are_lists_of_one_entry_maps_and_null_is_empty() {
        check_results(
            QueryStatus::Finished,
            &[[Some("x"), None]],
            3,
            expect![[
                r#"{"QueryStatus":"FINISHED","QueryStatistics":{"ResultsCount":1,"TotalResultsCount":3,"BytesScanned":7},"QueryResultRows":[[{"a":"x"},{"a":""}]],"NextToken":"1.11111111-2222-4333-8444-555555555555"}"#
            ]],
        );
        check_results(
            QueryStatus::Failed,
            &[],
            0,
            expect![[
                r#"{"QueryStatus":"FAILED","QueryStatistics":{"ResultsCount":0,"TotalResultsCount":0,"BytesScanned":7},"QueryResultRows":[],"ErrorMessage":"no"}"#
            ]],
        );
    }

    #[test]
    fn a_token_opens_for_its_own_query_only() {
        assert_eq!(first_row(&token(7, "id"), "id"), Some(7));
        for (token, id) in
            [("7.id", "other"), ("7", "id"), ("x.id", "id"), ("0.id", "id"), ("", "")]
        {
            assert_eq!(first_row(token, id), None, "{token}");
        }
    }

    #[test]
    fn a_store_is_named_by_its_uuid_or_its_arn() {
        let id = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0";
        let arn =
            |id: &str| format!("arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/{id}");
        let store = EventDataStore { id: id.to_owned(), arn: arn(id), created: Timestamp(0) };
        let other = "11111111-2222-4333-8444-555555555555";
        for (name, expect) in [
            (id.to_owned(), "ok"),
            (id.to_uppercase(), "ok"),
            (arn(id), "ok"),
            (other.to_owned(), "EventDataStoreNotFoundException"),
            (arn(other), "EventDataStoreNotFoundException"),
            ("trailhound".to_owned(), "EventDataStoreARNInvalidException"),
            (format!("arn:aws:s3:::{id}"), "EventDataStoreARNInvalidException"),
        ] {
            let found = check_store(&name, &store).map_or_else(|error| error.shape(), |()| "ok");
            assert_eq!(found, expect, "{name}");
        }
    }
}
