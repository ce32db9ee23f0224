//! Prepares statements, keeps them, and runs those that are needed only once.

use std::collections::HashMap;
use std::ptr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scylla::errors::ExecutionError;
use scylla::statement::Consistency;
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::unprepared;

use crate::Client;
use crate::failure::{Failure, Kind};
use crate::ffi::{Done, Pending};

/// What C holds as `struct cql_statement`. Stays in its place while the client lives.
pub struct Statement {
    pub prepared: PreparedStatement,
}

#[derive(Default)]
pub struct Statements {
    by_text: Mutex<HashMap<String, Box<Statement>>>,
}

impl Statements {
    fn find(&self, text: &str) -> Option<*const Statement> {
        let by_text = self.by_text.lock().expect("nobody panics with it");
        by_text.get(text).map(|statement| &raw const **statement)
    }

    /// The one that was first, if two prepared the same text at once.
    fn put(&self, text: &str, prepared: PreparedStatement) -> *const Statement {
        let mut by_text = self.by_text.lock().expect("nobody panics with it");
        let kept = by_text
            .entry(text.to_owned())
            .or_insert_with(|| Box::new(Statement { prepared }));
        &raw const **kept
    }
}

/// The crate sets no limit to preparing.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);
const RUN_TIMEOUT: Duration = Duration::from_secs(60);

fn errno(failure: &Failure) -> i32 {
    match failure.result {
        Kind::Refused => -libc::EINVAL,
        _ => -libc::EHOSTUNREACH,
    }
}

fn finish(pending: Pending, result: Result<*const Statement, Failure>) {
    match result {
        Ok(statement) => pending.finish(Done {
            answer: statement.cast_mut().cast(),
            ..Done::default()
        }),
        Err(failure) => pending.finish(Done {
            result: errno(&failure),
            reason: &failure.reason,
            ..Done::default()
        }),
    }
}

async fn prepare_new(
    client: &Client,
    text: &str,
    idempotent: bool,
) -> Result<PreparedStatement, Failure> {
    let preparing = tokio::time::timeout(PREPARE_TIMEOUT, client.session().prepare(text));
    let Ok(prepared) = preparing.await else {
        return Err(Failure::timed_out("preparing took too long"));
    };
    let mut prepared = prepared.map_err(|error| Failure::from(&error))?;
    prepared.set_is_idempotent(idempotent);
    // The columns are named in the text: answers need not describe them again.
    prepared.set_use_cached_result_metadata(true);
    Ok(prepared)
}

pub async fn prepare(client: Arc<Client>, pending: Pending) {
    let text = pending.job().text();
    if let Some(statement) = client.statements.find(text) {
        return finish(pending, Ok(statement));
    }
    let result = prepare_new(&client, text, pending.job().idempotent != 0).await;
    let result = result.map(|prepared| client.statements.put(text, prepared));
    finish(pending, result);
}

async fn run_once(client: &Client, text: &str) -> Result<(), ExecutionError> {
    let mut statement = unprepared::Statement::new(text);
    statement.set_consistency(Consistency::Quorum);
    statement.set_request_timeout(Some(RUN_TIMEOUT));
    client.session().query_unpaged(statement, ()).await?;
    client.session().await_schema_agreement().await?;
    // So that statements find the replicas of a keyspace which is new.
    client.session().refresh_metadata().await?;
    Ok(())
}

pub async fn run(client: Arc<Client>, pending: Pending) {
    let result = run_once(&client, pending.job().text()).await;
    finish(
        pending,
        result
            .map(|()| ptr::null())
            .map_err(|error| Failure::from(&error)),
    );
}
