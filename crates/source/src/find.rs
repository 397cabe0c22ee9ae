//! Lists the files that paths and globs name, in the order of their days.
//!
//! The list stays small for ten million files: folders are kept once, names lie in one buffer, and a
//! file costs 32 bytes and its name.

use crate::Rejected;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// What it is called in reports: the path, as well as it can be shown.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its length as stored.
    pub bytes: u64,
}

impl InputFile {
    /// The file at `path`.
    pub fn new(path: PathBuf, bytes: u64) -> Self {
        Self { name: path.to_string_lossy().into_owned(), path, bytes }
    }
}

/// Why the inputs could not be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindInputsError {
    /// Nothing is there, or the pattern matches nothing.
    #[error("no file matches `{path}`")]
    NoSuchPath {
        /// As given.
        path: String,
    },
    /// It is neither the name of something nor a pattern.
    #[error("`{path}` is not a pattern: {reason}")]
    BadPattern {
        /// As given.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// When it was delivered, in minutes of a year of 12 months of 31 days; `u32::MAX` when unknown.
    delivered: u32,
    folder: u32,
    name_start: u64,
    name_len: u32,
    bytes: u64,
}

/// Files to read, oldest delivery first over all accounts and regions.
#[derive(Debug, Default)]
pub struct Inputs {
    folders: Vec<PathBuf>,
    /// For each folder its day, from `YYYY/MM/DD` in its path.
    days: Vec<u32>,
    names: Vec<u8>,
    entries: Vec<Entry>,
    bytes: u64,
    rejected: Vec<Rejected>,
}

impl Inputs {
    /// How many files there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The length of all files together, as stored.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What could not be listed: folders without permission and the like.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// The file at `index`, oldest first.
    pub fn get(&self, index: usize) -> Option<InputFile> {
        let entry = self.entries.get(index)?;
        let path = self.folder(entry).join(OsStr::from_bytes(self.name(entry)));
        Some(InputFile::new(path, entry.bytes))
    }

    /// Every file, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = InputFile> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The length of every file as stored, oldest first.
    pub fn lengths(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.bytes)
    }

    fn folder(&self, entry: &Entry) -> &Path {
        self.folders.get(entry.folder as usize).map(PathBuf::as_path).unwrap_or(Path::new(""))
    }

    fn name(&self, entry: &Entry) -> &[u8] {
        let start = entry.name_start as usize;
        self.names.get(start..start + entry.name_len as usize).unwrap_or_default()
    }

    fn add_folder(&mut self, folder: &Path) -> u32 {
        self.folders.push(folder.to_owned());
        self.days.push(day_of(folder));
        (self.folders.len() - 1) as u32
    }

    fn add(&mut self, folder: u32, name: &OsStr, bytes: u64) {
        let name = name.as_bytes();
        let day = self.days.get(folder as usize).copied().unwrap_or(u32::MAX);
        self.entries.push(Entry {
            delivered: delivery_of(name).unwrap_or(day),
            folder,
            name_start: self.names.len() as u64,
            name_len: name.len() as u32,
            bytes,
        });
        self.names.extend_from_slice(name);
        self.bytes += bytes;
    }

    /// Sorts by delivery, then by name; drops what is named twice.
    fn sort(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by(|a, b| {
            let order = a.delivered.cmp(&b.delivered);
            let order = order.then_with(|| self.name(a).cmp(self.name(b)));
            order.then_with(|| self.folder(a).cmp(self.folder(b)))
        });
        entries.dedup_by(|a, b| self.name(a) == self.name(b) && self.folder(a) == self.folder(b));
        self.bytes = entries.iter().map(|entry| entry.bytes).sum();
        self.entries = entries;
    }
}

/// Lists the files that `paths` name: each a file, a folder or a glob.
///
/// Folders are searched through, also hidden files; symbolic links in them are not followed, and
/// folders whose name starts with a dot (`.git`) are passed over. A path that exists is never taken
/// for a pattern. Order: see [`Inputs`].
///
/// # Errors
/// [`FindInputsError`] when one of `paths` matches nothing.
pub fn find_inputs(paths: &[String]) -> Result<Inputs, FindInputsError> {
    find_inputs_with(paths, &mut |_, _| {})
}

/// As [`find_inputs`]; `on_progress` hears the files and bytes found so far, now and then.
///
/// # Errors
/// [`FindInputsError`] when one of `paths` matches nothing.
pub fn find_inputs_with(
    paths: &[String],
    on_progress: &mut dyn FnMut(u64, u64),
) -> Result<Inputs, FindInputsError> {
    let mut inputs = Inputs::default();
    for path in paths {
        if Path::new(path).exists() {
            walk(&mut inputs, Path::new(path), on_progress);
            continue;
        }
        let matches = glob::glob(path).map_err(|error| FindInputsError::BadPattern {
            path: path.clone(),
            reason: error.msg,
        })?;
        let mut matched = false;
        for found in matches {
            matched = true;
            match found {
                Ok(found) => walk(&mut inputs, &found, on_progress),
                Err(error) => reject(&mut inputs, error.path(), error.error().to_string()),
            }
        }
        if !matched {
            return Err(FindInputsError::NoSuchPath { path: path.clone() });
        }
    }
    inputs.sort();
    on_progress(inputs.len() as u64, inputs.bytes());
    Ok(inputs)
}

/// How many files are found between two calls of a progress callback.
const PROGRESS_FILES: usize = 1024;

fn walk(inputs: &mut Inputs, root: &Path, on_progress: &mut dyn FnMut(u64, u64)) {
    let mut folders: HashMap<PathBuf, u32> = HashMap::new();
    let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| {
        let is_hidden = entry.file_name().as_bytes().starts_with(b".");
        entry.depth() == 0 || !(is_hidden && entry.file_type().is_dir())
    });
    for entry in entries {
        let about = entry.and_then(|entry| {
            // Given by name, a link is followed and a pipe is read; inside a folder neither is.
            let is_wanted =
                entry.file_type().is_file() || (entry.depth() == 0 && !entry.path().is_dir());
            let bytes = match is_wanted {
                true if entry.path_is_symlink() => entry.path().metadata().map_or(0, |is| is.len()),
                true => entry.metadata()?.len(),
                false => 0,
            };
            Ok((entry, is_wanted, bytes))
        });
        match about {
            Ok((entry, true, bytes)) => {
                let parent = entry.path().parent().unwrap_or(Path::new(""));
                let folder = match folders.get(parent) {
                    Some(&folder) => folder,
                    None => {
                        let folder = inputs.add_folder(parent);
                        folders.clear(); // Files of one folder come close together.
                        folders.insert(parent.to_owned(), folder);
                        folder
                    }
                };
                inputs.add(folder, entry.file_name(), bytes);
                if inputs.len().is_multiple_of(PROGRESS_FILES) {
                    on_progress(inputs.len() as u64, inputs.bytes());
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                reject(inputs, &path, reason);
            }
        }
    }
}

fn reject(inputs: &mut Inputs, path: &Path, reason: String) {
    inputs.rejected.push(Rejected {
        file: path.to_string_lossy().into_owned(),
        line: None,
        offset: None,
        reason: format!("cannot list it: {reason}"),
        excerpt: String::new(),
        is_record: false,
    });
}

fn number(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |sum, &digit| sum * 10 + u32::from(digit - b'0')))
}

fn minutes(year: u32, month: u32, day: u32, minute: u32) -> Option<u32> {
    let is_date = (1970..=5999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && minute < 24 * 60;
    is_date.then(|| (((year - 1970) * 12 + month - 1) * 31 + day - 1) * (24 * 60) + minute)
}

/// When a log file was delivered, from `_YYYYMMDDTHHmmZ_` in its name (digests: with seconds).
///
/// # Source
/// CloudTrail user guide, "Finding your CloudTrail log files" and "Digest file structure".
fn delivery_of(name: &[u8]) -> Option<u32> {
    memchr::memchr_iter(b'_', name).find_map(|at| {
        let rest = name.get(at + 1..)?;
        let is_stamp = rest.get(8) == Some(&b'T')
            && (rest.get(13) == Some(&b'Z') || rest.get(15) == Some(&b'Z'));
        if !is_stamp {
            return None;
        }
        let part = |from: usize, to: usize| number(rest.get(from..to)?);
        let minute = part(9, 11)? * 60 + part(11, 13)?;
        minutes(part(0, 4)?, part(4, 6)?, part(6, 8)?, minute)
    })
}

/// The day of a folder, from `YYYY/MM/DD` in its path; `u32::MAX` when there is none.
fn day_of(folder: &Path) -> u32 {
    let parts: Vec<&[u8]> = folder.iter().map(OsStr::as_bytes).collect();
    let day = parts.windows(3).rev().find_map(|parts| match parts {
        [year, month, day] if (year.len(), month.len(), day.len()) == (4, 2, 2) => {
            minutes(number(year)?, number(month)?, number(day)?, 0)
        }
        _ => None,
    });
    day.unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        root
    }

    fn check(files: &[&str], asked: &[&str], expected: &[&str]) {
        let root = tree(files);
        let under = |path: &&str| root.path().join(path).to_string_lossy().into_owned();
        let asked: Vec<String> = asked.iter().map(under).collect();
        let inputs = find_inputs(&asked).unwrap();
        let found: Vec<String> = inputs.iter().map(|file| file.name).collect();
        let expected: Vec<String> = expected.iter().map(under).collect();
        assert_eq!(found, expected);
        assert_eq!(inputs.len(), expected.len());
        let bytes: u64 = found.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert_eq!(inputs.bytes(), bytes);
    }

    #[test]
    fn days_come_in_order_over_accounts_and_regions() {
        check(
            &[
                "logs/b/eu/2024/01/02/1_CloudTrail_eu_20240102T0005Z_x.json.gz",
                "logs/a/us/2024/01/03/2_CloudTrail_us_20240103T0000Z_x.json.gz",
                "logs/a/us/2024/01/02/other.json",
                "logs/a/us/2024/01/02/2_CloudTrail_us_20240102T0010Z_x.json.gz",
                "logs/undated.json",
            ],
            &["logs"],
            &[
                "logs/a/us/2024/01/02/other.json",
                "logs/b/eu/2024/01/02/1_CloudTrail_eu_20240102T0005Z_x.json.gz",
                "logs/a/us/2024/01/02/2_CloudTrail_us_20240102T0010Z_x.json.gz",
                "logs/a/us/2024/01/03/2_CloudTrail_us_20240103T0000Z_x.json.gz",
                "logs/undated.json",
            ],
        );
    }

    #[test]
    fn globs_match_files_and_folders_and_repeats_count_once() {
        check(
            &["x/1.json", "x/2.log", "y1/3.json", "y2/4.json"],
            &["x/*.json", "y?", "x/1.json"],
            &["x/1.json", "y1/3.json", "y2/4.json"],
        );
    }

    #[test]
    fn a_file_whose_name_looks_like_a_pattern_is_itself() {
        check(&["[a].json", "a.json"], &["[a].json"], &["[a].json"]);
    }

    #[test]
    fn dot_folders_and_links_are_passed_over_and_dot_files_are_not() {
        let root = tree(&["in/.git/a", "in/.hidden.json", "out/b"]);
        std::os::unix::fs::symlink(root.path().join("out"), root.path().join("in/link")).unwrap();
        let path = root.path().join("in").to_string_lossy().into_owned();
        let found: Vec<_> = find_inputs(&[path]).unwrap().iter().collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, root.path().join("in/.hidden.json"));
    }

    #[test]
    fn a_link_that_is_named_is_followed() {
        let root = tree(&["out/b", "c"]);
        std::os::unix::fs::symlink(root.path().join("out"), root.path().join("folder")).unwrap();
        std::os::unix::fs::symlink(root.path().join("c"), root.path().join("file")).unwrap();
        let named = ["folder", "file"].map(|name| root.path().join(name).display().to_string());
        let inputs = find_inputs(&named).unwrap();
        assert_eq!((inputs.len(), inputs.bytes()), (2, 6));
    }

    #[test]
    fn nothing_is_an_error() {
        let root = tree(&["a"]);
        for path in ["b", "*.json"] {
            let path = root.path().join(path).to_string_lossy().into_owned();
            let error = find_inputs(std::slice::from_ref(&path)).unwrap_err();
            assert_eq!(error, FindInputsError::NoSuchPath { path });
        }
        let path = "a***".to_owned();
        assert!(matches!(find_inputs(&[path]), Err(FindInputsError::BadPattern { .. })));
    }
}
