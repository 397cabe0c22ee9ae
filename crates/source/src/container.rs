//! Undoes compressions and archives, layer by layer, in bounded memory.

use crate::limits::{
    BOMB_BYTES_MIN, BOMB_RATIO_MAX, LAYERS_MAX, MEMBER_NAME_BYTES_MAX, MEMBERS_MAX,
    STORED_WHOLE_BYTES_MAX,
};
use crate::scan::{Context, Stop, excerpt_of, scan};
use crate::sniff::{self, Shape, sniff};
use crate::text::Text;
use crate::{Rejected, Sink};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Counts what is read and what is made of it.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    stored: Cell<u64>,
    reported: Cell<u64>,
    made: Cell<u64>,
}

impl Meter {
    /// Counts `bytes` stored bytes as read.
    pub(crate) fn add_stored(&self, bytes: u64) {
        self.stored.set(self.stored.get() + bytes);
    }

    /// The stored bytes read since the last call.
    pub(crate) fn take_stored(&self) -> u64 {
        self.stored.get() - self.reported.replace(self.stored.get())
    }

    fn add_made(&self, bytes: u64) -> io::Result<()> {
        self.made.set(self.made.get() + bytes);
        let is_bomb = self.made.get() > BOMB_BYTES_MIN
            && self.made.get() / BOMB_RATIO_MAX > self.stored.get();
        if is_bomb {
            return Err(told(format!(
                "more than {BOMB_RATIO_MAX} bytes come out of each stored byte: a decompression bomb"
            )));
        }
        Ok(())
    }
}

/// An error whose text says all there is to say.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

fn told(reason: String) -> io::Error {
    io::Error::other(Told(reason))
}

/// Counts the bytes read from storage.
pub(crate) struct Metered<'m, R> {
    pub(crate) inner: R,
    pub(crate) meter: &'m Meter,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, spare: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(spare)?;
        self.meter.add_stored(count as u64);
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// A decoder that says what it decodes when it fails, and stops a bomb.
struct Layer<'m, R> {
    inner: R,
    meter: &'m Meter,
    what: &'static str,
}

impl<R: Read> Read for Layer<'_, R> {
    fn read(&mut self, spare: &mut [u8]) -> io::Result<usize> {
        let what = self.what;
        let count = self.inner.read(spare).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ if error.get_ref().is_some_and(|inner| inner.is::<Told>()) => error,
            io::ErrorKind::UnexpectedEof => told(format!("the {what} data is cut short")),
            _ => told(format!("the {what} data is damaged: {error}")),
        })?;
        self.meter.add_made(count as u64)?;
        Ok(count)
    }
}

/// Reads one gzip member after the other (RFC 1952, section 2.2); zeros may follow them.
struct MultiGzip<R> {
    decoder: Option<flate2::bufread::GzDecoder<R>>,
}

impl<R: BufRead> Read for MultiGzip<R> {
    fn read(&mut self, spare: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let count = decoder.read(spare)?;
            if count > 0 || spare.is_empty() {
                return Ok(count);
            }
            let Some(mut rest) = self.decoder.take().map(|decoder| decoder.into_inner()) else {
                break;
            };
            loop {
                let buffered = rest.fill_buf()?;
                let zeros = buffered.iter().take_while(|&&byte| byte == 0).count();
                match buffered.get(zeros) {
                    Some(0x1f) if zeros == 0 => {
                        self.decoder = Some(flate2::bufread::GzDecoder::new(rest));
                        break;
                    }
                    Some(_) => return Err(told(TRAILING.to_owned())),
                    None if zeros == 0 => break,
                    None => rest.consume(zeros),
                }
            }
        }
        Ok(0)
    }
}

/// Said of what follows the last gzip member.
const TRAILING: &str = "bytes that are not gzip follow the gzip data";

/// An archive member of a known length.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, spare: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(spare)?;
        if count == 0 && self.left > 0 && !spare.is_empty() {
            return Err(told("the tar archive is cut short".to_owned()));
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

/// A reader whose first bytes were looked at.
struct Peeked<R> {
    head: io::Cursor<Vec<u8>>,
    error: Option<io::Error>,
    rest: R,
}

impl<R: Read> Peeked<R> {
    fn new(mut rest: R) -> Self {
        let mut head = Vec::with_capacity(sniff::SNIFF_BYTES);
        let read = rest.by_ref().take(sniff::SNIFF_BYTES as u64).read_to_end(&mut head);
        Self { head: io::Cursor::new(head), error: read.err(), rest }
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, spare: &mut [u8]) -> io::Result<usize> {
        match self.head.read(spare)? {
            0 => match self.error.take() {
                Some(error) => Err(error),
                None => self.rest.read(spare),
            },
            count => Ok(count),
        }
    }
}

/// Undoes the layers of one input.
pub(crate) struct Layers<'a> {
    /// Reused from text to text.
    pub(crate) window: &'a mut Vec<u8>,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) meter: &'a Meter,
}

impl Layers<'_> {
    /// Reads `input`, which lies under `levels` layers; `name` is what it is called in rejects.
    pub(crate) fn read(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        levels: usize,
    ) -> Result<(), Stop> {
        let mut input = Peeked::new(input);
        let shape = sniff(input.head.get_ref());
        let meter = self.meter;
        match shape {
            Shape::Text => self.scan_stream(name, &mut input),
            Shape::Foreign(what) => {
                self.reject(name, what.to_owned(), &excerpt_of(input.head.get_ref()));
                Ok(())
            }
            _ if levels >= LAYERS_MAX => {
                let reason = format!("lies in more than {LAYERS_MAX} archives or compressions");
                self.reject(name, reason, "");
                Ok(())
            }
            Shape::Gzip => {
                let decoder = Some(flate2::bufread::GzDecoder::new(BufReader::new(input)));
                let mut layer = Layer { inner: MultiGzip { decoder }, meter, what: "gzip" };
                self.read(name, &mut layer, levels + 1)
            }
            Shape::Zstd => match zstd::stream::read::Decoder::new(input) {
                Ok(inner) => {
                    let mut layer = Layer { inner, meter, what: "Zstandard" };
                    self.read(name, &mut layer, levels + 1)
                }
                Err(error) => {
                    self.reject(name, format!("cannot start Zstandard: {error}"), "");
                    Ok(())
                }
            },
            Shape::Tar => self.read_tar(name, &mut input, levels),
            Shape::Zip => self.read_spooled_zip(name, &mut input, levels),
        }
    }

    fn scan_stream(&mut self, name: &str, input: &mut dyn Read) -> Result<(), Stop> {
        let text = Text::streamed(self.window, input);
        let meter = self.meter;
        let stored = || meter.take_stored();
        scan(text, &mut Context { sink: self.sink, file: name, stored: &stored })
    }

    /// Reads every member of the zip archive `archive`.
    pub(crate) fn read_zip<R: Read + Seek>(
        &mut self,
        name: &str,
        archive: R,
        levels: usize,
    ) -> Result<(), Stop> {
        let mut archive = match zip::ZipArchive::new(archive) {
            Ok(archive) => archive,
            Err(_) => {
                self.reject(name, "the zip archive is damaged or cut short".to_owned(), "");
                return Ok(());
            }
        };
        for index in 0..archive.len() {
            if index as u64 >= MEMBERS_MAX {
                self.reject_too_many(name);
                break;
            }
            let listed = archive.name_for_index(index).map(cut_name).unwrap_or_default();
            match archive.by_index(index) {
                Ok(member) if !member.is_file() => {}
                Ok(inner) => {
                    let mut layer = Layer { inner, meter: self.meter, what: "zip" };
                    self.read(&format!("{name}!{listed}"), &mut layer, levels + 1)?;
                }
                Err(error) => {
                    let reason = match error {
                        zip::result::ZipError::UnsupportedArchive(what) => {
                            format!("this zip member cannot be read: {what}")
                        }
                        _ => "this zip member is damaged".to_owned(),
                    };
                    self.reject(&format!("{name}!{listed}"), reason, "");
                }
            }
            self.report()?;
        }
        Ok(())
    }

    /// A zip archive has its directory at its end: what cannot seek is laid down first.
    fn read_spooled_zip(
        &mut self,
        name: &str,
        input: &mut dyn Read,
        levels: usize,
    ) -> Result<(), Stop> {
        let mut spool = tempfile::SpooledTempFile::new(STORED_WHOLE_BYTES_MAX as usize);
        let copied = io::copy(input, &mut spool).and_then(|_| spool.rewind());
        match copied {
            Ok(()) => self.read_zip(name, spool, levels),
            Err(error) => {
                self.reject(name, format!("cannot read the zip archive: {error}"), "");
                Ok(())
            }
        }
    }

    fn read_tar(&mut self, name: &str, input: &mut dyn Read, levels: usize) -> Result<(), Stop> {
        let mut archive = tar::Archive::new(input);
        // Archives may be joined (`cat a.tar b.tar`): the zeros between them are no end.
        archive.set_ignore_zeros(true);
        // Raw: the crate would hold a long name of any length in memory.
        let entries = match archive.entries() {
            Ok(entries) => entries.raw(true),
            Err(error) => {
                self.reject(name, format!("cannot read the tar archive: {error}"), "");
                return Ok(());
            }
        };
        let mut long_name: Option<Vec<u8>> = None;
        for (index, entry) in entries.enumerate() {
            if index as u64 >= MEMBERS_MAX {
                self.reject_too_many(name);
                break;
            }
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let reason = format!("the tar archive is damaged or cut short: {error}");
                    self.reject(name, reason, "");
                    break;
                }
            };
            let kind = entry.header().entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                let mut text = Vec::new();
                let limit = 16 * MEMBER_NAME_BYTES_MAX as u64;
                let is_read = entry.by_ref().take(limit).read_to_end(&mut text).is_ok();
                let found = if kind.is_gnu_longname() { Some(text) } else { pax_path(&text) };
                long_name = found.filter(|_| is_read).or(long_name);
                continue;
            }
            let own_name = entry.header().path_bytes().into_owned();
            let listed = long_name.take().unwrap_or(own_name);
            if kind.is_file() || kind.is_contiguous() {
                let listed = String::from_utf8_lossy(&listed);
                let member = format!("{name}!{}", cut_name(listed.trim_end_matches('\0')));
                let left = entry.header().entry_size().unwrap_or_default();
                // A tar archive compresses nothing: its bytes were counted where they come from.
                self.read(&member, &mut Exact { inner: entry, left }, levels + 1)?;
            }
            self.report()?;
        }
        Ok(())
    }

    fn report(&mut self) -> Result<(), Stop> {
        if self.sink.advance(self.meter.take_stored(), 0) { Ok(()) } else { Err(Stop) }
    }

    fn reject_too_many(&mut self, name: &str) {
        let reason = format!("holds more than {MEMBERS_MAX} members; the rest is not read");
        self.reject(name, reason, "");
    }

    /// Rejects a whole file or archive member.
    pub(crate) fn reject(&mut self, name: &str, reason: String, excerpt: &str) {
        self.sink.reject(Rejected {
            file: name.to_owned(),
            line: None,
            offset: None,
            reason,
            excerpt: excerpt.to_owned(),
            is_record: false,
        });
    }
}

fn cut_name(name: &str) -> String {
    let end = name.floor_char_boundary(MEMBER_NAME_BYTES_MAX);
    name.get(..end).unwrap_or_default().to_owned()
}

/// The `path` of a pax extended header: lines of `LENGTH KEY=VALUE` (POSIX.1-2001, pax).
fn pax_path(header: &[u8]) -> Option<Vec<u8>> {
    let mut rest = header;
    while let Some(blank) = rest.iter().position(|&byte| byte == b' ') {
        let length: usize = std::str::from_utf8(rest.get(..blank)?).ok()?.parse().ok()?;
        let line = rest.get(blank + 1..length)?;
        if let Some(path) = line.strip_prefix(b"path=") {
            return Some(path.strip_suffix(b"\n").unwrap_or(path).to_vec());
        }
        rest = rest.get(length..)?;
    }
    None
}
