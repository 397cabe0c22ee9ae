//! Functions, groups of instances, containers, and what stands in front of them.
//!
//! Bodies have the shape of the services' descriptions; a function's body is its configuration with
//! `ReservedConcurrentExecutions` and its policy's `Statements`, a cluster's that of `DescribeCluster`.

use super::super::code::compute;
use super::super::row::{Row, ended, removed, set};
use super::super::types::Class::{Compensating, Exact, Partial};

const FUNCTION: &str = "AWS::Lambda::Function function:req.FunctionName";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping req.UUID";

pub(super) const FUNCTIONS: &[Row] = &[
    set(
        "UpdateFunctionConfiguration",
        FUNCTION,
        &["UpdateFunctionConfiguration FunctionName=id *"],
    )
    .of("lambda")
    .back(&[
        "Role",
        "Handler",
        "Description",
        "Timeout",
        "MemorySize",
        "Runtime",
        "VpcConfig.SubnetIds=VpcConfig.SubnetIds",
        "VpcConfig.SecurityGroupIds=VpcConfig.SecurityGroupIds",
        "Layers=Layers[].Arn",
        "DeadLetterConfig",
        "KMSKeyArn",
        "TracingConfig",
        "EphemeralStorage",
        "Environment",
    ])
    .class(Partial)
    .lost(&["environment variables: they are in no event, and may be secrets"])
    .notes(&["an alias that goes back to a published version is the safer way"]),
    set("UpdateFunctionCode", FUNCTION, &["UpdateFunctionCode FunctionName=id"])
        .of("lambda")
        .class(Partial)
        .code(compute::code_back)
        .lost(&["the code, unless the artefact still exists"]),
    set(
        "UpdateAlias",
        "AWS::Lambda::Alias alias:",
        &["UpdateAlias FunctionName=req.FunctionName Name=req.Name *"],
    )
    .of("lambda")
    .back(&["FunctionVersion", "Description", "RoutingConfig"]),
    set(
        "PutFunctionConcurrency",
        FUNCTION,
        &["PutFunctionConcurrency FunctionName=id \
          ReservedConcurrentExecutions=old.ReservedConcurrentExecutions"],
    )
    .of("lambda")
    .touches(&["ReservedConcurrentExecutions"])
    .or_none(&["DeleteFunctionConcurrency FunctionName=id"])
    .check("GetFunctionConcurrency FunctionName=id")
    .lax()
    .notes(&["0 stops the function"]),
    set("UpdateEventSourceMapping", MAPPING, &["UpdateEventSourceMapping UUID=id *"])
        .of("lambda")
        .back(&[
            "FunctionName=FunctionArn",
            "Enabled=is_enabled:State",
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "ParallelizationFactor",
            "MaximumRetryAttempts",
            "BisectBatchOnFunctionError",
            "FilterCriteria",
        ]),
    ended(
        "DeleteEventSourceMapping",
        MAPPING,
        &["CreateEventSourceMapping FunctionName=old.FunctionArn \
          EventSourceArn=old.EventSourceArn BatchSize?=old.BatchSize \
          FilterCriteria?=old.FilterCriteria StartingPosition?=old.StartingPosition"],
    )
    .of("lambda")
    .new_id("UUID")
    .lost(&["the mapping's id; its position in a stream may be lost"]),
    removed(
        "RemovePermission",
        FUNCTION,
        &["Statements[{req.StatementId}]"],
        &["AddPermission FunctionName=id StatementId=req.StatementId"],
    )
    .of("lambda")
    .code(compute::permission_back)
    .check("GetPolicy FunctionName=id")
    .widens(),
];

const SCALING_GROUP: &str = "AWS::AutoScaling::AutoScalingGroup req.AutoScalingGroupName";

pub(super) const SCALING: &[Row] = &[
    set(
        "UpdateAutoScalingGroup",
        SCALING_GROUP,
        &["UpdateAutoScalingGroup AutoScalingGroupName=id *"],
    )
    .of("autoscaling")
    .back(&[
        "LaunchConfigurationName",
        "LaunchTemplate=launch_template:LaunchTemplate",
        "MinSize",
        "MaxSize",
        "DesiredCapacity",
        "DefaultCooldown",
        "AvailabilityZones",
        "HealthCheckType",
        "HealthCheckGracePeriod",
        "VPCZoneIdentifier",
        "TerminationPolicies",
        "NewInstancesProtectedFromScaleIn",
        "MaxInstanceLifetime",
        "CapacityRebalance",
    ])
    .notes(&["instances that were ended do not come back: new ones start"]),
    set(
        "SetDesiredCapacity",
        SCALING_GROUP,
        &["SetDesiredCapacity AutoScalingGroupName=id DesiredCapacity=old.DesiredCapacity"],
    )
    .of("autoscaling")
    .touches(&["DesiredCapacity"])
    .notes(&["policies change it too, with no caller"]),
    set("SuspendProcesses", SCALING_GROUP, &["ResumeProcesses AutoScalingGroupName=id"])
        .of("autoscaling")
        .code(compute::processes_back),
    removed(
        "DetachLoadBalancerTargetGroups",
        SCALING_GROUP,
        &[],
        &["AttachLoadBalancerTargetGroups AutoScalingGroupName=id TargetGroupARNs=req.TargetGroupARNs"],
    )
    .of("autoscaling"),
    ended(
        "DeleteAutoScalingGroup",
        SCALING_GROUP,
        &["CreateAutoScalingGroup AutoScalingGroupName=id MinSize=old.MinSize MaxSize=old.MaxSize \
          DesiredCapacity?=old.DesiredCapacity \
          LaunchTemplate?=launch_template:old.LaunchTemplate \
          LaunchConfigurationName?=old.LaunchConfigurationName \
          VPCZoneIdentifier=old.VPCZoneIdentifier TargetGroupARNs?=old.TargetGroupARNs \
          HealthCheckType?=old.HealthCheckType \
          HealthCheckGracePeriod?=old.HealthCheckGracePeriod"],
    )
    .of("autoscaling")
    .lost(&["the instances; policies, schedules and hooks of the group"]),
];

const SERVICE: &str = "AWS::ECS::Service under:req.cluster:default:req.service";

pub(super) const CONTAINERS: &[Row] = &[
    set("UpdateService", SERVICE, &["UpdateService cluster?=req.cluster service=req.service *"])
        .of("ecs")
        .back(&[
            "taskDefinition",
            "desiredCount",
            "networkConfiguration",
            "deploymentConfiguration",
            "capacityProviderStrategy",
            "platformVersion",
            "healthCheckGracePeriodSeconds",
            "loadBalancers",
            "enableExecuteCommand",
        ])
        .notes(&["tasks are replaced one after another"]),
    set(
        "RegisterTaskDefinition",
        "AWS::ECS::TaskDefinition res.taskDefinition.taskDefinitionArn",
        &["DeregisterTaskDefinition taskDefinition=id"],
    )
    .of("ecs")
    .notes(&["services that use it must go back to the revision before first"]),
    set(
        "DeregisterTaskDefinition",
        "AWS::ECS::TaskDefinition res.taskDefinition.taskDefinitionArn|req.taskDefinition",
        &["RegisterTaskDefinition family=res.taskDefinition.family|old.family \
          containerDefinitions=res.taskDefinition.containerDefinitions|old.containerDefinitions \
          taskRoleArn?=res.taskDefinition.taskRoleArn|old.taskRoleArn \
          executionRoleArn?=res.taskDefinition.executionRoleArn|old.executionRoleArn \
          networkMode?=res.taskDefinition.networkMode|old.networkMode \
          volumes?=res.taskDefinition.volumes|old.volumes \
          requiresCompatibilities?=res.taskDefinition.requiresCompatibilities|old.requiresCompatibilities \
          cpu?=res.taskDefinition.cpu|old.cpu memory?=res.taskDefinition.memory|old.memory \
          runtimePlatform?=res.taskDefinition.runtimePlatform|old.runtimePlatform"],
    )
    .of("ecs")
    .touches(&["status"])
    .check("DescribeTaskDefinition taskDefinition=step1.taskDefinition.taskDefinitionArn")
    .class(Compensating)
    .lost(&["the revision's number"])
    .notes(&["the definition can still be described while it is inactive"]),
    ended(
        "DeleteService",
        SERVICE,
        &["CreateService cluster?=req.cluster serviceName=last:req.service taskDefinition=old.taskDefinition \
          desiredCount=old.desiredCount launchType?=old.launchType \
          networkConfiguration?=old.networkConfiguration loadBalancers?=old.loadBalancers \
          deploymentConfiguration?=old.deploymentConfiguration"],
    )
    .of("ecs")
    .lost(&["the tasks that ran"]),
    set("UpdateClusterConfig", "AWS::EKS::Cluster req.name", &["UpdateClusterConfig name=id *"])
        .of("eks")
        .back(&[
            "resourcesVpcConfig.endpointPublicAccess=resourcesVpcConfig.endpointPublicAccess",
            "resourcesVpcConfig.endpointPrivateAccess=resourcesVpcConfig.endpointPrivateAccess",
            "resourcesVpcConfig.publicAccessCidrs=resourcesVpcConfig.publicAccessCidrs",
            "resourcesVpcConfig.subnetIds=resourcesVpcConfig.subnetIds",
            "resourcesVpcConfig.securityGroupIds=resourcesVpcConfig.securityGroupIds",
            "logging",
        ])
        .widens()
        .notes(&["without the public endpoint, pipelines and kubectl outside the VPC are cut off"]),
    set(
        "UpdateNodegroupConfig",
        "AWS::EKS::Nodegroup key:req.clusterName/req.nodegroupName",
        &["UpdateNodegroupConfig clusterName=req.clusterName nodegroupName=req.nodegroupName *"],
    )
    .of("eks")
    .back(&["scalingConfig", "updateConfig"])
    .notes(&["labels and taints that the event changed are not set back: see the description"]),
    ended(
        "DeleteAccessEntry",
        "AWS::EKS::AccessEntry key:req.clusterName/req.principalArn",
        &[
            "CreateAccessEntry clusterName=req.clusterName principalArn=req.principalArn \
             kubernetesGroups?=old.kubernetesGroups username?=old.username type=old.type",
            "@associatedAccessPolicies AssociateAccessPolicy clusterName=req.clusterName \
             principalArn=req.principalArn policyArn=each.policyArn accessScope=each.accessScope",
        ],
    )
    .of("eks")
    .class(Exact)
    .widens(),
];

const STAGE: &str = "AWS::ApiGateway::Stage key:req.restApiId/req.stageName";

pub(super) const INTERFACES: &[Row] = &[
    set("UpdateStage", STAGE, &["UpdateStage"]).of("apigateway").code(compute::stage_back),
    set(
        "CreateDeployment",
        STAGE,
        &["UpdateStage restApiId=req.restApiId stageName=req.stageName \
          patchOperations=replace:/deploymentId:old.deploymentId"],
    )
    .of("apigateway")
    .touches(&["deploymentId"]),
    set(
        "UpdateStateMachine",
        "AWS::StepFunctions::StateMachine req.stateMachineArn",
        &["UpdateStateMachine stateMachineArn=id *"],
    )
    .of("stepfunctions")
    .back(&[
        "definition=text:definition",
        "roleArn",
        "loggingConfiguration",
        "tracingConfiguration",
    ])
    .class(Partial)
    .lost(&["the definition, unless it is described: it is in no event"]),
    set(
        "SetRepositoryPolicy",
        "AWS::ECR::Repository req.repositoryName",
        &["SetRepositoryPolicy repositoryName=id policyText=text:old.policyText"],
    )
    .of("ecr")
    .touches(&["policyText"])
    .or_none(&["DeleteRepositoryPolicy repositoryName=id"])
    .lax()
    .widens()
    .containment(super::super::row::Containment::Denies("policyText")),
    set(
        "DisableAlarmActions",
        "AWS::CloudWatch::Alarm req.AlarmNames[#0]",
        &["EnableAlarmActions AlarmNames=req.AlarmNames"],
    )
    .of("cloudwatch")
    .touches(&["ActionsEnabled"])
    .notes(&["without their actions, alarms tell nobody"]),
    ended("DeleteAlarms", "AWS::CloudWatch::Alarm req.AlarmNames[#0]", &["PutMetricAlarm"])
        .of("cloudwatch")
        .class(Exact)
        .code(compute::alarms_back)
        .lost(&["the alarms' history"]),
];
