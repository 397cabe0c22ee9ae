//! Events that nothing takes back, and why.
//!
//! Where something can be made in place of what is gone, its calls are in the plan, held back: a
//! replacement is never called an undo.

use super::code::access::parameter_again;
use super::row::{Row, ended, set};
use super::types::Class::Irreversible;

pub(crate) const ROWS: &[Row] = &[
    set("RebootInstances", "AWS::EC2::Instance req.InstanceIds[#0]", &[])
        .class(Irreversible)
        .lost(&["nothing to take back: the instances run again by themselves"]),
    ended(
        "TerminateInstances",
        "AWS::EC2::Instance req.InstanceIds[#0]",
        &["RunInstances ImageId=old.ImageId InstanceType=old.InstanceType MinCount=:1 MaxCount=:1 \
          SubnetId=old.SubnetId SecurityGroupIds=old.SecurityGroups[].GroupId \
          PrivateIpAddress=old.PrivateIpAddress KeyName?=old.KeyName \
          IamInstanceProfile.Arn?=old.IamInstanceProfile.Arn TagSpecifications?=tags:instance"],
    )
    .class(Irreversible)
    .new_id("Instances[0].InstanceId")
    .lost(&["the instance, its id, its root volume and instance stores, unless there are snapshots"]),
    ended("DeleteAccessKey", "AWS::IAM::AccessKey req.AccessKeyId", &[
        "CreateAccessKey UserName=req.UserName",
    ])
    .of("iam")
    .class(Irreversible)
    .widens()
    .lost(&["the secret of the key; a new key must be given to all who used the old one"]),
    ended(
        "DeleteParameter",
        "AWS::SSM::Parameter req.Name",
        &["PutParameter Name=id Type=old.Type Value=old.Value Tier?=old.Tier \
          Description?=old.Description KeyId?=old.KeyId"],
    )
    .of("ssm")
    .class(Irreversible)
    .code(parameter_again)
    .lost(&["the value and its history, unless they are kept elsewhere"]),
    ended(
        "DeleteFunction",
        "AWS::Lambda::Function function:req.FunctionName",
        &["CreateFunction FunctionName=id Role=old.Role Handler?=old.Handler \
          Runtime?=old.Runtime Timeout?=old.Timeout MemorySize?=old.MemorySize \
          PackageType?=old.PackageType Code=old.Code"],
    )
    .of("lambda")
    .class(Irreversible)
    .lost(&["the code and the versions, unless the artefact is kept elsewhere; policy, aliases, triggers"]),
    set("UpdateClusterVersion", "AWS::EKS::Cluster req.name", &[])
        .of("eks")
        .class(Irreversible)
        .lost(&["the older version: a control plane cannot go back"]),
    set("RebootDBInstance", "AWS::RDS::DBInstance req.DBInstanceIdentifier", &[])
        .of("rds")
        .class(Irreversible)
        .lost(&["nothing to take back: the instance runs again by itself"]),
    set("PurgeQueue", "AWS::SQS::Queue req.QueueUrl", &[])
        .of("sqs")
        .class(Irreversible)
        .lost(&["the messages that were in the queue"]),
    set("BatchDeleteImage", "AWS::ECR::Repository req.repositoryName", &[])
        .of("ecr")
        .class(Irreversible)
        .lost(&["the images: they must be pushed again from where they were built"]),
];

/// Why an event cannot be taken back; nothing for one that can.
pub fn reason(service: &str, operation: &str) -> Option<String> {
    let row = super::table::row_of(service, operation)?;
    (row.class == Irreversible).then(|| row.lost.join("; "))
}
