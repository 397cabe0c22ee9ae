"""S3, databases, messaging, DNS, audit."""

import json

from undo_kinds import kind, untried
from undo_kinds.vpc import group, subnet, vpc

# Each setting of a bucket: the member of the call, and two values of it.
SETTINGS = {
    "PutBucketPolicy": ("Policy", "get_bucket_policy", *[
        json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::data/*"}]})
        for action in ("s3:GetObject", "s3:PutObject")]),
    "PutPublicAccessBlock": ("PublicAccessBlockConfiguration", "get_public_access_block", *[
        {"BlockPublicAcls": truth, "IgnorePublicAcls": truth, "BlockPublicPolicy": truth,
         "RestrictPublicBuckets": truth} for truth in (True, False)]),
    "PutBucketCors": ("CORSConfiguration", "get_bucket_cors", *[
        {"CORSRules": [{"AllowedMethods": [method], "AllowedOrigins": ["*"]}]} for method in ("GET", "PUT")]),
    "PutBucketVersioning": ("VersioningConfiguration", "get_bucket_versioning", {"Status": "Enabled"},
                            {"Status": "Suspended"}),
    "PutBucketEncryption": ("ServerSideEncryptionConfiguration", "get_bucket_encryption", *[
        {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}]}
        for default in ({"SSEAlgorithm": "AES256"}, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"})]),
    "PutBucketLifecycleConfiguration": ("LifecycleConfiguration", "get_bucket_lifecycle_configuration", *[
        {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]}
        for days in (30, 1)]),
    "PutBucketNotificationConfiguration": (
        "NotificationConfiguration", "get_bucket_notification_configuration", *[
            {"TopicConfigurations": [{"Id": "a", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
                                      "Events": [event]}]}
            for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")]),
    "PutBucketOwnershipControls": ("OwnershipControls", "get_bucket_ownership_controls", *[
        {"Rules": [{"ObjectOwnership": owner}]} for owner in ("BucketOwnerEnforced", "ObjectWriter")]),
    "PutBucketWebsite": ("WebsiteConfiguration", "get_bucket_website", *[
        {"IndexDocument": {"Suffix": suffix}} for suffix in ("index.html", "other.html")]),
}


def bucket(w, look=None):
    w.s3("CreateBucket", Bucket="data")
    w.look("s3", "head_bucket", Bucket="data")
    if look:
        w.look("s3", look, Bucket="data")


def setting(call, member, look, old, new):
    @kind(f"s3:{call}")
    def change(w):
        bucket(w, look)
        if "Topic" in json.dumps(old):
            w.call("sns", "CreateTopic", Name="t")
        w.s3(call, **{"Bucket": "data", member: old})
        yield
        w.s3(call, **{"Bucket": "data", member: new})


for call, params in SETTINGS.items():
    setting(call, *params)


@kind("s3:DeleteBucketPolicy")
def delete_bucket_policy(w):
    bucket(w, "get_bucket_policy")
    w.s3("PutBucketPolicy", Bucket="data", Policy=SETTINGS["PutBucketPolicy"][2])
    yield
    w.s3("DeleteBucketPolicy", Bucket="data")


@kind("s3:PutBucketAcl", asks="which grants a canned ACL means is in no record")
def put_acl(w):
    bucket(w, "get_bucket_acl")
    w.s3("PutBucketAcl", Bucket="data", ACL="private")
    yield
    w.s3("PutBucketAcl", Bucket="data", ACL="public-read")


@kind("s3:DeleteBucket", asks="what a new bucket has by itself is in no record")
def delete_bucket(w):
    bucket(w)
    yield
    w.s3("DeleteBucket", Bucket="data")


def zone(w, **more):
    made = w.call("route53", "CreateHostedZone", Name="example.com", CallerReference="one", **more)
    made = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    w.look("route53", "list_resource_record_sets", HostedZoneId=made)
    w.look("route53", "get_hosted_zone", Id=made)
    return made


def records(w, made, action, address):
    w.call("route53", "ChangeResourceRecordSets", HostedZoneId=made, ChangeBatch={"Changes": [
        {"Action": action, "ResourceRecordSet": {"Name": "www.example.com.", "Type": "A", "TTL": 60,
                                                 "ResourceRecords": [{"Value": address}]}}]})


@kind("route53:ChangeResourceRecordSets")
def change_records(w):
    made = zone(w)
    records(w, made, "CREATE", "192.0.2.1")
    yield
    records(w, made, "UPSERT", "192.0.2.2")


@kind("route53:DeleteHostedZone")
def delete_zone(w):
    client = w.client("route53")
    made = w.call("route53", "CreateHostedZone", Name="example.com", CallerReference="one")["HostedZone"]["Id"]
    w.looks.append(("zones", lambda: [one["Name"] for one in client.list_hosted_zones()["HostedZones"]]))
    yield
    w.call("route53", "DeleteHostedZone", Id=made.rsplit("/", 1)[-1])


@kind("route53:DisassociateVPCFromHostedZone")
def disassociate_zone(w):
    one, other = vpc(w), vpc(w)
    made = zone(w, VPC={"VPCRegion": "us-east-1", "VPCId": one}, HostedZoneConfig={"PrivateZone": True})
    w.call("route53", "AssociateVPCWithHostedZone", HostedZoneId=made,
           VPC={"VPCRegion": "us-east-1", "VPCId": other})
    yield
    w.call("route53", "DisassociateVPCFromHostedZone", HostedZoneId=made,
           VPC={"VPCRegion": "us-east-1", "VPCId": other})


@kind("route53:UpdateHealthCheck")
def update_health(w):
    made = w.call("route53", "CreateHealthCheck", CallerReference="one", HealthCheckConfig={
        "IPAddress": "192.0.2.1", "Port": 443, "Type": "HTTPS", "ResourcePath": "/old",
        "FullyQualifiedDomainName": "example.com", "RequestInterval": 30, "FailureThreshold": 3})
    made = made["HealthCheck"]["Id"]
    w.look("route53", "get_health_check", HealthCheckId=made)
    w.call("route53", "UpdateHealthCheck", HealthCheckId=made, ResourcePath="/middle")
    yield
    w.call("route53", "UpdateHealthCheck", HealthCheckId=made, ResourcePath="/new")


def database(w):
    w.call("rds", "CreateDBInstance", DBInstanceIdentifier="db", DBInstanceClass="db.t3.micro", Engine="postgres",
           AllocatedStorage=20, MasterUsername="admin", MasterUserPassword="example-only", BackupRetentionPeriod=7)
    return {"DBInstanceIdentifier": "db"}


@kind("rds:ModifyDBInstance")
def modify_database(w):
    name = database(w)
    yield
    w.call("rds", "ModifyDBInstance", **name, BackupRetentionPeriod=1, ApplyImmediately=True)


@kind("rds:StopDBInstance")
def stop_database(w):
    name = database(w)
    yield
    w.call("rds", "StopDBInstance", **name)


@kind("rds:DeleteDBInstance")
def delete_database(w):
    name = database(w)
    yield
    w.call("rds", "DeleteDBInstance", **name, FinalDBSnapshotIdentifier="last")


@kind("rds:ModifyDBCluster")
def modify_cluster(w):
    w.call("rds", "CreateDBCluster", DBClusterIdentifier="c", Engine="aurora-postgresql", MasterUsername="admin",
           MasterUserPassword="example-only", BackupRetentionPeriod=7)
    w.call("rds", "ModifyDBCluster", DBClusterIdentifier="c", BackupRetentionPeriod=5, ApplyImmediately=True)
    yield
    w.call("rds", "ModifyDBCluster", DBClusterIdentifier="c", BackupRetentionPeriod=1, ApplyImmediately=True)


def items(w):
    w.call("dynamodb", "CreateTable", TableName="t", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
           AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
           ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    w.look("dynamodb", "describe_table", TableName="t")
    w.look("dynamodb", "describe_time_to_live", TableName="t")
    return {"TableName": "t"}


@kind("dynamodb:UpdateTable")
def update_table(w):
    name = items(w)
    yield
    w.call("dynamodb", "UpdateTable", **name,
           ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})


@kind("dynamodb:UpdateTimeToLive")
def update_ttl(w):
    name = items(w)
    for truth in (False, True):
        if truth:
            yield
        w.call("dynamodb", "UpdateTimeToLive", **name,
               TimeToLiveSpecification={"Enabled": truth, "AttributeName": "expires"})


@kind("sqs:SetQueueAttributes")
def set_queue(w):
    url = w.call("sqs", "CreateQueue", QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    w.look("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["VisibilityTimeout", "Policy"])
    yield
    w.call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "5"})


@kind("sqs:DeleteQueue", asks="attributes that a new queue has by itself are in no record")
def delete_queue(w):
    url = w.call("sqs", "CreateQueue", QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    w.look("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["VisibilityTimeout", "Policy"])
    yield
    w.call("sqs", "DeleteQueue", QueueUrl=url)


def topic(w):
    arn = w.call("sns", "CreateTopic", Name="alerts")["TopicArn"]
    w.look("sns", "get_topic_attributes", TopicArn=arn)
    return arn


@kind("sns:SetTopicAttributes")
def set_topic(w):
    arn = topic(w)
    w.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="DisplayName", AttributeValue="old")
    yield
    w.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="DisplayName", AttributeValue="new")


@kind("sns:Unsubscribe")
def unsubscribe(w):
    arn = topic(w)
    made = w.call("sns", "Subscribe", TopicArn=arn, Protocol="email", Endpoint="ops@example.com",
                  ReturnSubscriptionArn=True)["SubscriptionArn"]
    yield
    w.call("sns", "Unsubscribe", SubscriptionArn=made)


def rule(w, pattern="aws.ec2"):
    w.call("events", "PutRule", Name="r", EventPattern=json.dumps({"source": [pattern]}), State="ENABLED")


@kind("events:DisableRule")
def disable_rule(w):
    rule(w)
    yield
    w.call("events", "DisableRule", Name="r")


@kind("events:PutRule")
def put_rule(w):
    rule(w)
    yield
    rule(w, "aws.s3")


@kind("events:RemoveTargets", asks="whether the rule had other targets when it was put")
def remove_targets(w):
    rule(w)
    w.look("events", "list_targets_by_rule", Rule="r")
    w.call("events", "PutTargets", Rule="r", Targets=[{"Id": "a", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}])
    yield
    w.call("events", "RemoveTargets", Rule="r", Ids=["a"])


def trail(w):
    w.s3("CreateBucket", Bucket="logs")
    w.s3("CreateBucket", Bucket="other")
    w.call("cloudtrail", "CreateTrail", Name="main", S3BucketName="logs", IsMultiRegionTrail=True,
           IncludeGlobalServiceEvents=True)
    w.call("cloudtrail", "StartLogging", Name="main")
    client = w.client("cloudtrail")

    def logging():
        try:
            return client.get_trail_status(Name="main")["IsLogging"]
        except client.exceptions.TrailNotFoundException:
            return None

    w.looks.append(("is logging", logging))
    w.look("cloudtrail", "get_event_selectors", TrailName="main")


@kind("cloudtrail:StopLogging")
def stop_logging(w):
    trail(w)
    yield
    w.call("cloudtrail", "StopLogging", Name="main")


@kind("cloudtrail:UpdateTrail")
def update_trail(w):
    trail(w)
    yield
    w.call("cloudtrail", "UpdateTrail", Name="main", S3BucketName="other")


def selectors(w, kind_name):
    w.call("cloudtrail", "PutEventSelectors", TrailName="main", EventSelectors=[
        {"ReadWriteType": kind_name, "IncludeManagementEvents": True, "DataResources": [],
         "ExcludeManagementEventSources": []}])


@kind("cloudtrail:PutEventSelectors")
def put_selectors(w):
    trail(w)
    selectors(w, "All")
    yield
    selectors(w, "WriteOnly")


@kind("cloudtrail:DeleteTrail")
def delete_trail(w):
    trail(w)
    selectors(w, "All")
    yield
    w.call("cloudtrail", "DeleteTrail", Name="main")


@kind("config:StopConfigurationRecorder")
def stop_recorder(w):
    w.s3("CreateBucket", Bucket="logs")
    w.call("config", "PutConfigurationRecorder", ConfigurationRecorder={
        "name": "default", "roleARN": "arn:aws:iam::123456789012:role/config",
        "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
    w.call("config", "PutDeliveryChannel", DeliveryChannel={"name": "default", "s3BucketName": "logs"})
    w.call("config", "StartConfigurationRecorder", ConfigurationRecorderName="default")
    yield
    w.call("config", "StopConfigurationRecorder", ConfigurationRecorderName="default")


def mounted(w):
    made = vpc(w)
    one, other = group(w, made), group(w, made, "other")
    system = w.call("efs", "CreateFileSystem", CreationToken="t")["FileSystemId"]
    mount = w.call("efs", "CreateMountTarget", FileSystemId=system, SubnetId=subnet(w, made),
                   SecurityGroups=[one])["MountTargetId"]
    client = w.client("efs")
    w.looks.append(("mounts", lambda: client.describe_mount_targets(FileSystemId=system)["MountTargets"]))
    return mount, other


@kind("efs:ModifyMountTargetSecurityGroups")
def modify_mount(w):
    mount, other = mounted(w)
    w.look("efs", "describe_mount_target_security_groups", MountTargetId=mount)
    yield
    w.call("efs", "ModifyMountTargetSecurityGroups", MountTargetId=mount, SecurityGroups=[other])


@kind("efs:DeleteMountTarget")
def delete_mount(w):
    mount, _ = mounted(w)
    yield
    w.call("efs", "DeleteMountTarget", MountTargetId=mount)


untried("moto has no ResetDBParameterGroup", "rds:ModifyDBParameterGroup")
untried("moto has no such call", "route53resolver:UpdateResolverRule")


@kind("route53resolver:DisassociateResolverRule")
def disassociate_rule(w):
    made, one = vpc(w), None
    one = w.call("route53resolver", "CreateResolverRule", CreatorRequestId="r", RuleType="SYSTEM",
                 DomainName="example.com", Name="rule")["ResolverRule"]["Id"]
    w.call("route53resolver", "AssociateResolverRule", ResolverRuleId=one, VPCId=made, Name="a")
    yield
    w.call("route53resolver", "DisassociateResolverRule", ResolverRuleId=one, VPCId=made)


@kind("rds:FailoverDBCluster", asks="which instance wrote before is in no record", is_silent=True)
def fail_over(w):
    w.call("rds", "CreateDBCluster", DBClusterIdentifier="c", Engine="aurora-postgresql", MasterUsername="admin",
           MasterUserPassword="example-only")
    for name in ("one", "two"):
        w.call("rds", "CreateDBInstance", DBInstanceIdentifier=name, DBInstanceClass="db.r5.large",
               Engine="aurora-postgresql", DBClusterIdentifier="c")
    yield
    w.call("rds", "FailoverDBCluster", DBClusterIdentifier="c", TargetDBInstanceIdentifier="two")


@kind("dynamodb:DeleteTable", deviation="moto restores no table that is gone")
def delete_table(w):
    name = items(w)
    w.call("dynamodb", "UpdateContinuousBackups", **name,
           PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    yield
    w.call("dynamodb", "DeleteTable", **name)
untried("moto fails at the call itself (KeyError)", "rds:ModifyDBSubnetGroup")
