//! The tables of AWS's operations in `crates/model/tables`, written from botocore's service models.
//!
//! `cargo xtask model` fetches botocore with pip into the target folder and writes the tables again.
//! `crates/model/operations.txt` says which operations they hold. A table is JSON with one operation or
//! shape a line, so that a new botocore shows as a diff that a person can read.

mod table;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the committed tables were made from.
const BOTOCORE: &str = "1.44.5";
const OPERATIONS: &str = "crates/model/operations.txt";
const TABLES: &str = "crates/model/tables";

/// Writes the tables from `version` of botocore, or from the version of the committed ones.
///
/// # Errors
/// When pip cannot fetch it, or an operation in the list is not in the models.
pub(crate) fn run(root: &Path, version: Option<&str>) -> Result<()> {
    let version = version.unwrap_or(BOTOCORE);
    let data = fetch(root, version)?;
    let list = fs::read_to_string(root.join(OPERATIONS)).context(OPERATIONS)?;
    let mut bytes = 0;
    for (service, operations) in services(&list)? {
        let model = model(&data.join(&service))?;
        let text = table::write(&service, version, &model, &operations)
            .with_context(|| format!("service `{service}`"))?;
        bytes += text.len();
        fs::write(root.join(TABLES).join(format!("{service}.json")), text)?;
    }
    println!("{TABLES}: {bytes} bytes, from botocore {version}");
    Ok(())
}

/// The services in the list, each with its operations.
fn services(list: &str) -> Result<Vec<(String, Vec<String>)>> {
    let mut services: Vec<(String, Vec<String>)> = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let operations = match line.split_once(':') {
            Some((service, operations)) => {
                services.push((service.to_owned(), Vec::new()));
                operations
            }
            None => line,
        };
        let Some((_, names)) = services.last_mut() else {
            bail!("{OPERATIONS} begins with no service");
        };
        names.extend(operations.split_whitespace().map(str::to_owned));
    }
    Ok(services)
}

/// The folder of botocore's models.
fn fetch(root: &Path, version: &str) -> Result<PathBuf> {
    let folder = root.join("target").join("model").join(version);
    let data = folder.join("botocore").join("data");
    if !data.is_dir() {
        let venv = root.join("target").join("model").join("venv");
        command(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let package = format!("botocore=={version}");
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", &package, "--target"];
        command(Command::new(venv.join("bin").join("python")).args(pip).arg(&folder))?;
    }
    Ok(data)
}

fn command(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// The newest model of the service in `folder`.
fn model(folder: &Path) -> Result<Value> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut versions: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    versions.sort();
    let newest = versions.pop().with_context(|| folder.display().to_string())?;
    let packed = fs::read(newest.join("service-2.json.gz"))?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    serde_json::from_str(&text).context("a model is not JSON")
}
