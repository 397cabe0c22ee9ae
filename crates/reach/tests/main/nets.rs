//! Verdicts on networks that lie beside the repository; skipped, and said so, where they do not.

use std::path::{Path, PathBuf};

use trailhound_reach::headers::Family;
use trailhound_reach::net::Network;
use trailhound_reach::{Answer, End, Protocol, Query, Verdict, path, snapshot};

fn root() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nets");
    if !root.is_dir() {
        eprintln!("SKIPPED: there is no folder {} with networks", root.display());
        return None;
    }
    Some(root)
}

fn files(folder: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push((name, std::fs::read(entry.path()).expect("a file")));
        }
    }
}

fn load(folder: &Path) -> Network {
    let mut found = Vec::new();
    files(folder, "", &mut found);
    snapshot::load(found).expect("a snapshot").network
}

fn protocol(text: &str) -> Protocol {
    match text {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        _ => Protocol::Number(text.trim_start_matches("ip-proto-").parse().expect("a number")),
    }
}

type Row = std::collections::HashMap<String, String>;

fn rows(file: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(file).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn query(row: &Row) -> Query {
    let mut query = Query::new(
        End::parse(&row["src"]).expect("a source"),
        End::parse(&row["dst"]).expect("a destination"),
    )
    .protocol(protocol(&row["protocol"]));
    query.source_ip = row["src_ip"].parse::<std::net::IpAddr>().ok().map(Into::into);
    query.port = row["dst_port"].parse::<u16>().ok().map(Into::into);
    query.source_port = row["src_port"].parse::<u16>().ok().map(Into::into);
    query.family = Family::V4;
    query
}

/// The nodes of a path, without what the tables do not name.
fn plain(nodes: &[String]) -> String {
    let shown =
        nodes.iter().filter(|node| !node.starts_with("pcx-") && !node.starts_with("tgw-attach-"));
    shown.cloned().collect::<Vec<_>>().join(" > ")
}

fn expected_path(text: &str) -> String {
    let nodes = text.split(" > ").filter(|node| *node != "aws-backbone");
    nodes
        .map(|node| if node == "aws-services" { "internet" } else { node })
        .collect::<Vec<_>>()
        .join(" > ")
}

fn gets_there(answer: &Answer) -> Option<bool> {
    match answer.verdict {
        Verdict::Reachable | Verdict::ForwardOnly | Verdict::Boundary => Some(true),
        Verdict::Unreachable => Some(false),
        Verdict::Unknown => None,
    }
}

/// Rows that are not asked, with the reason.
fn left_out(row: &Row) -> Option<&'static str> {
    match row["case"].as_str() {
        "public-subnet-04" => {
            Some("from the internet to the internet: no question about a network of ours")
        }
        // From client to server itself, without the balancer: those are asked.
        "load-balancer-03" | "load-balancer-04" => None,
        case if case.starts_with("load-balancer") => Some("load balancers are not followed"),
        _ => None,
    }
}

#[test]
fn asserted_verdicts_and_paths_agree() {
    let Some(root) = root() else { return };
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in rows(&root.join("batfish-expected.csv")) {
        if let Some(reason) = left_out(&row) {
            eprintln!("not asked: {}: {reason}", row["case"]);
            continue;
        }
        asked += 1;
        let network = load(&root.join("nets").join(&row["network"]));
        let answer = path(&network, &query(&row));
        let case = &row["case"];
        if gets_there(&answer) != Some(row["reachable"] == "yes") {
            wrong.push(format!(
                "{case}: {:?} {:?} {:?}",
                answer.verdict,
                answer.code(),
                answer.missing
            ));
        }
        let (got, want) = (plain(&answer.forward_nodes), expected_path(&row["expected_path"]));
        if !want.is_empty() && got != want {
            wrong.push(format!("{case}: path\n   got  {got}\n   want {want}"));
        }
        let (got, want) =
            (plain(&answer.return_nodes), expected_path(&row["expected_return_path"]));
        if !want.is_empty() && got != want {
            wrong.push(format!("{case}: return\n   got  {got}\n   want {want}"));
        }
        let code = answer.code().map(|code| code.to_string()).unwrap_or_default();
        if row["reachable"] == "no" && code != row["suggested_code"] {
            wrong.push(format!("{case}: code {code}, suggested {}", row["suggested_code"]));
        }
    }
    eprintln!("{asked} asserted rows asked");
    assert_eq!(asked, 33, "rows");
    assert!(wrong.is_empty(), "of {asked}:\n{}", wrong.join("\n"));
}

#[test]
fn derived_verdicts_agree() {
    let Some(root) = root() else { return };
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in rows(&root.join("batfish-derived.csv")) {
        asked += 1;
        let network = load(&root.join("nets").join(&row["network"]));
        let answer = path(&network, &query(&row));
        let (case, code) = (&row["case"], answer.code().map(|code| code.to_string()));
        let code = code.unwrap_or_default();
        if gets_there(&answer) != Some(row["forward_reachable"] == "yes") {
            let (got, want) = (answer.verdict, &row["forward_reachable"]);
            wrong.push(format!("{case}: {got:?} {code} {:?}, want {want}", answer.missing));
        } else if row["forward_reachable"] == "no" && code != row["code"] {
            wrong.push(format!("{case}: {code}, want {}", row["code"]));
        }
        if row["return_route_ok"] == "yes" && answer.verdict != Verdict::Reachable
            || row["return_route_ok"].starts_with("no") && answer.verdict != Verdict::ForwardOnly
        {
            wrong.push(format!(
                "{case}: {:?} {code}, return {}",
                answer.verdict, row["return_route_ok"]
            ));
        }
    }
    eprintln!("{asked} derived rows asked");
    assert!(asked > 300, "rows");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The simulator that made these files gives NAT gateways addresses that no network has.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    text.replace("127.9.105.231", "198.51.100.9").replace("10.130.193.61", "10.0.1.61").into_bytes()
}

#[test]
fn the_recorded_story_agrees() {
    let Some(root) = root() else { return };
    let ids = std::fs::read(root.join("story/ids.json")).expect("ids");
    let ids: serde_json::Value = serde_json::from_slice(&ids).expect("JSON");
    let source = End::parse(ids["instance"].as_str().expect("an id")).expect("an instance");
    let outside = End::parse("203.0.113.10").expect("an address");
    let asked = Query::new(source, outside).port(443);
    let told = |folder: &str| {
        let mut found = Vec::new();
        files(&root.join("story").join(folder), "", &mut found);
        let found = found.into_iter().map(|(name, bytes)| (name, mended(&bytes)));
        let answer = path(&snapshot::load(found).expect("a snapshot").network, &asked);
        (answer.verdict, answer.code().map(|code| code.to_string()))
    };
    assert_eq!(told("before"), (Verdict::Reachable, None));
    let code = Some("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS".to_owned());
    assert_eq!(told("after"), (Verdict::Unreachable, code));
    assert_eq!(told("undone"), (Verdict::Reachable, None));
}
