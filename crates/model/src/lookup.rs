//! From the names in a record to the operation.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::table::{Operation, read};

/// Names of a service: botocore's, CloudTrail's, the command line's; and its table.
macro_rules! tables {
    ($($file:literal: $($name:literal)*;)*) => {
        const TABLES: &[(&[&str], &str)] =
            &[$((&[$file, $($name),*], include_str!(concat!("../tables/", $file, ".json"))),)*];
    };
}

tables! {
    "acm":;
    "apigateway":;
    "autoscaling":;
    "cloudfront":;
    "cloudtrail":;
    "cloudwatch": "monitoring";
    "config": "configservice";
    "directconnect":;
    "dynamodb":;
    "ec2":;
    "ecr":;
    "ecs":;
    "efs": "elasticfilesystem";
    "eks":;
    "elasticache":;
    "elbv2": "elasticloadbalancing";
    "events":;
    "iam":;
    "kms":;
    "lambda":;
    "network-firewall":;
    "organizations":;
    "ram":;
    "rds":;
    "route53":;
    "route53domains":;
    "route53resolver":;
    "s3": "s3api";
    "secretsmanager":;
    "sns":;
    "sqs":;
    "ssm":;
    "stepfunctions": "states";
    "sts":;
    "wafv2":;
}

/// Event names that no rule leads to their operation.
///
/// # Source
/// S3 user guide, "Amazon S3 CloudTrail events".
const RENAMED: &[(&str, &str, &str)] = &[
    ("s3", "PutBucketPublicAccessBlock", "PutPublicAccessBlock"),
    ("s3", "GetBucketPublicAccessBlock", "GetPublicAccessBlock"),
    ("s3", "DeleteBucketPublicAccessBlock", "DeletePublicAccessBlock"),
    ("s3", "PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    ("s3", "GetBucketLifecycle", "GetBucketLifecycleConfiguration"),
    ("s3", "PutBucketNotification", "PutBucketNotificationConfiguration"),
    ("s3", "GetBucketNotification", "GetBucketNotificationConfiguration"),
];

type Tables = HashMap<&'static str, LazyLock<HashMap<String, Operation>, Load>>;
type Load = Box<dyn FnOnce() -> HashMap<String, Operation> + Send + Sync>;

// Each table is read when it is first asked for: most programs speak of a few services.
static LOADED: LazyLock<Tables> = LazyLock::new(|| {
    let tables = TABLES.iter().filter_map(|(names, text)| {
        // The texts are compiled in; the test `every_table_is_whole` reads them all.
        let load: Load = Box::new(|| read(text).unwrap_or_default());
        Some((*names.first()?, LazyLock::new(load)))
    });
    tables.collect()
});

fn table(service: &str) -> Option<&'static HashMap<String, Operation>> {
    let (names, _) = TABLES.iter().find(|(names, _)| names.contains(&service))?;
    LOADED.get(names.first()?).map(|table| &**table)
}

/// Finds the operation that a record calls `event_name`.
///
/// Shape: `service` is an event source with or without `.amazonaws.com`, or the service's name in
/// botocore or on the command line. A version at the end of an event name, as in
/// `UpdateFunctionCode20150331v2`, does not count.
pub fn operation(service: &str, event_name: &str) -> Option<&'static Operation> {
    let service = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    let table = table(service)?;
    let find = |name: &str| table.get(name);
    let renamed = || {
        let (_, _, name) =
            RENAMED.iter().find(|(of, event, _)| *of == service && *event == event_name)?;
        find(name)
    };
    find(event_name).or_else(|| find(versionless(event_name))).or_else(renamed)
}

/// All operations of a service, in no order.
pub fn operations(service: &str) -> impl Iterator<Item = &'static Operation> {
    table(service).into_iter().flat_map(HashMap::values)
}

/// `CreateFunction` of `CreateFunction20150331` and `UpdateAlias2015_03_31v2`.
fn versionless(name: &str) -> &str {
    let without_minor = match name.rsplit_once('v') {
        Some((rest, minor)) if is_digits(minor) && rest.ends_with(|c: char| c.is_ascii_digit()) => {
            rest
        }
        _ => name,
    };
    let bare = without_minor.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let version = without_minor.len() - bare.len();
    if (8..=10).contains(&version) { bare } else { name }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Reference, Shape, Type};

    #[test]
    fn every_table_is_whole() {
        let listed: Vec<&str> = include_str!("../operations.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .filter(|word| !word.ends_with(':'))
            .collect();
        let mut found = 0;
        for (names, text) in TABLES {
            let table = read(text).unwrap();
            found += table.len();
            for operation in table.values() {
                assert!(listed.contains(&operation.name.as_str()), "{}", operation.name);
                let wants_input = operation.uri.contains('{');
                assert!(!wants_input || operation.input.is_some(), "{} {names:?}", operation.name);
            }
        }
        assert_eq!(found, listed.len());
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        for (_, text) in TABLES {
            let table = read(text).unwrap();
            let text: serde_json::Value = serde_json::from_str(text).unwrap();
            let shapes = text["shapes"].as_object().unwrap();
            let service = &table.values().next().unwrap().service;
            let references = service.shapes.iter().flat_map(|shape| match shape {
                Shape::Structure(it) => it.members.iter().map(|it| &it.reference).collect(),
                Shape::List { element, .. } => vec![element],
                Shape::Map { key, value, .. } => vec![key, value],
            });
            let shaped =
                references.filter(|it: &&Reference| matches!(it.of, Type::Shape(_))).count();
            let is_scalar = |text: &str| {
                ["string", "integer", "number", "boolean", "timestamp", "blob"].contains(&text)
            };
            let named = shapes.values().flat_map(|shape| {
                let members = shape["members"].as_object();
                let sides = ["list", "key", "value"].map(|side| shape[side].clone());
                members.into_iter().flat_map(|it| it.values().cloned()).chain(sides)
            });
            let named = named
                .filter_map(|it| it.as_str().or_else(|| it["is"].as_str()).map(str::to_owned))
                .filter(|name| !is_scalar(name))
                .count();
            assert_eq!(shaped, named, "{}", service.id);
        }
    }

    #[track_caller]
    fn check(service: &str, event_name: &str, expected: Option<&str>) {
        assert_eq!(operation(service, event_name).map(|it| it.name.as_str()), expected);
    }

    #[test]
    fn event_names_lead_to_operations() {
        check("ec2", "ReplaceRoute", Some("ReplaceRoute"));
        check("ec2.amazonaws.com", "ReplaceRoute", Some("ReplaceRoute"));
        check("lambda", "UpdateFunctionCode20150331v2", Some("UpdateFunctionCode"));
        check("lambda", "DeleteFunction20150331", Some("DeleteFunction"));
        check("lambda", "PutFunctionConcurrency20171031", Some("PutFunctionConcurrency"));
        check("s3.amazonaws.com", "PutBucketPublicAccessBlock", Some("PutPublicAccessBlock"));
        check("elasticloadbalancing", "SetSubnets", Some("SetSubnets"));
        check("states", "UpdateStateMachine", Some("UpdateStateMachine"));
        check("ec2", "NoSuchCall", None);
        check("nosuch", "ReplaceRoute", None);
    }
}
