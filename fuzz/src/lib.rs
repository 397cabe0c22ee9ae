//! What the fuzz targets share.

use trailhound_record::{ParseRecordError, RowBatch};
use trailhound_source::{Pushed, RecordRule, Rejected, Sink};

/// A sink that takes records as an import does and holds the reader to its promises.
#[derive(Default)]
pub struct CheckedSink {
    batch: RowBatch,
    /// Records taken.
    pub records: u64,
}

impl Sink for CheckedSink {
    fn record(
        &mut self,
        text: &[u8],
        at: usize,
        rule: RecordRule,
    ) -> Result<Pushed, ParseRecordError> {
        assert_eq!(text.get(at), Some(&b'{'));
        // Bytes that are not UTF-8 may lie before: they were passed over.
        assert!(std::str::from_utf8(&text[at..]).is_ok());
        let pushed = self.batch.try_push(text, at, rule)?;
        if let Pushed::Record { end } | Pushed::NotRecord { end } = pushed {
            assert!(end > at && end <= text.len());
        }
        self.records += u64::from(matches!(pushed, Pushed::Record { .. }));
        Ok(pushed)
    }

    fn reject(&mut self, rejected: Rejected) {
        assert!(!rejected.file.is_empty() && !rejected.reason.is_empty());
        assert!(rejected.excerpt.chars().count() <= 200);
    }

    fn set_aside(&mut self, _file: &str, _kind: &'static str) {}

    fn advance(&mut self, _stored: u64, _decompressed: u64) -> bool {
        true
    }
}
