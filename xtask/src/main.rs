//! Automation for this repository: `cargo xtask help` lists it.

mod ci;
mod example;
mod model;
mod tidy;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn help() -> String {
    format!(
        "\
usage: cargo xtask COMMAND

  ci [STEP…]         what a change must pass; the steps are:
{}  tidy               rules about the repository: layers, sizes, documents
  example [--check]  write example/week.tar.gz, or compare it
  model [--botocore VERSION]  write crates/model/tables from botocore's service models
",
        ci::help()
    )
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ci", steps @ ..] => ci::run(&root(), steps),
        ["tidy"] => tidy::run(&root()),
        ["example"] => example::run(&root(), false),
        ["example", "--check"] => example::run(&root(), true),
        ["model"] => model::run(&root(), None),
        ["model", "--botocore", version] => model::run(&root(), Some(version)),
        ["help" | "--help"] => {
            print!("{}", help());
            Ok(())
        }
        _ => bail!("unknown command `{}`\n{}", words.join(" "), help()),
    }
}
