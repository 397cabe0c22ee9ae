//! VPCs, subnets, and what comes with them.

use serde_json::{Value, json};

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};
use super::{ACL, DHCP, EXCLUSION, GATEWAY, GROUP, SUBNET, TABLE, VPC, described, routes, text};

const OPTIONS: &str = "AWS::EC2::VPCBlockPublicAccessOptions";

pub(super) const RULES: &[Rule] = &[
    code("ec2:CreateVpc", create),
    code("ec2:CreateDefaultVpc", create_default),
    code("ec2:DeleteVpc", delete),
    code("ec2:ModifyVpcAttribute", attribute),
    code("ec2:AssociateVpcCidrBlock", associate_cidr),
    code("ec2:DisassociateVpcCidrBlock", disassociate_cidr),
    code("ec2:CreateSubnet", create_subnet),
    code("ec2:CreateDefaultSubnet", create_subnet),
    code("ec2:DeleteSubnet", delete_subnet),
    code("ec2:ModifySubnetAttribute", subnet_attribute),
    code("ec2:AssociateSubnetCidrBlock", associate_subnet_cidr),
    code("ec2:DisassociateSubnetCidrBlock", disassociate_subnet_cidr),
    code("ec2:CreateDhcpOptions", create_dhcp),
    rule("ec2:DeleteDhcpOptions", DHCP, "in.DhcpOptionsId", Do::Delete),
    rule(
        "ec2:AssociateDhcpOptions",
        VPC,
        "in.VpcId",
        Do::Set(&[("DhcpOptionsId", "in.DhcpOptionsId")]),
    ),
    rule(
        "ec2:ModifyVpcBlockPublicAccessOptions",
        OPTIONS,
        "=options",
        Do::Merge("out.VpcBlockPublicAccessOptions"),
    ),
    rule(
        "ec2:ModifyVpcBlockPublicAccessOptions",
        OPTIONS,
        "=options",
        Do::Set(&[("InternetGatewayBlockMode", "in.InternetGatewayBlockMode")]),
    ),
    rule(
        "ec2:CreateVpcBlockPublicAccessExclusion",
        EXCLUSION,
        "out.VpcBlockPublicAccessExclusion.ExclusionId",
        Do::Create(
            "out.VpcBlockPublicAccessExclusion",
            &[("InternetGatewayExclusionMode", "in.InternetGatewayExclusionMode")],
        ),
    ),
    rule(
        "ec2:ModifyVpcBlockPublicAccessExclusion",
        EXCLUSION,
        "in.ExclusionId",
        Do::Set(&[("InternetGatewayExclusionMode", "in.InternetGatewayExclusionMode")]),
    ),
    rule("ec2:DeleteVpcBlockPublicAccessExclusion", EXCLUSION, "in.ExclusionId", Do::Delete),
];

fn create(fold: &mut Fold<'_>) {
    let mut body = described(fold, "Vpc");
    let Some(id) = text(&body, "VpcId").map(str::to_owned) else { return };
    let is_default = body.get("IsDefault").and_then(Value::as_bool) == Some(true);
    let inferred = fold.inferred();
    let asked = fold.call.input.get("CidrBlock").cloned();
    if let Some(members) = body.as_object_mut() {
        if let Some(cidr) = asked {
            members.entry("CidrBlock").or_insert(cidr);
        }
        let cidr = members.get("CidrBlock").cloned();
        if let (Some(cidr), false) = (cidr, members.contains_key("CidrBlockAssociationSet")) {
            let association =
                json!([{"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}]);
            members.insert("CidrBlockAssociationSet".to_owned(), association);
        }
        members.entry("IsDefault").or_insert(json!(false));
    }
    let lacks_id = |list: &str, body: &Value| {
        let first = body.get(list).and_then(|list| list.get(0));
        first.is_some_and(|first| first.get("AssociationId").is_none())
    };
    let unknown_id = lacks_id("CidrBlockAssociationSet", &body);
    let known = fold.is_whole(VPC, &id);
    fold.create(VPC, &id, body);
    if known {
        return;
    }
    fold.edit(VPC, &id, |draft| {
        draft.known_from(&inferred, |draft| {
            draft.set("State", "available");
            draft.set("EnableDnsSupport", json!({"Value": true}));
            draft.set("EnableDnsHostnames", json!({"Value": is_default}));
        });
        if unknown_id && let Some(cidr) = draft.text("CidrBlock").map(str::to_owned) {
            draft.forget_in("CidrBlockAssociationSet", &cidr, "AssociationId");
        }
        if draft.get("DhcpOptionsId").is_none() {
            draft.forget("DhcpOptionsId");
        }
    });
    children(fold, &id);
}

/// The main route table, the default ACL and the default group appear without an event.
fn children(fold: &mut Fold<'_>, vpc: &str) {
    let (inferred, account) = (fold.inferred(), fold.call.scope.account.clone());
    let table = format!("{vpc}/main-table");
    let body = json!({
        "RouteTableId": table, "VpcId": vpc, "OwnerId": account, "PropagatingVgws": [], "Tags": [],
        "Routes": routes::local(fold, vpc),
        "Associations": [{"Main": true, "RouteTableId": table, "AssociationState": {"State": "associated"}}],
    });
    fold.create_from(TABLE, &table, body, inferred.clone());
    fold.edit(TABLE, &table, |draft| {
        draft.forget_in("Associations", "main", "RouteTableAssociationId");
    });
    let has_ipv6 = has_ipv6(fold, vpc);
    let acl = format!("{vpc}/default-acl");
    let mut entries = Vec::new();
    for egress in [true, false] {
        let mut add = |number: u32, action: &str, member: &str, network: &str| {
            entries.push(json!({"RuleNumber": number, "Egress": egress, "Protocol": "-1",
                "RuleAction": action, member: network}));
        };
        add(100, "allow", "CidrBlock", "0.0.0.0/0");
        add(32767, "deny", "CidrBlock", "0.0.0.0/0");
        if has_ipv6 {
            add(101, "allow", "Ipv6CidrBlock", "::/0");
            add(32768, "deny", "Ipv6CidrBlock", "::/0");
        }
    }
    let body = json!({"NetworkAclId": acl, "VpcId": vpc, "OwnerId": account, "IsDefault": true,
        "Associations": [], "Entries": entries, "Tags": []});
    fold.create_from(ACL, &acl, body, inferred.clone());
    let group = format!("{vpc}/default-group");
    let body = json!({"GroupId": group, "GroupName": "default", "VpcId": vpc, "OwnerId": account,
        "Description": "default VPC security group", "Tags": [],
        "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": group, "UserId": account}]}],
        "IpPermissionsEgress": super::groups::all_out(has_ipv6)});
    fold.create_from(GROUP, &group, body, inferred);
    fold.edit(GROUP, &group, |draft| {
        draft.forget("SecurityGroupRules");
        draft.forget("SecurityGroupArn");
    });
}

pub(super) fn has_ipv6(fold: &Fold<'_>, vpc: &str) -> bool {
    let list = fold.get(VPC, vpc).and_then(|it| it.body.get("Ipv6CidrBlockAssociationSet"));
    list.and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

/// Subnets, an attached gateway and a route to it come with a default VPC; their ids are not told.
fn create_default(fold: &mut Fold<'_>) {
    create(fold);
    let Some(id) = fold.call.answer_text("Vpc.VpcId").map(str::to_owned) else { return };
    fold.edit_known(TABLE, &format!("{id}/main-table"), |draft| draft.forget("Routes"));
    fold.edit_known(ACL, &format!("{id}/default-acl"), |draft| draft.forget("Associations"));
}

fn delete(fold: &mut Fold<'_>) {
    let Some(vpc) = fold.call.text("VpcId").map(str::to_owned) else { return };
    fold.delete(VPC, &vpc);
    let is_of = |it: &super::super::Resource| text(&it.body, "VpcId") == Some(&vpc);
    // A VPC is deleted when nothing is in it but what came with it.
    for kind in [TABLE, ACL, GROUP] {
        for id in fold.ids(kind, is_of) {
            fold.delete(kind, &id);
        }
    }
    for id in fold.ids(GATEWAY, |it| is_attached(&it.body, "Attachments", &vpc)) {
        fold.edit(GATEWAY, &id, |draft| {
            draft.remove("Attachments", &vpc);
        });
    }
}

pub(super) fn is_attached(body: &Value, list: &str, vpc: &str) -> bool {
    let attachments = body.get(list).and_then(Value::as_array);
    attachments.into_iter().flatten().any(|it| text(it, "VpcId") == Some(vpc))
}

fn attribute(fold: &mut Fold<'_>) {
    let Some(vpc) = fold.call.text("VpcId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    fold.edit(VPC, &vpc, |draft| {
        for name in ["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"] {
            draft.set_some(name, input.get(name));
        }
    });
}

const LISTS: [(&str, &str, &str); 2] = [
    ("CidrBlockAssociation", "CidrBlockAssociationSet", "CidrBlock"),
    ("Ipv6CidrBlockAssociation", "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
];

fn associate_cidr(fold: &mut Fold<'_>) {
    let Some(vpc) = fold.call.text("VpcId").map(str::to_owned) else { return };
    for (answer, list, member) in LISTS {
        let Some(mut association) = fold.call.answer(answer).cloned() else { continue };
        let Some(cidr) = text(&association, member).map(str::to_owned) else {
            // Amazon's block is told later, and by no event.
            fold.edit(VPC, &vpc, |draft| draft.forget(list));
            continue;
        };
        let state = format!("{member}State");
        let inferred = fold.inferred();
        if let Some(members) = association.as_object_mut() {
            members.insert(state, json!({"State": "associated"}));
        }
        fold.edit(VPC, &vpc, |draft| {
            draft.put(list, association);
            let state = json!({"State": "associated"});
            draft.known_from(&inferred, |it| {
                it.put_in(list, &cidr, &format!("{member}State"), state)
            });
        });
        routes::add_local(fold, &vpc, member, &cidr);
    }
}

fn disassociate_cidr(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("AssociationId").map(str::to_owned) else { return };
    let vpc = fold.owner_id(VPC, &id);
    let Some(vpc) = vpc.or_else(|| fold.call.answer_text("VpcId").map(str::to_owned)) else {
        return;
    };
    for (answer, list, member) in LISTS {
        let is_it = |it: &Value| text(it, "AssociationId") == Some(&id);
        let told = fold.call.answer(answer).and_then(|it| text(it, member)).map(str::to_owned);
        let mut removed = told;
        fold.edit(VPC, &vpc, |draft| {
            for gone in draft.remove_if(list, is_it) {
                removed = text(&gone, member).map(str::to_owned);
            }
            if let Some(cidr) = &removed {
                draft.remove(list, cidr);
            }
        });
        if let Some(cidr) = removed {
            routes::remove_local(fold, &vpc, &cidr);
        }
    }
}

fn create_subnet(fold: &mut Fold<'_>) {
    let body = described(fold, "Subnet");
    let Some(id) = text(&body, "SubnetId").map(str::to_owned) else { return };
    let vpc = text(&body, "VpcId").map(str::to_owned);
    let known = fold.is_whole(SUBNET, &id);
    let lacks = |name: &str| body.get(name).is_none();
    let lacks_public = lacks("MapPublicIpOnLaunch");
    let is_default = fold.call.name == "CreateDefaultSubnet";
    fold.create(SUBNET, &id, body);
    if known {
        return;
    }
    let inferred = fold.inferred();
    fold.edit(SUBNET, &id, |draft| {
        draft.known_from(&inferred, |draft| {
            draft.set("State", "available");
            if lacks_public {
                draft.set("MapPublicIpOnLaunch", is_default);
            }
        });
        // It moves with every interface, also those that no event tells of.
        draft.forget("AvailableIpAddressCount");
    });
    let is_default = |it: &super::super::Resource| {
        text(&it.body, "VpcId") == vpc.as_deref()
            && it.body.get("IsDefault").and_then(Value::as_bool) == Some(true)
    };
    for acl in fold.ids(ACL, is_default) {
        let element = json!({"NetworkAclId": acl, "SubnetId": id});
        fold.edit(ACL, &acl, |draft| {
            draft.known_from(&inferred, |draft| draft.put("Associations", element));
            draft.forget_in("Associations", &id, "NetworkAclAssociationId");
        });
    }
}

fn delete_subnet(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("SubnetId").map(str::to_owned) else { return };
    fold.delete(SUBNET, &id);
    let has_it = |it: &super::super::Resource| {
        let list = it.body.get("Associations").and_then(Value::as_array);
        list.into_iter().flatten().any(|it| text(it, "SubnetId") == Some(&id))
    };
    let inferred = fold.inferred();
    for kind in [TABLE, ACL] {
        for holder in fold.ids(kind, has_it) {
            fold.edit(kind, &holder, |draft| {
                draft.known_from(&inferred, |draft| {
                    draft.remove("Associations", &id);
                });
            });
        }
    }
}

fn subnet_attribute(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("SubnetId").map(str::to_owned) else { return };
    let input = fold.call.input.clone();
    let value = |name: &str| input.get(name).map(|it| it.get("Value").unwrap_or(it).clone());
    fold.edit(SUBNET, &id, |draft| {
        for name in [
            "MapPublicIpOnLaunch",
            "AssignIpv6AddressOnCreation",
            "EnableDns64",
            "MapCustomerOwnedIpOnLaunch",
        ] {
            draft.set_some(name, value(name).as_ref());
        }
    });
}

fn associate_subnet_cidr(fold: &mut Fold<'_>) {
    let Some(id) = fold.call.text("SubnetId").map(str::to_owned) else { return };
    let Some(mut association) = fold.call.answer("Ipv6CidrBlockAssociation").cloned() else {
        return;
    };
    let asked = fold.call.input.get("Ipv6CidrBlock").cloned();
    if let Some(members) = association.as_object_mut() {
        if let Some(asked) = asked {
            members.entry("Ipv6CidrBlock").or_insert(asked);
        }
        members.insert("Ipv6CidrBlockState".to_owned(), json!({"State": "associated"}));
    }
    fold.edit(SUBNET, &id, |draft| draft.put("Ipv6CidrBlockAssociationSet", association));
}

fn disassociate_subnet_cidr(fold: &mut Fold<'_>) {
    let Some(association) = fold.call.text("AssociationId").map(str::to_owned) else { return };
    let subnet = fold.call.answer_text("SubnetId").map(str::to_owned);
    let Some(subnet) = subnet.or_else(|| fold.owner_id(SUBNET, &association)) else { return };
    let told = fold.call.answer_text("Ipv6CidrBlockAssociation.Ipv6CidrBlock").map(str::to_owned);
    fold.edit(SUBNET, &subnet, |draft| {
        let is_it = |it: &Value| text(it, "AssociationId") == Some(&association);
        draft.remove_if("Ipv6CidrBlockAssociationSet", is_it);
        told.map(|cidr| draft.remove("Ipv6CidrBlockAssociationSet", &cidr));
    });
}

fn create_dhcp(fold: &mut Fold<'_>) {
    let mut body = described(fold, "DhcpOptions");
    let Some(id) = text(&body, "DhcpOptionsId").map(str::to_owned) else { return };
    // The request has texts where the description has `{"Value": …}`.
    let asked = fold.call.input.get("DhcpConfigurations").and_then(Value::as_array).cloned();
    let configurations = asked.into_iter().flatten().map(|one| {
        let values = one.get("Values").and_then(Value::as_array).cloned();
        let values: Vec<Value> =
            values.into_iter().flatten().map(|value| json!({"Value": value})).collect();
        json!({"Key": one.get("Key"), "Values": values})
    });
    let configurations: Value = configurations.collect();
    if let Some(members) = body.as_object_mut() {
        members.entry("DhcpConfigurations").or_insert(configurations);
    }
    fold.create(DHCP, &id, body);
}
