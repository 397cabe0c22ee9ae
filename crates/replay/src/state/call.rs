//! An event that may have changed something, in botocore form.

use serde::Deserialize;
use serde_json::Value;
use trailhound_model::{Operation, operation};
use trailhound_record::Event;

use super::Scope;
use super::form::{input_form, output_form};

/// Services whose resources are in no Region.
const GLOBAL: &[&str] = &["iam", "organizations", "route53", "route53domains", "cloudfront"];

/// What changed something: who is not asked here.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) event_id: String,
    /// What was asked for, in botocore form.
    pub(crate) input: Value,
    /// What was answered, in botocore form; an empty object when the record does not say.
    pub(crate) output: Value,
    pub(crate) has_hidden: bool,
    /// Whether the record lacks its parameters, as they were too long.
    pub(crate) is_cut: bool,
    /// Members that the model does not have.
    pub(crate) unknown: Vec<String>,
    /// Ids anywhere in the record.
    pub(crate) ids: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Parts {
    request_parameters: Value,
    response_elements: Value,
    api_version: Option<String>,
}

impl Call {
    /// Reads an event; nothing when it changed nothing, or its operation is not one that replay follows.
    pub(crate) fn read(event: &Event) -> Option<Self> {
        if event.has_failed() || event.read_only == Some(true) || event.is_insight {
            return None;
        }
        let source = event.event_source.as_deref()?;
        let operation: &'static Operation = operation(source, event.event_name.as_deref()?)?;
        let service = operation.service.id.as_str();
        let is_read =
            ["Describe", "Get", "List", "Search"].iter().any(|it| operation.name.starts_with(it));
        if is_read {
            // Old records do not say whether a call only reads.
            return None;
        }
        let parts: Parts = serde_json::from_slice(&event.raw).unwrap_or_default();
        if service == "elbv2" && parts.api_version.as_deref() == Some("2012-06-01") {
            // Classic load balancers share names of calls, and nothing else.
            return None;
        }
        let input = input_form(operation, &parts.request_parameters);
        let output = output_form(operation, &parts.response_elements);
        let region = match GLOBAL.contains(&service) {
            true => "us-east-1".to_owned(),
            false => event.aws_region.clone().unwrap_or_default(),
        };
        let account = event.account_id.clone().unwrap_or_default();
        let is_cut = is_omitted(&parts.request_parameters) || is_omitted(&parts.response_elements);
        let mut unknown = input.unknown;
        unknown.extend(output.unknown.into_iter().map(|path| format!("answer.{path}")));
        Some(Self {
            service,
            name: &operation.name,
            scope: Scope { account, region },
            event_id: event.event_id.clone().unwrap_or_default(),
            input: input.value,
            output: output.value,
            has_hidden: input.has_hidden || output.has_hidden,
            is_cut,
            unknown,
            ids: if is_cut { event.resource_ids.clone() } else { Vec::new() },
        })
    }

    /// The text of a member of the request: `VpcId`.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// The texts of a list in the request.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        texts(self.input.get(name))
    }

    /// The value at a path of the answer: `Vpc.VpcId`.
    pub(crate) fn answer(&self, path: &str) -> Option<&Value> {
        at(&self.output, path)
    }

    /// The text at a path of the answer.
    pub(crate) fn answer_text(&self, path: &str) -> Option<&str> {
        self.answer(path).and_then(Value::as_str)
    }
}

fn is_omitted(parameters: &Value) -> bool {
    let omitted = parameters.get("omitted");
    omitted.is_some_and(|it| it.as_bool() == Some(true) || it.as_str() == Some("true"))
        || parameters.as_str().is_some_and(|text| text.contains("requestParameters omitted"))
}

/// The value at a path of members: `Vpc.VpcId`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, name| value.get(name)).filter(|value| !value.is_null())
}

/// The texts of a list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
