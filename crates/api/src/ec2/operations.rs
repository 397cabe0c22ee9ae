//! The operations of Network Insights: from a call's input to its output.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trailhound_app::insights::{Caller, Filter, Insights, InsightsError, Page, Place, Select};
use trailhound_app::lookup::Position;
use trailhound_model::{Operation, operation};
use trailhound_record::Timestamp;

use super::Pairs;
use super::error::Ec2Error;
use crate::limits::INSIGHTS_RESULTS_MAX;
use crate::page_token::QueryDigest;
use crate::state::ApiState;

/// The operation with this name, if it is one of ours.
pub(super) fn find(action: &str) -> Option<&'static Operation> {
    let found = operation("ec2", action).filter(|found| found.name == action);
    found.filter(|found| found.name.contains("NetworkInsights"))
}

/// Performs a call.
pub(super) async fn perform(
    state: &Arc<ApiState>,
    caller: Caller,
    operation: &'static Operation,
    pairs: &Pairs,
) -> Result<(&'static Operation, Value), Ec2Error> {
    let input = trailhound_model::serve::read_call(operation, pairs)?;
    let call = Call { state: Arc::clone(state), caller, operation, input };
    let insights = state.insights.clone();
    // What is kept are files: the whole call may block.
    let output = state.call(move |_| call.perform(&insights)).await??;
    Ok((operation, output))
}

struct Call {
    state: Arc<ApiState>,
    caller: Caller,
    operation: &'static Operation,
    input: Value,
}

impl Call {
    fn perform(self, insights: &Insights) -> Result<Value, Ec2Error> {
        let caller = &self.caller;
        if self.input.get("DryRun") == Some(&Value::Bool(true)) {
            return Err(Ec2Error::DryRun);
        }
        match self.operation.name.as_str() {
            "CreateNetworkInsightsPath" => {
                let path = insights.create_path(caller, &self.asked()?)?;
                Ok(json!({"NetworkInsightsPath": shown(&path)?}))
            }
            "DeleteNetworkInsightsPath" => {
                self.delete("NetworkInsightsPathId", |id| insights.delete_path(caller, id))
            }
            "StartNetworkInsightsAnalysis" => {
                let analysis = insights.start_analysis(caller, &self.asked()?)?;
                Ok(json!({"NetworkInsightsAnalysis": shown(&analysis)?}))
            }
            "DeleteNetworkInsightsAnalysis" => {
                self.delete("NetworkInsightsAnalysisId", |id| insights.delete_analysis(caller, id))
            }
            "CreateNetworkInsightsAccessScope" => {
                let (scope, content) = insights.create_scope(caller, &self.asked()?)?;
                Ok(json!({
                    "NetworkInsightsAccessScope": shown(&scope)?,
                    "NetworkInsightsAccessScopeContent": shown(&content)?,
                }))
            }
            "GetNetworkInsightsAccessScopeContent" => {
                let id = self.text("NetworkInsightsAccessScopeId").unwrap_or_default();
                let content = insights.scope_content(caller, &id)?;
                Ok(json!({"NetworkInsightsAccessScopeContent": shown(&content)?}))
            }
            "DeleteNetworkInsightsAccessScope" => {
                self.delete("NetworkInsightsAccessScopeId", |id| insights.delete_scope(caller, id))
            }
            "StartNetworkInsightsAccessScopeAnalysis" => {
                let analysis = insights.start_scope_analysis(caller, &self.asked()?)?;
                Ok(json!({"NetworkInsightsAccessScopeAnalysis": shown(&analysis)?}))
            }
            "DeleteNetworkInsightsAccessScopeAnalysis" => self
                .delete("NetworkInsightsAccessScopeAnalysisId", |id| {
                    insights.delete_scope_analysis(caller, id)
                }),
            "GetNetworkInsightsAccessScopeAnalysisFindings" => self.findings(insights),
            _ => self.describe(insights),
        }
    }

    fn describe(&self, insights: &Insights) -> Result<Value, Ec2Error> {
        let caller = &self.caller;
        match self.operation.name.as_str() {
            "DescribeNetworkInsightsPaths" => {
                let select = self.select("NetworkInsightsPathIds", None)?;
                self.page("NetworkInsightsPaths", insights.paths(caller, &select)?)
            }
            "DescribeNetworkInsightsAnalyses" => {
                let mut select =
                    self.select("NetworkInsightsAnalysisIds", Some("NetworkInsightsPathId"))?;
                select.started_from = self.time("AnalysisStartTime")?;
                select.ended_until = self.time("AnalysisEndTime")?;
                self.page("NetworkInsightsAnalyses", insights.analyses(caller, &select)?)
            }
            "DescribeNetworkInsightsAccessScopes" => {
                let select = self.select("NetworkInsightsAccessScopeIds", None)?;
                self.page("NetworkInsightsAccessScopes", insights.scopes(caller, &select)?)
            }
            "DescribeNetworkInsightsAccessScopeAnalyses" => {
                let mut select = self.select(
                    "NetworkInsightsAccessScopeAnalysisIds",
                    Some("NetworkInsightsAccessScopeId"),
                )?;
                select.started_from = self.time("AnalysisStartTimeBegin")?;
                select.started_until = self.time("AnalysisStartTimeEnd")?;
                let found = insights.scope_analyses(caller, &select)?;
                self.page("NetworkInsightsAccessScopeAnalyses", found)
            }
            other => Err(Ec2Error::UnknownAction { action: other.to_owned() }),
        }
    }

    fn findings(&self, insights: &Insights) -> Result<Value, Ec2Error> {
        let id = self.text("NetworkInsightsAccessScopeAnalysisId").unwrap_or_default();
        let first = match self.after()? {
            Some(place) => place.id.parse().map_err(|_| Ec2Error::NextToken)?,
            None => 0,
        };
        let (analysis, findings, next) =
            insights.findings(&self.caller, &id, first, self.limit()?)?;
        let next = next
            .map(|number| self.token(&Place { created: String::new(), id: number.to_string() }));
        Ok(json!({
            "NetworkInsightsAccessScopeAnalysisId": id,
            "AnalysisStatus": analysis.status,
            "AnalysisFindings": shown(&findings)?,
            "NextToken": next,
        }))
    }

    fn asked<T: DeserializeOwned>(&self) -> Result<T, Ec2Error> {
        serde_json::from_value(self.input.clone()).map_err(Ec2Error::Shape)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.input.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Ec2Error> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match chrono::DateTime::parse_from_rfc3339(&value) {
            Ok(at) => Ok(Some(Timestamp(at.timestamp_micros()))),
            Err(_) => Err(Ec2Error::Time { name, value }),
        }
    }

    fn delete(
        &self,
        name: &str,
        delete: impl Fn(&str) -> Result<(), InsightsError>,
    ) -> Result<Value, Ec2Error> {
        let id = self.text(name).unwrap_or_default();
        delete(&id)?;
        Ok(json!({name: id}))
    }

    fn select(&self, ids: &str, parent: Option<&str>) -> Result<Select, Ec2Error> {
        let texts = |value: Option<&Value>| -> Vec<String> {
            let values = value.and_then(Value::as_array).into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let filters = self.input.get("Filters").and_then(Value::as_array);
        let filters = filters.into_iter().flatten().map(|filter| Filter {
            name: filter.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            values: texts(filter.get("Values")),
        });
        Ok(Select {
            ids: texts(self.input.get(ids)),
            parent: parent.and_then(|name| self.text(name)),
            filters: filters.collect(),
            after: self.after()?,
            limit: self.limit()?,
            ..Select::default()
        })
    }

    fn limit(&self) -> Result<usize, Ec2Error> {
        let Some(found) = self.input.get("MaxResults").and_then(Value::as_i64) else {
            return Ok(INSIGHTS_RESULTS_MAX);
        };
        let limit = usize::try_from(found).ok();
        let limit = limit.filter(|limit| (1..=INSIGHTS_RESULTS_MAX).contains(limit));
        limit.ok_or(Ec2Error::MaxResults { found })
    }

    fn page<T: Serialize>(&self, name: &str, page: Page<T>) -> Result<Value, Ec2Error> {
        let next = page.next.as_ref().map(|place| self.token(place));
        Ok(json!({name: shown(&page.items)?, "NextToken": next}))
    }

    /// Everything that is asked but the page.
    fn digest(&self) -> QueryDigest {
        let mut asked = self.input.clone();
        if let Some(members) = asked.as_object_mut() {
            members.remove("NextToken");
            members.remove("MaxResults");
        }
        asked.sort_all_objects();
        QueryDigest::of(&json!([self.operation.name, self.caller.region, asked]))
    }

    fn token(&self, place: &Place) -> String {
        let position = Position {
            event_time_micros: 0,
            event_key: format!("{} {}", place.created, place.id),
            account_id: String::new(),
            conflict: 0,
        };
        self.state.tokens.seal(&self.digest(), &position)
    }

    fn after(&self) -> Result<Option<Place>, Ec2Error> {
        let Some(token) = self.text("NextToken") else { return Ok(None) };
        let position = self.state.tokens.open(&self.digest(), &token).ok_or(Ec2Error::NextToken)?;
        let (created, id) = position.event_key.split_once(' ').ok_or(Ec2Error::NextToken)?;
        Ok(Some(Place { created: created.to_owned(), id: id.to_owned() }))
    }
}

fn shown(value: &impl Serialize) -> Result<Value, Ec2Error> {
    serde_json::to_value(value).map_err(Ec2Error::Write)
}
