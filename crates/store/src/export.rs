//! Events as one Parquet file: a segment's columns, and the records beside them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field as ArrowField, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use trailhound_record::Event;

use crate::durable;
use crate::limits::BLOCK_ROWS;
use crate::schema::FILE_SCHEMA;
use crate::segment::build::{batch_of, properties};
use crate::segment::columns::Columns;

/// The column of the records, byte for byte.
pub const RECORD: &str = "record";

/// Why events could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The rows do not make Parquet.
    #[error("cannot write Parquet to `{path}`")]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// A record of the store is none.
    #[error("a stored record cannot be read")]
    Record(#[from] trailhound_record::ParseRecordError),
}

/// A Parquet file in the making. It appears under its name, whole and durable, when it is finished; a
/// file of that name is replaced then.
#[derive(Debug)]
pub struct ParquetExport {
    path: PathBuf,
    temporary: PathBuf,
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    columns: Columns,
    records: Vec<String>,
}

impl ParquetExport {
    /// Starts a file.
    ///
    /// # Errors
    /// [`ExportError`] when its folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        let mut fields: Vec<_> = FILE_SCHEMA.fields().iter().cloned().collect();
        fields.push(Arc::new(ArrowField::new(RECORD, DataType::Utf8, false)));
        let schema = Arc::new(Schema::new(fields));
        if path.is_dir() {
            let source = std::io::ErrorKind::IsADirectory.into();
            return Err(ExportError::Write { path: path.to_owned(), source });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary =
            path.with_file_name(format!(".{name}.{}.tmp", uuid::Uuid::new_v4().simple()));
        let file = File::create_new(&temporary)
            .map_err(|source| ExportError::Write { path: path.to_owned(), source })?;
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties().clone()))
            .map_err(|source| ExportError::Encode { path: path.to_owned(), source })?;
        let (columns, records) = (Columns::default(), Vec::new());
        Ok(Self { path: path.to_owned(), temporary, writer, schema, columns, records })
    }

    /// Adds events.
    ///
    /// # Errors
    /// [`ExportError`]; the file is of no use then.
    pub fn push(&mut self, events: &[Event]) -> Result<(), ExportError> {
        for event in events {
            let batch = batch_of(std::iter::once(event.raw.as_slice()))?;
            for row in &batch.rows {
                self.columns.push(&batch, row, event.conflict);
                self.records.push(String::from_utf8_lossy(&event.raw).into_owned());
            }
            if self.records.len() == BLOCK_ROWS {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        let encode = |source| ExportError::Encode { path: self.path.clone(), source };
        let stored = self.columns.finish().map_err(|error| encode(error.into()))?;
        let records = std::mem::take(&mut self.records);
        let mut arrays = stored.columns().to_vec();
        arrays.push(Arc::new(StringArray::from_iter_values(records)) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|error| encode(error.into()))?;
        self.writer.write(&batch).and_then(|()| self.writer.flush()).map_err(encode)
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// [`ExportError`] when it cannot be written.
    pub fn finish(mut self) -> Result<(), ExportError> {
        if !self.records.is_empty() {
            self.flush()?;
        }
        let encode = |source| ExportError::Encode { path: self.path.clone(), source };
        self.writer.finish().map_err(encode)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let named = self
            .writer
            .inner()
            .sync_all()
            .and_then(|()| fs::rename(&self.temporary, &self.path))
            .and_then(|()| durable::sync_folder(folder));
        named.map_err(|source| ExportError::Write { path: self.path.clone(), source })
    }
}

impl Drop for ParquetExport {
    fn drop(&mut self) {
        // A finished file has its name, and nothing is found here.
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn read(path: &Path) -> Vec<RecordBatch> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        reader.build().unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn records_come_back_byte_for_byte_beside_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.parquet");
        let bodies: Vec<String> = (0..BLOCK_ROWS + 3)
            .map(|at| {
                format!(r#"{{ "eventVersion":"1.08", "eventID":"{at}", "eventName": "A\u0042" }}"#)
            })
            .collect();
        let events: Vec<_> =
            bodies.iter().map(|body| Event::parse(body.clone().into_bytes(), 0).unwrap()).collect();
        let mut export = ParquetExport::create(&path).unwrap();
        export.push(&events).unwrap();
        assert!(!path.exists());
        export.finish().unwrap();
        let (mut ids, mut records) = (Vec::new(), Vec::new());
        for batch in read(&path) {
            let texts = |name| {
                let column = batch.column_by_name(name).unwrap();
                let column = column.as_any().downcast_ref::<StringArray>().unwrap();
                column.iter().map(|text| text.unwrap().to_owned()).collect::<Vec<_>>()
            };
            ids.extend(texts("event_id"));
            records.extend(texts(RECORD));
        }
        assert_eq!(records, bodies);
        assert_eq!(ids, (0..BLOCK_ROWS + 3).map(|at| at.to_string()).collect::<Vec<_>>());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(ParquetExport::create(&folder.path().join("out.parquet")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
