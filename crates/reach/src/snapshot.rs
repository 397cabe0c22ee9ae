//! Reads a network from files of describe answers.
//!
//! The caller walks the folder: this takes names and bytes. What a file holds is told by its members,
//! so that both one file per call (`RouteTables.json`) and plain output of the AWS CLI
//! (`describe-route-tables.json`) are read; the account and the Region are told by the folders
//! (`accounts/ID/REGION/…` or `REGION/…`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::net::{Body, Kind, Network, Scope};

/// Why a snapshot could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "variants are documented, fields are named by type")]
#[non_exhaustive]
pub enum LoadSnapshotError {
    /// A file is not JSON.
    #[error("cannot read `{file}` as JSON")]
    Json { file: String, source: serde_json::Error },
}

/// A network that files described.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The network; every scope that a file was in is complete.
    pub network: Network,
    /// The files that say nothing of where packets go, in the order in which they were given.
    pub ignored: Vec<String>,
}

type Bodies = BTreeMap<(Scope, Kind, String), Map<String, Value>>;

/// Reads files of describe answers, in any order.
///
/// # Errors
/// * [`LoadSnapshotError::Json`]: a file whose name ends in `.json` is not JSON.
pub fn load(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<Snapshot, LoadSnapshotError> {
    let mut bodies = Bodies::new();
    let mut scopes = Vec::new();
    let mut ignored = Vec::new();
    for (file, bytes) in files {
        if !file.ends_with(".json") {
            ignored.push(file);
            continue;
        }
        let json: Value = match serde_json::from_slice(&bytes) {
            Ok(json) => json,
            Err(source) => return Err(LoadSnapshotError::Json { file, source }),
        };
        let scope = scope_of(&file);
        if collect(&file, &scope, &json, &mut bodies) {
            scopes.push(scope);
        } else {
            ignored.push(file);
        }
    }
    let mut network = Network::new();
    for ((scope, kind, id), body) in bodies {
        let json = Value::Object(body);
        network = network.with(&scope, kind, &id, Some(Body { json: &json, unknown: &[] }));
    }
    scopes.sort_unstable();
    scopes.dedup();
    let network = scopes.iter().fold(network, |network, scope| network.complete(scope));
    Ok(Snapshot { network, ignored })
}

/// The account and Region that the folders of a file name.
fn scope_of(file: &str) -> Scope {
    let parts: Vec<&str> = file.split('/').collect();
    let folders = parts.split_last().map_or(&[][..], |(_, folders)| folders);
    let is_account = |part: &&&str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    let is_region = |part: &&&str| {
        part.matches('-').count() >= 2 && part.ends_with(|last: char| last.is_ascii_digit())
    };
    let account = folders.iter().find(is_account).copied().unwrap_or_default();
    let region = folders.iter().rev().find(is_region).copied().unwrap_or_default();
    Scope::new(account, region)
}

/// Takes the resources of one answer; says whether there was a list of any kind.
fn collect(file: &str, scope: &Scope, json: &Value, bodies: &mut Bodies) -> bool {
    let Some(members) = json.as_object() else { return false };
    let mut is_known = false;
    for (name, value) in members {
        let mut add = |kind: Kind, value: &Value| {
            is_known = true;
            let elements = value.as_array().into_iter().flatten();
            elements.for_each(|element| add_body(scope, kind, element, None, bodies));
        };
        match name.as_str() {
            "Reservations" => {
                is_known = true;
                for reservation in value.as_array().into_iter().flatten() {
                    for instance in
                        reservation.get("Instances").and_then(Value::as_array).into_iter().flatten()
                    {
                        add_body(scope, Kind::Instance, instance, None, bodies);
                    }
                }
            }
            "TransitGatewayStaticRoutes" | "TransitGatewayPropagations" => {
                add(Kind::TransitTable, value);
            }
            "PrefixLists" => add(Kind::PrefixList, value),
            "VpcBlockPublicAccessOptions" => {
                is_known = true;
                let id = format!("{}/{}", scope.account, scope.region);
                add_body(scope, Kind::PublicAccessOptions, value, Some(id), bodies);
            }
            "Routes" | "TransitGatewayRouteTablePropagations" => {
                is_known |=
                    add_named(scope, Kind::TransitTable, file, "tgw-rtb-", name, value, bodies);
            }
            "Entries" => {
                is_known |= add_named(scope, Kind::PrefixList, file, "pl-", name, value, bodies);
            }
            _ => {
                let kind = Kind::ALL.iter().copied().find(|kind| kind.list_name() == name);
                if let Some(kind) = kind.filter(|_| value.is_array()) {
                    add(kind, value);
                }
            }
        }
    }
    is_known
}

/// Takes a list that belongs to one resource, which only the file's name tells.
fn add_named(
    scope: &Scope,
    kind: Kind,
    file: &str,
    prefix: &str,
    name: &str,
    value: &Value,
    bodies: &mut Bodies,
) -> bool {
    let base = file.rsplit('/').next().unwrap_or(file);
    let Some((_, rest)) = base.split_once(prefix) else { return false };
    let tail: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let body = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    add_body(scope, kind, &body, Some(format!("{prefix}{tail}")), bodies);
    true
}

/// Takes one resource; what several answers say of it is put together.
fn add_body(scope: &Scope, kind: Kind, json: &Value, id: Option<String>, bodies: &mut Bodies) {
    let Some(members) = json.as_object() else { return };
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let public = || (kind == Kind::Address).then(|| text("PublicIp")).flatten();
    let Some(id) = id.or_else(|| text(kind.id_name())).or_else(public) else { return };
    let body = bodies.entry((scope.clone(), kind, id)).or_default();
    body.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
}
