//! Interrupted imports, left-over files, full and read-only disks, lost indexes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportSource};
use trailhound_app::lookup::LookupQuery;
use trailhound_app::lookup::search::Query;
use trailhound_record::Timestamp;

use crate::child;
use crate::rows::{Row, check_counts, check_whole, import, open, rows, sorted_rows};
use crate::synthetic::{Input, Seeded, Wanted, log_file, record, seed, write_input};

/// The rows of a clean import of `input`, folder by folder.
fn clean(input: &Input, db: &Path) -> Vec<Row> {
    let app = open(db);
    for path in &input.folders {
        import(&app, &[path]);
    }
    sorted_rows(&app)
}

/// Stopping an import at any record loses nothing, and the next one adds what is missing.
#[test]
fn a_stopped_import_is_completed_by_the_next() {
    stop_and_complete(|found, clean| {
        let bodies = |rows: &[Row]| {
            let mut bodies: Vec<_> = rows.iter().map(|row| row.raw.clone()).collect();
            bodies.sort();
            bodies
        };
        bodies(found) == bodies(clean)
    });
}

/// The same, also which of two bodies under one id came first.
#[test]
fn a_stopped_import_and_the_next_make_the_store_of_a_clean_one() {
    stop_and_complete(|found, clean| found == clean);
}

fn stop_and_complete(is_same: impl Fn(&[Row], &[Row]) -> bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeded = Seeded::new(seed());
    let input = write_large_files(&folder.path().join("input"), &mut seeded);
    let whole = open(&folder.path().join("clean"));
    let records = import(&whole, &[&input]).read;
    let expected = sorted_rows(&whole);
    let mut stopped = 0;
    for trial in 0..8 {
        let app = open(&folder.path().join(format!("trial-{trial}")));
        let progress = ImportProgress::default();
        let stop_at = seeded.below(records as usize * 3 / 4) as u64;
        let report = import_until(&app, &input, &progress, stop_at);
        check_counts(&report);
        assert!(report.cancelled);
        check_whole(&app);
        assert_eq!(rows(&app).len() as u64, report.stored);
        stopped += usize::from(report.read < records);
        let rest = import(&app, &[&input]);
        assert_eq!(rest.read, records);
        let found = sorted_rows(&app);
        assert!(
            is_same(&found, &expected),
            "stopped after {} of {records} records, completed, it differs from a clean import: {}",
            report.read,
            difference(&found, &expected)
        );
    }
    println!("{stopped} of 8 imports were stopped before their end");
    assert!(stopped > 2, "most imports are stopped in the middle");
}

fn difference(found: &[Row], expected: &[Row]) -> String {
    let only = |these: &[Row], those: &[Row]| {
        let rest: Vec<_> = these.iter().filter(|row| !those.contains(row)).collect();
        let first = rest.first().map(|row| format!("{row:?}"));
        format!("{} rows, first {}", rest.len(), first.unwrap_or_default())
    };
    format!("only here {}; only there {}", only(found, expected), only(expected, found))
}

fn import_until(
    app: &App,
    input: &Path,
    progress: &ImportProgress,
    stop_at: u64,
) -> trailhound_app::import::ImportReport {
    let sources = [ImportSource::Path(input.display().to_string())];
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while progress.records_read.load(Ordering::Relaxed) < stop_at
                && !is_done.load(Ordering::Relaxed)
            {
                std::hint::spin_loop();
            }
            progress.cancel.store(true, Ordering::Relaxed);
        });
        let report = app.import(&sources, progress, &|_| {}).expect("a stop is no failure");
        is_done.store(true, Ordering::Relaxed);
        report
    })
}

/// Plain files of half a megabyte each; the second half of them delivers the ids of the first half
/// with other bodies.
fn write_large_files(folder: &Path, seeded: &mut Seeded) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder");
    let firsts: Vec<Vec<String>> =
        (0..8).map(|_| (0..500).map(|_| record(seeded, &Wanted::default())).collect()).collect();
    let other = |json: &String| json.replace(r#""requestID":""#, r#""requestID":"again-"#);
    let seconds: Vec<Vec<String>> =
        firsts.iter().map(|records| records.iter().map(other).collect()).collect();
    // First bodies and other bodies lie in files next to each other, so in different parts.
    for (at, (first, second)) in firsts.iter().zip(&seconds).enumerate() {
        for (name, records) in [("a", first), ("b", second)] {
            let path = folder.join(format!("{at:02}-{name}.json"));
            std::fs::write(path, log_file(records)).expect("written");
        }
    }
    folder.to_owned()
}

/// What a crash or a stranger leaves in the folder changes no answer and no later import.
#[test]
fn files_left_behind_are_harmless() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 4, 10, 3);
    let expected = clean(&input, &folder.path().join("clean"));
    let db = folder.path().join("db");
    let app = open(&db);
    import(&app, &[&input.folders[0]]);
    let before = rows(&app);
    drop(app);
    let mut left = 0;
    for path in files_below(&db) {
        let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("read");
        let half = &bytes[..bytes.len() / 2];
        // The names under which files are written before they are linked.
        let torn = path.with_file_name(format!(".{name}.00000000000000000000000000000000.tmp"));
        std::fs::write(torn, half).expect("written");
        left += 1;
        if kind == "parquet" || kind == "idx" {
            let orphan = format!("part-00000000-0000-0000-0000-000000000000-{left}.{kind}");
            std::fs::write(path.with_file_name(orphan), &bytes).expect("written");
            let torn = format!("part-11111111-1111-1111-1111-111111111111-{left}.{kind}");
            std::fs::write(path.with_file_name(torn), half).expect("written");
            left += 2;
        }
    }
    std::fs::write(db.join("notes.txt"), "mine").expect("written");
    println!("{left} files left behind");
    assert!(left > 10);
    let app = open(&db);
    check_whole(&app);
    assert_eq!(rows(&app), before);
    for path in &input.folders {
        import(&app, &[path]);
    }
    check_whole(&app);
    assert_eq!(sorted_rows(&app), expected);
    assert_eq!(std::fs::read_to_string(db.join("notes.txt")).expect("still there"), "mine");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// A limit on the length of files stands for a full disk where nothing can be mounted.
#[test]
fn a_file_that_cannot_grow_fails_the_import_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 3, 60, 2);
    let expected = clean(&input, &folder.path().join("clean"));
    let db = folder.path().join("db");
    import(&open(&db), &[&input.folders[0]]);
    let before = sorted_rows(&open(&db));
    // In units of 512 bytes; without the signal that would end the process.
    let starter = ["sh", "-c", r#"trap '' XFSZ; ulimit -f 24; exec "$0" "$@""#];
    let said = child::finish(child::import_under(&starter, &db, &input.folders[1..]));
    check_failure(said.failure, "File too large");
    check_recovery(&db, &input, &before, &expected);
}

fn check_failure(failure: Option<String>, cause: &str) {
    let failure = failure.expect("the import fails");
    println!("error: {failure}");
    assert!(failure.starts_with("cannot write to the store: "), "{failure}");
    assert!(failure.contains(cause), "{failure}");
    assert!(!failure.contains("panicked"), "{failure}");
}

/// What was acknowledged is there, and with room again the import completes.
fn check_recovery(db: &Path, input: &Input, before: &[Row], expected: &[Row]) {
    let app = open(db);
    check_whole(&app);
    let after = sorted_rows(&app);
    assert!(before.iter().all(|row| after.contains(row)), "what was acknowledged is there");
    assert!(after.iter().all(|row| expected.contains(row)), "and nothing else");
    for path in &input.folders {
        import(&app, &[path]);
    }
    check_whole(&app);
    assert_eq!(sorted_rows(&app), expected);
}

/// A file system of its own in memory, gone when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(folder: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder");
        let mounted = Self(folder.to_owned());
        mounted.run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"]).then_some(mounted)
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(self.run("mount", &["-o", options.as_str()]), "remounted");
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let output = Command::new(program).args(arguments).arg(&self.0).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.run("umount", &["--lazy"]);
    }
}

#[test]
fn a_full_disk_fails_the_import_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Mounted::new(&folder.path().join("disk"), "size=8m") else {
        eprintln!("SKIPPED: a full disk: mounting a tmpfs needs more rights than this process has");
        return;
    };
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 3, 60, 2);
    let expected = clean(&input, &folder.path().join("clean"));
    let db = disk.0.join("db");
    import(&open(&db), &[&input.folders[0]]);
    let before = sorted_rows(&open(&db));
    let filler = disk.0.join("filler");
    // From no room at all to nearly enough: each write of the import is the one that fails.
    let mut failures = 0;
    for left in [0_u64, 4, 12, 20, 32, 48, 64, 96, 128, 192] {
        fill(&filler, left << 10);
        let said = child::finish(child::import(&db, &input.folders[1..]));
        std::fs::remove_file(&filler).expect("removed");
        if said.failure.is_some() {
            failures += 1;
            check_failure(said.failure, "No space left on device");
        }
        let app = open(&db);
        check_whole(&app);
        let after = sorted_rows(&app);
        assert!(before.iter().all(|row| after.contains(row)), "what was acknowledged is there");
    }
    assert!(failures > 1, "the disk was full");
    check_recovery(&db, &input, &before, &expected);
}

/// Fills the disk of `path` up to `left` bytes.
fn fill(path: &Path, left: u64) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).expect("a file");
    while file.write_all(&[1; 4096]).is_ok() {}
    let length = file.metadata().expect("a length").len();
    file.set_len(length.saturating_sub(left)).expect("shorter");
}

#[test]
fn a_read_only_store_is_not_written_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Mounted::new(&folder.path().join("disk"), "size=64m") else {
        eprintln!(
            "SKIPPED: a read-only disk: mounting a tmpfs needs more rights than this process has"
        );
        return;
    };
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 2, 10, 2);
    let expected = clean(&input, &folder.path().join("clean"));
    let db = disk.0.join("db");
    import(&open(&db), &[&input.folders[0]]);
    let before = sorted_rows(&open(&db));
    disk.remount("ro");
    let said = child::finish(child::import(&db, &input.folders));
    let failure = said.failure.expect("the import fails");
    println!("error: {failure}");
    assert!(failure.contains("Read-only file system"), "{failure}");
    let app = open(&db);
    assert_eq!(sorted_rows(&app), before, "a read-only store still answers");
    check_whole(&app);
    drop(app);
    disk.remount("rw");
    check_recovery(&db, &input, &before, &expected);
}

/// Indexes are derived: lost, they are made anew, and the answers are the same.
#[test]
fn a_lost_index_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 2, 20, 3);
    let db = folder.path().join("db");
    let expected = clean(&input, &db);
    let queries = queries(&expected);
    let answers = |app: &App| -> Vec<Vec<Row>> {
        queries.iter().map(|query| crate::rows::rows_paged(app, query, || 7)).collect()
    };
    let before = answers(&open(&db));
    let stats = open(&db).stats().expect("counts");
    assert!(before.iter().all(|rows| !rows.is_empty()), "each query finds something");
    let indexes: Vec<_> = files_below(&db.join("_index"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|is| is == "idx"))
        .collect();
    assert!(indexes.len() >= 3);
    for path in &indexes {
        std::fs::remove_file(path).expect("removed");
    }
    let app = open(&db);
    assert_eq!(answers(&app), before);
    let anew = open(&db).stats().expect("counts");
    let plain = |stats: trailhound_app::stats::Stats| trailhound_app::stats::Stats {
        index_bytes: 0,
        ..stats
    };
    assert_eq!(plain(anew), plain(stats));
    assert!(indexes.iter().all(|path| path.exists()), "each is there again");
    check_whole(&app);
    let again = import(&open(&db), &[&input.folders[0], &input.folders[1]]);
    assert_eq!(again.stored, 0, "repeats are still found");
}

fn search(text: &str) -> Query {
    Query::parse(text, Timestamp(0)).expect("a query")
}

fn queries(rows: &[Row]) -> Vec<LookupQuery> {
    let id = rows[rows.len() / 2].event_id.clone();
    vec![
        LookupQuery::default(),
        LookupQuery { event_id: id.clone(), ..LookupQuery::default() },
        LookupQuery { search: Some(search(&id.unwrap_or_default())), ..LookupQuery::default() },
        LookupQuery { event_name: Some("AssumeRole".into()), ..LookupQuery::default() },
        LookupQuery {
            username: Some("alice".into()),
            read_only: Some(true),
            ..LookupQuery::default()
        },
        LookupQuery { error_code: Some(String::new()), ..LookupQuery::default() },
        LookupQuery { resource_type: Some("AWS::S3::Bucket".into()), ..LookupQuery::default() },
    ]
}

/// Verify names every cut, changed or foreign index; a cut or foreign one never makes an answer wrong in
/// silence. A look-up does not read the checksums, so a changed bit is for verify to find.
#[test]
fn a_damaged_index_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeded = Seeded::new(seed());
    let input = write_input(&folder.path().join("input"), &mut seeded, 1, 20, 1);
    let db = folder.path().join("db");
    let expected = clean(&input, &db);
    let queries = queries(&expected);
    let index = files_below(&db.join("_index"))
        .into_iter()
        .find(|path| path.extension().is_some_and(|is| is == "idx"))
        .expect("an index");
    let good = std::fs::read(&index).expect("read");
    let ask = |app: &App| -> Vec<_> {
        queries.iter().map(|query| app.lookup(query, None, 10_000).expect("readable")).collect()
    };
    let before = ask(&open(&db));
    for trial in 0..60 {
        let mut bytes = good.clone();
        match trial {
            0 => bytes.clear(),
            1 => bytes.fill(0),
            2 => bytes.fill(0xff),
            3..20 => bytes.truncate(seeded.below(good.len())),
            _ => bytes[seeded.below(good.len())] ^= 1 << seeded.below(8),
        }
        std::fs::remove_file(&index).expect("removed");
        std::fs::write(&index, &bytes).expect("written");
        let app = open(&db);
        let damage = app.verify(&Default::default()).expect("readable").damage;
        let answers = ask(&app);
        let is_anew = std::fs::read(&index).expect("read") == good;
        assert!(is_anew || !damage.is_empty(), "trial {trial}: verify sees it");
        for (at, (now, then)) in answers.iter().zip(&before).enumerate() {
            let is_named = !now.coverage.unreadable.is_empty();
            let is_cut = trial < 20;
            assert!(
                !is_cut || is_named || now.events == then.events,
                "trial {trial}, query {at}: wrong in silence"
            );
        }
    }
}
