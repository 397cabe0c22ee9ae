//! Functions, scaling groups, containers.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};

const FUNCTION: &str = "AWS::Lambda::Function";
const ALIAS: &str = "AWS::Lambda::Alias";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const SCALING: &str = "AWS::AutoScaling::AutoScalingGroup";
const SERVICE: &str = "AWS::ECS::Service";
const TASK: &str = "AWS::ECS::TaskDefinition";
const CLUSTER: &str = "AWS::EKS::Cluster";
const NODES: &str = "AWS::EKS::Nodegroup";
const ENTRY: &str = "AWS::EKS::AccessEntry";

const F: &str = "function:in.FunctionName";
const F_ALIAS: &str = "{function:in.FunctionName}:{in.Name}";
const G: &str = "in.AutoScalingGroupName";
const SERVICE_ID: &str = "{name:in.cluster|=default}/{name:in.service}";

/// Members of a function's configuration that a call may set.
const CONFIGURATION: &[(&str, &str)] = &[
    ("Role", "in.Role"),
    ("Handler", "in.Handler"),
    ("Description", "in.Description"),
    ("Timeout", "in.Timeout"),
    ("MemorySize", "in.MemorySize"),
    ("VpcConfig", "in.VpcConfig"),
    ("Environment", "in.Environment"),
    ("Runtime", "in.Runtime"),
    ("DeadLetterConfig", "in.DeadLetterConfig"),
    ("KMSKeyArn", "in.KMSKeyArn"),
    ("TracingConfig", "in.TracingConfig"),
];

pub(super) const RULES: &[Rule] = &[
    rule("lambda:CreateFunction", FUNCTION, F, Do::Create("out", CONFIGURATION)),
    rule("lambda:CreateFunction", FUNCTION, F, Do::Forget(&["CodeSize", "Layers"])),
    rule("lambda:CreateFunction", FUNCTION, F, Do::Merge("out")),
    rule("lambda:UpdateFunctionConfiguration", FUNCTION, F, Do::Set(CONFIGURATION)),
    code("lambda:UpdateFunctionConfiguration", |fold| {
        if fold.call.input.get("Layers").is_some() && fold.call.answer("Layers").is_none() {
            let id = super::super::rule::function_name(fold.call.text("FunctionName"));
            fold.edit(FUNCTION, &id, |draft| draft.forget("Layers"));
        }
    }),
    rule("lambda:UpdateFunctionConfiguration", FUNCTION, F, Do::Merge("out")),
    // The digest is the answer's to tell: without it the code is another, and nobody knows which.
    rule("lambda:UpdateFunctionCode", FUNCTION, F, Do::Forget(&["CodeSha256", "CodeSize"])),
    rule(
        "lambda:UpdateFunctionCode",
        FUNCTION,
        F,
        Do::Set(&[("Code", "object:ImageUri=in.ImageUri|object:S3Key=in.S3Key")]),
    ),
    rule("lambda:UpdateFunctionCode", FUNCTION, F, Do::Merge("out")),
    rule("lambda:DeleteFunction", FUNCTION, F, Do::Delete),
    rule(
        "lambda:PutFunctionConcurrency",
        FUNCTION,
        F,
        Do::Set(&[("ReservedConcurrentExecutions", "in.ReservedConcurrentExecutions")]),
    ),
    rule(
        "lambda:DeleteFunctionConcurrency",
        FUNCTION,
        F,
        Do::Unset(&["ReservedConcurrentExecutions"]),
    ),
    code("lambda:AddPermission", add_permission),
    rule("lambda:RemovePermission", FUNCTION, F, Do::Remove("Statements", "in.StatementId")),
    rule("lambda:CreateAlias", ALIAS, F_ALIAS, Do::Create("in", &[])),
    rule("lambda:CreateAlias", ALIAS, F_ALIAS, Do::Merge("out")),
    rule(
        "lambda:UpdateAlias",
        ALIAS,
        F_ALIAS,
        Do::Set(&[
            ("FunctionVersion", "in.FunctionVersion"),
            ("Description", "in.Description"),
            ("RoutingConfig", "in.RoutingConfig"),
        ]),
    ),
    rule("lambda:UpdateAlias", ALIAS, F_ALIAS, Do::Merge("out")),
    rule("lambda:DeleteAlias", ALIAS, F_ALIAS, Do::Delete),
    rule("lambda:CreateEventSourceMapping", MAPPING, "out.UUID", Do::Create("out", &[])),
    rule(
        "lambda:UpdateEventSourceMapping",
        MAPPING,
        "in.UUID",
        Do::Set(&[
            ("BatchSize", "in.BatchSize"),
            ("MaximumBatchingWindowInSeconds", "in.MaximumBatchingWindowInSeconds"),
            ("FilterCriteria", "in.FilterCriteria"),
            ("ParallelizationFactor", "in.ParallelizationFactor"),
        ]),
    ),
    rule("lambda:UpdateEventSourceMapping", MAPPING, "in.UUID", Do::Merge("out")),
    code("lambda:UpdateEventSourceMapping", |fold| {
        let id = fold.call.text("UUID").map(str::to_owned).unwrap_or_default();
        let state = match fold.call.input.get("Enabled").and_then(Value::as_bool) {
            Some(true) => "Enabled",
            Some(false) => "Disabled",
            None => return,
        };
        let inferred = fold.inferred();
        fold.edit(MAPPING, &id, |draft| {
            draft.known_from(&inferred, |draft| draft.set("State", state));
        });
    }),
    rule("lambda:DeleteEventSourceMapping", MAPPING, "in.UUID", Do::Delete),
    rule(
        "autoscaling:CreateAutoScalingGroup",
        SCALING,
        G,
        Do::Create("in", &[("SuspendedProcesses", "![]")]),
    ),
    rule("autoscaling:CreateAutoScalingGroup", SCALING, G, Do::Forget(&["Instances"])),
    rule("autoscaling:UpdateAutoScalingGroup", SCALING, G, Do::Merge("in")),
    rule("autoscaling:DeleteAutoScalingGroup", SCALING, G, Do::Delete),
    rule(
        "autoscaling:SetDesiredCapacity",
        SCALING,
        G,
        Do::Set(&[("DesiredCapacity", "in.DesiredCapacity")]),
    ),
    code("autoscaling:SuspendProcesses", |fold| processes(fold, true)),
    code("autoscaling:ResumeProcesses", |fold| processes(fold, false)),
    rule(
        "autoscaling:AttachLoadBalancerTargetGroups",
        SCALING,
        G,
        Do::PutAll("TargetGroupARNs", "in.TargetGroupARNs"),
    ),
    rule(
        "autoscaling:DetachLoadBalancerTargetGroups",
        SCALING,
        G,
        Do::Remove("TargetGroupARNs", "in.TargetGroupARNs"),
    ),
    rule(
        "ecs:CreateService",
        SERVICE,
        "{name:in.cluster|=default}/{in.serviceName}",
        Do::Create("in", &[]),
    ),
    rule(
        "ecs:CreateService",
        SERVICE,
        "{name:in.cluster|=default}/{in.serviceName}",
        Do::Merge("out.service"),
    ),
    rule(
        "ecs:UpdateService",
        SERVICE,
        SERVICE_ID,
        Do::Set(&[
            ("taskDefinition", "in.taskDefinition"),
            ("desiredCount", "in.desiredCount"),
            ("networkConfiguration", "in.networkConfiguration"),
            ("platformVersion", "in.platformVersion"),
            ("loadBalancers", "in.loadBalancers"),
            ("healthCheckGracePeriodSeconds", "in.healthCheckGracePeriodSeconds"),
            ("capacityProviderStrategy", "in.capacityProviderStrategy"),
            ("deploymentConfiguration", "in.deploymentConfiguration"),
        ]),
    ),
    rule("ecs:UpdateService", SERVICE, SERVICE_ID, Do::Merge("out.service")),
    rule("ecs:DeleteService", SERVICE, SERVICE_ID, Do::Delete),
    rule(
        "ecs:RegisterTaskDefinition",
        TASK,
        "out.taskDefinition.taskDefinitionArn",
        Do::Create("out.taskDefinition", &[]),
    ),
    rule(
        "ecs:DeregisterTaskDefinition",
        TASK,
        "out.taskDefinition.taskDefinitionArn",
        Do::Set(&[("status", "=INACTIVE")]),
    ),
    code("eks:UpdateClusterConfig", cluster_config),
    rule("eks:UpdateClusterVersion", CLUSTER, "in.name", Do::Set(&[("version", "in.version")])),
    code("eks:UpdateNodegroupConfig", nodegroup_config),
    rule(
        "eks:CreateAccessEntry",
        ENTRY,
        "{in.clusterName}/{in.principalArn}",
        Do::Create("in", &[]),
    ),
    rule(
        "eks:CreateAccessEntry",
        ENTRY,
        "{in.clusterName}/{in.principalArn}",
        Do::Merge("out.accessEntry"),
    ),
    rule("eks:DeleteAccessEntry", ENTRY, "{in.clusterName}/{in.principalArn}", Do::Delete),
    rule(
        "eks:AssociateAccessPolicy",
        ENTRY,
        "{in.clusterName}/{in.principalArn}",
        Do::Put(
            "associatedAccessPolicies",
            &[("policyArn", "in.policyArn"), ("accessScope", "in.accessScope")],
        ),
    ),
];

fn add_permission(fold: &mut Fold<'_>) {
    let id = super::super::rule::function_name(fold.call.text("FunctionName"));
    let told = super::super::rule::eval(fold, "json:out.Statement").filter(Value::is_object);
    let statement = told.unwrap_or_else(|| {
        let of = |name: &str| fold.call.input.get(name).cloned().unwrap_or_default();
        json!({"Sid": of("StatementId"), "Effect": "Allow", "Action": of("Action"),
            "Principal": of("Principal")})
    });
    fold.edit(FUNCTION, &id, |draft| draft.put("Statements", statement));
}

/// Without a list every process is meant.
const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

fn processes(fold: &mut Fold<'_>, is_suspended: bool) {
    let Some(id) = fold.call.text("AutoScalingGroupName").map(str::to_owned) else { return };
    let mut names = fold.call.texts("ScalingProcesses");
    let is_all = names.is_empty();
    if is_all {
        names = PROCESSES.map(str::to_owned).into();
    }
    fold.edit(SCALING, &id, |draft| {
        for name in names {
            if is_suspended {
                draft.put("SuspendedProcesses", json!({"ProcessName": name}));
            } else {
                draft.remove("SuspendedProcesses", &name);
            }
        }
        if is_all && !is_suspended {
            draft.set("SuspendedProcesses", json!([]));
        }
    });
}

/// Members of members, of which the request names those that change.
fn cluster_config(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("name").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    fold.edit(CLUSTER, &id, |draft| {
        draft.set_some("logging", input.get("logging"));
        draft.set_some("accessConfig", input.get("accessConfig"));
        draft.set_parts("resourcesVpcConfig", input.get("resourcesVpcConfig"));
    });
}

fn nodegroup_config(fold: &mut Fold<'_>) {
    let (Some(cluster), Some(group)) =
        (fold.call.text("clusterName"), fold.call.text("nodegroupName"))
    else {
        return;
    };
    let (id, input) = (format!("{cluster}/{group}"), fold.call.input.clone());
    let labels = input.get("labels").cloned().unwrap_or_default();
    fold.edit(NODES, &id, |draft| {
        draft.set_parts("scalingConfig", input.get("scalingConfig"));
        draft.set_parts("labels", labels.get("addOrUpdateLabels"));
        draft.set_parts("updateConfig", input.get("updateConfig"));
        for gone in super::super::call::texts(labels.get("removeLabels")) {
            draft.unset_part("labels", &gone);
        }
        if input.get("taints").is_some() {
            draft.forget("taints");
        }
    });
}
