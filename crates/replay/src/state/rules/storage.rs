//! Buckets, keys, secrets, certificates; databases.

use serde_json::Value;

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};

const BUCKET: &str = "AWS::S3::Bucket";
const KEY: &str = "AWS::KMS::Key";
const ALIAS: &str = "AWS::KMS::Alias";
const SECRET: &str = "AWS::SecretsManager::Secret";
const PARAMETER: &str = "AWS::SSM::Parameter";
const CERTIFICATE: &str = "AWS::CertificateManager::Certificate";
const INSTANCE: &str = "AWS::RDS::DBInstance";
const CLUSTER: &str = "AWS::RDS::DBCluster";
const PARAMETERS: &str = "AWS::RDS::DBParameterGroup";
const SUBNETS: &str = "AWS::RDS::DBSubnetGroup";
const CACHE: &str = "AWS::ElastiCache::ReplicationGroup";
const TABLE: &str = "AWS::DynamoDB::Table";
const MOUNT: &str = "AWS::EFS::MountTarget";

const B: &str = "in.Bucket";
const K: &str = "key:in.KeyId";
const S: &str = "secret:in.SecretId";
const DB: &str = "in.DBInstanceIdentifier";
const DBC: &str = "in.DBClusterIdentifier";

pub(super) const RULES: &[Rule] = &[
    rule("s3:CreateBucket", BUCKET, B, Do::Create("!{}", &[("Name", B)])),
    // What a new bucket has by itself changed over the years, and no event tells it.
    rule(
        "s3:CreateBucket",
        BUCKET,
        B,
        Do::Forget(&[
            "AccessControlPolicy",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "ServerSideEncryptionConfiguration",
        ]),
    ),
    rule("s3:DeleteBucket", BUCKET, B, Do::Delete),
    rule("s3:PutBucketPolicy", BUCKET, B, Do::Set(&[("Policy", "json:in.Policy")])),
    rule("s3:DeleteBucketPolicy", BUCKET, B, Do::Unset(&["Policy"])),
    rule(
        "s3:PutPublicAccessBlock",
        BUCKET,
        B,
        Do::Set(&[("PublicAccessBlockConfiguration", "in.PublicAccessBlockConfiguration")]),
    ),
    rule("s3:DeletePublicAccessBlock", BUCKET, B, Do::Unset(&["PublicAccessBlockConfiguration"])),
    rule("s3:PutBucketCors", BUCKET, B, Do::Set(&[("CORSConfiguration", "in.CORSConfiguration")])),
    rule("s3:DeleteBucketCors", BUCKET, B, Do::Unset(&["CORSConfiguration"])),
    rule(
        "s3:PutBucketVersioning",
        BUCKET,
        B,
        Do::Set(&[("VersioningConfiguration", "in.VersioningConfiguration")]),
    ),
    rule(
        "s3:PutBucketEncryption",
        BUCKET,
        B,
        Do::Set(&[("ServerSideEncryptionConfiguration", "in.ServerSideEncryptionConfiguration")]),
    ),
    // Without one of its own a bucket has Amazon's encryption.
    rule(
        "s3:DeleteBucketEncryption",
        BUCKET,
        B,
        Do::Forget(&["ServerSideEncryptionConfiguration"]),
    ),
    rule(
        "s3:PutBucketLifecycleConfiguration",
        BUCKET,
        B,
        Do::Set(&[("LifecycleConfiguration", "in.LifecycleConfiguration")]),
    ),
    rule("s3:DeleteBucketLifecycle", BUCKET, B, Do::Unset(&["LifecycleConfiguration"])),
    rule(
        "s3:PutBucketNotificationConfiguration",
        BUCKET,
        B,
        Do::Set(&[("NotificationConfiguration", "in.NotificationConfiguration|!{}")]),
    ),
    rule(
        "s3:PutBucketOwnershipControls",
        BUCKET,
        B,
        Do::Set(&[("OwnershipControls", "in.OwnershipControls")]),
    ),
    rule("s3:DeleteBucketOwnershipControls", BUCKET, B, Do::Unset(&["OwnershipControls"])),
    // A canned ACL names no grants.
    rule("s3:PutBucketAcl", BUCKET, B, Do::Forget(&["AccessControlPolicy"])),
    rule(
        "s3:PutBucketAcl",
        BUCKET,
        B,
        Do::Set(&[("AccessControlPolicy", "in.AccessControlPolicy"), ("ACL", "in.ACL")]),
    ),
    rule(
        "s3:PutBucketWebsite",
        BUCKET,
        B,
        Do::Set(&[("WebsiteConfiguration", "in.WebsiteConfiguration")]),
    ),
    rule("s3:DeleteBucketWebsite", BUCKET, B, Do::Unset(&["WebsiteConfiguration"])),
    rule("s3:PutBucketTagging", BUCKET, B, Do::Set(&[("Tagging", "in.Tagging")])),
    rule("s3:DeleteBucketTagging", BUCKET, B, Do::Unset(&["Tagging"])),
    rule(
        "s3:PutBucketLogging",
        BUCKET,
        B,
        Do::Set(&[("BucketLoggingStatus", "in.BucketLoggingStatus")]),
    ),
    rule(
        "kms:CreateKey",
        KEY,
        "out.KeyMetadata.KeyId",
        Do::Create(
            "out.KeyMetadata",
            &[("Policy", "json:in.Policy"), ("Grants", "![]"), ("KeyRotationEnabled", "!false")],
        ),
    ),
    rule("kms:DisableKey", KEY, K, Do::Set(&[("Enabled", "!false"), ("KeyState", "=Disabled")])),
    rule("kms:EnableKey", KEY, K, Do::Set(&[("Enabled", "!true"), ("KeyState", "=Enabled")])),
    rule(
        "kms:ScheduleKeyDeletion",
        KEY,
        K,
        Do::Set(&[
            ("Enabled", "!false"),
            ("KeyState", "=PendingDeletion"),
            ("PendingDeletionWindowInDays", "in.PendingWindowInDays"),
            ("DeletionDate", "out.DeletionDate"),
        ]),
    ),
    rule(
        "kms:CancelKeyDeletion",
        KEY,
        K,
        Do::Set(&[("Enabled", "!false"), ("KeyState", "=Disabled")]),
    ),
    rule(
        "kms:CancelKeyDeletion",
        KEY,
        K,
        Do::Unset(&["DeletionDate", "PendingDeletionWindowInDays"]),
    ),
    rule("kms:PutKeyPolicy", KEY, K, Do::Set(&[("Policy", "json:in.Policy")])),
    rule("kms:EnableKeyRotation", KEY, K, Do::Set(&[("KeyRotationEnabled", "!true")])),
    rule("kms:DisableKeyRotation", KEY, K, Do::Set(&[("KeyRotationEnabled", "!false")])),
    rule(
        "kms:CreateGrant",
        KEY,
        K,
        Do::Put(
            "Grants",
            &[
                ("GrantId", "out.GrantId"),
                ("GranteePrincipal", "in.GranteePrincipal"),
                ("RetiringPrincipal", "in.RetiringPrincipal"),
                ("Operations", "in.Operations"),
                ("Constraints", "in.Constraints"),
                ("Name", "in.Name"),
            ],
        ),
    ),
    rule("kms:RevokeGrant", KEY, K, Do::Remove("Grants", "in.GrantId")),
    rule(
        "kms:CreateAlias",
        ALIAS,
        "in.AliasName",
        Do::Create("!{}", &[("AliasName", "in.AliasName"), ("TargetKeyId", "name:in.TargetKeyId")]),
    ),
    rule(
        "kms:UpdateAlias",
        ALIAS,
        "in.AliasName",
        Do::Set(&[("TargetKeyId", "name:in.TargetKeyId")]),
    ),
    rule("kms:DeleteAlias", ALIAS, "in.AliasName", Do::Delete),
    rule(
        "secretsmanager:CreateSecret",
        SECRET,
        "in.Name",
        Do::Create(
            "!{}",
            &[
                ("Name", "in.Name"),
                ("ARN", "out.ARN"),
                ("Description", "in.Description"),
                ("KmsKeyId", "in.KmsKeyId"),
                ("Tags", "in.Tags"),
            ],
        ),
    ),
    code("secretsmanager:CreateSecret", new_version),
    code("secretsmanager:PutSecretValue", new_version),
    rule(
        "secretsmanager:UpdateSecret",
        SECRET,
        S,
        Do::Set(&[("Description", "in.Description"), ("KmsKeyId", "in.KmsKeyId")]),
    ),
    code("secretsmanager:UpdateSecret", new_version),
    code("secretsmanager:UpdateSecretVersionStage", |fold| {
        let to = fold.call.text("MoveToVersionId").map(str::to_owned);
        let stage = fold.call.text("VersionStage").map(str::to_owned);
        if let (Some(to), Some(stage)) = (to, stage) {
            move_stage(fold, &to, &stage);
        }
    }),
    rule("secretsmanager:DeleteSecret", SECRET, S, Do::Set(&[("DeletedDate", "out.DeletionDate")])),
    code("secretsmanager:DeleteSecret", |fold| {
        let is_forced = fold.call.input.get("ForceDeleteWithoutRecovery").and_then(Value::as_bool);
        if is_forced == Some(true) {
            let id = super::super::rule::secret_name(fold.call.text("SecretId"));
            fold.delete(SECRET, &id);
        }
    }),
    rule("secretsmanager:RestoreSecret", SECRET, S, Do::Unset(&["DeletedDate"])),
    rule(
        "secretsmanager:RotateSecret",
        SECRET,
        S,
        Do::Set(&[
            ("RotationEnabled", "!true"),
            ("RotationLambdaARN", "in.RotationLambdaARN"),
            ("RotationRules", "in.RotationRules"),
        ]),
    ),
    // The function that rotates moves the stages later.
    rule("secretsmanager:RotateSecret", SECRET, S, Do::Forget(&["VersionIdsToStages"])),
    rule(
        "ssm:PutParameter",
        PARAMETER,
        "in.Name",
        Do::Set(&[
            ("Name", "in.Name"),
            ("Type", "in.Type"),
            ("Description", "in.Description"),
            ("KeyId", "in.KeyId"),
            ("Version", "out.Version"),
            ("Tier", "out.Tier|in.Tier"),
        ]),
    ),
    // Its value is in no record.
    rule("ssm:PutParameter", PARAMETER, "in.Name", Do::Forget(&["Value"])),
    rule("ssm:DeleteParameter", PARAMETER, "in.Name", Do::Delete),
    rule("acm:RequestCertificate", CERTIFICATE, "out.CertificateArn", Do::Create("in", &[])),
    rule("acm:DeleteCertificate", CERTIFICATE, "in.CertificateArn", Do::Delete),
];

/// Databases, caches, file systems.
pub(super) const DATABASES: &[Rule] = &[
    rule("rds:CreateDBInstance", INSTANCE, DB, Do::Create("out.DBInstance", &[])),
    code("rds:ModifyDBInstance", |fold| {
        modified(fold, INSTANCE, "DBInstanceIdentifier", "DBInstance")
    }),
    rule("rds:RestoreDBInstanceFromDBSnapshot", INSTANCE, DB, Do::Create("out.DBInstance", &[])),
    rule("rds:StopDBInstance", INSTANCE, DB, Do::Merge("out.DBInstance")),
    rule("rds:StopDBInstance", INSTANCE, DB, Do::Set(&[("DBInstanceStatus", "=stopped")])),
    rule("rds:StartDBInstance", INSTANCE, DB, Do::Merge("out.DBInstance")),
    rule("rds:StartDBInstance", INSTANCE, DB, Do::Set(&[("DBInstanceStatus", "=available")])),
    rule("rds:DeleteDBInstance", INSTANCE, DB, Do::Delete),
    code("rds:ModifyDBCluster", |fold| modified(fold, CLUSTER, "DBClusterIdentifier", "DBCluster")),
    // Which member writes from now on, the answer does not know yet.
    rule("rds:FailoverDBCluster", CLUSTER, DBC, Do::Forget(&["DBClusterMembers"])),
    rule(
        "rds:ModifyDBParameterGroup",
        PARAMETERS,
        "in.DBParameterGroupName",
        Do::PutAll("Parameters", "in.Parameters"),
    ),
    rule(
        "rds:ResetDBParameterGroup",
        PARAMETERS,
        "in.DBParameterGroupName",
        Do::Forget(&["Parameters"]),
    ),
    rule(
        "rds:ModifyDBSubnetGroup",
        SUBNETS,
        "in.DBSubnetGroupName",
        Do::Set(&[
            ("DBSubnetGroupDescription", "in.DBSubnetGroupDescription"),
            ("SubnetIds", "in.SubnetIds"),
        ]),
    ),
    rule(
        "rds:ModifyDBSubnetGroup",
        SUBNETS,
        "in.DBSubnetGroupName",
        Do::Merge("out.DBSubnetGroup"),
    ),
    code("elasticache:ModifyReplicationGroup", |fold| {
        modified(fold, CACHE, "ReplicationGroupId", "ReplicationGroup");
    }),
    rule("dynamodb:CreateTable", TABLE, "in.TableName", Do::Create("out.TableDescription", &[])),
    rule("dynamodb:UpdateContinuousBackups", TABLE, "in.TableName", Do::Merge("out")),
    rule(
        "dynamodb:RestoreTableToPointInTime",
        TABLE,
        "in.TargetTableName",
        Do::Create("out.TableDescription", &[]),
    ),
    rule(
        "dynamodb:UpdateTable",
        TABLE,
        "in.TableName",
        Do::Set(&[
            ("ProvisionedThroughput", "in.ProvisionedThroughput"),
            ("StreamSpecification", "in.StreamSpecification"),
            ("DeletionProtectionEnabled", "in.DeletionProtectionEnabled"),
        ]),
    ),
    rule("dynamodb:UpdateTable", TABLE, "in.TableName", Do::Merge("out.TableDescription")),
    rule("dynamodb:DeleteTable", TABLE, "in.TableName", Do::Delete),
    rule(
        "dynamodb:UpdateTimeToLive",
        TABLE,
        "in.TableName",
        Do::Set(&[("TimeToLiveSpecification", "in.TimeToLiveSpecification")]),
    ),
    rule(
        "efs:CreateMountTarget",
        MOUNT,
        "out.MountTargetId",
        Do::Create("out", &[("SecurityGroups", "in.SecurityGroups")]),
    ),
    rule(
        "efs:ModifyMountTargetSecurityGroups",
        MOUNT,
        "in.MountTargetId",
        Do::Set(&[("SecurityGroups", "in.SecurityGroups|![]")]),
    ),
    rule("efs:DeleteMountTarget", MOUNT, "in.MountTargetId", Do::Delete),
];

/// The answer is the whole thing as it will be; without it what was asked for is not known, as it may wait
/// for the maintenance window.
fn modified(fold: &mut Fold<'_>, kind: &'static str, id: &str, answer: &str) {
    let Some(id) = fold.call.text(id).map(str::to_owned) else { return };
    let told = fold.call.answer(answer).cloned();
    let asked: Vec<String> =
        fold.call.input.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let groups: Option<Vec<Value>> = fold.call.input.get("VpcSecurityGroupIds").map(|_| {
        let ids = fold.call.texts("VpcSecurityGroupIds");
        ids.iter()
            .map(|id| serde_json::json!({"VpcSecurityGroupId": id, "Status": "active"}))
            .collect()
    });
    let inferred = fold.inferred();
    fold.edit(kind, &id, |draft| {
        match &told {
            Some(told) => super::super::rule::merge(draft, Some(told)),
            None => {
                for name in asked.iter().filter(|name| !name.ends_with("Identifier")) {
                    draft.forget(name);
                }
            }
        }
        // The groups change at once, though the answer shows the ones before as leaving.
        if let Some(groups) = groups {
            draft.known_from(&inferred, |draft| draft.set("VpcSecurityGroups", groups));
        }
    });
}

/// A secret has a new version, which is the current one; the one before is kept as the previous one.
fn new_version(fold: &mut Fold<'_>) {
    let id = super::super::rule::secret_name(
        fold.call.text("SecretId").or_else(|| fold.call.text("Name")),
    );
    let Some(version) = fold.call.answer_text("VersionId").map(str::to_owned) else {
        // The value may be another, and nobody knows.
        fold.edit(SECRET, &id, |draft| draft.forget("VersionIdsToStages"));
        return;
    };
    let mut stages = fold.call.texts("VersionStages");
    if stages.is_empty() {
        stages.push("AWSCURRENT".to_owned());
    }
    for stage in stages {
        move_stage(fold, &version, &stage);
    }
}

fn move_stage(fold: &mut Fold<'_>, to: &str, stage: &str) {
    let id = super::super::rule::secret_name(
        fold.call.text("SecretId").or_else(|| fold.call.text("Name")),
    );
    fold.edit(SECRET, &id, |draft| {
        let known = draft.get("VersionIdsToStages").and_then(Value::as_object).cloned();
        let mut versions = known.unwrap_or_default();
        let holder = versions
            .iter()
            .find(|(_, stages)| stages.as_array().is_some_and(|it| it.iter().any(|it| it == stage)))
            .map(|(version, _)| version.clone());
        for stages in versions.values_mut().filter_map(Value::as_array_mut) {
            stages.retain(|it| it != stage && (stage != "AWSCURRENT" || it != "AWSPREVIOUS"));
        }
        let mut add = |version: &str, stage: &str| {
            let stages = versions.entry(version).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(stages) = stages.as_array_mut() {
                stages.push(stage.into());
            }
        };
        add(to, stage);
        if let Some(before) = holder.filter(|before| stage == "AWSCURRENT" && before != to) {
            add(&before, "AWSPREVIOUS");
        }
        versions.retain(|_, stages| stages.as_array().is_some_and(|it| !it.is_empty()));
        for (version, stages) in &versions {
            let part = Value::Object([(version.clone(), stages.clone())].into_iter().collect());
            draft.set_parts("VersionIdsToStages", Some(&part));
        }
        draft.replace_quietly("VersionIdsToStages", Value::Object(versions));
    });
}
