//! Snapshots: how they are read, what differs from them, and where replay meets them.

use proptest::prelude::*;

use super::properties::{any_call, network};
use super::*;

fn documents(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut out = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            out.extend(documents(&path));
        } else if path.extension().is_some_and(|it| it == "json") {
            out.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    out
}

fn shared(folder: &str) -> Option<std::path::PathBuf> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nets").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no {}", path.display());
    None
}

fn snapshot(folder: &std::path::Path) -> Snapshot {
    let options = SnapshotOptions { name: "s".to_owned(), scope: scope() };
    read_snapshot(documents(folder), &options)
}

#[test]
fn the_story_is_what_differs_between_its_snapshots() {
    let Some(folder) = shared("story") else { return };
    let before = snapshot(&folder.join("before"));
    let after = snapshot(&folder.join("after"));
    assert_eq!(before.skipped, vec![]);
    let shown: Vec<String> =
        drift(&before.state, &after.state).iter().map(|it| it.path.clone()).collect();
    expect![[r#"
        Routes[0.0.0.0/0].GatewayId
        Routes[0.0.0.0/0].NatGatewayId"#]]
    .assert_eq(&shown.join("\n"));
    let table = before
        .state
        .of_type(&scope(), TABLE)
        .find(|(_, it)| path::get(&it.body, "Routes[0.0.0.0/0].NatGatewayId").is_some());
    let (key, _) = table.unwrap();
    let target =
        path::get(&after.state.get(key).unwrap().body, "Routes[0.0.0.0/0].GatewayId").cloned();
    let event = event(
        1,
        "ReplaceRoute",
        json!({"routeTableId": key.id, "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": target}),
        json!({"_return": true}),
    );
    let replayed = before.state.apply(&event).0;
    assert_eq!(drift(&replayed, &after.state), vec![]);
    assert_eq!(drift(&replayed.back(&[event]), &before.state), vec![]);
}

#[test]
fn every_snapshot_network_is_read() {
    let Some(folder) = shared("nets") else { return };
    let read = snapshot(&folder);
    let counts =
        |kind: &'static str| read.state.iter().filter(|(key, _)| key.resource_type == kind).count();
    let tables = counts(TABLE);
    let interfaces = counts("AWS::EC2::NetworkInterface");
    assert!(tables > 20 && interfaces > 30, "{tables} tables, {interfaces} interfaces");
    let scopes: std::collections::BTreeSet<&Scope> =
        read.state.iter().map(|(key, _)| &key.scope).collect();
    assert!(
        scopes.iter().any(|scope| scope.account == "804819755326" && scope.region == "us-west-1")
    );
    let odd = read.skipped.iter().filter(|(_, reason)| !reason.contains("is not read"));
    assert_eq!(odd.collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

/// What a description of everything in the state would say.
fn described(state: &State) -> State {
    let said = Source::Snapshot { id: "s".to_owned() };
    let mut told = State::new();
    for (key, resource) in state.iter() {
        let sources = std::collections::BTreeMap::from([(String::new(), said.clone())]);
        told.put(key.clone(), Some(Arc::new(Resource { body: resource.body.clone(), sources })));
    }
    for kind in resource_types() {
        told.complete.insert_mut((scope(), kind), said.clone());
    }
    told
}

#[test]
fn what_no_event_told_is_known_from_the_snapshot_that_shows_it() {
    let seen = events(&[vpc(), table(), route("CreateRoute", json!({"natGatewayId": "nat-1"}))]);
    let unseen = event(
        9,
        "ReplaceRoute",
        json!({"routeTableId": "rtb-1",
        "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}),
        json!({}),
    );
    let replayed = replay(&State::new(), &seen);
    let told = described(&replay(&replayed, &[unseen]));
    let met = replayed.meet(&told).0;
    expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","Origin":"CreateRoute","State":"active"}]
          [] e2
          [Routes[0.0.0.0/0]] s
          [Routes[10.0.0.0/16]] e2"#]]
    .assert_eq(&show(&met, TABLE, "rtb-1", &["Routes"]));
    let drifted: Vec<String> = drift(&replayed, &told).iter().map(|it| it.path.clone()).collect();
    assert_eq!(drifted, ["Routes[0.0.0.0/0].GatewayId", "Routes[0.0.0.0/0].NatGatewayId"]);
}

#[test]
fn what_a_whole_list_lacks_is_gone() {
    let replayed = replay(&State::new(), &events(&[vpc(), table()]));
    let told = described(&replayed).without(&key(TABLE, "rtb-1"), Source::Unknown);
    let met = replayed.meet(&told).0;
    assert_eq!(show(&met, TABLE, "rtb-1", &[]), "absent since s");
}

#[test]
fn a_snapshot_tells_what_was_before_the_first_event() {
    let told = described(&replay(
        &State::new(),
        &events(&[vpc(), table(), route("CreateRoute", json!({"natGatewayId": "nat-1"}))]),
    ));
    let later = events(&[(
        "CreateTags",
        json!({"resourcesSet": {"items": [{"resourceId": "rtb-1"}]},
        "tagSet": {"items": [{"key": "k", "value": "v"}]}}),
        json!({}),
    )]);
    let replayed = replay(&State::new(), &later);
    let after = replayed.meet(&replay(&told, &later)).0;
    let first = after.back(&later);
    expect![[r#"
        Routes = [{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-1","Origin":"CreateRoute","State":"active"}]
        Tags = []
          [] s
          [Routes[0.0.0.0/0]] s
          [Routes[10.0.0.0/16]] s
          [Tags[k]] unknown"#]]
    .assert_eq(&show(&first, TABLE, "rtb-1", &["Routes", "Tags"]));
}

proptest! {
    /// A snapshot that says what replay says changes no value, and takes none from its event.
    #[test]
    fn agreement_changes_nothing(calls in prop::collection::vec(any_call(), 0..20)) {
        let all: Vec<_> = network().into_iter().chain(calls).collect();
        let state = replay(&State::new(), &events(&all));
        let met = state.meet(&described(&state)).0;
        prop_assert_eq!(diff(&state, &met).into_iter().filter(Difference::is_known).collect::<Vec<_>>(), vec![]);
        for (key, resource) in state.iter() {
            let after = met.get(key).unwrap();
            for (path, value, source) in resource.properties() {
                if value.is_some() && *source != Source::Unknown {
                    prop_assert_eq!(after.source(&path), source, "{} {}", key.id, path);
                }
            }
        }
    }

    /// With a call that nobody recorded, meeting a snapshot gives what is really there.
    #[test]
    fn a_snapshot_repairs_a_gap(calls in prop::collection::vec(any_call(), 1..20), gap in 0_usize..20) {
        let made: Vec<_> = network().into_iter().chain(calls).collect();
        let all = events(&made);
        let real = replay(&State::new(), &all);
        let mut seen = all.clone();
        seen.remove(network().len() + gap % (all.len() - network().len()));
        let replayed = replay(&State::new(), &seen);
        let met = replayed.meet(&described(&real)).0;
        prop_assert_eq!(diff(&met, &described(&real)), vec![]);
        let known = diff(&replayed, &real).into_iter().filter(Difference::is_known).count();
        prop_assert_eq!(drift(&replayed, &described(&real)).len(), known);
    }
}
