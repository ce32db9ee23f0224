//! What C shares with this library: the layouts of `cql.h` and `client.h`.

use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::slice;

use crate::statements::Statement;

/// The session's C part: its queue.
#[repr(C)]
pub struct Queue {
    _private: [u8; 0],
}

#[repr(C)]
pub struct Options {
    contact_points: *const c_char,
    pub port: u16,
    data_centre: *const c_char,
    user: *const c_char,
    password: *const c_char,
    tls_ca: *const c_char,
    tls_certificate: *const c_char,
    tls_key: *const c_char,
    pub connect_timeout_ms: u32,
    pub request_timeout_ms: u32,
    pub speculation_ms: u32,
}

/// A text of C's; absent is as good as empty.
fn text<'a>(from: *const c_char) -> &'a str {
    if from.is_null() {
        return "";
    }
    // SAFETY: the C part hands over terminated texts that stay while the job lasts.
    unsafe { CStr::from_ptr(from) }
        .to_str()
        .unwrap_or("\u{fffd}")
}

impl Options {
    pub fn contact_points(&self) -> &str {
        text(self.contact_points)
    }
    pub fn data_centre(&self) -> &str {
        text(self.data_centre)
    }
    pub fn user(&self) -> &str {
        text(self.user)
    }
    pub fn password(&self) -> &str {
        text(self.password)
    }
    pub fn tls_ca(&self) -> &str {
        text(self.tls_ca)
    }
    pub fn tls_certificate(&self) -> &str {
        text(self.tls_certificate)
    }
    pub fn tls_key(&self) -> &str {
        text(self.tls_key)
    }
}

#[repr(C)]
pub struct Health {
    pub nodes: u32,
    pub nodes_up: u32,
}

#[repr(C)]
pub struct Figures {
    pub retries: u64,
    pub speculations: u64,
    pub errors: u64,
}

#[repr(C)]
pub struct Value {
    pub data: *const u8,
    pub len: u32,
    pub unset: bool,
}

#[repr(C)]
pub struct Slice {
    pub data: *const u8,
    pub len: usize,
}

#[repr(C)]
pub struct NodeTime {
    pub address: [u8; 64],
    pub wall_ms: i64,
    pub asked_ms: i64,
    pub answered_ms: i64,
}

#[repr(C)]
pub struct Bound {
    statement: *const c_void, // a Statement, of which C knows nothing
    values: *const u8,
    len: usize,
    pub count: usize,
}

impl Bound {
    pub fn statement(&self) -> &Statement {
        // SAFETY: statements live as long as the client.
        unsafe { &*self.statement.cast() }
    }

    /// The values, each with its length before it.
    pub fn values(&self) -> &[u8] {
        bytes(self.values, self.len)
    }
}

fn bytes<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: the C part hands over memory that stays while the job lasts.
    unsafe { slice::from_raw_parts(data, len) }
}

// 0 is that of the first job, handed over by itself.
pub const EXECUTE: u32 = 1;
pub const WAIT: u32 = 2;
pub const PREPARE: u32 = 3;
pub const RUN: u32 = 4;
pub const TIMES: u32 = 5;

pub const SINGLE: u32 = 0;
pub const UNLOGGED: u32 = 1;

#[repr(C)]
pub struct Job {
    next: *mut Job,
    pub kind: u32,
    pub batch: u32,
    pub consistency: u32,
    pub serial_consistency: u32,
    pub timeout_ms: u32,
    pub page_rows: u32,
    pub idempotent: u32,
    options: *const Options,
    bound: *const Bound,
    bound_count: usize,
    text: *const u8,
    text_len: usize,
    times: *mut NodeTime,
    times_count: usize,
}
const _: () = assert!(size_of::<Job>() == 96);
// SAFETY: it belongs to the one task that does it; shared, it is only read.
unsafe impl Send for Job {}
// SAFETY: as above.
unsafe impl Sync for Job {}
// SAFETY: a part of a job.
unsafe impl Send for Bound {}
// SAFETY: as above.
unsafe impl Sync for Bound {}

impl Job {
    pub fn options(&self) -> &Options {
        // SAFETY: a connect job has them.
        unsafe { &*self.options }
    }

    pub fn bound(&self) -> &[Bound] {
        // SAFETY: an execute job has bound_count of them, one or more.
        unsafe { slice::from_raw_parts(self.bound, self.bound_count) }
    }

    pub fn text(&self) -> &str {
        str::from_utf8(bytes(self.text, self.text_len)).unwrap_or("\u{fffd}")
    }

    /// Where the page begins; None for the first.
    pub fn page(&self) -> Option<&[u8]> {
        (!self.text.is_null()).then(|| bytes(self.text, self.text_len))
    }

    pub fn times_count(&self) -> usize {
        self.times_count
    }

    pub fn put_time(&self, index: usize, time: NodeTime) {
        assert!(index < self.times_count);
        // SAFETY: there is room for times_count of them.
        unsafe { self.times.add(index).write(time) }
    }
}

#[repr(C)]
struct Outcome<'a> {
    result: i32,
    received: i32,
    reason: *const u8,
    reason_len: usize,
    answer: *mut c_void,
    count: usize,
    _reason: PhantomData<&'a [u8]>,
}
const _: () = assert!(size_of::<Outcome>() == 40);

/// How a job ended; see `enum cql_result`.
pub struct Done<'a> {
    pub result: i32,
    pub received: i32,
    pub reason: &'a str,
    pub answer: *mut c_void,
    pub count: usize,
}

impl Default for Done<'_> {
    fn default() -> Self {
        Done {
            result: 0,
            received: -1,
            reason: "",
            answer: std::ptr::null_mut(),
            count: 0,
        }
    }
}

unsafe extern "C" {
    fn cql_jobs_take(queue: *mut Queue, ret_closing: *mut bool) -> *mut Job;
    fn cql_job_done(job: *mut Job, outcome: *const Outcome);
    fn cql_thread_began();
    fn cql_thread_ends();
    fn cql_steady_ms() -> i64;
}

pub fn thread_began() {
    // SAFETY: for this thread only.
    unsafe { cql_thread_began() }
}

pub fn thread_ends() {
    // SAFETY: for this thread only.
    unsafe { cql_thread_ends() }
}

/// CLOCK_BOOTTIME, in milliseconds.
pub fn steady_ms() -> i64 {
    // SAFETY: it only looks at a clock.
    unsafe { cql_steady_ms() }
}

/// The queue, as the client's thread holds it. It outlives the thread.
#[derive(Clone, Copy)]
pub struct QueueRef(pub *mut Queue);
// SAFETY: the queue has a lock of its own.
unsafe impl Send for QueueRef {}

impl QueueRef {
    /// What is queued, and whether the session is being closed.
    pub fn take(self) -> (Jobs, bool) {
        let mut closing = false;
        // SAFETY: the queue is there while the thread is.
        let first = unsafe { cql_jobs_take(self.0, &mut closing) };
        (Jobs(first), closing)
    }
}

/// Jobs taken, in their order.
pub struct Jobs(*mut Job);
// SAFETY: they are nobody else's now.
unsafe impl Send for Jobs {}

impl Jobs {
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

impl Iterator for Jobs {
    type Item = Pending;

    fn next(&mut self) -> Option<Pending> {
        if self.0.is_null() {
            return None;
        }
        let job = self.0;
        // SAFETY: a job taken is valid until it is done.
        self.0 = unsafe { (*job).next };
        Some(Pending(job))
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        while self.next().is_some() {}
    }
}

/// A job that is not done yet. Dropped, it is done as closed.
pub struct Pending(*mut Job);
// SAFETY: it is nobody else's until it is done.
unsafe impl Send for Pending {}
// SAFETY: shared, it is only read.
unsafe impl Sync for Pending {}

const CLOSED: i32 = 6;

impl Pending {
    /// # Safety
    /// The job is the caller's to give away.
    pub unsafe fn new(job: *mut Job) -> Self {
        Pending(job)
    }

    pub fn job(&self) -> &Job {
        // SAFETY: valid until it is done.
        unsafe { &*self.0 }
    }

    pub fn finish(self, done: Done) {
        let job = self.0;
        std::mem::forget(self);
        hand_back(job, done);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        hand_back(
            self.0,
            Done {
                result: CLOSED,
                reason: "the session is closed",
                ..Done::default()
            },
        );
    }
}

fn hand_back(job: *mut Job, done: Done) {
    let outcome = Outcome {
        result: done.result,
        received: done.received,
        reason: done.reason.as_ptr(),
        reason_len: done.reason.len(),
        answer: done.answer,
        count: done.count,
        _reason: PhantomData,
    };
    // SAFETY: done once, since it came from a Pending.
    unsafe { cql_job_done(job, &outcome) }
}
