//! The steps that need cargo only.

use super::command::{cargo, cargo_install, run, succeeds};
use super::{Context, Outcome};
use anyhow::Result;
use std::process::Command;

pub(crate) fn fmt(context: &Context) -> Result<Outcome> {
    run(&mut cargo(&context.root, &["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn tidy(context: &Context) -> Result<Outcome> {
    crate::tidy::run(&context.root)?;
    Ok(Outcome::Passed)
}

pub(crate) fn example(context: &Context) -> Result<Outcome> {
    crate::example::run(&context.root, true)?;
    Ok(Outcome::Passed)
}

/// Cargo's `verb` over the whole workspace with all features: one choice of these everywhere, so that
/// DataFusion is built once.
pub(crate) fn workspace(context: &Context, verb: &[&str], more: &[&str]) -> Command {
    let mut command = cargo(&context.root, verb);
    command.args(["--release", "--locked", "--workspace", "--all-features"]).args(more);
    command
}

pub(crate) fn clippy(context: &Context) -> Result<Outcome> {
    let lints = ["--all-targets", "--", "-D", "warnings"];
    run(&mut workspace(context, &["clippy"], &lints))?;
    // The binary without SQL is what a newcomer builds.
    let mut plain = cargo(&context.root, &["clippy", "--release", "--locked", "--workspace"]);
    run(plain.args(lints))?;
    Ok(Outcome::Passed)
}

pub(crate) fn test(context: &Context) -> Result<Outcome> {
    // The binary first: the end-to-end tests run it, and the tests share its dependencies.
    run(&mut workspace(context, &["build"], &[]))?;
    if let Err(error) = cargo_install(&context.root, "cargo-nextest", "nextest") {
        println!("cargo-nextest cannot be installed ({error:#}): cargo test runs instead");
        run(&mut workspace(context, &["test"], &["--lib", "--bins", "--tests"]))?;
        return Ok(Outcome::Partly("by cargo test, nextest is missing".to_owned()));
    }
    run(&mut workspace(context, &["nextest", "run"], &["--no-fail-fast"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn doctest(context: &Context) -> Result<Outcome> {
    run(&mut workspace(context, &["test"], &["--doc"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn doc(context: &Context) -> Result<Outcome> {
    run(workspace(context, &["doc"], &["--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

pub(crate) fn deny(context: &Context) -> Result<Outcome> {
    cargo_install(&context.root, "cargo-deny", "deny")?;
    run(&mut cargo(&context.root, &["deny", "check", "licenses", "bans", "sources"]))?;
    // Told apart: a database that cannot be fetched is no finding, a finding is.
    if !succeeds(&mut cargo(&context.root, &["deny", "fetch", "db"])) {
        println!("!!!!");
        println!("!!!! SKIPPED: the advisory database cannot be fetched from here.");
        println!("!!!! Run `cargo deny check advisories` where there is a network.");
        println!("!!!!");
        return Ok(Outcome::Partly("ADVISORIES SKIPPED, no network".to_owned()));
    }
    run(&mut cargo(&context.root, &["deny", "check", "advisories"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn fuzz(context: &Context) -> Result<Outcome> {
    let folder = context.root.join("fuzz");
    if !folder.join("Cargo.toml").is_file() {
        return Ok(Outcome::Absent("no folder `fuzz`".to_owned()));
    }
    // Its own workspace, so by default its own target folder: the shared one has the dependencies.
    let mut command = cargo(&folder, &["check", "--release"]);
    run(command.env("CARGO_TARGET_DIR", &context.target))?;
    Ok(Outcome::Passed)
}
