//! Queues, topics, event rules, stages; and what watches the account.

use serde_json::Value;

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};

const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";
const SUBSCRIPTION: &str = "AWS::SNS::Subscription";
const EVENT_RULE: &str = "AWS::Events::Rule";
const STAGE: &str = "AWS::ApiGateway::Stage";
const MACHINE: &str = "AWS::StepFunctions::StateMachine";
const REPOSITORY: &str = "AWS::ECR::Repository";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const TRAIL: &str = "AWS::CloudTrail::Trail";
const RECORDER: &str = "AWS::Config::ConfigurationRecorder";

const RULE_ID: &str = "{name:in.EventBusName|=default}/{in.Name}";
const TARGET_RULE: &str = "{name:in.EventBusName|=default}/{in.Rule}";
const STAGE_ID: &str = "{in.restApiId}/{in.stageName}";

pub(super) const RULES: &[Rule] = &[
    rule(
        "sqs:CreateQueue",
        QUEUE,
        "out.QueueUrl",
        Do::Create("!{}", &[("Attributes", "in.Attributes")]),
    ),
    // A new queue has defaults for what the request leaves out.
    rule("sqs:CreateQueue", QUEUE, "out.QueueUrl", Do::Forget(&["Attributes"])),
    rule("sqs:CreateQueue", QUEUE, "out.QueueUrl", Do::Parts("Attributes", "in.Attributes")),
    rule("sqs:SetQueueAttributes", QUEUE, "in.QueueUrl", Do::Parts("Attributes", "in.Attributes")),
    rule("sqs:DeleteQueue", QUEUE, "in.QueueUrl", Do::Delete),
    code("sns:SetTopicAttributes", |fold| {
        let (Some(id), Some(name)) = (fold.call.text("TopicArn"), fold.call.text("AttributeName"))
        else {
            return;
        };
        let value = fold.call.input.get("AttributeValue").cloned().unwrap_or_default();
        let attributes = Value::Object([(name.to_owned(), value)].into_iter().collect());
        let id = id.to_owned();
        fold.edit(TOPIC, &id, |draft| draft.set_parts("Attributes", Some(&attributes)));
    }),
    rule(
        "sns:Subscribe",
        SUBSCRIPTION,
        "out.SubscriptionArn",
        Do::Create(
            "!{}",
            &[
                ("TopicArn", "in.TopicArn"),
                ("Protocol", "in.Protocol"),
                ("Endpoint", "in.Endpoint"),
                ("Attributes", "in.Attributes"),
            ],
        ),
    ),
    rule("sns:Unsubscribe", SUBSCRIPTION, "in.SubscriptionArn", Do::Delete),
    code("events:PutRule", put_rule),
    rule("events:DeleteRule", EVENT_RULE, RULE_ID, Do::Delete),
    rule("events:EnableRule", EVENT_RULE, RULE_ID, Do::Set(&[("State", "=ENABLED")])),
    rule("events:DisableRule", EVENT_RULE, RULE_ID, Do::Set(&[("State", "=DISABLED")])),
    rule("events:PutTargets", EVENT_RULE, TARGET_RULE, Do::PutAll("Targets", "in.Targets")),
    rule("events:RemoveTargets", EVENT_RULE, TARGET_RULE, Do::Remove("Targets", "in.Ids")),
    code("apigateway:UpdateStage", patch_stage),
    rule("apigateway:UpdateStage", STAGE, STAGE_ID, Do::Merge("out")),
    rule(
        "apigateway:CreateDeployment",
        STAGE,
        STAGE_ID,
        Do::Set(&[("deploymentId", "out.id"), ("stageName", "in.stageName")]),
    ),
    rule(
        "stepfunctions:UpdateStateMachine",
        MACHINE,
        "in.stateMachineArn",
        Do::Set(&[
            ("definition", "in.definition"),
            ("roleArn", "in.roleArn"),
            ("loggingConfiguration", "in.loggingConfiguration"),
            ("tracingConfiguration", "in.tracingConfiguration"),
        ]),
    ),
    rule(
        "ecr:SetRepositoryPolicy",
        REPOSITORY,
        "in.repositoryName",
        Do::Set(&[("policyText", "json:in.policyText")]),
    ),
    rule("ecr:DeleteRepositoryPolicy", REPOSITORY, "in.repositoryName", Do::Unset(&["policyText"])),
    rule("ecr:BatchDeleteImage", REPOSITORY, "in.repositoryName", Do::Forget(&["imageDetails"])),
    rule("ecr:PutImage", REPOSITORY, "in.repositoryName", Do::Forget(&["imageDetails"])),
];

/// What watches the account: alarms, trails, recorders.
pub(super) const AUDIT: &[Rule] = &[
    rule("cloudwatch:PutMetricAlarm", ALARM, "in.AlarmName", Do::Create("in", &[])),
    code("cloudwatch:PutMetricAlarm", |fold| {
        let Some(id) = fold.call.text("AlarmName").map(str::to_owned) else { return };
        let is_told = fold.call.input.get("ActionsEnabled").is_some();
        let inferred = fold.inferred();
        fold.edit(ALARM, &id, |draft| {
            if !is_told {
                draft.known_from(&inferred, |draft| draft.set("ActionsEnabled", true));
            }
            draft.forget("StateValue");
        });
    }),
    rule("cloudwatch:DeleteAlarms", ALARM, "in.AlarmNames", Do::Delete),
    rule(
        "cloudwatch:DisableAlarmActions",
        ALARM,
        "in.AlarmNames",
        Do::Set(&[("ActionsEnabled", "!false")]),
    ),
    rule(
        "cloudwatch:EnableAlarmActions",
        ALARM,
        "in.AlarmNames",
        Do::Set(&[("ActionsEnabled", "!true")]),
    ),
    rule("cloudtrail:CreateTrail", TRAIL, "name:in.Name", Do::Create("in", &[])),
    rule("cloudtrail:CreateTrail", TRAIL, "name:in.Name", Do::Merge("out")),
    rule("cloudtrail:CreateTrail", TRAIL, "name:in.Name", Do::Set(&[("IsLogging", "!false")])),
    rule(
        "cloudtrail:UpdateTrail",
        TRAIL,
        "name:in.Name",
        Do::Set(&[
            ("S3BucketName", "in.S3BucketName"),
            ("S3KeyPrefix", "in.S3KeyPrefix"),
            ("IncludeGlobalServiceEvents", "in.IncludeGlobalServiceEvents"),
            ("IsMultiRegionTrail", "in.IsMultiRegionTrail"),
            ("LogFileValidationEnabled", "in.EnableLogFileValidation"),
            ("CloudWatchLogsLogGroupArn", "in.CloudWatchLogsLogGroupArn"),
            ("KmsKeyId", "in.KmsKeyId"),
        ]),
    ),
    rule("cloudtrail:UpdateTrail", TRAIL, "name:in.Name", Do::Merge("out")),
    rule("cloudtrail:DeleteTrail", TRAIL, "name:in.Name", Do::Delete),
    rule("cloudtrail:StartLogging", TRAIL, "name:in.Name", Do::Set(&[("IsLogging", "!true")])),
    rule("cloudtrail:StopLogging", TRAIL, "name:in.Name", Do::Set(&[("IsLogging", "!false")])),
    // The new selectors take the place of those of either kind.
    rule(
        "cloudtrail:PutEventSelectors",
        TRAIL,
        "name:in.TrailName",
        Do::Unset(&["EventSelectors", "AdvancedEventSelectors"]),
    ),
    rule(
        "cloudtrail:PutEventSelectors",
        TRAIL,
        "name:in.TrailName",
        Do::Set(&[
            ("EventSelectors", "in.EventSelectors"),
            ("AdvancedEventSelectors", "in.AdvancedEventSelectors"),
        ]),
    ),
    rule(
        "config:StartConfigurationRecorder",
        RECORDER,
        "in.ConfigurationRecorderName",
        Do::Set(&[("recording", "!true")]),
    ),
    rule(
        "config:StopConfigurationRecorder",
        RECORDER,
        "in.ConfigurationRecorderName",
        Do::Set(&[("recording", "!false")]),
    ),
];

/// A rule is put whole, but its targets stay.
fn put_rule(fold: &mut Fold<'_>) {
    let Some(id) = super::super::rule::eval(fold, RULE_ID) else { return };
    let id = id.as_str().unwrap_or_default().to_owned();
    let input = fold.call.input.clone();
    let arn = fold.call.answer("RuleArn").cloned();
    let inferred = fold.inferred();
    fold.edit(EVENT_RULE, &id, |draft| {
        for name in ["Name", "EventPattern", "ScheduleExpression", "Description", "RoleArn"] {
            match input.get(name) {
                Some(value) => draft.set(name, value.clone()),
                None => draft.unset(name),
            }
        }
        draft.set_some("Arn", arn.as_ref());
        match input.get("State") {
            Some(state) => draft.set("State", state.clone()),
            None => draft.known_from(&inferred, |draft| draft.set("State", "ENABLED")),
        }
    });
}

/// The members that `patchOperations` name: `/deploymentId`, `/variables/x`.
fn patch_stage(fold: &mut Fold<'_>) {
    let Some(id) = super::super::rule::eval(fold, STAGE_ID) else { return };
    let id = id.as_str().unwrap_or_default().to_owned();
    let patches = fold.call.input.get("patchOperations").and_then(Value::as_array).cloned();
    fold.edit(STAGE, &id, |draft| {
        for patch in patches.into_iter().flatten() {
            let path = patch.get("path").and_then(Value::as_str).unwrap_or_default();
            let name = path.trim_start_matches('/');
            match (name.split_once('/'), patch.get("value")) {
                (None, Some(value)) if !name.is_empty() => draft.set(name, value.clone()),
                (None, None) if !name.is_empty() => draft.unset(name),
                // A part of a member; which part it becomes, the answer tells.
                (Some((member, _)), _) => draft.forget(member),
                (None, _) => {}
            }
        }
    });
}
