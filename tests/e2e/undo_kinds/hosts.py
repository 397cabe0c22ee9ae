"""Network interfaces, instances, tags, flow logs, launch templates, load balancers."""

from undo_kinds import kind, untried
from undo_kinds.vpc import gateway, group, interface, subnet, vpc

IMAGE = "ami-12c6146b"


@kind("ec2:CreateNetworkInterface")
def create_interface(w):
    made = subnet(w, vpc(w))
    yield
    interface(w, made)


@kind("ec2:DeleteNetworkInterface")
def delete_interface(w):
    made = vpc(w)
    one = interface(w, subnet(w, made), Groups=[group(w, made)], Description="example")
    yield
    w.ec2("DeleteNetworkInterface", NetworkInterfaceId=one)


def instance(w, subnet_id):
    made = w.ec2("RunInstances", ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet_id, InstanceType="t3.micro")
    return made["Instances"][0]["InstanceId"]


@kind("ec2:AttachNetworkInterface")
def attach_interface(w):
    made = subnet(w, vpc(w))
    host, one = instance(w, made), interface(w, made)
    yield
    w.ec2("AttachNetworkInterface", NetworkInterfaceId=one, InstanceId=host, DeviceIndex=1)


@kind("ec2:DetachNetworkInterface")
def detach_interface(w):
    made = subnet(w, vpc(w))
    host, one = instance(w, made), interface(w, made)
    answer = w.ec2("AttachNetworkInterface", NetworkInterfaceId=one, InstanceId=host, DeviceIndex=1)
    yield
    w.ec2("DetachNetworkInterface", AttachmentId=answer["AttachmentId"])


@kind("ec2:ModifyNetworkInterfaceAttribute")
def modify_interface(w):
    made = vpc(w)
    one, other = group(w, made), group(w, made, "other")
    nic = interface(w, subnet(w, made), Groups=[one])
    yield
    w.ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=nic, Groups=[other])


@kind("ec2:AssignPrivateIpAddresses")
def assign_address(w):
    nic = interface(w, subnet(w, vpc(w)), PrivateIpAddress="10.0.1.10")
    yield
    w.ec2("AssignPrivateIpAddresses", NetworkInterfaceId=nic, PrivateIpAddresses=["10.0.1.20"])


@kind("ec2:UnassignPrivateIpAddresses")
def unassign_address(w):
    nic = interface(w, subnet(w, vpc(w)), PrivateIpAddress="10.0.1.10")
    w.ec2("AssignPrivateIpAddresses", NetworkInterfaceId=nic, PrivateIpAddresses=["10.0.1.20"])
    yield
    w.ec2("UnassignPrivateIpAddresses", NetworkInterfaceId=nic, PrivateIpAddresses=["10.0.1.20"])


@kind("ec2:AssignIpv6Addresses")
def assign_ipv6(w):
    nic = interface(w, subnet(w, vpc(w)))
    yield
    w.ec2("AssignIpv6Addresses", NetworkInterfaceId=nic, Ipv6Addresses=["2001:db8:1::5"])


@kind("ec2:UnassignIpv6Addresses")
def unassign_ipv6(w):
    nic = interface(w, subnet(w, vpc(w)))
    w.ec2("AssignIpv6Addresses", NetworkInterfaceId=nic, Ipv6Addresses=["2001:db8:1::5"])
    yield
    w.ec2("UnassignIpv6Addresses", NetworkInterfaceId=nic, Ipv6Addresses=["2001:db8:1::5"])


@kind("ec2:RunInstances", deviation="moto leaves the instance's interface behind")
def run_instances(w):
    made = subnet(w, vpc(w))
    yield
    instance(w, made)


@kind("ec2:StopInstances")
def stop(w):
    made = instance(w, subnet(w, vpc(w)))
    yield
    w.ec2("StopInstances", InstanceIds=[made])


@kind("ec2:StartInstances")
def start(w):
    made = instance(w, subnet(w, vpc(w)))
    w.ec2("StopInstances", InstanceIds=[made])
    yield
    w.ec2("StartInstances", InstanceIds=[made])


@kind("ec2:ModifyInstanceAttribute")
def modify_instance(w):
    made = instance(w, subnet(w, vpc(w)))
    w.ec2("StopInstances", InstanceIds=[made])
    w.ec2("ModifyInstanceAttribute", InstanceId=made, InstanceType={"Value": "t3.small"})
    yield
    w.ec2("ModifyInstanceAttribute", InstanceId=made, InstanceType={"Value": "t3.large"})


@kind("ec2:CreateTags")
def create_tags(w):
    made = vpc(w)
    w.ec2("CreateTags", Resources=[made], Tags=[{"Key": "a", "Value": "old"}])
    yield
    w.ec2("CreateTags", Resources=[made], Tags=[{"Key": "a", "Value": "new"}, {"Key": "b", "Value": "1"}])


@kind("ec2:DeleteTags")
def delete_tags(w):
    made = vpc(w)
    w.ec2("CreateTags", Resources=[made], Tags=[{"Key": "a", "Value": "old"}])
    yield
    w.ec2("DeleteTags", Resources=[made], Tags=[{"Key": "a"}])


def flow_logs(w, vpc_id):
    made = w.ec2("CreateFlowLogs", ResourceIds=[vpc_id], ResourceType="VPC", TrafficType="ALL",
                 LogDestinationType="s3", LogDestination="arn:aws:s3:::logs")
    return made["FlowLogIds"][0]


@kind("ec2:CreateFlowLogs")
def create_flow_logs(w):
    made = vpc(w)
    w.s3("CreateBucket", Bucket="logs")
    yield
    flow_logs(w, made)


@kind("ec2:DeleteFlowLogs")
def delete_flow_logs(w):
    w.s3("CreateBucket", Bucket="logs")
    made = flow_logs(w, vpc(w))
    yield
    w.ec2("DeleteFlowLogs", FlowLogIds=[made])


def template(w):
    made = w.ec2("CreateLaunchTemplate", LaunchTemplateName="t", LaunchTemplateData={"InstanceType": "t3.micro"})
    return made["LaunchTemplate"]["LaunchTemplateId"]


@kind("ec2:CreateLaunchTemplateVersion", deviation="moto has no DeleteLaunchTemplateVersions")
def create_version(w):
    made = template(w)
    yield
    w.ec2("CreateLaunchTemplateVersion", LaunchTemplateId=made, LaunchTemplateData={"InstanceType": "t3.small"})


@kind("ec2:ModifyLaunchTemplate")
def modify_template(w):
    made = template(w)
    w.ec2("CreateLaunchTemplateVersion", LaunchTemplateId=made, LaunchTemplateData={"InstanceType": "t3.small"})
    yield
    w.ec2("ModifyLaunchTemplate", LaunchTemplateId=made, DefaultVersion="2")


class Balanced:
    """A VPC with two subnets, a balancer, two target groups and what is asked for."""

    def __init__(self, w):
        self.w, self.vpc = w, vpc(w)
        gateway(w, self.vpc)
        self.subnets = [
            subnet(w, self.vpc, f"10.0.{place}.0/24", AvailabilityZone=f"us-east-1{zone}")
            for place, zone in enumerate("abc", 1)
        ]
        self.group = group(w, self.vpc)

    def balancer(self):
        made = self.w.call("elbv2", "CreateLoadBalancer", Name="web", Subnets=self.subnets[:2],
                           SecurityGroups=[self.group], Scheme="internal", Type="application")
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.w.look("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
        return arn

    def targets(self, name="t"):
        made = self.w.call("elbv2", "CreateTargetGroup", Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc,
                           TargetType="ip", HealthCheckPath="/old", HealthCheckProtocol="HTTP")
        return made["TargetGroups"][0]["TargetGroupArn"]

    def listener(self, balancer, group, port=80):
        made = self.w.call("elbv2", "CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=port,
                           DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        return made["Listeners"][0]["ListenerArn"]

    def rule(self, listener, group):
        made = self.w.call("elbv2", "CreateRule", ListenerArn=listener, Priority=5,
                           Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
                           Actions=[{"Type": "forward", "TargetGroupArn": group}])
        return made["Rules"][0]["RuleArn"]

    def look(self, balancer=None, listener=None, group=None):
        if balancer:
            self.w.look("elbv2", "describe_listeners", LoadBalancerArn=balancer)
        if listener:
            self.w.look("elbv2", "describe_rules", ListenerArn=listener)
        if group:
            self.w.look("elbv2", "describe_target_health", TargetGroupArn=group)
            self.w.look("elbv2", "describe_target_group_attributes", TargetGroupArn=group)


@kind("elbv2:CreateLoadBalancer")
def create_balancer(w):
    it = Balanced(w)
    w.client("elbv2")
    yield
    w.call("elbv2", "CreateLoadBalancer", Name="web", Subnets=it.subnets[:2], SecurityGroups=[it.group])


@kind("elbv2:DeleteLoadBalancer", asks="what a new one has by itself is in no record, as its attributes")
def delete_balancer(w):
    it = Balanced(w)
    one = w.call("elbv2", "CreateLoadBalancer", Name="web", Subnets=it.subnets[:2], SecurityGroups=[it.group],
                 Scheme="internal", Type="application")["LoadBalancers"][0]["LoadBalancerArn"]
    yield
    w.call("elbv2", "DeleteLoadBalancer", LoadBalancerArn=one)


@kind("elbv2:SetSecurityGroups")
def set_groups(w):
    it = Balanced(w)
    one, other = it.balancer(), group(w, it.vpc, "other")
    yield
    w.call("elbv2", "SetSecurityGroups", LoadBalancerArn=one, SecurityGroups=[other])


@kind("elbv2:SetSubnets")
def set_subnets(w):
    it = Balanced(w)
    one = it.balancer()
    yield
    w.call("elbv2", "SetSubnets", LoadBalancerArn=one, Subnets=it.subnets[1:])


@kind("elbv2:CreateListener")
def create_listener(w):
    it = Balanced(w)
    one, targets = it.balancer(), it.targets()
    it.look(balancer=one)
    yield
    it.listener(one, targets)


@kind("elbv2:ModifyListener")
def modify_listener(w):
    it = Balanced(w)
    one = it.balancer()
    listener, other = it.listener(one, it.targets()), it.targets("other")
    it.look(balancer=one)
    yield
    w.call("elbv2", "ModifyListener", ListenerArn=listener,
           DefaultActions=[{"Type": "forward", "TargetGroupArn": other}])


@kind("elbv2:DeleteListener")
def delete_listener(w):
    it = Balanced(w)
    one = it.balancer()
    listener = it.listener(one, it.targets())
    it.look(balancer=one)
    yield
    w.call("elbv2", "DeleteListener", ListenerArn=listener)


@kind("elbv2:CreateRule")
def create_rule(w):
    it = Balanced(w)
    targets = it.targets()
    listener = it.listener(it.balancer(), targets)
    it.look(listener=listener)
    yield
    it.rule(listener, targets)


@kind("elbv2:ModifyRule")
def modify_rule(w):
    it = Balanced(w)
    targets = it.targets()
    listener = it.listener(it.balancer(), targets)
    rule = it.rule(listener, targets)
    it.look(listener=listener)
    yield
    w.call("elbv2", "ModifyRule", RuleArn=rule, Conditions=[{"Field": "path-pattern", "Values": ["/b"]}])


@kind("elbv2:DeleteRule")
def delete_rule(w):
    it = Balanced(w)
    targets = it.targets()
    listener = it.listener(it.balancer(), targets)
    rule = it.rule(listener, targets)
    it.look(listener=listener)
    yield
    w.call("elbv2", "DeleteRule", RuleArn=rule)


@kind("elbv2:CreateTargetGroup")
def create_targets(w):
    it = Balanced(w)
    w.client("elbv2")
    yield
    it.targets()


@kind("elbv2:ModifyTargetGroup")
def modify_targets(w):
    one = Balanced(w).targets()
    yield
    w.call("elbv2", "ModifyTargetGroup", TargetGroupArn=one, HealthCheckPath="/new")


@kind("elbv2:ModifyTargetGroupAttributes")
def modify_target_attributes(w):
    it = Balanced(w)
    one = it.targets()
    it.look(group=one)
    w.call("elbv2", "ModifyTargetGroupAttributes", TargetGroupArn=one,
           Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
    yield
    w.call("elbv2", "ModifyTargetGroupAttributes", TargetGroupArn=one,
           Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])


@kind("elbv2:ModifyLoadBalancerAttributes")
def modify_balancer_attributes(w):
    one = Balanced(w).balancer()
    w.call("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=one,
           Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "90"}])
    yield
    w.call("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=one,
           Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "30"}])


@kind("elbv2:DeleteTargetGroup", asks="what a new one has by itself is in no record, as its attributes")
def delete_targets(w):
    one = Balanced(w).targets()
    yield
    w.call("elbv2", "DeleteTargetGroup", TargetGroupArn=one)


@kind("elbv2:RegisterTargets")
def register(w):
    it = Balanced(w)
    one = it.targets()
    it.look(group=one)
    yield
    w.call("elbv2", "RegisterTargets", TargetGroupArn=one, Targets=[{"Id": "10.0.1.5", "Port": 80}])


@kind("elbv2:DeregisterTargets")
def deregister(w):
    it = Balanced(w)
    one = it.targets()
    it.look(group=one)
    w.call("elbv2", "RegisterTargets", TargetGroupArn=one, Targets=[{"Id": "10.0.1.5", "Port": 80}])
    yield
    w.call("elbv2", "DeregisterTargets", TargetGroupArn=one, Targets=[{"Id": "10.0.1.5", "Port": 80}])


untried("moto fails at the call itself (server error)", "ec2:ResetNetworkInterfaceAttribute")
