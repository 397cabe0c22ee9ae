//! Running other programs.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Cargo, the one that runs us.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    // Cargo told us which package we are. Build scripts that look at these would run again, and all
    // that depends on them be built again, each time that one was run by hand in between.
    for (name, _) in std::env::vars_os() {
        let is_ours = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start));
        if is_ours {
            command.env_remove(name);
        }
    }
    command
}

/// Another program, in the root.
pub(crate) fn program(root: &Path, name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root);
    command
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs `command` and shows it and what it prints.
///
/// # Errors
/// When it cannot start or does not end well.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Whether `command` runs and ends well; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether there is a program of that name on the path.
pub(crate) fn is_installed(name: &str) -> bool {
    succeeds(Command::new(name).arg("--version"))
}

/// Whether this is the hosted run, where a missing browser is an error.
pub(crate) fn is_hosted() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Whether we may install packages of the distribution.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Installs packages of Debian.
///
/// # Errors
/// When we are not root, or apt-get fails.
pub(crate) fn apt_install(root: &Path, packages: &[&str]) -> Result<()> {
    if !is_root() {
        bail!("install these and run again: apt-get install {}", packages.join(" "));
    }
    run(program(root, "apt-get", &["update", "-q"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    let mut words = vec!["install", "-y", "-q", "--no-install-recommends"];
    words.extend(packages);
    run(program(root, "apt-get", &words).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Installs a subcommand of cargo when it is missing.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn cargo_install(root: &Path, package: &str, subcommand: &str) -> Result<()> {
    if succeeds(&mut cargo(root, &[subcommand, "--version"])) {
        return Ok(());
    }
    println!("{package} is missing: installing it takes some minutes, once");
    run(&mut cargo(root, &["install", "--locked", package]))
}

/// Cargo's target folder for the workspace in `root`.
///
/// # Errors
/// When cargo cannot tell.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let output = cargo(root, &["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cannot parse cargo metadata")?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(PathBuf::from(folder.context("cargo metadata names no target folder")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let root = Path::new(".");
        let error = run(&mut program(root, "false", &["x"])).unwrap_err().to_string();
        assert!(error.starts_with("`false x` ended with"), "{error}");
        assert!(run(&mut program(root, "true", &[])).is_ok());
    }

    #[test]
    fn a_missing_program_is_not_installed() {
        assert!(!is_installed("trailhound-has-no-such-program"));
        assert!(is_installed("git"));
    }
}
