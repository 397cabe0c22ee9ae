//! Layers: a crate depends on lower layers only, so that data and dependencies go one way.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    name: String,
    /// `[package.metadata.trailhound] layer`; absent when the manifest does not say.
    layer: Option<u64>,
    /// Names of all crates that it builds with; dev-dependencies may point anywhere.
    dependencies: Vec<String>,
}

/// Crates that only one of ours may name, so that its replacement touches one place.
const NAMED_ONCE: [(&str, &str); 3] = [
    ("deltalake-core", "trailhound-store"),
    ("axum", "trailhound-api, trailhound-web, trailhound"),
    ("datafusion", "trailhound-sql"),
];

/// The crates of the workspace in `root`.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cannot parse cargo metadata")?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    Ok(packages.into_iter().flatten().filter_map(package).collect())
}

fn package(value: &Value) -> Option<Package> {
    let layer = value.pointer("/metadata/trailhound/layer").and_then(Value::as_u64);
    let dependencies = value.get("dependencies")?.as_array()?;
    let names = dependencies
        .iter()
        .filter(|dependency| dependency.get("kind").and_then(Value::as_str) != Some("dev"))
        .filter_map(|dependency| Some(dependency.get("name")?.as_str()?.to_owned()))
        .collect();
    Some(Package { name: value.get("name")?.as_str()?.to_owned(), layer, dependencies: names })
}

/// One finding a line.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        let name = &package.name;
        let Some(layer) = package.layer else {
            findings.push(format!("`{name}` has no `[package.metadata.trailhound] layer`"));
            continue;
        };
        for dependency in &package.dependencies {
            let below = packages.iter().find(|other| other.name == *dependency);
            if let Some(other) = below.and_then(|other| other.layer)
                && other >= layer
            {
                findings.push(format!(
                    "`{name}` (layer {layer}) depends on `{dependency}` (layer {other})"
                ));
            }
            for (guarded, owners) in NAMED_ONCE {
                if guarded == dependency && !owners.split(", ").any(|owner| owner == name) {
                    findings.push(format!("`{name}` names `{guarded}`, only {owners} may"));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, layer: Option<u64>, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        Package { name: name.to_owned(), layer, dependencies }
    }

    #[track_caller]
    fn check_that(packages: &[Package], expected: &[&str]) {
        assert_eq!(check(packages), expected);
    }

    #[test]
    fn a_lower_layer_may_be_used() {
        let packages = [package("record", Some(0), &[]), package("store", Some(1), &["record"])];
        check_that(&packages, &[]);
    }

    #[test]
    fn the_same_or_a_higher_layer_may_not() {
        let packages = [
            package("record", Some(0), &["store"]),
            package("store", Some(1), &["source"]),
            package("source", Some(1), &[]),
        ];
        check_that(
            &packages,
            &[
                "`record` (layer 0) depends on `store` (layer 1)",
                "`store` (layer 1) depends on `source` (layer 1)",
            ],
        );
    }

    #[test]
    fn every_crate_has_a_layer() {
        check_that(
            &[package("record", None, &[])],
            &["`record` has no `[package.metadata.trailhound] layer`"],
        );
    }

    #[test]
    fn guarded_crates_are_named_by_their_owner_only() {
        let packages = [
            package("trailhound-store", Some(1), &["deltalake-core"]),
            package("trailhound-query", Some(2), &["datafusion"]),
            package("trailhound-app", Some(5), &["axum"]),
        ];
        check_that(
            &packages,
            &[
                "`trailhound-query` names `datafusion`, only trailhound-sql may",
                "`trailhound-app` names `axum`, only trailhound-api, trailhound-web, trailhound may",
            ],
        );
    }
}
