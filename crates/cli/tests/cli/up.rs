//! `up`: the first answer.

use crate::env::TestEnv;
use expect_test::expect;

#[test]
fn given_logs_it_answers_at_once() {
    let env = TestEnv::new();
    let text = env.run(&["up", "logs", "--no-serve"]);
    let program = env!("CARGO_BIN_EXE_trailhound");
    expect![].assert_eq(&text.replace(program, "[PROGRAM]"));
}

#[test]
fn without_logs_it_shows_the_example_in_a_store_of_its_own() {
    let env = TestEnv::new();
    let output = env.command(&["up", "--no-serve"]).env_remove("TRAILHOUND_DB").output().unwrap();
    let text = env.text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("store      [ENV]/data/trailhound-example\n"), "{text}");
    assert!(text.contains("+ duplicate 0 + rejected 0"), "{text}");
    assert!(text.contains("the last changes"), "{text}");
    // The commands to try next are about that store.
    assert!(text.contains("--db [ENV]/data/trailhound-example lookup"), "{text}");
    assert!(!env.path("data/trailhound").exists());
}
