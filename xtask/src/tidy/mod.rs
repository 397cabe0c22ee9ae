//! Rules about the repository that no compiler checks, since a rule nobody runs is broken.

mod layers;
mod markdown;
mod sources;

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository: its path from the root, with slashes, and its text.
#[derive(Debug, Clone)]
pub(crate) struct File {
    path: String,
    text: String,
}

/// Checks everything and prints each finding on a line of its own.
///
/// # Errors
/// When there is a finding, or the repository cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let paths = tracked(root)?;
    let files = read(root, &paths);
    let mut findings = layers::check(&layers::packages(root)?);
    findings.extend(sources::check(&files));
    findings.extend(markdown::check(&files, &markdown::Known { root, paths: &paths }));
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    println!("{} files are tidy", files.len());
    Ok(())
}

/// Every file that git tracks or would add: what is ignored is nobody's business.
fn tracked(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout).context("a path is not UTF-8")?;
    let mut paths: Vec<String> = text.lines().map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The text files among `paths`.
fn read(root: &Path, paths: &[String]) -> Vec<File> {
    paths
        .iter()
        .filter_map(|path| {
            let bytes = std::fs::read(PathBuf::from(root).join(path)).ok()?;
            Some(File { path: path.clone(), text: String::from_utf8(bytes).ok()? })
        })
        .collect()
}
