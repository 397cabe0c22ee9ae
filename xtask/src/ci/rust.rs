//! The steps that need cargo only.

use super::command::{cargo, cargo_install, run, succeeds};
use super::{Context, Outcome};
use anyhow::Result;

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

pub(crate) fn clippy(context: &Context) -> Result<Outcome> {
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--release", "--locked", "--", "-D", "warnings"];
    run(&mut cargo(&context.root, &arguments))?;
    Ok(Outcome::Passed)
}

pub(crate) fn test(context: &Context) -> Result<Outcome> {
    // The binary first: the end-to-end tests run it, and the tests share its dependencies.
    run(&mut cargo(&context.root, &["build", "--release", "--locked", "--workspace"]))?;
    if let Err(error) = cargo_install(&context.root, "cargo-nextest", "nextest") {
        println!("cargo-nextest cannot be installed ({error:#}): cargo test runs instead");
        let arguments =
            ["test", "--release", "--locked", "--workspace", "--lib", "--bins", "--tests"];
        run(&mut cargo(&context.root, &arguments))?;
        return Ok(Outcome::Partly("by cargo test, nextest is missing".to_owned()));
    }
    let arguments = ["nextest", "run", "--release", "--locked", "--workspace", "--no-fail-fast"];
    run(&mut cargo(&context.root, &arguments))?;
    Ok(Outcome::Passed)
}

pub(crate) fn doctest(context: &Context) -> Result<Outcome> {
    run(&mut cargo(&context.root, &["test", "--release", "--locked", "--workspace", "--doc"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn doc(context: &Context) -> Result<Outcome> {
    let arguments = ["doc", "--workspace", "--no-deps", "--release", "--locked"];
    run(cargo(&context.root, &arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
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
