//! Monday morning: Terraform, run by the deployment pipeline, builds the shop.

use super::actor::{Actor, MONITORING, NAT_ADDRESS, SHOP};
use super::clock::{at, iso, spoken};
use super::pipeline::{self, AGENT};
use super::random::{Rng, principal_id, resource_id};
use super::record::{Call, HOME, Journal};
use super::world::{
    ASSETS_BUCKET, KMS_KEY, Network, SECRET, TRAIL_BUCKET, bucket_request, instances, items, lab,
    shop, tag_set, tag_specification,
};
use serde_json::{Value, json};

/// Writes calls down, some seconds apart.
struct Apply<'a> {
    journal: &'a mut Journal,
    actor: Actor,
    now: u64,
}

impl Apply<'_> {
    fn run(&mut self, call: Call) {
        self.now += self.journal.rng.between(1, 9);
        self.journal.add(self.now, &self.actor, &call);
    }
}

/// Builds identities, network, data stores and instances, in that order.
pub(crate) fn monday() -> Journal {
    let mut journal = Journal::scene("build");
    let session = pipeline::sign_in(&mut journal, at(7, 9, 2, 10), 1_001);
    let actor = session.sdk(pipeline::ADDRESS, AGENT);
    let mut apply = Apply { journal: &mut journal, actor, now: at(7, 9, 2, 15) };
    roles(&mut apply);
    network(&mut apply, &shop(), "shop", "10.0");
    routes(&mut apply, &shop());
    security_groups(&mut apply, &shop());
    storage(&mut apply);
    database(&mut apply, &shop());
    for (place, (instance, address)) in instances().iter().enumerate() {
        run_instance(&mut apply, &shop(), place, instance, address);
    }
    apply.now = at(7, 14, 30, 0);
    network(&mut apply, &lab(), "lab", "10.20");
    journal
}

fn roles(apply: &mut Apply<'_>) {
    let trusts = [
        ("shop-app", "{\"Service\":\"ec2.amazonaws.com\"}".to_owned()),
        ("NetworkAdmin", format!("{{\"AWS\":\"arn:aws:iam::{SHOP}:root\"}}")),
        ("MetricsReader", format!("{{\"AWS\":\"arn:aws:iam::{MONITORING}:root\"}}")),
    ];
    for (name, principal) in trusts {
        let policy = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{principal}}}]}}"
        );
        let role = json!({
            "path": "/",
            "roleName": name,
            "roleId": principal_id("AROA", name),
            "arn": format!("arn:aws:iam::{SHOP}:role/{name}"),
            "createDate": spoken(apply.now),
            "assumeRolePolicyDocument": percent_encoded(&policy),
        });
        let request = json!({"roleName": name, "path": "/", "assumeRolePolicyDocument": policy});
        apply.run(Call::write("iam", "CreateRole", request, json!({"role": role})));
    }
    let attached = [
        ("shop-app", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        ("NetworkAdmin", "arn:aws:iam::aws:policy/job-function/NetworkAdministrator"),
        ("MetricsReader", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ];
    for (name, policy) in attached {
        let request = json!({"roleName": name, "policyArn": policy});
        apply.run(Call::write("iam", "AttachRolePolicy", request, Value::Null));
    }
    let profile = json!({
        "path": "/",
        "instanceProfileName": "shop-app",
        "instanceProfileId": principal_id("AIPA", "shop-app"),
        "arn": format!("arn:aws:iam::{SHOP}:instance-profile/shop-app"),
        "createDate": spoken(apply.now),
        "roles": [],
    });
    let request = json!({"instanceProfileName": "shop-app", "path": "/"});
    let response = json!({"instanceProfile": profile});
    apply.run(Call::write("iam", "CreateInstanceProfile", request, response));
    let request = json!({"instanceProfileName": "shop-app", "roleName": "shop-app"});
    apply.run(Call::write("iam", "AddRoleToInstanceProfile", request, Value::Null));
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn network(apply: &mut Apply<'_>, network: &Network, name: &str, prefix: &str) {
    let cidr = format!("{prefix}.0.0/16");
    let association = resource_id("vpc-cidr-assoc", name);
    let vpc = json!({
        "vpcId": network.vpc,
        "state": "pending",
        "ownerId": SHOP,
        "cidrBlock": cidr,
        "cidrBlockAssociationSet": {"items": [{
            "cidrBlock": cidr,
            "associationId": association,
            "cidrBlockState": {"state": "associated"},
        }]},
        "ipv6CidrBlockAssociationSet": {},
        "dhcpOptionsId": resource_id("dopt", "default"),
        "instanceTenancy": "default",
        "tagSet": tag_set(name),
        "isDefault": false,
    });
    let request = json!({
        "cidrBlock": cidr,
        "instanceTenancy": "default",
        "amazonProvidedIpv6CidrBlock": false,
        "tagSpecificationSet": tag_specification("vpc", name),
    });
    apply.run(Call::ec2("CreateVpc", request, json!({"vpc": vpc})));
    let request = json!({"vpcId": network.vpc, "enableDnsHostnames": {"value": true}});
    apply.run(Call::ec2_done("ModifyVpcAttribute", request));
    for (tier, zone, octet) in
        [("public", "a", 0), ("public", "b", 1), ("private", "a", 10), ("private", "b", 11)]
    {
        subnet(apply, network, (tier, zone), &format!("{prefix}.{octet}.0/24"));
    }
    let gateway = json!({
        "internetGatewayId": network.internet_gateway,
        "ownerId": SHOP,
        "attachmentSet": {},
        "tagSet": tag_set(name),
    });
    let request = json!({"tagSpecificationSet": tag_specification("internet-gateway", name)});
    let response = json!({"internetGateway": gateway});
    apply.run(Call::ec2("CreateInternetGateway", request, response));
    let request = json!({"internetGatewayId": network.internet_gateway, "vpcId": network.vpc});
    apply.run(Call::ec2_done("AttachInternetGateway", request));
    nat_gateway(apply, network, name);
    for (table, tier) in [(&network.public_table, "public"), (&network.private_table, "private")] {
        route_table(apply, network, table, &format!("{name}-{tier}"), &cidr);
        for zone in ["a", "b"] {
            let subnet = network.subnet(tier, zone);
            let response = json!({
                "associationId": resource_id("rtbassoc", &subnet),
                "associationState": {"state": "associated"},
            });
            let request = json!({"routeTableId": table, "subnetId": subnet});
            apply.run(Call::ec2("AssociateRouteTable", request, response));
        }
    }
}

fn subnet(apply: &mut Apply<'_>, network: &Network, (tier, zone): (&str, &str), cidr: &str) {
    let id = network.subnet(tier, zone);
    let name = format!("{tier}-{zone}");
    let zone_id = if zone == "a" { "use1-az2" } else { "use1-az4" };
    let response = json!({"subnet": {
        "subnetId": id,
        "subnetArn": format!("arn:aws:ec2:{HOME}:{SHOP}:subnet/{id}"),
        "state": "available",
        "vpcId": network.vpc,
        "cidrBlock": cidr,
        "ipv6CidrBlockAssociationSet": {},
        "availableIpAddressCount": 251,
        "availabilityZone": format!("{HOME}{zone}"),
        "availabilityZoneId": zone_id,
        "ownerId": SHOP,
        "defaultForAz": false,
        "mapPublicIpOnLaunch": false,
        "assignIpv6AddressOnCreation": false,
        "tagSet": tag_set(&name),
        "privateDnsNameOptionsOnLaunch": {
            "hostnameType": "ip-name",
            "enableResourceNameDnsARecord": false,
            "enableResourceNameDnsAAAARecord": false,
        },
        "ipv6Native": false,
        "enableDns64": false,
    }});
    let request = json!({
        "vpcId": network.vpc,
        "cidrBlock": cidr,
        "availabilityZone": format!("{HOME}{zone}"),
        "tagSpecificationSet": tag_specification("subnet", &name),
    });
    apply.run(Call::ec2("CreateSubnet", request, response));
    if tier == "public" {
        let request = json!({"subnetId": id, "mapPublicIpOnLaunch": {"value": true}});
        apply.run(Call::ec2_done("ModifySubnetAttribute", request));
    }
}

fn nat_gateway(apply: &mut Apply<'_>, network: &Network, name: &str) {
    let allocation = resource_id("eipalloc", name);
    let address = if name == "shop" { NAT_ADDRESS } else { "198.51.100.42" };
    let request = json!({
        "domain": "vpc",
        "tagSpecificationSet": tag_specification("elastic-ip", name),
    });
    let response = json!({
        "publicIp": address,
        "domain": "vpc",
        "allocationId": allocation,
        "publicIpv4Pool": "amazon",
        "networkBorderGroup": HOME,
    });
    apply.run(Call::ec2("AllocateAddress", request, response));
    let subnet = network.subnet("public", "a");
    let token = Rng::named(&network.nat_gateway).uuid().to_uppercase();
    let request = json!({
        "ConnectivityType": "public",
        "AllocationId": allocation,
        "SubnetId": subnet,
        "ClientToken": token,
        "TagSpecification": {
            "ResourceType": "natgateway",
            "tag": 1,
            "Tag": [
                {"Value": name, "tag": 1, "Key": "Name"},
                {"Value": "prod", "tag": 2, "Key": "env"},
            ],
        },
    });
    let created = iso(apply.now).replace('Z', ".000Z");
    let response = json!({
        "natGateway": {
            "connectivityType": "public",
            "subnetId": subnet,
            "tagSet": {"item": [
                {"value": name, "key": "Name"},
                {"value": "prod", "key": "env"},
            ]},
            "natGatewayAddressSet": {"item": {
                "isPrimary": true,
                "allocationId": allocation,
                "status": "associating",
            }},
            "createTime": created,
            "vpcId": network.vpc,
            "natGatewayId": network.nat_gateway,
            "state": "pending",
        },
        "clientToken": token,
    });
    apply.run(Call::ec2_wrapped("CreateNatGateway", request, response));
    for _ in 0..4 {
        apply.now += 15;
        let request = json!({"NatGatewayId": {"tag": 1, "content": network.nat_gateway}});
        apply.run(Call::ec2_wrapped_read("DescribeNatGateways", request));
    }
}

fn route_table(apply: &mut Apply<'_>, network: &Network, table: &str, name: &str, cidr: &str) {
    let response = json!({"routeTable": {
        "routeTableId": table,
        "vpcId": network.vpc,
        "ownerId": SHOP,
        "routeSet": {"items": [{
            "destinationCidrBlock": cidr,
            "gatewayId": "local",
            "state": "active",
            "origin": "CreateRouteTable",
        }]},
        "associationSet": {},
        "propagatingVgwSet": {},
        "tagSet": tag_set(name),
    }});
    let request = json!({
        "vpcId": network.vpc,
        "tagSpecificationSet": tag_specification("route-table", name),
    });
    apply.run(Call::ec2("CreateRouteTable", request, response));
}

fn routes(apply: &mut Apply<'_>, network: &Network) {
    let request = json!({
        "routeTableId": network.public_table,
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": network.internet_gateway,
    });
    apply.run(Call::ec2_done("CreateRoute", request));
    let request = json!({
        "routeTableId": network.private_table,
        "destinationCidrBlock": "0.0.0.0/0",
        "natGatewayId": network.nat_gateway,
    });
    apply.run(Call::ec2_done("CreateRoute", request));
}

fn security_groups(apply: &mut Apply<'_>, network: &Network) {
    for (group, name, description) in [
        (&network.app_group, "shop-app", "Application"),
        (&network.database_group, "shop-database", "Database"),
    ] {
        let request = json!({
            "groupName": name,
            "groupDescription": description,
            "vpcId": network.vpc,
            "tagSpecificationSet": tag_specification("security-group", name),
        });
        let response = json!({"_return": true, "groupId": group, "tagSet": tag_set(name)});
        apply.run(Call::ec2("CreateSecurityGroup", request, response));
    }
    let group = &network.database_group;
    let peer = json!({"items": [{"userId": SHOP, "groupId": network.app_group}]});
    let request = json!({"groupId": group, "ipPermissions": {"items": [{
        "ipProtocol": "tcp",
        "fromPort": 5432,
        "toPort": 5432,
        "groups": peer,
        "ipRanges": {},
        "ipv6Ranges": {},
        "prefixListIds": {},
    }]}});
    let response = json!({"_return": true, "securityGroupRuleSet": {"items": [{
        "groupOwnerId": SHOP,
        "groupId": group,
        "securityGroupRuleId": resource_id("sgr", "database-from-app"),
        "isEgress": false,
        "ipProtocol": "tcp",
        "fromPort": 5432,
        "toPort": 5432,
        "referencedGroupInfo": {"userId": SHOP, "groupId": network.app_group},
    }]}});
    apply.run(Call::ec2("AuthorizeSecurityGroupIngress", request, response));
}

fn storage(apply: &mut Apply<'_>) {
    let key_id = KMS_KEY.rsplit('/').next().unwrap_or_default();
    let request = json!({
        "description": "shop secrets",
        "keyUsage": "ENCRYPT_DECRYPT",
        "keySpec": "SYMMETRIC_DEFAULT",
        "origin": "AWS_KMS",
        "multiRegion": false,
        "bypassPolicyLockoutSafetyCheck": false,
    });
    let metadata = json!({
        "aWSAccountId": SHOP,
        "keyId": key_id,
        "arn": KMS_KEY,
        "creationDate": spoken(apply.now),
        "enabled": true,
        "description": "shop secrets",
        "keyUsage": "ENCRYPT_DECRYPT",
        "keyState": "Enabled",
        "origin": "AWS_KMS",
        "keyManager": "CUSTOMER",
        "keySpec": "SYMMETRIC_DEFAULT",
        "encryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "multiRegion": false,
    });
    let response = json!({"keyMetadata": metadata});
    let call = Call::write("kms", "CreateKey", request, response);
    apply.run(call.on(SHOP, "AWS::KMS::Key", KMS_KEY.to_owned()));
    let request = json!({"aliasName": "alias/shop", "targetKeyId": key_id});
    let call = Call::write("kms", "CreateAlias", request, Value::Null);
    let alias = format!("arn:aws:kms:{HOME}:{SHOP}:alias/shop");
    apply.run(call.on(SHOP, "AWS::KMS::Key", KMS_KEY.to_owned()).on(
        SHOP,
        "AWS::KMS::Alias",
        alias,
    ));
    let request = json!({
        "name": "shop/database",
        "clientRequestToken": Rng::named("secret").uuid(),
        "kmsKeyId": "alias/shop",
        "forceOverwriteReplicaSecret": false,
    });
    apply.run(Call::write("secretsmanager", "CreateSecret", request, json!({"arn": SECRET})));
    for bucket in [TRAIL_BUCKET, ASSETS_BUCKET] {
        let arn = || format!("arn:aws:s3:::{bucket}");
        let host = format!("{bucket}.s3.us-east-1.amazonaws.com");
        let request = json!({"bucketName": bucket, "Host": host});
        let call = Call::write("s3", "CreateBucket", request, Value::Null);
        apply.run(call.on(SHOP, "AWS::S3::Bucket", arn()));
        let mut request = bucket_request(bucket, "publicAccessBlock");
        if let Some(members) = request.as_object_mut() {
            members.insert(
                "PublicAccessBlockConfiguration".to_owned(),
                json!({
                    "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
                    "BlockPublicAcls": true,
                    "IgnorePublicAcls": true,
                    "BlockPublicPolicy": true,
                    "RestrictPublicBuckets": true,
                }),
            );
        }
        let call = Call::write("s3", "PutBucketPublicAccessBlock", request, Value::Null);
        apply.run(call.on(SHOP, "AWS::S3::Bucket", arn()));
    }
}

fn database(apply: &mut Apply<'_>, network: &Network) {
    let subnets = [network.subnet("private", "a"), network.subnet("private", "b")];
    let request = json!({
        "dBSubnetGroupName": "shop",
        "dBSubnetGroupDescription": "Private subnets",
        "subnetIds": subnets,
    });
    let group = json!({
        "dBSubnetGroupName": "shop",
        "dBSubnetGroupDescription": "Private subnets",
        "vpcId": network.vpc,
        "subnetGroupStatus": "Complete",
    });
    apply.run(Call::write("rds", "CreateDBSubnetGroup", request, group.clone()));
    let request = json!({
        "dBInstanceIdentifier": "shop",
        "allocatedStorage": 50,
        "dBInstanceClass": "db.t4g.medium",
        "engine": "postgres",
        "masterUsername": "shop",
        "masterUserPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "vpcSecurityGroupIds": [network.database_group],
        "dBSubnetGroupName": "shop",
        "multiAZ": true,
        "publiclyAccessible": false,
        "storageEncrypted": true,
        "kmsKeyId": KMS_KEY,
    });
    let response = json!({
        "dBInstanceIdentifier": "shop",
        "dBInstanceClass": "db.t4g.medium",
        "engine": "postgres",
        "dBInstanceStatus": "creating",
        "masterUsername": "shop",
        "allocatedStorage": 50,
        "vpcSecurityGroups": [
            {"vpcSecurityGroupId": network.database_group, "status": "active"},
        ],
        "dBSubnetGroup": group,
        "multiAZ": true,
        "publiclyAccessible": false,
        "storageEncrypted": true,
        "kmsKeyId": KMS_KEY,
        "dBInstanceArn": format!("arn:aws:rds:{HOME}:{SHOP}:db:shop"),
    });
    apply.run(Call::write("rds", "CreateDBInstance", request, response));
}

fn run_instance(
    apply: &mut Apply<'_>,
    network: &Network,
    place: usize,
    instance: &str,
    address: &str,
) {
    let zone = if place == 0 { "a" } else { "b" };
    let now = apply.now;
    let call = run_instances_call(network, zone, instance, address, now);
    apply.run(call);
    let request = json!({"instancesSet": items("instanceId", &[instance]), "filterSet": {}});
    apply.run(Call::read("ec2", "DescribeInstances", request));
}

/// Starts an instance without a public address in a private subnet.
pub(crate) fn run_instances_call(
    network: &Network,
    zone: &str,
    instance: &str,
    address: &str,
    now: u64,
) -> Call {
    let subnet = network.subnet("private", zone);
    let image = resource_id("ami", "shop-2026-09");
    let token = Rng::named(instance).uuid().to_uppercase();
    let groups = json!({"items": [{"groupId": network.app_group}]});
    let name = format!("shop-app-{zone}");
    let request = json!({
        "instancesSet": {"items": [{"imageId": image, "minCount": 1, "maxCount": 1}]},
        "instanceType": "m7g.large",
        "blockDeviceMapping": {},
        "monitoring": {"enabled": false},
        "disableApiTermination": false,
        "disableApiStop": false,
        "clientToken": token,
        "networkInterfaceSet": {"items": [{
            "deviceIndex": 0,
            "subnetId": subnet,
            "associatePublicIpAddress": false,
            "groupSet": groups,
        }]},
        "iamInstanceProfile": {"name": "shop-app"},
        "ebsOptimized": true,
        "tagSpecificationSet": tag_specification("instance", &name),
    });
    let interface = interface(network, &subnet, instance, address, now);
    let started = json!({
        "instanceId": instance,
        "imageId": image,
        "instanceState": {"code": 0, "name": "pending"},
        "privateDnsName": format!("ip-{}.ec2.internal", address.replace('.', "-")),
        "amiLaunchIndex": 0,
        "productCodes": {},
        "instanceType": "m7g.large",
        "launchTime": now * 1_000,
        "placement": {"availabilityZone": format!("{HOME}{zone}"), "tenancy": "default"},
        "monitoring": {"state": "disabled"},
        "subnetId": subnet,
        "vpcId": network.vpc,
        "privateIpAddress": address,
        "stateReason": {"code": "pending", "message": "pending"},
        "architecture": "arm64",
        "rootDeviceType": "ebs",
        "rootDeviceName": "/dev/xvda",
        "blockDeviceMapping": {},
        "virtualizationType": "hvm",
        "hypervisor": "xen",
        "tagSet": tag_set(&name),
        "clientToken": token,
        "groupSet": groups,
        "sourceDestCheck": true,
        "networkInterfaceSet": {"items": [interface]},
        "iamInstanceProfile": {
            "arn": format!("arn:aws:iam::{SHOP}:instance-profile/shop-app"),
            "id": principal_id("AIPA", "shop-app"),
        },
        "ebsOptimized": true,
    });
    let response = json!({
        "reservationId": resource_id("r", instance),
        "ownerId": SHOP,
        "groupSet": {},
        "instancesSet": {"items": [started]},
    });
    Call::ec2("RunInstances", request, response)
}

/// The network interface in the answer to `RunInstances`.
fn interface(network: &Network, subnet: &str, instance: &str, address: &str, now: u64) -> Value {
    let groups = json!({"items": [{"groupId": network.app_group}]});
    json!({
        "networkInterfaceId": resource_id("eni", instance),
        "subnetId": subnet,
        "vpcId": network.vpc,
        "ownerId": SHOP,
        "status": "in-use",
        "macAddress": "02:00:5e:00:53:01",
        "privateIpAddress": address,
        "sourceDestCheck": true,
        "interfaceType": "interface",
        "groupSet": groups,
        "attachment": {
            "attachmentId": resource_id("eni-attach", instance),
            "deviceIndex": 0,
            "networkCardIndex": 0,
            "status": "attaching",
            "attachTime": now * 1_000,
            "deleteOnTermination": true,
        },
        "privateIpAddressesSet": {"item": [{"privateIpAddress": address, "primary": true}]},
        "ipv6AddressesSet": {},
        "tagSet": {},
    })
}

/// The lab's private table sends its traffic through the lab's NAT gateway.
pub(crate) fn lab_route(target: (&str, &str), name: &'static str) -> Call {
    let (member, id) = target;
    Call::ec2_done(
        name,
        json!({
            "routeTableId": lab().private_table,
            "destinationCidrBlock": "0.0.0.0/0",
            member: id,
        }),
    )
}
