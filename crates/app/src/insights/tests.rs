//! Names and questions; what real clients see is in `tests/e2e/test_insights.py`.

use super::*;
use serde_json::{Value, json};
use trailhound_model::{Shape, Structure, Type, operation};
use trailhound_reach::End;
use trailhound_reach::explain::{Code, Component, Direction, Explanation};

fn path(more: Value) -> Result<trailhound_reach::Query, InsightsError> {
    let mut asked = json!({"Source": "i-1", "Protocol": "tcp"});
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let asked: CreatePath = serde_json::from_value(asked).unwrap();
    walk::query(&InsightsPath::new(String::new(), String::new(), &asked, Vec::new()))
}

#[track_caller]
fn check(more: Value, expect: &str) {
    let text = match path(more) {
        Ok(query) => format!(
            "{} -> {} from {:?}:{:?} to {:?}:{:?}",
            query.source.text(),
            query.destination.text(),
            query.source_ip.map(|it| it.to_string()),
            query.source_port.map(|it| (it.from, it.to)),
            query.destination_ip.map(|it| it.to_string()),
            query.port.map(|it| (it.from, it.to)),
        ),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(text, expect);
}

#[test]
fn a_path_is_asked_as_it_is_described() {
    check(
        json!({"Destination": "igw-1", "DestinationIp": "203.0.113.10", "DestinationPort": 443}),
        r#"i-1 -> igw-1 from None:None to Some("203.0.113.10/32"):Some((443, 443))"#,
    );
    let filter = json!({"SourceAddress": "10.0.0.1", "DestinationAddress": "203.0.113.10",
        "SourcePortRange": {"FromPort": 1, "ToPort": 9}, "DestinationPortRange": {"FromPort": 7}});
    check(
        json!({"FilterAtSource": filter}),
        r#"i-1 -> 203.0.113.10 from Some("10.0.0.1/32"):Some((1, 9)) to None:Some((7, 7))"#,
    );
    check(
        json!({"Source": "arn:aws:ec2:r:1:internet-gateway/igw-1", "Destination": "eni-1",
            "DestinationIp": "10.0.0.1"}),
        "error: Trailhound does not support a private destination address of packets from the internet; \
         give the public one in FilterAtSource.DestinationAddress, or leave it out",
    );
    check(
        json!({"Destination": "i-2", "FilterAtDestination": {"SourceAddress": "10.0.0.1"}}),
        "error: Trailhound does not support FilterAtDestination.SourceAddress: what translation leaves of \
         a source is not filtered; use FilterAtSource",
    );
    assert!(matches!(path(json!({"Destination": "internet"})).unwrap().destination, End::Internet));
}

#[test]
fn both_ends_filters_narrow_destination_ports_together() {
    let range =
        |from: u16, to: u16| json!({"DestinationPortRange": {"FromPort": from, "ToPort": to}});
    check(
        json!({"Destination": "i-2", "FilterAtSource": range(80, 443), "FilterAtDestination": range(100, 500)}),
        "i-1 -> i-2 from None:None to None:Some((100, 443))",
    );
    check(
        json!({"Destination": "i-2", "FilterAtSource": range(80, 90), "FilterAtDestination": range(100, 500)}),
        "error: the destination ports of both ends exclude each other",
    );
}

/// Every member of our explanations, hops and headers is one of AWS's: the answer leaves out what is not.
#[test]
fn explanations_have_awss_members() {
    let component = || Component::some("x");
    let explanation = Explanation::with(Code::NoPath, |e| {
        e.direction = Some(Direction::Egress);
        for slot in [
            &mut e.acl,
            &mut e.attached_to,
            &mut e.component,
            &mut e.destination,
            &mut e.destination_vpc,
            &mut e.ingress_route_table,
            &mut e.internet_gateway,
            &mut e.nat_gateway,
            &mut e.network_interface,
            &mut e.prefix_list,
            &mut e.route_table,
            &mut e.security_group,
            &mut e.source_vpc,
            &mut e.subnet,
            &mut e.transit_gateway,
            &mut e.transit_gateway_attachment,
            &mut e.transit_gateway_route_table,
            &mut e.vpc,
            &mut e.vpc_endpoint,
            &mut e.vpc_peering_connection,
            &mut e.vpn_gateway,
        ] {
            *slot = component();
        }
        e.route_table_route = Some(Default::default());
        e.transit_gateway_route_table_route = Some(Default::default());
        for texts in [&mut e.addresses, &mut e.availability_zones, &mut e.cidrs, &mut e.protocols] {
            texts.push("x".to_owned());
        }
        for text in [&mut e.address, &mut e.missing_component, &mut e.packet_field, &mut e.state] {
            *text = Some("x".to_owned());
        }
        e.port = Some(1);
        e.security_groups = component().into_iter().collect();
    });
    let value = serde_json::to_value(&explanation).unwrap();
    let operation = operation("ec2", "DescribeNetworkInsightsAnalyses").unwrap();
    let output = json!({"NetworkInsightsAnalyses": [{"Explanations": [value]}]});
    assert_known(operation, operation.output().unwrap(), &output);
}

fn assert_known(operation: &trailhound_model::Operation, structure: &Structure, value: &Value) {
    for (name, value) in value.as_object().unwrap() {
        let member = structure.members.iter().find(|member| member.name == *name);
        let reference = &member.unwrap_or_else(|| panic!("{name} is no member")).reference;
        let Type::Shape(id) = reference.of else { continue };
        match (operation.service.shape(id).unwrap(), value) {
            (Shape::Structure(structure), value) => assert_known(operation, structure, value),
            (Shape::List { element, .. }, Value::Array(values)) => {
                let Type::Shape(id) = element.of else { continue };
                let Some(structure) = operation.service.structure(id) else { continue };
                values.iter().for_each(|value| assert_known(operation, structure, value));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn kept_ids_alone_become_names_of_files() {
    let id = keep::new_id(InsightsKind::Path);
    assert!(id.len() == 21 && id.starts_with("nip-"), "{id}");
    let folder = tempfile::tempdir().unwrap();
    let app = Arc::new(App::open(folder.path()).unwrap());
    let insights = Insights::new(app);
    let caller = Caller { region: "us-east-1".to_owned(), account_id: None };
    for id in
        ["", "nip-", "../nip-00000000000000000", "nip-0000000000000000G", "nia-00000000000000000"]
    {
        let select = Select { ids: vec![id.to_owned()], limit: 1, ..Select::default() };
        let refused = insights.paths(&caller, &select).unwrap_err();
        assert!(matches!(refused, InsightsError::NotFound { .. }), "{id}: {refused}");
    }
}

#[test]
fn no_more_paths_are_kept_than_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let insights = Insights::new(Arc::new(App::open(folder.path()).unwrap()));
    let caller = Caller { region: "us-east-1".to_owned(), account_id: None };
    let asked: CreatePath =
        serde_json::from_value(json!({"Source": "i-1", "Destination": "i-2", "Protocol": "tcp"}))
            .unwrap();
    let first = insights.create_path(&caller, &asked).unwrap();
    let file = folder.path().join("_insights/network-insights-path");
    let bytes =
        std::fs::read(file.join(format!("{}.json", first.network_insights_path_id))).unwrap();
    for number in 1..PATHS_MAX {
        let id = format!("nip-{number:017x}");
        let text = String::from_utf8(bytes.clone()).unwrap();
        let text = text.replace(&first.network_insights_path_id, &id);
        std::fs::write(file.join(format!("{id}.json")), text).unwrap();
    }
    // What another process wrote counts too.
    let refused = insights.create_path(&caller, &asked).unwrap_err();
    assert!(matches!(refused, InsightsError::Limit { max: PATHS_MAX, .. }), "{refused}");
    insights.delete_path(&caller, "nip-00000000000000001").unwrap();
    insights.create_path(&caller, &asked).unwrap();
}

/// An analysis that its process did not live to end is taken up by the next one.
#[test]
fn what_was_cut_off_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let app = Arc::new(App::open(folder.path()).unwrap());
    let insights = Insights::new(Arc::clone(&app));
    let caller = Caller { region: "us-east-1".to_owned(), account_id: None };
    let asked = json!({"Source": "i-1", "Destination": "203.0.113.10", "Protocol": "tcp"});
    let asked: CreatePath = serde_json::from_value(asked).unwrap();
    let path = insights.create_path(&caller, &asked).unwrap().network_insights_path_id;
    let asked =
        StartAnalysis { network_insights_path_id: path.clone(), ..StartAnalysis::default() };
    let id = insights.start_analysis(&caller, &asked).unwrap().network_insights_analysis_id;
    let ended = |insights: &Insights| {
        let select = Select { ids: vec![id.clone()], limit: 1, ..Select::default() };
        for _ in 0..2_000 {
            let analysis = insights.analyses(&caller, &select).unwrap().items.remove(0);
            if analysis.status != Status::Running {
                return analysis;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("it does not end");
    };
    let first = ended(&insights);
    assert_eq!((first.status, first.network_path_found), (Status::Failed, None));
    assert_eq!(
        first.status_message.as_deref(),
        Some("not decided: i-1 is not in what is recorded")
    );

    let file = folder.path().join(format!("_insights/network-insights-analysis/{id}.json"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(r#""Status":"failed""#, r#""Status":"running""#)).unwrap();
    assert_eq!(ended(&Insights::new(app)).status, Status::Failed);
    insights.delete_analysis(&caller, &id).unwrap();
    insights.delete_path(&caller, &path).unwrap();
}

#[test]
fn filters_have_wildcards() {
    let check = |pattern: &str, text: &str| {
        let filter = Filter { name: "protocol".to_owned(), values: vec![pattern.to_owned()] };
        let path = InsightsPath { protocol: text.to_owned(), ..InsightsPath::default() };
        select::matches_path(&path, &filter)
    };
    for (pattern, text) in
        [("tcp", "tcp"), ("*", ""), ("*", "tcp"), ("t*p", "tp"), ("t?p", "tcp"), ("*a*b", "xaabab")]
    {
        assert!(check(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in
        [("tcp", "tcpx"), ("", "tcp"), ("t?p", "tp"), ("*a*b", "xba"), ("tcp", "TCP"), ("?", "")]
    {
        assert!(!check(pattern, text), "{pattern} {text}");
    }
}
