//! An import that is killed at any moment and done again leaves the store of one clean import.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::child;
use crate::rows::{Row, check_whole, import, open, rows, sorted_rows};
use crate::synthetic::{Seeded, seed, write_input};

/// A commit takes 16 segments, so the files of 17 days make two of each import.
const DAYS: usize = 17;

/// ST-1, ST-2, ST-4 and IN-1 under `kill -9`, into an empty store.
#[test]
fn killed_imports_end_in_the_store_of_a_clean_one() {
    check("new", 150, 0);
}

/// The same while the imports also compact: a day has more than eight small segments.
#[test]
fn killed_compactions_lose_and_repeat_nothing() {
    check("compacting", 50, 8);
}

/// What is killed: imports of `folders`, one after the other, into a copy of `base`.
struct Scenario {
    root: PathBuf,
    base: PathBuf,
    folders: Vec<PathBuf>,
    expected: Vec<Row>,
    /// How long it takes when nobody kills it.
    whole: Duration,
}

#[derive(Debug)]
struct Seen {
    kills: usize,
    unchanged: usize,
    partial: usize,
    full: usize,
    /// The latest moment of a kill, as a share of [`Scenario::whole`]. It follows what the kills find:
    /// how busy the machine is, and with it the speed of an import, changes while the test runs.
    reach: f64,
}

/// Kills imports `kills` times; before them, `earlier` deliveries are in the store.
fn check(name: &str, kills: usize, earlier: usize) {
    // A killed process leaves what it gave to the kernel, so a file system in memory is as good a
    // test, and on it nothing waits for a disk.
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder");
    let mut seeded = Seeded::new(seed());
    let scenario = scenario(folder.path(), &mut seeded, earlier);
    let conflicts = scenario.expected.iter().filter(|row| row.conflict > 0).count();
    assert!(conflicts > 20, "order matters");
    let mut seen = Seen { kills: 0, unchanged: 0, partial: 0, full: 0, reach: 1.0 };
    let mut chains = 0;
    while seen.kills < kills || seen.partial < kills / 4 {
        assert!(seen.kills < 10 * kills, "kills should hit imports in the middle: {seen:?}");
        let in_a_row = 1 + seeded.below(12);
        let db = scenario.root.join(format!("chain-{chains}"));
        copy(&scenario.base, &db);
        interrupt(&scenario, &db, in_a_row, &mut seeded, &mut seen);
        let app = open(&db);
        for path in &scenario.folders {
            import(&app, &[path]);
        }
        assert_eq!(sorted_rows(&app), scenario.expected, "chain {chains}, seed {}", seed());
        check_whole(&app);
        std::fs::remove_dir_all(&db).expect("removed");
        chains += 1;
    }
    println!(
        "{name}, seed {}: {} events, {conflicts} conflicts, a clean import takes {:?}; \
         {chains} chains, {seen:?}",
        seed(),
        scenario.expected.len(),
        scenario.whole
    );
}

fn scenario(root: &Path, seeded: &mut Seeded, earlier: usize) -> Scenario {
    let before = write_input(&root.join("earlier"), seeded, earlier, 6, DAYS);
    let input = write_input(&root.join("input"), seeded, 3, 100, DAYS);
    let base = root.join("base");
    let app = open(&base);
    for path in &before.folders {
        import(&app, &[path]);
    }
    drop(app);
    let clean = root.join("clean");
    copy(&base, &clean);
    let started = Instant::now();
    let said = child::finish(child::import(&clean, &input.folders));
    let whole = started.elapsed();
    let read: u64 = said.reports.iter().map(|report| report["read"].as_u64().expect("read")).sum();
    assert_eq!((said.failure, read), (None, input.records as u64));
    let app = open(&clean);
    check_whole(&app);
    let expected = sorted_rows(&app);
    assert!(expected.len() < before.records + input.records, "repeats matter");
    Scenario { root: root.to_owned(), base, folders: input.folders, expected, whole }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status().expect("cp");
    assert!(copied.success());
}

/// Kills running imports into `db`, `kills` in a row, and looks at what each leaves.
fn interrupt(scenario: &Scenario, db: &Path, kills: usize, seeded: &mut Seeded, seen: &mut Seen) {
    let expected: HashSet<&Row> = scenario.expected.iter().collect();
    let at_first = rows(&open(db)).len();
    let mut committed = at_first;
    for _ in 0..kills {
        loop {
            let share = seeded.below(10_000) as f64 / 10_000.0;
            let delay = scenario.whole.mul_f64(share * seen.reach);
            let running = child::import(db, &scenario.folders).spawn().expect("it starts");
            if kill_after(running, delay) {
                break;
            }
            seen.reach *= 0.7;
        }
        seen.kills += 1;
        let app = open(db);
        check_whole(&app);
        let left = rows(&app);
        assert!(left.is_sorted_by(|a, b| a.time_micros >= b.time_micros), "newest first");
        let distinct: HashSet<&Row> = left.iter().collect();
        assert_eq!(distinct.len(), left.len(), "nothing is there twice");
        let foreign: Vec<_> = distinct.difference(&expected).collect();
        assert!(foreign.is_empty(), "not of a clean import: {foreign:?}, seed {}", seed());
        assert!(left.len() >= committed, "what was committed stays");
        committed = left.len();
        if left.len() == expected.len() {
            seen.full += 1;
            seen.reach *= 0.9;
            // Nothing is left to store; what may be left to compact, the import after the chain does.
            break;
        }
        match left.len() == at_first {
            true => seen.unchanged += 1,
            false => seen.partial += 1,
        }
        seen.reach = (seen.reach * 1.1).min(1.5);
    }
}

/// Kills `running` after `delay`; false when it had ended before.
fn kill_after(mut running: Child, delay: Duration) -> bool {
    std::thread::sleep(delay);
    let is_running = running.try_wait().expect("a child").is_none();
    // On Unix this is SIGKILL.
    running.kill().expect("killed");
    let status = running.wait().expect("it ended");
    assert!(is_running || status.success(), "the import failed by itself: {status}");
    is_running
}
