//! What is not taken in, and the end of a text.

use super::{Place, Scan, excerpt_of};
use crate::limits::ODD_MEMBERS_MAX;
use crate::{Rejected, notice, sniff};

impl Scan<'_, '_, '_> {
    /// Rejects a member of a `Records` list, once the list is known to be CloudTrail's.
    pub(super) fn odd_member(&mut self, reason: &str) {
        self.has_content = true;
        let rejected = self.rejected_here(reason.to_owned(), true);
        if self.tally.records > 0 {
            self.reject(rejected);
        } else if self.odd.len() < ODD_MEMBERS_MAX {
            self.odd.push(rejected);
        }
    }

    /// Rejects what stands between the objects of a `Records` list, once up to the next object.
    pub(super) fn odd_text(&mut self) {
        if !std::mem::replace(&mut self.is_odd_run, true) {
            self.odd_member("is no record: it is no object");
        }
    }

    pub(super) fn flush_odd(&mut self) {
        for rejected in std::mem::take(&mut self.odd) {
            self.reject(rejected);
        }
    }

    pub(super) fn set_aside(&mut self, kind: &'static str) {
        self.has_content = true;
        if !self.tally.set_aside.contains(&kind) {
            self.tally.set_aside.push(kind);
        }
    }

    pub(super) fn reject(&mut self, rejected: Rejected) {
        self.has_content = true;
        self.tally.rejected += 1;
        self.context.sink.reject(rejected);
    }

    pub(super) fn place(&mut self) -> Place {
        match self.origin {
            Some(place) => place,
            None => Place { line: self.text.line(), offset: self.text.offset() },
        }
    }

    pub(super) fn rejected_here(&mut self, reason: String, is_record: bool) -> Rejected {
        let Place { line, offset } = self.place();
        Rejected {
            file: self.context.file.to_owned(),
            line: Some(line),
            offset: Some(offset),
            reason,
            excerpt: excerpt_of(self.text.raw_rest()),
            is_record,
        }
    }

    /// Rejects what is left open at the end of the text.
    pub(super) fn finish(&mut self, rejects_odd: bool) {
        self.flush_recovery();
        if rejects_odd || self.tally.records > 0 {
            self.flush_odd();
        }
    }

    pub(super) fn finish_file(&mut self) {
        self.finish(false);
        for kind in &self.tally.set_aside {
            self.context.sink.set_aside(self.context.file, kind);
        }
        let is_barren = self.tally.records == 0 && self.tally.set_aside.is_empty();
        if self.tally.names_end {
            return;
        }
        if let Some(reason) = self.text.error().map(ToString::to_string) {
            let rejected = self.rejected_here(reason, false);
            self.reject(rejected);
        } else if self.tally.rejected > 0 {
            // Each piece that was not taken in has its name already.
        } else if self.has_content && is_barren {
            self.holds_no_record();
        } else if !self.frames.is_empty() {
            let reason = "the text ends before its lists do: the file is cut short".to_owned();
            let rejected = self.rejected_here(reason, false);
            self.reject(rejected);
        }
    }

    pub(super) fn holds_no_record(&mut self) {
        if self.head.trim_ascii() == notice::VALIDATION_MESSAGE {
            self.context.sink.set_aside(self.context.file, notice::VALIDATION_KIND);
            return;
        }
        let mut reason = "holds no CloudTrail record".to_owned();
        let is_json = matches!(self.head.trim_ascii_start().first(), Some(b'{' | b'['));
        let problem = self.first_problem.take().filter(|_| is_json);
        let detail = sniff::name_text(&self.head).map(str::to_owned).or(problem);
        if let Some(detail) = detail {
            reason = format!("{reason}; {detail}");
        }
        let excerpt = excerpt_of(&self.head);
        let file = self.context.file.to_owned();
        self.reject(Rejected { file, line: None, offset: None, reason, excerpt, is_record: false });
    }
}
