//! Counts retries, speculations and errors.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use scylla::errors::{RequestAttemptError, RequestError};
use scylla::observability::history::{AttemptId, HistoryListener, RequestId, SpeculativeId};
use scylla::policies::retry::RetryDecision;

use crate::ffi::Figures;

#[derive(Debug, Default)]
pub struct Counters {
    retries: AtomicU64,
    speculations: AtomicU64,
    pub errors: AtomicU64,
}

impl Counters {
    pub fn read(&self) -> Figures {
        Figures {
            retries: self.retries.load(Relaxed),
            speculations: self.speculations.load(Relaxed),
            errors: self.errors.load(Relaxed),
        }
    }
}

/// The crate tells each step of a request to its listener, which costs next to nothing; its own
/// metrics would keep a histogram.
impl HistoryListener for Counters {
    fn log_request_start(&self) -> RequestId {
        RequestId(0)
    }

    fn log_request_success(&self, _: RequestId) {}

    fn log_request_error(&self, _: RequestId, _: &RequestError) {}

    fn log_new_speculative_fiber(&self, _: RequestId) -> SpeculativeId {
        self.speculations.fetch_add(1, Relaxed);
        SpeculativeId(0)
    }

    fn log_attempt_start(
        &self,
        _: RequestId,
        _: Option<SpeculativeId>,
        _: SocketAddr,
    ) -> AttemptId {
        AttemptId(0)
    }

    fn log_attempt_success(&self, _: AttemptId) {}

    fn log_attempt_error(&self, _: AttemptId, _: &RequestAttemptError, decision: &RetryDecision) {
        if matches!(
            decision,
            RetryDecision::RetrySameTarget(_) | RetryDecision::RetryNextTarget(_)
        ) {
            self.retries.fetch_add(1, Relaxed);
        }
    }
}
