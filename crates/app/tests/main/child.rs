//! Imports in a process of their own, which can be killed, starved and measured: the test binary
//! runs itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use trailhound_app::App;
use trailhound_app::import::{ImportError, ImportProgress, ImportSource};

use crate::rows::chain;

const DB: &str = "TRAILHOUND_TEST_CHILD_DB";
const INPUT: &str = "TRAILHOUND_TEST_CHILD_INPUT";

/// What [`import`] runs in the other process: the inputs one after the other, each its own import.
#[test]
#[ignore = "the other tests run it as a process of its own"]
fn import_in_child() {
    let (Some(db), Ok(input)) = (std::env::var_os(DB), std::env::var(INPUT)) else {
        panic!("other tests set {DB} and {INPUT}");
    };
    match run(Path::new(&db), &input) {
        Ok(()) => println!("\nPEAK {}", peak_kib()),
        Err(message) => {
            eprintln!("\nFAILED {message}");
            std::process::exit(1);
        }
    }
}

fn run(db: &Path, input: &str) -> Result<(), String> {
    let app = App::open(db).map_err(|error| chain(&error))?;
    for path in input.lines() {
        let sources = [ImportSource::Path(path.to_owned())];
        let imported = app.import(&sources, &ImportProgress::default(), &|_| {});
        let report = imported.map_err(|error: ImportError| chain(&error))?;
        println!("\nREPORT {}", serde_json::to_string(&report).expect("JSON"));
    }
    Ok(())
}

/// The most memory that this process ever had resident, as the kernel counts it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The command that imports `inputs` into `db` in another process.
pub(crate) fn import(db: &Path, inputs: &[PathBuf]) -> Command {
    import_under(&[], db, inputs)
}

/// As [`import`], started by the command `starter` (`sh -c '…; exec "$0" "$@"'`).
pub(crate) fn import_under(starter: &[&str], db: &Path, inputs: &[PathBuf]) -> Command {
    let binary = std::env::current_exe().expect("this binary");
    let mut command = match starter {
        [] => Command::new(&binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&binary);
            command
        }
    };
    let inputs: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
    command
        .args(["child::import_in_child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DB, db)
        .env(INPUT, inputs.join("\n"))
        .env_remove("NEXTEST")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// What a finished child said.
pub(crate) struct Said {
    /// The report of each input.
    pub(crate) reports: Vec<serde_json::Value>,
    /// The most memory that it had resident.
    pub(crate) peak_kib: Option<u64>,
    /// Why it failed.
    pub(crate) failure: Option<String>,
}

/// Runs `command` to its end.
pub(crate) fn finish(mut command: Command) -> Said {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("it starts");
    let Output { status, stdout, stderr } = output;
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let after = |text: &str, mark: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    };
    let failure = after(&stderr, "FAILED ").pop();
    assert_eq!(status.success(), failure.is_none(), "{status}: {stdout}{stderr}");
    let json = |text: String| serde_json::from_str(&text).expect("JSON");
    Said {
        reports: after(&stdout, "REPORT ").into_iter().map(json).collect(),
        peak_kib: after(&stdout, "PEAK ").pop().map(|text| text.parse().expect("a number")),
        failure,
    }
}
