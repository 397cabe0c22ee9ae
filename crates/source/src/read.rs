//! Reads one input: opens it, undoes its layers, scans its texts.

use crate::container::{Layers, Meter, Metered};
use crate::find::InputFile;
use crate::gunzip::Gunzip;
use crate::limits::STORED_WHOLE_BYTES_MAX;
use crate::scan::{Context, Stop, excerpt_of, scan};
use crate::sniff::{self, Shape, sniff};
use crate::text::Text;
use crate::{Rejected, Sink};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

/// Reads files and streams; owns the buffers, so a thread reuses one over all its files.
///
/// Memory: at most the limits of [`crate::limits`] together, under 64 MiB, whatever the input.
#[derive(Default)]
pub struct Reader {
    stored: Vec<u8>,
    text: Vec<u8>,
    window: Vec<u8>,
    gunzip: Option<Gunzip>,
}

/// Reads `file` with buffers of its own; see [`Reader::read_file`].
pub fn read_file(file: &InputFile, sink: &mut dyn Sink) -> ControlFlow<()> {
    Reader::new().read_file(file, sink)
}

/// Reads `reader` with buffers of its own; see [`Reader::read_stream`].
pub fn read_stream(name: &str, reader: &mut dyn Read, sink: &mut dyn Sink) -> ControlFlow<()> {
    Reader::new().read_stream(name, reader, sink)
}

fn flow(result: Result<(), Stop>) -> ControlFlow<()> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(Stop) => ControlFlow::Break(()),
    }
}

impl Reader {
    /// Returns a reader with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands every record of `file` to `sink`, in the order of the file.
    ///
    /// What cannot be read is rejected by name and the rest goes on. Breaks when
    /// [`Sink::advance`] says so.
    pub fn read_file(&mut self, file: &InputFile, sink: &mut dyn Sink) -> ControlFlow<()> {
        let opened = File::open(&file.path).and_then(|opened| Ok((opened.metadata()?, opened)));
        match opened {
            Ok((about, opened)) if about.is_file() && about.len() <= STORED_WHOLE_BYTES_MAX => {
                self.read_small(&file.name, opened, sink)
            }
            Ok((about, opened)) if about.is_file() => self.read_large(&file.name, opened, sink),
            Ok((_, mut opened)) => self.read_stream(&file.name, &mut opened, sink),
            Err(error) => {
                reject(sink, &file.name, format!("cannot open the file: {error}"));
                ControlFlow::Continue(())
            }
        }
    }

    /// Hands every record that `reader` delivers to `sink`, in order; `name` is what it is called in
    /// rejects. See [`Reader::read_file`].
    pub fn read_stream(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> ControlFlow<()> {
        let meter = Meter::default();
        let mut reader = Metered { inner: reader, meter: &meter };
        let mut layers = Layers { window: &mut self.window, sink, meter: &meter };
        let result = layers.read(name, &mut reader, 0);
        flow(result.and_then(|()| rest_of(&meter, sink)))
    }

    fn read_large(&mut self, name: &str, mut file: File, sink: &mut dyn Sink) -> ControlFlow<()> {
        let mut head = Vec::new();
        let limit = sniff::SNIFF_BYTES as u64;
        let looked = file
            .by_ref()
            .take(limit)
            .read_to_end(&mut head)
            .and_then(|_| io::Seek::rewind(&mut file));
        if let Err(error) = looked {
            reject(sink, name, format!("cannot read the file: {error}"));
            return ControlFlow::Continue(());
        }
        if sniff(&head) != Shape::Zip {
            return self.read_stream(name, &mut file, sink);
        }
        let meter = Meter::default();
        let file = io::BufReader::new(Metered { inner: file, meter: &meter });
        let mut layers = Layers { window: &mut self.window, sink, meter: &meter };
        let result = layers.read_zip(name, file, 0);
        flow(result.and_then(|()| rest_of(&meter, sink)))
    }

    fn read_small(&mut self, name: &str, file: File, sink: &mut dyn Sink) -> ControlFlow<()> {
        self.stored.clear();
        // A file that grows while it is read is read as far as it was listed, and a bit.
        let read = file.take(2 * STORED_WHOLE_BYTES_MAX).read_to_end(&mut self.stored);
        if let Err(error) = read {
            reject(sink, name, format!("cannot read the file: {error}"));
            return ControlFlow::Continue(());
        }
        let meter = Meter::default();
        meter.add_stored(self.stored.len() as u64);
        let result = self.read_stored(name, &meter, sink);
        flow(result.and_then(|()| rest_of(&meter, sink)))
    }

    /// Reads what is in `stored`.
    fn read_stored(&mut self, name: &str, meter: &Meter, sink: &mut dyn Sink) -> Result<(), Stop> {
        let Self { stored, text, window, gunzip } = self;
        let count_stored = || meter.take_stored();
        match sniff(stored) {
            Shape::Text => {
                let len = stored.len();
                let mut context = Context { sink, file: name, stored: &count_stored };
                return scan(Text::whole(stored, len), &mut context);
            }
            Shape::Zip => {
                let mut layers = Layers { window, sink, meter };
                return layers.read_zip(name, Cursor::new(&*stored), 0);
            }
            Shape::Gzip => {
                if gunzip.is_none() {
                    *gunzip = Gunzip::new();
                }
                let decoded = gunzip.as_mut().and_then(|gunzip| gunzip.decompress(stored, text));
                // What follows the members is for the streaming decoder to name.
                let is_all =
                    |used| stored.get(used..).is_some_and(|rest| rest.iter().all(|&it| it == 0));
                if let Some((_, made)) = decoded.filter(|&(used, _)| is_all(used)) {
                    let decoded = text.get(..made).unwrap_or_default();
                    if sniff(decoded) != Shape::Text {
                        let mut layers = Layers { window, sink, meter };
                        return layers.read(name, &mut Cursor::new(decoded), 1);
                    }
                    let mut context = Context { sink, file: name, stored: &count_stored };
                    return scan(Text::whole(text, made), &mut context);
                }
            }
            Shape::Zstd | Shape::Tar | Shape::Foreign(_) => {}
        }
        Layers { window, sink, meter }.read(name, &mut Cursor::new(&*stored), 0)
    }
}

fn rest_of(meter: &Meter, sink: &mut dyn Sink) -> Result<(), Stop> {
    if sink.advance(meter.take_stored(), 0) { Ok(()) } else { Err(Stop) }
}

fn reject(sink: &mut dyn Sink, name: &str, reason: String) {
    sink.reject(Rejected {
        file: name.to_owned(),
        line: None,
        offset: None,
        reason,
        excerpt: excerpt_of(b""),
        is_record: false,
    });
}
