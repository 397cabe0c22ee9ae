"""Random calls of a network administrator: most succeed, some fail, as in life."""

import random

REGION = "us-east-1"
ZONES = ["us-east-1a", "us-east-1b"]


class World:
    """Makes one call after another; it looks at what there is as an administrator would."""

    def __init__(self, recorder, seed):
        self.recorder, self.client = recorder, recorder.client
        self.random = random.Random(seed)
        self.number = 0
        self.calls = [name for name in dir(self) if name.startswith("do_")]
        # Networks grow first: without them nothing else succeeds.
        self.script = ["do_vpc", "do_gateway", "do_attach_gateway", "do_subnet", "do_subnet", "do_table",
                       "do_associate_table", "do_group", "do_address", "do_nat", "do_route", "do_run"]
        self.done = set()

    def step(self):
        name = self.script.pop(0) if self.script else self.random.choice(self.calls)
        getattr(self, name)()

    def call(self, name, **params):
        answer = self.recorder.call(name, **params)
        if answer is not None:
            self.done.add(name)
        return answer

    def next(self):
        self.number += 1
        return self.number

    def pick(self, many):
        many = list(many)
        return self.random.choice(many) if many else None

    def some(self, method, listed, **params):
        return getattr(self.client, method)(**params)[listed]

    def any_id(self, method, listed, member):
        found = self.pick(self.some(method, listed))
        return found[member] if found else f"{member[:3].lower()}-0"

    def vpc(self):
        return self.pick([it for it in self.some("describe_vpcs", "Vpcs") if not it["IsDefault"]])

    def vpc_id(self):
        found = self.vpc()
        return found["VpcId"] if found else "vpc-0"

    def of_vpc(self, method, listed, vpc):
        return [it for it in self.some(method, listed) if it.get("VpcId") == vpc]

    def own(self, method, listed):
        defaults = {it["VpcId"] for it in self.some("describe_vpcs", "Vpcs") if it["IsDefault"]}
        return [it for it in self.some(method, listed) if it.get("VpcId") not in defaults]

    def subnet(self):
        return self.pick(self.own("describe_subnets", "Subnets"))

    def table(self):
        return self.pick(self.own("describe_route_tables", "RouteTables"))

    def group(self):
        return self.pick(self.own("describe_security_groups", "SecurityGroups"))

    def interface(self):
        return self.pick(self.own("describe_network_interfaces", "NetworkInterfaces"))

    def instance(self):
        reservations = self.some("describe_instances", "Reservations")
        many = [one for it in reservations for one in it["Instances"]]
        return self.pick([one for one in many if one["State"]["Name"] != "terminated"])

    # VPCs and subnets

    def do_vpc(self):
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": f"v{self.next()}"}]}]
        params = {"TagSpecifications": tags} if self.random.random() < 0.5 else {}
        self.call("CreateVpc", CidrBlock=f"10.{self.next()}.0.0/16", **params)

    def do_delete_vpc(self):
        self.call("DeleteVpc", VpcId=self.vpc_id())

    def do_vpc_attribute(self):
        name = self.pick(["EnableDnsSupport", "EnableDnsHostnames"])
        self.call("ModifyVpcAttribute", VpcId=self.vpc_id(), **{name: {"Value": self.random.random() < 0.5}})

    def do_vpc_cidr(self):
        self.call("AssociateVpcCidrBlock", VpcId=self.vpc_id(), CidrBlock=f"10.{100 + self.next() % 100}.0.0/16")

    def do_remove_vpc_cidr(self):
        vpc = self.vpc()
        if vpc and (one := self.pick(vpc["CidrBlockAssociationSet"][1:])):
            if one["CidrBlockState"]["State"] == "associated":
                self.call("DisassociateVpcCidrBlock", AssociationId=one["AssociationId"])

    def do_subnet(self):
        vpc = self.vpc()
        if vpc:
            base = vpc["CidrBlock"].split(".")[1]
            self.call("CreateSubnet", VpcId=vpc["VpcId"], CidrBlock=f"10.{base}.{self.next() % 250}.0/24",
                      AvailabilityZone=self.pick(ZONES))

    def do_delete_subnet(self):
        if self.random.random() < 0.3 and (subnet := self.subnet()):
            self.call("DeleteSubnet", SubnetId=subnet["SubnetId"])

    def do_subnet_attribute(self):
        if subnet := self.subnet():
            self.call("ModifySubnetAttribute", SubnetId=subnet["SubnetId"],
                      MapPublicIpOnLaunch={"Value": self.random.random() < 0.5})

    def do_dhcp(self):
        values = [{"Key": "domain-name-servers", "Values": ["10.0.0.2", "10.0.0.3"]}]
        self.call("CreateDhcpOptions", DhcpConfigurations=values)

    def do_associate_dhcp(self):
        self.call("AssociateDhcpOptions", VpcId=self.vpc_id(),
                  DhcpOptionsId=self.any_id("describe_dhcp_options", "DhcpOptions", "DhcpOptionsId"))

    # Route tables

    def do_table(self):
        self.call("CreateRouteTable", VpcId=self.vpc_id())

    def do_delete_table(self):
        if table := self.table():
            self.call("DeleteRouteTable", RouteTableId=table["RouteTableId"])

    def do_associate_table(self):
        if table := self.table():
            subnet = self.pick(self.of_vpc("describe_subnets", "Subnets", table["VpcId"]))
            tables = self.of_vpc("describe_route_tables", "RouteTables", table["VpcId"])
            taken = {one.get("SubnetId") for it in tables for one in it["Associations"]}
            if subnet and subnet["SubnetId"] not in taken:
                self.call("AssociateRouteTable", RouteTableId=table["RouteTableId"], SubnetId=subnet["SubnetId"])

    def association(self, main):
        table = self.table()
        if not table:
            return None, None
        wanted = [it for it in table["Associations"] if bool(it.get("Main")) == main]
        return table, self.pick(wanted)

    def do_disassociate_table(self):
        _, one = self.association(main=False)
        if one:
            self.call("DisassociateRouteTable", AssociationId=one["RouteTableAssociationId"])

    def do_replace_association(self):
        table, one = self.association(main=self.random.random() < 0.3)
        if one:
            other = self.pick(self.of_vpc("describe_route_tables", "RouteTables", table["VpcId"]))
            if other["RouteTableId"] != table["RouteTableId"]:
                self.call("ReplaceRouteTableAssociation", AssociationId=one["RouteTableAssociationId"],
                          RouteTableId=other["RouteTableId"])

    def target(self, vpc):
        gateways = [it for it in self.some("describe_internet_gateways", "InternetGateways")
                    if any(one["VpcId"] == vpc for one in it["Attachments"])]
        nats = [it for it in self.of_vpc("describe_nat_gateways", "NatGateways", vpc) if it["State"] == "available"]
        interfaces = self.of_vpc("describe_network_interfaces", "NetworkInterfaces", vpc)
        peerings = [it for it in self.some("describe_vpc_peering_connections", "VpcPeeringConnections")
                    if it["Status"]["Code"] == "active"]
        transits = self.some("describe_transit_gateways", "TransitGateways")
        choices = [("GatewayId", it["InternetGatewayId"]) for it in gateways]
        choices += [("NatGatewayId", it["NatGatewayId"]) for it in nats]
        choices += [("NetworkInterfaceId", it["NetworkInterfaceId"]) for it in interfaces[:2]]
        choices += [("VpcPeeringConnectionId", it["VpcPeeringConnectionId"]) for it in peerings[:1]]
        choices += [("TransitGatewayId", it["TransitGatewayId"]) for it in transits if it["State"] == "available"]
        return self.pick(choices)

    def do_route(self):
        if table := self.table():
            if target := self.target(table["VpcId"]):
                cidr = self.pick(["0.0.0.0/0", "192.168.0.0/16", "172.16.0.0/12", "198.51.100.0/24"])
                taken = [it.get("DestinationCidrBlock") for it in table["Routes"]]
                name = "ReplaceRoute" if cidr in taken else "CreateRoute"
                self.call(name, RouteTableId=table["RouteTableId"], DestinationCidrBlock=cidr,
                          **{target[0]: target[1]})

    def do_delete_route(self):
        if table := self.table():
            routes = [it for it in table["Routes"] if it.get("GatewayId") != "local"]
            if (route := self.pick(routes)) and "DestinationCidrBlock" in route:
                self.call("DeleteRoute", RouteTableId=table["RouteTableId"],
                          DestinationCidrBlock=route["DestinationCidrBlock"])

    def do_failing_route(self):
        self.call("DeleteRoute", RouteTableId="rtb-00000000", DestinationCidrBlock="0.0.0.0/0")

    # Gateways

    def do_gateway(self):
        self.call("CreateInternetGateway")

    def do_attach_gateway(self):
        vpc = self.vpc_id()
        for gateway in self.some("describe_internet_gateways", "InternetGateways"):
            if any(it["VpcId"] == vpc for it in gateway["Attachments"]):
                return
        free = [it for it in self.some("describe_internet_gateways", "InternetGateways") if not it["Attachments"]]
        if gateway := self.pick(free):
            self.call("AttachInternetGateway", InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)

    def do_detach_gateway(self):
        gateway = self.pick(self.some("describe_internet_gateways", "InternetGateways"))
        if gateway and gateway["Attachments"] and self.random.random() < 0.4:
            self.call("DetachInternetGateway", InternetGatewayId=gateway["InternetGatewayId"],
                      VpcId=gateway["Attachments"][0]["VpcId"])

    def do_delete_gateway(self):
        if self.random.random() < 0.3:
            self.call("DeleteInternetGateway", InternetGatewayId=self.any_id(
                "describe_internet_gateways", "InternetGateways", "InternetGatewayId"))

    def do_egress_gateway(self):
        self.call("CreateEgressOnlyInternetGateway", VpcId=self.vpc_id())

    def do_delete_egress_gateway(self):
        self.call("DeleteEgressOnlyInternetGateway", EgressOnlyInternetGatewayId=self.any_id(
            "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways",
            "EgressOnlyInternetGatewayId"))

    def do_address(self):
        self.call("AllocateAddress", Domain="vpc")

    def free_address(self):
        return self.pick([it for it in self.some("describe_addresses", "Addresses") if "AssociationId" not in it])

    def do_release(self):
        if (address := self.free_address()) and self.random.random() < 0.5:
            self.call("ReleaseAddress", AllocationId=address["AllocationId"])

    def do_associate_address(self):
        address, interface = self.free_address(), self.interface()
        if address and interface and "Association" not in interface:
            self.call("AssociateAddress", AllocationId=address["AllocationId"],
                      NetworkInterfaceId=interface["NetworkInterfaceId"])

    def do_associate_instance(self):
        address, instance = self.free_address(), self.instance()
        if address and instance and "PublicIpAddress" not in instance:
            self.call("AssociateAddress", AllocationId=address["AllocationId"], InstanceId=instance["InstanceId"])

    def do_disassociate_address(self):
        bound = [it for it in self.some("describe_addresses", "Addresses") if "AssociationId" in it]
        if address := self.pick(bound):
            self.call("DisassociateAddress", AssociationId=address["AssociationId"])

    def do_nat(self):
        address, subnet = self.free_address(), self.subnet()
        if address and subnet:
            self.call("CreateNatGateway", SubnetId=subnet["SubnetId"], AllocationId=address["AllocationId"])

    def do_delete_nat(self):
        nat = self.pick(self.some("describe_nat_gateways", "NatGateways"))
        if nat and nat["State"] == "available":
            self.call("DeleteNatGateway", NatGatewayId=nat["NatGatewayId"])

    # ACLs

    def do_acl(self):
        self.call("CreateNetworkAcl", VpcId=self.vpc_id())

    def acl(self):
        return self.pick(self.own("describe_network_acls", "NetworkAcls"))

    def do_acl_entry(self):
        if acl := self.acl():
            number, egress = self.pick([90, 110, 120]), self.random.random() < 0.5
            taken = [(it["RuleNumber"], it["Egress"]) for it in acl["Entries"]]
            name = "ReplaceNetworkAclEntry" if (number, egress) in taken else "CreateNetworkAclEntry"
            ports = {"From": 1024, "To": 65535}
            kind = self.pick([{"Protocol": "6", "PortRange": ports}, {"Protocol": "-1"}])
            self.call(name, NetworkAclId=acl["NetworkAclId"], RuleNumber=number, Egress=egress,
                      RuleAction=self.pick(["allow", "deny"]), CidrBlock="10.0.0.0/8", **kind)

    def do_delete_acl_entry(self):
        if acl := self.acl():
            entries = [it for it in acl["Entries"] if it["RuleNumber"] < 32767]
            if entry := self.pick(entries):
                self.call("DeleteNetworkAclEntry", NetworkAclId=acl["NetworkAclId"],
                          RuleNumber=entry["RuleNumber"], Egress=entry["Egress"])

    def do_replace_acl(self):
        if acl := self.acl():
            if one := self.pick(acl["Associations"]):
                other = self.pick(self.of_vpc("describe_network_acls", "NetworkAcls", acl["VpcId"]))
                if other["NetworkAclId"] != acl["NetworkAclId"]:
                    self.call("ReplaceNetworkAclAssociation", AssociationId=one["NetworkAclAssociationId"],
                              NetworkAclId=other["NetworkAclId"])

    def do_delete_acl(self):
        acl = self.acl()
        if acl and not acl["IsDefault"] and not acl["Associations"]:
            self.call("DeleteNetworkAcl", NetworkAclId=acl["NetworkAclId"])

    # Groups

    def do_group(self):
        self.call("CreateSecurityGroup", GroupName=f"g{self.next()}", Description="a group", VpcId=self.vpc_id())

    def permission(self, vpc):
        port = self.pick([22, 80, 443])
        out = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        other = self.pick(self.of_vpc("describe_security_groups", "SecurityGroups", vpc))
        kind = self.random.random()
        if kind < 0.5:
            networks = self.random.sample(["10.0.0.0/8", "0.0.0.0/0", "192.0.2.0/24"], self.random.choice([1, 2]))
            out["IpRanges"] = [{"CidrIp": it, "Description": "a range"} for it in networks]
        elif kind < 0.7:
            out["Ipv6Ranges"] = [{"CidrIpv6": "2001:db8::/32"}]
        else:
            out["UserIdGroupPairs"] = [{"GroupId": other["GroupId"]}]
        return out

    def do_authorize(self):
        if group := self.group():
            name = self.pick(["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"])
            permission = self.permission(group["VpcId"])
            listed = "IpPermissions" if name.endswith("Ingress") else "IpPermissionsEgress"
            # The simulator takes some rules twice, which AWS refuses.
            if not any(it.get("FromPort") == permission["FromPort"] for it in group[listed]):
                self.call(name, GroupId=group["GroupId"], IpPermissions=[permission])

    do_authorize_again = do_authorize

    def do_revoke(self):
        if group := self.group():
            name, listed = self.pick([("RevokeSecurityGroupIngress", "IpPermissions"),
                                      ("RevokeSecurityGroupEgress", "IpPermissionsEgress")])
            if permission := self.pick(group[listed]):
                permission = {key: value for key, value in permission.items() if value not in ([], None)}
                self.call(name, GroupId=group["GroupId"], IpPermissions=[permission])

    def do_revoke_by_id(self):
        if group := self.group():
            rules = self.client.describe_security_group_rules(
                Filters=[{"Name": "group-id", "Values": [group["GroupId"]]}])["SecurityGroupRules"]
            if rule := self.pick(rules):
                side = "Egress" if rule["IsEgress"] else "Ingress"
                self.call(f"RevokeSecurityGroup{side}", GroupId=group["GroupId"],
                          SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    def do_delete_group(self):
        group = self.group()
        if group and group["GroupName"] != "default" and self.random.random() < 0.4:
            self.call("DeleteSecurityGroup", GroupId=group["GroupId"])

    # Interfaces and instances. Attributes of instances are left alone: the simulator does not bring them to
    # the instance's interface, as AWS does.

    def do_interface(self):
        if subnet := self.subnet():
            groups = self.of_vpc("describe_security_groups", "SecurityGroups", subnet["VpcId"])
            params = {"Groups": [self.pick(groups)["GroupId"]]} if groups else {}
            self.call("CreateNetworkInterface", SubnetId=subnet["SubnetId"], Description="an interface", **params)

    def do_interface_groups(self):
        # Groups of attached interfaces are left alone: the simulator adds where AWS replaces.
        interface = self.interface()
        if interface and "Attachment" not in interface:
            groups = self.of_vpc("describe_security_groups", "SecurityGroups", interface["VpcId"])
            if groups:
                self.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface["NetworkInterfaceId"],
                          Groups=[self.pick(groups)["GroupId"]])

    def do_source_check(self):
        if interface := self.interface():
            self.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface["NetworkInterfaceId"],
                      SourceDestCheck={"Value": self.random.random() < 0.5})

    def do_attach_interface(self):
        instance, interface = self.instance(), self.interface()
        if instance and interface and "Attachment" not in interface and interface["VpcId"] == instance["VpcId"]:
            self.call("AttachNetworkInterface", NetworkInterfaceId=interface["NetworkInterfaceId"],
                      InstanceId=instance["InstanceId"], DeviceIndex=len(instance["NetworkInterfaces"]))

    def do_detach_interface(self):
        interface = self.interface()
        if interface and interface.get("Attachment", {}).get("DeviceIndex", 0) > 0:
            self.call("DetachNetworkInterface", AttachmentId=interface["Attachment"]["AttachmentId"])

    def do_delete_interface(self):
        interface = self.interface()
        if interface and "Attachment" not in interface and interface["InterfaceType"] == "interface":
            nats = self.some("describe_nat_gateways", "NatGateways")
            held = {it.get("NetworkInterfaceId") for nat in nats for it in nat["NatGatewayAddresses"]}
            if interface["NetworkInterfaceId"] not in held:
                self.call("DeleteNetworkInterface", NetworkInterfaceId=interface["NetworkInterfaceId"])

    def do_assign(self):
        if interface := self.interface():
            self.call("AssignPrivateIpAddresses", NetworkInterfaceId=interface["NetworkInterfaceId"],
                      SecondaryPrivateIpAddressCount=1)

    def do_run(self):
        if subnet := self.subnet():
            groups = self.of_vpc("describe_security_groups", "SecurityGroups", subnet["VpcId"])
            params = {"SecurityGroupIds": [self.pick(groups)["GroupId"]]} if groups else {}
            self.call("RunInstances", ImageId="ami-12c6146b", MinCount=1, MaxCount=self.random.choice([1, 2]),
                      SubnetId=subnet["SubnetId"], InstanceType="t2.micro", **params)

    def do_stop(self):
        if instance := self.instance():
            self.call("StopInstances", InstanceIds=[instance["InstanceId"]])

    def do_start(self):
        if instance := self.instance():
            self.call("StartInstances", InstanceIds=[instance["InstanceId"]])

    def do_terminate(self):
        if (instance := self.instance()) and self.random.random() < 0.5:
            self.call("TerminateInstances", InstanceIds=[instance["InstanceId"]])

    # Peerings, transit gateways

    def do_peering(self):
        one, other = self.vpc_id(), self.vpc_id()
        if one != other:
            self.call("CreateVpcPeeringConnection", VpcId=one, PeerVpcId=other)

    def do_answer_peering(self):
        waiting = [it for it in self.some("describe_vpc_peering_connections", "VpcPeeringConnections")
                   if it["Status"]["Code"] == "pending-acceptance"]
        if peering := self.pick(waiting):
            self.call(self.pick(["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection"]),
                      VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])

    def do_delete_peering(self):
        live = [it for it in self.some("describe_vpc_peering_connections", "VpcPeeringConnections")
                if it["Status"]["Code"] == "active"]
        if (peering := self.pick(live)) and self.random.random() < 0.3:
            self.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])

    def do_transit(self):
        if len(self.some("describe_transit_gateways", "TransitGateways")) < 3:
            self.call("CreateTransitGateway", Description="a hub")

    def do_attach_transit(self):
        transit = self.pick(self.some("describe_transit_gateways", "TransitGateways"))
        subnet = self.subnet()
        if transit and subnet and transit["State"] == "available":
            self.call("CreateTransitGatewayVpcAttachment", TransitGatewayId=transit["TransitGatewayId"],
                      VpcId=subnet["VpcId"], SubnetIds=[subnet["SubnetId"]])

    def attachment(self):
        many = self.some("describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments")
        return self.pick([it for it in many if it["State"] == "available"])

    def do_detach_transit(self):
        if (one := self.attachment()) and self.random.random() < 0.3:
            self.call("DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=one["TransitGatewayAttachmentId"])

    def do_transit_table(self):
        transit = self.pick(self.some("describe_transit_gateways", "TransitGateways"))
        if transit:
            self.call("CreateTransitGatewayRouteTable", TransitGatewayId=transit["TransitGatewayId"])

    def transit_table(self):
        found = self.pick(self.some("describe_transit_gateway_route_tables", "TransitGatewayRouteTables"))
        return found["TransitGatewayRouteTableId"] if found else None

    def do_transit_route(self):
        table, one = self.transit_table(), self.attachment()
        if table and one:
            cidr = self.pick(["172.20.0.0/16", "172.21.0.0/16"])
            self.call("CreateTransitGatewayRoute", TransitGatewayRouteTableId=table, DestinationCidrBlock=cidr,
                      TransitGatewayAttachmentId=one["TransitGatewayAttachmentId"])

    def do_delete_transit_route(self):
        if table := self.transit_table():
            search = [{"Name": "type", "Values": ["static"]}]
            routes = self.some("search_transit_gateway_routes", "Routes", TransitGatewayRouteTableId=table,
                               Filters=search)
            if route := self.pick(routes):
                self.call("DeleteTransitGatewayRoute", TransitGatewayRouteTableId=table,
                          DestinationCidrBlock=route["DestinationCidrBlock"])

    # Endpoints, prefix lists, VPN, tags. Endpoints are not modified: the simulator puts no routes then.

    def do_endpoint(self):
        table, taken = self.table(), {it["VpcId"] for it in self.some("describe_vpc_endpoints", "VpcEndpoints")}
        if table and table["VpcId"] not in taken:
            self.call("CreateVpcEndpoint", VpcId=table["VpcId"], ServiceName="com.amazonaws.us-east-1.s3",
                      VpcEndpointType="Gateway", RouteTableIds=[table["RouteTableId"]])

    def endpoint(self):
        return self.pick([it for it in self.some("describe_vpc_endpoints", "VpcEndpoints")
                          if it["State"] == "available"])

    def do_delete_endpoint(self):
        if endpoint := self.endpoint():
            self.call("DeleteVpcEndpoints", VpcEndpointIds=[endpoint["VpcEndpointId"]])

    def do_prefix_list(self):
        self.call("CreateManagedPrefixList", PrefixListName=f"l{self.next()}", MaxEntries=10, AddressFamily="IPv4",
                  Entries=[{"Cidr": "10.1.0.0/16", "Description": "one"}])

    def do_modify_prefix_list(self):
        many = [it for it in self.some("describe_managed_prefix_lists", "PrefixLists") if it["OwnerId"] != "AWS"]
        if one := self.pick(many):
            entries = self.client.get_managed_prefix_list_entries(PrefixListId=one["PrefixListId"])["Entries"]
            cidrs = [it["Cidr"] for it in entries]
            fresh = f"10.{self.next() % 200}.0.0/16"
            params = {"AddEntries": [{"Cidr": fresh}]} if fresh not in cidrs else {}
            if len(cidrs) > 2:
                params["RemoveEntries"] = [{"Cidr": cidrs[0]}]
            self.call("ModifyManagedPrefixList", PrefixListId=one["PrefixListId"], CurrentVersion=one["Version"],
                      **params)

    def do_vpn_gateway(self):
        self.call("CreateVpnGateway", Type="ipsec.1")

    def do_attach_vpn(self):
        gateway = self.pick(self.some("describe_vpn_gateways", "VpnGateways"))
        if gateway and not gateway.get("VpcAttachments"):
            self.call("AttachVpnGateway", VpnGatewayId=gateway["VpnGatewayId"], VpcId=self.vpc_id())

    def do_detach_vpn(self):
        gateway = self.pick(self.some("describe_vpn_gateways", "VpnGateways"))
        if gateway and gateway.get("VpcAttachments"):
            self.call("DetachVpnGateway", VpnGatewayId=gateway["VpnGatewayId"],
                      VpcId=gateway["VpcAttachments"][0]["VpcId"])

    def do_customer_gateway(self):
        self.call("CreateCustomerGateway", Type="ipsec.1", PublicIp="203.0.113.9", BgpAsn=65000)

    def do_tags(self):
        ids = [it["VpcId"] for it in [self.vpc()] if it]
        for found in (self.subnet(), self.table(), self.group()):
            if found:
                member = next(name for name in ("SubnetId", "RouteTableId", "GroupId") if name in found)
                ids.append(found[member])
        if ids:
            self.call("CreateTags", Resources=ids, Tags=[{"Key": self.pick("abc"), "Value": f"t{self.next()}"}])

    def do_delete_tags(self):
        if subnet := self.subnet():
            self.call("DeleteTags", Resources=[subnet["SubnetId"]], Tags=[{"Key": self.pick("abc")}])

    def do_flow_logs(self):
        self.call("CreateFlowLogs", ResourceIds=[self.vpc_id()], ResourceType="VPC", TrafficType="ALL",
                  LogDestinationType="s3", LogDestination="arn:aws:s3:::logs")
