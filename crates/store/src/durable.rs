//! Files that survive a power cut: written, flushed, and their folders flushed too.
//!
//! `object_store`'s local file system flushes nothing, so the table log goes through [`DurableStore`],
//! which writes as it does (a temporary file, then an exclusive link) and flushes each step.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path as FsPath, PathBuf};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Writes `bytes` as the file `path`, which must not exist, so that it is whole and durable on return.
/// Folders that are missing are made, durably.
///
/// # Errors
/// I/O errors; [`io::ErrorKind::AlreadyExists`] when there is such a file.
pub(crate) fn write_new(path: &FsPath, bytes: &[&[u8]]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(FsPath::new("."));
    create_folders(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = write_and_link(&temporary, path, bytes);
    // The link keeps the file; the temporary name goes in every case.
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    sync_folder(folder)
}

/// Writes `bytes` to `path`, durably, in the place of what is there: readers see the old or the new.
pub(crate) fn replace(path: &FsPath, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(FsPath::new("."));
    create_folders(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
    let write = || {
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        // The write has failed already; a file left behind is swept later.
        let _ = fs::remove_file(&temporary);
    })?;
    sync_folder(folder)
}

fn write_and_link(temporary: &FsPath, path: &FsPath, bytes: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create_new(temporary)?;
    for part in bytes {
        file.write_all(part)?;
    }
    file.sync_all()?;
    fs::hard_link(temporary, path)
}

/// Makes `folder` and every missing folder above it, each durable in the one above.
pub(crate) fn create_folders(folder: &FsPath) -> io::Result<()> {
    if folder.is_dir() || folder.as_os_str().is_empty() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folders(above)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
        _ => sync_folder(FsPath::new(".")),
    }
}

/// Flushes a folder's entries.
pub(crate) fn sync_folder(folder: &FsPath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A local object store whose writes are durable when they return.
#[derive(Debug)]
pub(crate) struct DurableStore {
    root: PathBuf,
    inner: LocalFileSystem,
}

impl DurableStore {
    /// Opens the store over `root`, an existing folder.
    pub(crate) fn new(root: &FsPath) -> Result<Self> {
        Ok(Self { root: root.to_owned(), inner: LocalFileSystem::new_with_prefix(root)? })
    }

    fn file(&self, location: &Path) -> PathBuf {
        self.root.join(location.as_ref())
    }
}

impl std::fmt::Display for DurableStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DurableStore({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if options.mode != PutMode::Create {
            let result = self.inner.put_opts(location, payload, options).await?;
            let file = self.file(location);
            sync_file(&file).map_err(|error| generic(&error))?;
            return Ok(result);
        }
        let parts: Vec<&[u8]> = payload.iter().map(|bytes| bytes.as_ref()).collect();
        match write_new(&self.file(location), &parts) {
            Ok(()) => Ok(PutResult { e_tag: None, version: None }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(object_store::Error::AlreadyExists {
                    path: location.to_string(),
                    source: error.into(),
                })
            }
            Err(error) => Err(generic(&error)),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await?;
        sync_file(&self.file(to)).map_err(|error| generic(&error))
    }
}

fn sync_file(path: &FsPath) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn generic(error: &io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "DurableStore",
        source: io::Error::new(error.kind(), error.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_once_and_leaves_no_temporary() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/c.json");
        write_new(&path, &[b"one", b"two"]).expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"onetwo");
        let again = write_new(&path, &[b"other"]).expect_err("exists");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("read"), b"onetwo");
        assert_eq!(fs::read_dir(folder.path().join("a/b")).expect("listed").count(), 1);
    }
}
