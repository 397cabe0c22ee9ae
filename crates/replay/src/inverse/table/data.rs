//! Where data lies and goes: buckets, databases, queues, topics, rules, and the audit trail itself.
//!
//! A bucket's body has what each `GetBucket…` answers: `Policy`, `PublicAccessBlockConfiguration`,
//! `CORSConfiguration`, `VersioningConfiguration`, `ServerSideEncryptionConfiguration`, `LifecycleConfiguration`,
//! `NotificationConfiguration`, `OwnershipControls`, `AccessControlPolicy`, `WebsiteConfiguration`.

use super::super::code::data;
use super::super::row::{Containment, Row, ended, removed, set};
use super::super::types::Class::Partial;

const BUCKET: &str = "AWS::S3::Bucket req.Bucket";

pub(super) const BUCKETS: &[Row] = &[
    set("PutBucketPolicy", BUCKET, &["PutBucketPolicy Bucket=id Policy=text:old.Policy"])
        .of("s3")
        .touches(&["Policy"])
        .or_none(&["DeleteBucketPolicy Bucket=id"])
        .check("GetBucketPolicy Bucket=id")
        .lax()
        .widens()
        .containment(Containment::Denies("Policy"))
        .notes(&["a wrong policy can lock out everyone but root"]),
    removed(
        "DeleteBucketPolicy",
        BUCKET,
        &["Policy"],
        &["PutBucketPolicy Bucket=id Policy=text:old.Policy"],
    )
    .of("s3")
    .check("GetBucketPolicy Bucket=id")
    .widens(),
    set(
        "PutPublicAccessBlock",
        BUCKET,
        &["PutPublicAccessBlock Bucket=id \
          PublicAccessBlockConfiguration=old.PublicAccessBlockConfiguration"],
    )
    .of("s3")
    .touches(&["PublicAccessBlockConfiguration"])
    .or_none(&["DeletePublicAccessBlock Bucket=id"])
    .check("GetPublicAccessBlock Bucket=id")
    .lax()
    .widens(),
    set(
        "PutBucketCors",
        BUCKET,
        &["PutBucketCors Bucket=id CORSConfiguration=old.CORSConfiguration"],
    )
    .of("s3")
    .touches(&["CORSConfiguration"])
    .or_none(&["DeleteBucketCors Bucket=id"])
    .check("GetBucketCors Bucket=id")
    .lax(),
    set(
        "PutBucketVersioning",
        BUCKET,
        &["PutBucketVersioning Bucket=id \
          VersioningConfiguration.Status=old.VersioningConfiguration.Status|:\"Suspended\""],
    )
    .of("s3")
    .touches(&["VersioningConfiguration.Status"])
    .check("GetBucketVersioning Bucket=id")
    .class(Partial)
    .lost(&["a bucket that had versions once never is without: it can only be suspended"]),
    set(
        "PutBucketEncryption",
        BUCKET,
        &["PutBucketEncryption Bucket=id \
          ServerSideEncryptionConfiguration=old.ServerSideEncryptionConfiguration"],
    )
    .of("s3")
    .touches(&["ServerSideEncryptionConfiguration"])
    .or_none(&["DeleteBucketEncryption Bucket=id"])
    .check("GetBucketEncryption Bucket=id")
    .lost(&["objects that were written in between keep their key"]),
    set(
        "PutBucketLifecycleConfiguration",
        BUCKET,
        &["PutBucketLifecycleConfiguration Bucket=id \
          LifecycleConfiguration=old.LifecycleConfiguration"],
    )
    .of("s3")
    .touches(&["LifecycleConfiguration"])
    .or_none(&["DeleteBucketLifecycle Bucket=id"])
    .check("GetBucketLifecycleConfiguration Bucket=id")
    .class(Partial)
    .lost(&["objects that expired in between"]),
    set(
        "PutBucketNotificationConfiguration",
        BUCKET,
        &["PutBucketNotificationConfiguration Bucket=id \
          NotificationConfiguration=old.NotificationConfiguration|:{}"],
    )
    .of("s3")
    .touches(&["NotificationConfiguration"])
    .check("GetBucketNotificationConfiguration Bucket=id")
    .notes(&["the whole document is replaced"]),
    set(
        "PutBucketOwnershipControls",
        BUCKET,
        &["PutBucketOwnershipControls Bucket=id OwnershipControls=old.OwnershipControls"],
    )
    .of("s3")
    .touches(&["OwnershipControls"])
    .or_none(&["DeleteBucketOwnershipControls Bucket=id"])
    .check("GetBucketOwnershipControls Bucket=id")
    .notes(&["readers that rely on access control lists depend on it"]),
    set(
        "PutBucketAcl",
        BUCKET,
        &["PutBucketAcl Bucket=id AccessControlPolicy=old.AccessControlPolicy"],
    )
    .of("s3")
    .touches(&["AccessControlPolicy"])
    .check("GetBucketAcl Bucket=id")
    .widens(),
    set(
        "PutBucketWebsite",
        BUCKET,
        &["PutBucketWebsite Bucket=id WebsiteConfiguration=old.WebsiteConfiguration"],
    )
    .of("s3")
    .touches(&["WebsiteConfiguration"])
    .or_none(&["DeleteBucketWebsite Bucket=id"])
    .check("GetBucketWebsite Bucket=id")
    .lax(),
    ended("DeleteBucket", BUCKET, &["CreateBucket Bucket=id"])
        .of("s3")
        .code(data::bucket_back)
        .lost(&["its settings; what was in it was deleted before"])
        .notes(&["another may have taken the name"]),
];

const DB: &str = "AWS::RDS::DBInstance req.DBInstanceIdentifier";
const CLUSTER: &str = "AWS::RDS::DBCluster req.DBClusterIdentifier";

pub(super) const DATABASES: &[Row] = &[
    set(
        "ModifyDBInstance",
        DB,
        &["ModifyDBInstance DBInstanceIdentifier=id * ApplyImmediately=:true"],
    )
    .of("rds")
    .back(&[
        "VpcSecurityGroupIds=VpcSecurityGroups[].VpcSecurityGroupId",
        "DBSubnetGroupName=DBSubnetGroup.DBSubnetGroupName",
        "DBParameterGroupName=DBParameterGroups[#0].DBParameterGroupName",
        "PubliclyAccessible",
        "DBInstanceClass",
        "MultiAZ",
        "BackupRetentionPeriod",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "AutoMinorVersionUpgrade",
        "StorageType",
        "Iops",
        "DBPortNumber=Endpoint.Port",
        "CACertificateIdentifier",
        "DeletionProtection",
        "EnableIAMDatabaseAuthentication=IAMDatabaseAuthenticationEnabled",
    ])
    .class(Partial)
    .widens()
    .lost(&["storage cannot shrink, an engine cannot go back, a password is not known"])
    .notes(&["a change of the class restarts the instance"]),
    set(
        "ModifyDBCluster",
        CLUSTER,
        &["ModifyDBCluster DBClusterIdentifier=id * ApplyImmediately=:true"],
    )
    .of("rds")
    .back(&[
        "VpcSecurityGroupIds=VpcSecurityGroups[].VpcSecurityGroupId",
        "Port",
        "DBClusterParameterGroupName=DBClusterParameterGroup",
        "BackupRetentionPeriod",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "DeletionProtection",
    ])
    .class(Partial)
    .lost(&["an engine cannot go back, a password is not known"]),
    set(
        "ModifyDBParameterGroup",
        "AWS::RDS::DBParameterGroup req.DBParameterGroupName",
        &["ModifyDBParameterGroup", "ResetDBParameterGroup"],
    )
    .of("rds")
    .code(data::parameters_back)
    .notes(&["static parameters need a restart"]),
    set("StopDBInstance", DB, &["StartDBInstance DBInstanceIdentifier=id"])
        .of("rds")
        .touches(&["DBInstanceStatus"]),
    set(
        "FailoverDBCluster",
        CLUSTER,
        &["FailoverDBCluster DBClusterIdentifier=id TargetDBInstanceIdentifier\
          =first:where:old.DBClusterMembers/IsClusterWriter/true/DBInstanceIdentifier"],
    )
    .of("rds")
    .notes(&["it is a second interruption"]),
    ended("DeleteDBInstance", DB, &["RestoreDBInstanceFromDBSnapshot DBInstanceIdentifier=id"])
        .of("rds")
        .code(data::database_back)
        .lost(&["what was written after the snapshot; without one, everything"]),
    set(
        "ModifyDBSubnetGroup",
        "AWS::RDS::DBSubnetGroup req.DBSubnetGroupName",
        &["ModifyDBSubnetGroup DBSubnetGroupName=id SubnetIds=old.Subnets[].SubnetIdentifier|old.SubnetIds"],
    )
    .of("rds")
    .touches(&["Subnets[].SubnetIdentifier"]),
    set(
        "ModifyReplicationGroup",
        "AWS::ElastiCache::ReplicationGroup req.ReplicationGroupId",
        &["ModifyReplicationGroup ReplicationGroupId=id * ApplyImmediately=:true"],
    )
    .of("elasticache")
    .back(&[
        "SecurityGroupIds=SecurityGroups[].SecurityGroupId",
        "CacheNodeType",
        "AutomaticFailoverEnabled=is_enabled:AutomaticFailover",
        "MultiAZEnabled=is_enabled:MultiAZ",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
    ])
    .class(Partial)
    .lost(&["what a change of nodes evicted"]),
    set("UpdateTable", "AWS::DynamoDB::Table req.TableName", &["UpdateTable TableName=id *"])
        .of("dynamodb")
        .back(&[
            "BillingMode=BillingModeSummary.BillingMode",
            "ProvisionedThroughput.ReadCapacityUnits=ProvisionedThroughput.ReadCapacityUnits",
            "ProvisionedThroughput.WriteCapacityUnits=ProvisionedThroughput.WriteCapacityUnits",
            "StreamSpecification",
            "DeletionProtectionEnabled",
            "TableClass=TableClassSummary.TableClass",
        ])
        .class(Partial)
        .lost(&["an index that was deleted must be built again"])
        .notes(&["throughput can be lowered only so often a day"]),
    ended(
        "DeleteTable",
        "AWS::DynamoDB::Table req.TableName",
        &["RestoreTableToPointInTime SourceTableName=id TargetTableName=id \
          UseLatestRestorableTime=:true"],
    )
    .of("dynamodb")
    .code(data::table_back)
    .lost(&["without backups, everything; streams, tags, policies and scaling are not restored"]),
    set(
        "UpdateTimeToLive",
        "AWS::DynamoDB::Table req.TableName",
        &["UpdateTimeToLive TableName=id \
          TimeToLiveSpecification.Enabled=old.TimeToLiveSpecification.Enabled|:false \
          TimeToLiveSpecification.AttributeName\
          =old.TimeToLiveSpecification.AttributeName|req.TimeToLiveSpecification.AttributeName"],
    )
    .of("dynamodb")
    .touches(&["TimeToLiveSpecification"])
    .check("DescribeTimeToLive TableName=id")
    .class(Partial)
    .lost(&["items that expired in between"]),
    set(
        "ModifyMountTargetSecurityGroups",
        "AWS::EFS::MountTarget req.MountTargetId",
        &["ModifyMountTargetSecurityGroups MountTargetId=id SecurityGroups=old.SecurityGroups"],
    )
    .of("efs")
    .touches(&["SecurityGroups"])
    .check("DescribeMountTargetSecurityGroups MountTargetId=id"),
    ended(
        "DeleteMountTarget",
        "AWS::EFS::MountTarget req.MountTargetId",
        &["CreateMountTarget FileSystemId=old.FileSystemId SubnetId=old.SubnetId \
          IpAddress=old.IpAddress SecurityGroups=old.SecurityGroups"],
    )
    .of("efs")
    .new_id("MountTargetId")
    .lost(&["the mount target's id"]),
];

pub(super) const MESSAGES: &[Row] = &[
    set("SetQueueAttributes", "AWS::SQS::Queue req.QueueUrl", &["SetQueueAttributes"])
        .of("sqs")
        .code(data::queue_back)
        .widens()
        .notes(&["the policy is replaced as a whole"]),
    ended(
        "DeleteQueue",
        "AWS::SQS::Queue req.QueueUrl",
        &["CreateQueue QueueName=last:id Attributes?=queue_attributes:old.Attributes"],
    )
    .of("sqs")
    .lost(&["the messages"])
    .notes(&["a queue's name is free again after a minute"]),
    set(
        "SetTopicAttributes",
        "AWS::SNS::Topic req.TopicArn",
        &["SetTopicAttributes TopicArn=id AttributeName=req.AttributeName \
          AttributeValue=old.Attributes[{req.AttributeName}]"],
    )
    .of("sns")
    .touches(&["Attributes[{req.AttributeName}]"])
    .widens(),
    ended(
        "Unsubscribe",
        "AWS::SNS::Subscription req.SubscriptionArn",
        &["Subscribe TopicArn=old.TopicArn Protocol=old.Protocol Endpoint=old.Endpoint \
          Attributes?=old.Attributes"],
    )
    .of("sns")
    .new_id("SubscriptionArn")
    .lost(&["the subscription's ARN; it may have to be confirmed"]),
    set(
        "DisableRule",
        "AWS::Events::Rule under:req.EventBusName:default:req.Name",
        &["EnableRule Name=req.Name EventBusName?=req.EventBusName"],
    )
    .of("events")
    .touches(&["State"]),
    set(
        "PutRule",
        "AWS::Events::Rule under:req.EventBusName:default:req.Name",
        &["PutRule Name=req.Name ScheduleExpression?=old.ScheduleExpression \
          EventPattern?=text:old.EventPattern State=old.State Description?=old.Description \
          RoleArn?=old.RoleArn EventBusName?=req.EventBusName"],
    )
    .of("events")
    .touches(&["State", "EventPattern", "ScheduleExpression"])
    .or_none(&["DeleteRule Name=req.Name EventBusName?=req.EventBusName"])
    .lax(),
    removed(
        "RemoveTargets",
        "AWS::Events::Rule under:req.EventBusName:default:req.Rule",
        &[],
        &["PutTargets Rule=req.Rule EventBusName?=req.EventBusName \
          Targets=map:old.Targets/Id/req.Ids/"],
    )
    .of("events")
    .check("ListTargetsByRule Rule=req.Rule EventBusName?=req.EventBusName"),
];

pub(super) const AUDIT: &[Row] = &[
    set("StopLogging", "AWS::CloudTrail::Trail last:req.Name", &["StartLogging Name=id"])
        .of("cloudtrail")
        .touches(&["IsLogging"])
        .notes(&["what happened in the gap is in no log: every replayed state is stale"]),
    set("UpdateTrail", "AWS::CloudTrail::Trail last:req.Name", &["UpdateTrail Name=id *"])
        .of("cloudtrail")
        .back(&[
            "S3BucketName",
            "S3KeyPrefix",
            "SnsTopicName",
            "IncludeGlobalServiceEvents",
            "IsMultiRegionTrail",
            "EnableLogFileValidation=LogFileValidationEnabled",
            "CloudWatchLogsLogGroupArn",
            "CloudWatchLogsRoleArn",
            "KmsKeyId",
            "IsOrganizationTrail",
        ])
        .check("GetTrail Name=id"),
    set(
        "PutEventSelectors",
        "AWS::CloudTrail::Trail last:req.TrailName",
        &["PutEventSelectors TrailName=id * EventSelectors?=old.EventSelectors \
          AdvancedEventSelectors?=old.AdvancedEventSelectors"],
    )
    .of("cloudtrail")
    .touches(&["EventSelectors", "AdvancedEventSelectors"])
    .check("GetEventSelectors TrailName=id")
    .notes(&["without management write events nothing can be replayed"]),
    ended(
        "DeleteTrail",
        "AWS::CloudTrail::Trail last:req.Name",
        &[
            "CreateTrail Name=last:id S3BucketName=old.S3BucketName S3KeyPrefix?=old.S3KeyPrefix \
             IncludeGlobalServiceEvents?=old.IncludeGlobalServiceEvents \
             IsMultiRegionTrail=old.IsMultiRegionTrail \
             EnableLogFileValidation?=old.LogFileValidationEnabled \
             CloudWatchLogsLogGroupArn?=old.CloudWatchLogsLogGroupArn \
             CloudWatchLogsRoleArn?=old.CloudWatchLogsRoleArn KmsKeyId?=old.KmsKeyId \
             IsOrganizationTrail?=old.IsOrganizationTrail",
            "?PutEventSelectors TrailName=last:id EventSelectors=old.EventSelectors",
            "?PutEventSelectors TrailName=last:id \
             AdvancedEventSelectors=old.AdvancedEventSelectors",
            "StartLogging Name=last:id",
        ],
    )
    .of("cloudtrail")
    .lost(&["events of the time in between; insight selectors"]),
    set(
        "StopConfigurationRecorder",
        "AWS::Config::ConfigurationRecorder req.ConfigurationRecorderName",
        &["StartConfigurationRecorder ConfigurationRecorderName=id"],
    )
    .of("config")
    .touches(&["recording"])
    .notes(&["without it the second source of what was there before is lost"]),
];
