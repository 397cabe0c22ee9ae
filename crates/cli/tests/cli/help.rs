//! The help of every command, as it is printed: a change here is a change of the interface.

use crate::env::TestEnv;
use expect_test::expect_file;

#[test]
fn help_of_every_command() {
    let env = TestEnv::new();
    expect_file!["help/trailhound.txt"].assert_eq(&env.run(&["--help"]));
    expect_file!["help/up.txt"].assert_eq(&env.run(&["up", "--help"]));
    expect_file!["help/import.txt"].assert_eq(&env.run(&["import", "--help"]));
    expect_file!["help/lookup.txt"].assert_eq(&env.run(&["lookup", "--help"]));
    expect_file!["help/search.txt"].assert_eq(&env.run(&["search", "--help"]));
    expect_file!["help/top.txt"].assert_eq(&env.run(&["top", "--help"]));
    expect_file!["help/histogram.txt"].assert_eq(&env.run(&["histogram", "--help"]));
    expect_file!["help/show.txt"].assert_eq(&env.run(&["show", "--help"]));
    expect_file!["help/sql.txt"].assert_eq(&env.run(&["sql", "--help"]));
    expect_file!["help/serve.txt"].assert_eq(&env.run(&["serve", "--help"]));
    expect_file!["help/verify.txt"].assert_eq(&env.run(&["verify", "--help"]));
    expect_file!["help/stats.txt"].assert_eq(&env.run(&["stats", "--help"]));
    expect_file!["help/compact.txt"].assert_eq(&env.run(&["compact", "--help"]));
    expect_file!["help/completions.txt"].assert_eq(&env.run(&["completions", "--help"]));
}

#[test]
fn every_command_is_in_the_help_test() {
    let env = TestEnv::new();
    let help = env.run(&["--help"]);
    let commands: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // A long description goes on in the next line, further in.
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    for name in &commands {
        assert!(include_str!("help.rs").contains(&format!("help/{name}.txt")), "{name}");
    }
    assert_eq!(commands.len(), 13, "{commands:?}");
}

#[test]
fn completions_name_the_commands_for_every_shell() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = env.run(&["completions", shell]);
        assert!(script.contains("lookup") && script.contains("error-code"), "{shell}: {script}");
    }
}
