//! The steps that need other people's programs: `aws`, boto3, Chromium.

use super::command::{apt_install, is_hosted, is_installed, is_root, program, run, succeeds};
use super::rust::workspace;
use super::{Context, Outcome};
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;

const RUN: &str = "tests/e2e/run.sh";
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The binary under test, with SQL: the step `test` has built it, and building again costs nothing then.
fn binary(context: &Context) -> PathBuf {
    context.target.join("release").join("trailhound")
}

/// A program that only tests use.
fn example(context: &Context, name: &str) -> PathBuf {
    context.target.join("release").join("examples").join(name)
}

fn build(context: &Context) -> Result<()> {
    run(&mut workspace(context, &["build"], &["--bins", "--examples"]))
}

fn python_with_environments(context: &Context) -> Result<()> {
    let has =
        || succeeds(&mut program(&context.root, "python3", &["-c", "import ensurepip, venv"]));
    if has() {
        return Ok(());
    }
    apt_install(&context.root, &["python3", "python3-venv"])?;
    if has() { Ok(()) } else { bail!("python3 cannot make environments, even with python3-venv") }
}

pub(crate) fn end_to_end(context: &Context) -> Result<Outcome> {
    if !context.root.join(RUN).is_file() {
        return Ok(Outcome::Absent(format!("no `{RUN}`")));
    }
    python_with_environments(context)?;
    build(context)?;
    let folder = context.target.join("python");
    let folder = folder.to_str().context("the target folder's name is not UTF-8")?;
    let mut tests = program(&context.root, "sh", &[RUN, folder]);
    tests.env("TRAILHOUND_BIN", binary(context));
    run(tests.env("UNDO_PLANS_BIN", example(context, "undo_plans")))?;
    Ok(Outcome::Passed)
}

/// Replay against a simulator of EC2 that is asked after every call.
pub(crate) fn oracle(context: &Context) -> Result<Outcome> {
    python_with_environments(context)?;
    build(context)?;
    let folder = context.target.join("python");
    let folder = folder.to_str().context("the target folder's name is not UTF-8")?;
    let mut tests = program(&context.root, "sh", &["tests/oracle/run.sh", folder]);
    tests.env("WRITE_REQUESTS_BIN", example(context, "write_requests"));
    run(tests.env("REPLAY_STATE_BIN", example(context, "replay_state")))?;
    Ok(Outcome::Passed)
}

pub(crate) fn browser(context: &Context) -> Result<Outcome> {
    let tests = "tests/browser";
    if !context.root.join(tests).is_dir() {
        return Ok(Outcome::Absent(format!("no `{tests}`")));
    }
    python_with_environments(context)?;
    if !has_browser() && is_root() {
        apt_install(&context.root, &["chromium", "chromium-driver"])?;
    }
    if !has_browser() {
        let reason = "no Chromium: apt-get install chromium chromium-driver";
        if is_hosted() {
            bail!("{reason}");
        }
        println!("!!!! SKIPPED: {reason}");
        return Ok(Outcome::Absent(format!("SKIPPED, {reason}")));
    }
    build(context)?;
    let python = browser_environment(context, tests)?;
    let mut pytest =
        program(&context.root, python, &["-m", "pytest", "-p", "no:cacheprovider", "-q", tests]);
    run(pytest.env("TRAILHOUND_BIN", binary(context)).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    Ok(Outcome::Passed)
}

/// Makes the environment of the browser tests and returns its Python.
fn browser_environment(context: &Context, tests: &str) -> Result<PathBuf> {
    let folder = context.target.join("python").join("browser");
    let python = folder.join("bin").join("python");
    if !python.is_file() {
        let name = folder.to_str().context("the target folder's name is not UTF-8")?;
        run(&mut program(&context.root, "python3", &["-m", "venv", name]))?;
    }
    let mut wanted = vec!["-m", "pip", "install", "-q", "--disable-pip-version-check"];
    let list = format!("{tests}/requirements.txt");
    if context.root.join(&list).is_file() {
        wanted.extend(["-r", &list]);
    } else {
        wanted.extend(["pytest", "selenium"]);
    }
    run(&mut program(&context.root, &python, &wanted))?;
    Ok(python)
}

fn has_browser() -> bool {
    BROWSERS.iter().any(|name| is_installed(name)) && is_installed("chromedriver")
}
