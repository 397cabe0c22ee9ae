//! The import's work, spread over threads: files are read in parallel, taken up in their order, and
//! written day by day.
//!
//! Order decides which of two different bodies under one id comes first, so batches are taken up in
//! the order of the files, whatever thread was quicker. Two segments of one day are never written at
//! the same time: the second must see the first to find repeats. Memory is bounded by the text that
//! waits ([`WAITING_BYTES_MAX`]): a thread that would exceed it writes segments until there is room.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use trailhound_record::RowBatch;
use trailhound_store::limits::{SEGMENT_ROWS_MAX, SEGMENT_TEXT_BYTES_MAX};
use trailhound_store::write::{AppendError, day_of};
use trailhound_store::{PendingRows, Segment, SegmentEntry, Snapshot, Writer, Written};

/// Record text that may wait to be written, in bytes.
const WAITING_BYTES_MAX: usize = 128 << 20;
/// Batches read ahead of the one whose turn it is.
const AHEAD_MAX: usize = 8;
/// Emptied batches that are kept for use again.
const SPARE_MAX: usize = 24;
/// Segments written before they are committed together.
const COMMIT_SEGMENTS: usize = 16;

type Day = Option<i32>;

/// What is shared by the threads of one import.
pub(crate) struct Pipeline<'w> {
    writer: &'w Writer<'w>,
    live: Arc<Snapshot>,
    state: Mutex<State>,
    changed: Condvar,
    /// Emptied batches: their memory has been touched before, which fresh memory has not.
    spare: Mutex<Vec<RowBatch>>,
}

#[derive(Default)]
struct State {
    /// The next part to claim, and the next to take up.
    claimed: usize,
    turn: usize,
    /// The last batches of parts that wait for their turn.
    ready: BTreeMap<usize, (Arc<RowBatch>, PartEnd)>,
    /// Whether a part was cut: what comes after it is not taken up, so that the store holds what a clean
    /// import would have held at that place.
    is_cut: bool,
    /// Records taken up.
    taken: u64,
    waiting: HashMap<Day, Waiting>,
    waiting_bytes: usize,
    clock: u64,
    jobs: VecDeque<(Day, Waiting)>,
    busy_days: HashSet<Day>,
    running: usize,
    /// Written in this import, live or not: where later rows of the day look for repeats.
    written: HashMap<Day, Vec<Arc<Segment>>>,
    uncommitted: Vec<SegmentEntry>,
    is_committing: bool,
    total: Written,
    error: Option<AppendError>,
}

#[derive(Default)]
struct Waiting {
    rows: PendingRows,
    /// The batches that the rows are in.
    batches: Vec<Arc<RowBatch>>,
    touched: u64,
}

/// How a part goes on after the rows handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartEnd {
    /// More rows of it follow.
    More,
    /// It is read to its end.
    Whole,
    /// The import is being stopped: the rest of it was not read.
    Cut,
}

/// What a thread does next.
enum Task {
    Write(Day, Waiting),
    Commit(Vec<SegmentEntry>),
    Read(usize),
    Wait,
    Done,
}

impl<'w> Pipeline<'w> {
    /// A pipeline into the store of `writer`.
    pub(crate) fn new(writer: &'w Writer<'w>, live: Arc<Snapshot>) -> Self {
        Self {
            writer,
            live,
            state: Mutex::default(),
            changed: Condvar::new(),
            spare: Mutex::default(),
        }
    }

    /// An empty batch, if possible one that has been used.
    pub(crate) fn batch(&self) -> RowBatch {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes back batches that no day needs any more.
    fn recycle(&self, batches: Vec<Arc<RowBatch>>) {
        for mut batch in batches.into_iter().filter_map(Arc::into_inner) {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE_MAX {
                batch.clear();
                spare.push(batch);
            }
        }
    }

    /// Runs parts `0..parts` through `read` on `threads` threads and writes what they hand in by
    /// [`Pipeline::hand_in`]; commits at the end. `read` is given a part and must end it. Returns how
    /// many records were taken up, and what became of them.
    ///
    /// # Errors
    /// [`AppendError`] of the first failure; what was committed before stays.
    pub(crate) fn run(
        &self,
        parts: usize,
        threads: usize,
        read: &(dyn Fn(usize) + Sync),
    ) -> Result<(u64, Written), AppendError> {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| self.work(parts, read));
            }
            self.work(parts, read);
        });
        let mut state = self.lock();
        match state.error.take() {
            Some(error) => Err(error),
            None => Ok((state.taken, std::mem::take(&mut state.total))),
        }
    }

    /// Hands in rows of `part`. Blocks (writing segments meanwhile) while too much waits.
    pub(crate) fn hand_in(&self, part: usize, batch: RowBatch, end: PartEnd) {
        let mut state = self.lock();
        if end == PartEnd::More {
            // A part that comes in pieces is taken up at once, so it must be its turn.
            while state.error.is_none()
                && (state.turn != part || state.waiting_bytes > WAITING_BYTES_MAX)
            {
                state = match self.next_write(&mut state, true) {
                    Task::Wait => self.wait(state),
                    task => self.perform(state, task),
                };
            }
            state.take_up(Arc::new(batch));
        } else {
            state.ready.insert(part, (Arc::new(batch), end));
            state.take_up_ready();
        }
        self.changed.notify_all();
    }

    fn work(&self, parts: usize, read: &(dyn Fn(usize) + Sync)) {
        let mut state = self.lock();
        loop {
            let task = self.next(&mut state, parts);
            state = match task {
                Task::Done => {
                    self.changed.notify_all();
                    return;
                }
                Task::Wait => self.wait(state),
                Task::Read(part) => {
                    drop(state);
                    read(part);
                    self.lock()
                }
                task => self.perform(state, task),
            };
        }
    }

    fn next(&self, state: &mut State, parts: usize) -> Task {
        if state.error.is_some() {
            return Task::Done;
        }
        match self.next_write(state, false) {
            Task::Wait => {}
            task => return task,
        }
        let is_full = state.waiting_bytes > WAITING_BYTES_MAX;
        if state.claimed < parts && !is_full && state.claimed < state.turn + AHEAD_MAX {
            state.claimed += 1;
            return Task::Read(state.claimed - 1);
        }
        if state.turn < parts {
            return Task::Wait;
        }
        if !state.waiting.is_empty() {
            state.dispatch_all();
            self.changed.notify_all();
            return self.next_write(state, false);
        }
        if state.jobs.is_empty() && state.running == 0 && !state.is_committing {
            if state.uncommitted.is_empty() {
                return Task::Done;
            }
            state.is_committing = true;
            return Task::Commit(std::mem::take(&mut state.uncommitted));
        }
        Task::Wait
    }

    /// A segment to write or a commit to make, if there is one; under pressure also from days that are
    /// not full.
    fn next_write(&self, state: &mut State, is_pressing: bool) -> Task {
        if state.uncommitted.len() >= COMMIT_SEGMENTS && !state.is_committing {
            state.is_committing = true;
            return Task::Commit(std::mem::take(&mut state.uncommitted));
        }
        if state.waiting_bytes > WAITING_BYTES_MAX && (is_pressing || state.jobs.is_empty()) {
            state.dispatch_oldest();
        }
        let free = state.jobs.iter().position(|(day, _)| !state.busy_days.contains(day));
        match free.and_then(|at| state.jobs.remove(at)) {
            Some((day, waiting)) => {
                state.busy_days.insert(day);
                state.running += 1;
                Task::Write(day, waiting)
            }
            None => Task::Wait,
        }
    }

    fn perform<'l>(
        &'l self,
        mut state: MutexGuard<'l, State>,
        task: Task,
    ) -> MutexGuard<'l, State> {
        match task {
            Task::Write(day, Waiting { rows, batches, .. }) => {
                let mut existing: Vec<_> = self.live.segments_of_day(day).cloned().collect();
                existing.extend(state.written.get(&day).into_iter().flatten().cloned());
                drop(state);
                let bytes = rows.text_bytes();
                let result = self.writer.write_day(day, rows, &existing);
                self.recycle(batches);
                state = self.lock();
                state.running -= 1;
                state.busy_days.remove(&day);
                state.waiting_bytes -= bytes;
                match result {
                    Ok(written) => {
                        let opened = written.entries.iter().map(|it| self.writer.open_written(it));
                        let of_day = state.written.entry(day).or_default();
                        // What was compared with is closed again: its maps would otherwise stay, and a
                        // long import would hold every file that it has written.
                        for segment in of_day.iter_mut() {
                            *segment = self.writer.open_written(segment.entry());
                        }
                        of_day.extend(opened);
                        state.count(&written);
                        state.uncommitted.extend(written.entries);
                    }
                    Err(error) => state.fail(error),
                }
            }
            Task::Commit(entries) => {
                drop(state);
                let result = self.writer.commit(&entries);
                state = self.lock();
                state.is_committing = false;
                if let Err(error) = result {
                    state.fail(error);
                }
            }
            Task::Read(_) | Task::Wait | Task::Done => {}
        }
        self.changed.notify_all();
        state
    }

    fn wait<'l>(&'l self, state: MutexGuard<'l, State>) -> MutexGuard<'l, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes up the parts whose turn it is.
    fn take_up_ready(&mut self) {
        while let Some((batch, end)) = self.ready.remove(&self.turn) {
            self.turn += 1;
            self.take_up(batch);
            self.is_cut |= end == PartEnd::Cut;
        }
    }

    fn take_up(&mut self, batch: Arc<RowBatch>) {
        if self.is_cut {
            return;
        }
        self.taken += batch.rows.len() as u64;
        self.clock += 1;
        for (at, row) in batch.rows.iter().enumerate() {
            let day = day_of(row.event_time_micros);
            let waiting = self.waiting.entry(day).or_default();
            if waiting.touched != self.clock || waiting.batches.is_empty() {
                waiting.batches.push(Arc::clone(&batch));
            }
            waiting.touched = self.clock;
            let before = waiting.rows.text_bytes();
            waiting.rows.push(&batch, at as u32);
            self.waiting_bytes += waiting.rows.text_bytes() - before;
            let is_full = waiting.rows.len() >= SEGMENT_ROWS_MAX
                || waiting.rows.text_bytes() >= SEGMENT_TEXT_BYTES_MAX / 2;
            if is_full {
                self.dispatch(day);
            }
        }
    }

    fn dispatch(&mut self, day: Day) {
        if let Some(waiting) = self.waiting.remove(&day) {
            self.jobs.push_back((day, waiting));
        }
    }

    /// Dispatches the day that no batch has touched for longest: with files in the order of their days,
    /// one that is complete.
    fn dispatch_oldest(&mut self) {
        let oldest = self.waiting.iter().min_by_key(|(day, waiting)| (waiting.touched, **day));
        if let Some(day) = oldest.map(|(day, _)| *day) {
            self.dispatch(day);
        }
    }

    fn dispatch_all(&mut self) {
        let mut days: Vec<Day> = self.waiting.keys().copied().collect();
        days.sort_unstable();
        days.into_iter().for_each(|day| self.dispatch(day));
    }

    fn count(&mut self, written: &Written) {
        self.total.stored += written.stored;
        self.total.duplicates += written.duplicates;
        self.total.conflicts += written.conflicts;
    }

    fn fail(&mut self, error: AppendError) {
        self.error.get_or_insert(error);
    }
}
