//! Executes prepared statements with values that C has encoded already.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;
use scylla::statement::batch::{Batch, BatchStatement, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};

use crate::Client;
use crate::attempts::{self, Timing};
use crate::failure::{self, Failure};
use crate::ffi::{self, Bound, Done, Job, Pending};
use crate::rows::Rows;

/// The values of one statement, each with its length before it. Nobody looks at their types.
struct Encoded<'a> {
    values: &'a [u8],
    count: usize,
}

impl<'a> From<&'a Bound> for Encoded<'a> {
    fn from(bound: &'a Bound) -> Self {
        Encoded {
            values: bound.values(),
            count: bound.count,
        }
    }
}

const NULL: i32 = -1;

impl SerializeRow for Encoded<'_> {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter,
    ) -> Result<(), SerializationError> {
        if self.count != context.columns().len() {
            return Err(failure::wrong_count(context.columns().len(), self.count));
        }
        let mut rest = self.values;
        while let Some((len, after)) = rest.split_first_chunk::<4>() {
            let cell = writer.make_cell_writer();
            rest = after;
            match i32::from_be_bytes(*len) {
                len @ 0.. => {
                    let (value, after) = rest.split_at(len as usize);
                    cell.set_value(value).expect("its length came as an int");
                    rest = after;
                }
                NULL => drop(cell.set_null()),
                _ => drop(cell.set_unset()),
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

fn consistency(of: u32) -> Consistency {
    match of {
        0 => Consistency::One,
        1 => Consistency::LocalOne,
        2 => Consistency::Quorum,
        3 => Consistency::LocalQuorum,
        4 => Consistency::Serial,
        5 => Consistency::LocalSerial,
        _ => Consistency::All,
    }
}

fn serial_consistency(of: u32) -> SerialConsistency {
    match of {
        4 => SerialConsistency::Serial,
        _ => SerialConsistency::LocalSerial,
    }
}

/// The session's timing, as the job wants it.
fn timing(client: &Client, job: &Job, idempotent: bool) -> Timing {
    let mut timing = client.timing();
    if job.timeout_ms > 0 {
        timing.limit = Duration::from_millis(job.timeout_ms.into());
    }
    if !idempotent {
        timing.speculation = None;
    }
    timing
}

type Answer = Result<(QueryResult, Option<Arc<[u8]>>), Failure>;

/// A copy of the statement, which is cheap, that goes by the job's settings.
fn configured(job: &Job) -> PreparedStatement {
    let mut prepared = job.bound()[0].statement().prepared.clone();
    prepared.set_consistency(consistency(job.consistency));
    prepared.set_serial_consistency(Some(serial_consistency(job.serial_consistency)));
    prepared
}

async fn single(client: &Client, job: &Job) -> Answer {
    let prepared = configured(job);
    let timing = timing(client, job, prepared.get_is_idempotent());
    let attempt = || {
        client
            .session()
            .execute_unpaged(&prepared, Encoded::from(&job.bound()[0]))
    };
    Ok((attempts::execute(timing, attempt).await?, None))
}

async fn page(client: &Client, job: &Job) -> Answer {
    let mut prepared = configured(job);
    prepared.set_page_size(job.page_rows.try_into().unwrap_or(i32::MAX));
    let timing = timing(client, job, prepared.get_is_idempotent());
    let from = job
        .page()
        .map_or_else(PagingState::start, PagingState::new_from_raw_bytes);
    let attempt = || {
        let values = Encoded::from(&job.bound()[0]);
        client
            .session()
            .execute_single_page(&prepared, values, from.clone())
    };
    let (result, next) = attempts::execute(timing, attempt).await?;
    let next = match next {
        PagingStateResponse::HasMorePages { state } => state.as_bytes_slice().cloned(),
        PagingStateResponse::NoMorePages => None,
    };
    Ok((result, next))
}

async fn batch(client: &Client, job: &Job) -> Answer {
    let kind = if job.batch == ffi::UNLOGGED {
        BatchType::Unlogged
    } else {
        BatchType::Logged
    };
    let statements = job.bound().iter().map(|bound| &bound.statement().prepared);
    let idempotent = statements.clone().all(PreparedStatement::get_is_idempotent);
    let statements = statements.cloned().map(BatchStatement::from).collect();
    let mut batch = Batch::new_with_statements(kind, statements);
    batch.set_consistency(consistency(job.consistency));
    batch.set_serial_consistency(Some(serial_consistency(job.serial_consistency)));
    batch.set_is_idempotent(idempotent);
    let attempt = || {
        let values: Vec<_> = job.bound().iter().map(Encoded::from).collect();
        client.session().batch(&batch, values)
    };
    let timing = timing(client, job, idempotent);
    Ok((attempts::execute(timing, attempt).await?, None))
}

pub async fn execute(client: Arc<Client>, pending: Pending) {
    let job = pending.job();
    let answer = match (job.batch, job.page_rows) {
        (ffi::SINGLE, 0) => single(&client, job).await,
        (ffi::SINGLE, _) => page(&client, job).await,
        _ => batch(&client, job).await,
    };
    match answer {
        Ok((result, next)) => {
            let rows = Rows::new(result, next).map_or(ptr::null_mut(), Box::into_raw);
            pending.finish(Done {
                answer: rows.cast::<c_void>(),
                ..Done::default()
            });
        }
        Err(failure) => {
            client.counters.errors.fetch_add(1, Relaxed);
            let Failure {
                result,
                received,
                reason,
            } = failure;
            pending.finish(Done {
                result: result as i32,
                received,
                reason: &reason,
                ..Done::default()
            });
        }
    }
}
