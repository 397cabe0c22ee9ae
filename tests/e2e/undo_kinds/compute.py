"""Lambda, Auto Scaling, ECS, API Gateway, alarms, registries, web ACLs, distributions."""

import io
import json
import zipfile

from undo_kinds import kind, untried
from undo_kinds.access import trust
from undo_kinds.vpc import subnet, vpc


def package(text="1"):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("f.py", f"def h(event, context):\n    return {text}\n")
    return data.getvalue()


def function(w, publish=False):
    arn = w.iam("CreateRole", RoleName="app", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    w.call("lambda", "CreateFunction", FunctionName="f", Runtime="python3.12", Role=arn, Handler="f.h",
           Code={"ZipFile": package()}, Timeout=3, MemorySize=128, Description="old", Publish=publish)
    return {"FunctionName": "f"}


@kind("lambda:UpdateFunctionConfiguration")
def update_function(w):
    name = function(w)
    yield
    w.call("lambda", "UpdateFunctionConfiguration", **name, Timeout=30, MemorySize=512)


@kind("lambda:UpdateAlias")
def update_alias(w):
    name = function(w, publish=True)
    w.call("lambda", "UpdateFunctionCode", **name, ZipFile=package("2"), Publish=True)
    w.call("lambda", "CreateAlias", **name, Name="live", FunctionVersion="1", Description="d")
    w.look("lambda", "get_alias", FunctionName="f", Name="live")
    yield
    w.call("lambda", "UpdateAlias", **name, Name="live", FunctionVersion="2")


@kind("lambda:PutFunctionConcurrency")
def put_concurrency(w):
    name = function(w)
    w.look("lambda", "get_function_concurrency", FunctionName="f")
    w.call("lambda", "PutFunctionConcurrency", **name, ReservedConcurrentExecutions=5)
    yield
    w.call("lambda", "PutFunctionConcurrency", **name, ReservedConcurrentExecutions=0)


def mapping(w):
    name = function(w)
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    w.call("sqs", "CreateQueue", QueueName="q")
    return w.call("lambda", "CreateEventSourceMapping", **name, EventSourceArn=arn, BatchSize=10)["UUID"]


@kind("lambda:UpdateEventSourceMapping")
def update_mapping(w):
    made = mapping(w)
    yield
    w.call("lambda", "UpdateEventSourceMapping", UUID=made, BatchSize=1, Enabled=False)


@kind("lambda:DeleteEventSourceMapping")
def delete_mapping(w):
    made = mapping(w)
    yield
    w.call("lambda", "DeleteEventSourceMapping", UUID=made)


@kind("lambda:RemovePermission")
def remove_permission(w):
    name = function(w)
    w.look("lambda", "get_policy", FunctionName="f")
    w.call("lambda", "AddPermission", **name, StatementId="s", Action="lambda:InvokeFunction",
           Principal="sns.amazonaws.com", SourceArn="arn:aws:sns:us-east-1:123456789012:t")
    yield
    w.call("lambda", "RemovePermission", **name, StatementId="s")


def scaling(w):
    w.ec2("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={
        "InstanceType": "t3.micro", "ImageId": "ami-12c6146b"})
    one = subnet(w, vpc(w), AvailabilityZone="us-east-1a")
    w.call("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName="g", MinSize=0, MaxSize=4,
           DesiredCapacity=0, VPCZoneIdentifier=one,
           LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"})
    return {"AutoScalingGroupName": "g"}


@kind("autoscaling:UpdateAutoScalingGroup")
def update_group(w):
    name = scaling(w)
    yield
    w.call("autoscaling", "UpdateAutoScalingGroup", **name, MaxSize=2)


@kind("autoscaling:SetDesiredCapacity", deviation="moto leaves the instance's interface behind")
def set_desired(w):
    name = scaling(w)
    yield
    w.call("autoscaling", "SetDesiredCapacity", **name, DesiredCapacity=1)


@kind("autoscaling:SuspendProcesses")
def suspend(w):
    name = scaling(w)
    yield
    w.call("autoscaling", "SuspendProcesses", **name, ScalingProcesses=["Launch"])


@kind("autoscaling:DetachLoadBalancerTargetGroups")
def detach_targets(w):
    name = scaling(w)
    made = w.call("elbv2", "CreateTargetGroup", Name="t", Protocol="HTTP", Port=80, VpcId=vpc(w))
    arns = [made["TargetGroups"][0]["TargetGroupArn"]]
    w.call("autoscaling", "AttachLoadBalancerTargetGroups", **name, TargetGroupARNs=arns)
    yield
    w.call("autoscaling", "DetachLoadBalancerTargetGroups", **name, TargetGroupARNs=arns)


@kind("autoscaling:DeleteAutoScalingGroup")
def delete_group(w):
    name = scaling(w)
    yield
    w.call("autoscaling", "DeleteAutoScalingGroup", **name)


def task(w, image="nginx:1"):
    made = w.call("ecs", "RegisterTaskDefinition", family="web", containerDefinitions=[
        {"name": "c", "image": image, "cpu": 10, "memory": 128, "essential": True}])
    return made["taskDefinition"]["taskDefinitionArn"]


def service(w):
    w.call("ecs", "CreateCluster", clusterName="c")
    one = task(w)
    w.call("ecs", "CreateService", cluster="c", serviceName="s", taskDefinition=one, desiredCount=2)
    w.look("ecs", "describe_services", cluster="c", services=["s"])
    return one


@kind("ecs:UpdateService")
def update_service(w):
    service(w)
    other = task(w, "nginx:2")
    client = w.client("ecs")
    w.looks.clear()

    def shown():
        one = client.describe_services(cluster="c", services=["s"])["services"][0]
        return {name: one[name] for name in ("taskDefinition", "desiredCount", "serviceName", "status")}

    w.looks.append(("service", shown))
    yield
    w.call("ecs", "UpdateService", cluster="c", service="s", taskDefinition=other, desiredCount=0)


@kind("ecs:RegisterTaskDefinition")
def register_task(w):
    task(w)
    client = w.client("ecs")
    w.looks.append(("tasks", lambda: client.list_task_definitions()["taskDefinitionArns"]))
    yield
    task(w, "nginx:2")


@kind("ecs:DeregisterTaskDefinition")
def deregister_task(w):
    made = task(w)
    client = w.client("ecs")

    def active():
        arns = client.list_task_definitions()["taskDefinitionArns"]
        return [client.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
                for arn in arns]

    w.looks.append(("tasks", active))
    yield
    w.call("ecs", "DeregisterTaskDefinition", taskDefinition=made)


@kind("ecs:DeleteService", deviation="moto describes an empty network configuration, and fails when it is given one")
def delete_service(w):
    service(w)
    client = w.client("ecs")
    w.looks.clear()

    def shown():
        found = client.describe_services(cluster="c", services=["s"])["services"]
        return [{name: one[name] for name in ("taskDefinition", "desiredCount", "serviceName", "launchType")}
                for one in found if one["status"] == "ACTIVE"]

    w.looks.append(("service", shown))
    yield
    w.call("ecs", "DeleteService", cluster="c", service="s", force=True)


def alarm(w):
    w.call("cloudwatch", "PutMetricAlarm", AlarmName="a", MetricName="CPUUtilization", Namespace="AWS/EC2",
           Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=80.0, ActionsEnabled=True,
           ComparisonOperator="GreaterThanThreshold", AlarmActions=["arn:aws:sns:us-east-1:123456789012:t"])


@kind("cloudwatch:DisableAlarmActions")
def disable_alarm(w):
    alarm(w)
    yield
    w.call("cloudwatch", "DisableAlarmActions", AlarmNames=["a"])


@kind("cloudwatch:DeleteAlarms")
def delete_alarm(w):
    alarm(w)
    yield
    w.call("cloudwatch", "DeleteAlarms", AlarmNames=["a"])


@kind("ecr:SetRepositoryPolicy")
def set_repository_policy(w):
    w.call("ecr", "CreateRepository", repositoryName="web")
    w.look("ecr", "get_repository_policy", repositoryName="web")

    def put(action):
        w.call("ecr", "SetRepositoryPolicy", repositoryName="web", policyText=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": [action]}]}))

    put("ecr:BatchGetImage")
    yield
    put("ecr:*")


@kind("wafv2:UpdateIPSet", asks="the set's description")
def update_ip_set(w):
    made = w.call("wafv2", "CreateIPSet", Name="s", Scope="REGIONAL", IPAddressVersion="IPV4",
                  Addresses=["192.0.2.0/24"])["Summary"]
    it = {"Name": "s", "Scope": "REGIONAL", "Id": made["Id"]}
    w.look("wafv2", "get_ip_set", **it)
    answer = w.call("wafv2", "UpdateIPSet", **it, Addresses=["198.51.100.0/24"], LockToken=made["LockToken"])
    yield
    w.call("wafv2", "UpdateIPSet", **it, Addresses=["203.0.113.0/24"], LockToken=answer["NextLockToken"])


@kind("elasticache:ModifyReplicationGroup")
def modify_cache(w):
    w.call("elasticache", "CreateReplicationGroup", ReplicationGroupId="rg", ReplicationGroupDescription="d",
           CacheNodeType="cache.t3.micro", Engine="redis", SnapshotRetentionLimit=7)
    w.call("elasticache", "ModifyReplicationGroup", ReplicationGroupId="rg", SnapshotRetentionLimit=5)
    yield
    w.call("elasticache", "ModifyReplicationGroup", ReplicationGroupId="rg", SnapshotRetentionLimit=1)


@kind("stepfunctions:UpdateStateMachine")
def update_machine(w):
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    roles = [w.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust("states.amazonaws.com"))["Role"]["Arn"]
             for name in ("one", "two", "three")]
    arn = w.call("stepfunctions", "CreateStateMachine", name="m", definition=definition,
                 roleArn=roles[0])["stateMachineArn"]
    w.look("stepfunctions", "describe_state_machine", stateMachineArn=arn)
    w.call("stepfunctions", "UpdateStateMachine", stateMachineArn=arn, roleArn=roles[1])
    yield
    w.call("stepfunctions", "UpdateStateMachine", stateMachineArn=arn, roleArn=roles[2])


def api(w):
    made = w.call("apigateway", "CreateRestApi", name="a")["id"]
    root = w.client("apigateway").get_resources(restApiId=made)["items"][0]["id"]
    both = {"restApiId": made, "resourceId": root, "httpMethod": "GET"}
    w.call("apigateway", "PutMethod", **both, authorizationType="NONE")
    w.call("apigateway", "PutIntegration", **both, type="MOCK")
    w.call("apigateway", "CreateDeployment", restApiId=made, stageName="prod")
    w.look("apigateway", "get_stage", restApiId=made, stageName="prod")
    return {"restApiId": made, "stageName": "prod"}


@kind("apigateway:UpdateStage")
def update_stage(w):
    stage = api(w)
    for value in ("old", "new"):
        if value == "new":
            yield
        w.call("apigateway", "UpdateStage", **stage, patchOperations=[
            {"op": "replace", "path": "/variables/a", "value": value}])


untried("the code itself is in no record: the undo needs where it lies", "lambda:UpdateFunctionCode")
untried("moto has no such call", "eks:DeleteAccessEntry")


def distribution_config(comment, enabled=True):
    return {
        "CallerReference": "one", "Comment": comment, "Enabled": enabled,
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "data.s3.amazonaws.com",
                                              "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
                                 "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
    }


def distribution(w):
    made = w.call("cloudfront", "CreateDistribution", DistributionConfig=distribution_config("old"))
    return made["Distribution"]["Id"], made["ETag"]


@kind("cloudfront:UpdateDistribution")
def update_distribution(w):
    made, tag = distribution(w)
    tag = w.call("cloudfront", "UpdateDistribution", Id=made, IfMatch=tag,
                 DistributionConfig=distribution_config("middle"))["ETag"]
    yield
    w.call("cloudfront", "UpdateDistribution", Id=made, IfMatch=tag, DistributionConfig=distribution_config("new"))


@kind("cloudfront:DeleteDistribution")
def delete_distribution(w):
    made, tag = distribution(w)
    tag = w.call("cloudfront", "UpdateDistribution", Id=made, IfMatch=tag,
                 DistributionConfig=distribution_config("old", False))["ETag"]
    yield
    w.call("cloudfront", "DeleteDistribution", Id=made, IfMatch=tag)


def web_acl(w, name):
    made = w.call("wafv2", "CreateWebACL", Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, Rules=[],
                  VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False,
                                    "MetricName": name})
    return made["Summary"]["ARN"]


@kind("wafv2:AssociateWebACL")
def associate_web_acl(w):
    one, other = web_acl(w, "one"), web_acl(w, "other")
    stage = "arn:aws:apigateway:us-east-1::/restapis/{restApiId}/stages/{stageName}".format(**api(w))
    w.look("wafv2", "get_web_acl_for_resource", ResourceArn=stage)
    w.call("wafv2", "AssociateWebACL", WebACLArn=one, ResourceArn=stage)
    yield
    w.call("wafv2", "AssociateWebACL", WebACLArn=other, ResourceArn=stage)


@kind("apigateway:CreateDeployment")
def create_deployment(w):
    stage = api(w)
    yield
    w.call("apigateway", "CreateDeployment", **stage)


def cluster(w):
    made = vpc(w)
    subnets = [subnet(w, made, f"10.0.{n}.0/24") for n in (1, 2)]
    arn = w.iam("CreateRole", RoleName="eks", AssumeRolePolicyDocument=trust("eks.amazonaws.com"))["Role"]["Arn"]
    w.call("eks", "CreateCluster", name="c", roleArn=arn, resourcesVpcConfig={"subnetIds": subnets})
    client = w.client("eks")
    w.looks.append(("cluster", lambda: client.describe_cluster(name="c")["cluster"]))
    return subnets, arn


@kind("eks:UpdateClusterConfig")
def update_cluster(w):
    cluster(w)
    for truth in (True, False):
        if not truth:
            yield
        w.call("eks", "UpdateClusterConfig", name="c", resourcesVpcConfig={"endpointPrivateAccess": truth})


@kind("eks:UpdateNodegroupConfig", asks="what the whole configuration was is in no record")
def update_nodes(w):
    subnets, arn = cluster(w)
    w.call("eks", "CreateNodegroup", clusterName="c", nodegroupName="n", subnets=subnets, nodeRole=arn,
           scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 1})
    client = w.client("eks")
    w.looks.append(("nodes", lambda: client.describe_nodegroup(
        clusterName="c", nodegroupName="n")["nodegroup"].get("scalingConfig")))
    for most in (4, 5):
        if most == 5:
            yield
        w.call("eks", "UpdateNodegroupConfig", clusterName="c", nodegroupName="n",
               scalingConfig={"minSize": 1, "maxSize": most, "desiredSize": 1})
