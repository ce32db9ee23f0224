//! Binds the scylla crate to C: does the jobs that `../cql.c` queues, on one thread. The interface
//! is `../client.h`.

mod attempts;
mod connect;
mod execute;
mod failure;
mod ffi;
mod nodes;
mod options;
mod policy;
mod rows;
mod statements;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use scylla::client::session::Session;
use tokio::runtime::{self, Runtime};
use tokio::sync::Notify;

use crate::attempts::Timing;
use crate::ffi::{Done, Health, Job, Pending, Queue, QueueRef};
use crate::policy::Counters;
use crate::statements::Statements;

/// One session, with what other threads may look at.
pub struct Client {
    session: OnceLock<(Session, Timing)>,
    statements: Statements,
    counters: Arc<Counters>,
    queued: Notify,
}

#[unsafe(no_mangle)]
pub extern "C" fn cql_client_new() -> *const Client {
    Arc::into_raw(Arc::new(Client {
        session: OnceLock::new(),
        statements: Statements::default(),
        counters: Arc::default(),
        queued: Notify::new(),
    }))
}

/// # Safety
/// The client is not running any more, and not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_client_free(client: *const Client) {
    // SAFETY: it came from cql_client_new().
    drop(unsafe { Arc::from_raw(client) });
}

/// One thread; the crate has another one compute which replicas there are, once in a while.
fn new_runtime() -> std::io::Result<Runtime> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(ffi::thread_began)
        .on_thread_stop(ffi::thread_ends)
        .build()
}

/// # Safety
/// All three are valid until it returns; connect until it is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_client_run(
    client: *const Client,
    queue: *mut Queue,
    connect: *mut Job,
) {
    // SAFETY: by contract; the count of the C part's own reference is not touched.
    let client = unsafe {
        Arc::increment_strong_count(client);
        Arc::from_raw(client)
    };
    // SAFETY: the C part has given it away.
    let connect = unsafe { Pending::new(connect) };

    let runtime = match new_runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            let reason = format!("no event loop for the client: {error}");
            let code = error.raw_os_error().unwrap_or(libc::ENOMEM);
            return connect.finish(Done {
                result: -code,
                reason: &reason,
                ..Done::default()
            });
        }
    };
    runtime.block_on(serve(client, QueueRef(queue), connect));
    // Drops what is in flight, which completes it. A name look-up may hang: it is left behind.
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Connects, then works until the session is closed.
async fn serve(client: Arc<Client>, queue: QueueRef, connect: Pending) {
    match connect::connect(connect.job().options(), &client.counters).await {
        Ok(session) => {
            let timing = options::timing(connect.job().options());
            let fresh = client.session.set((session, timing)).is_ok();
            assert!(fresh, "a client runs once");
            connect.finish(Done::default());
        }
        Err(error) => {
            let (result, reason) = (-error.errno, &error.reason);
            return connect.finish(Done {
                result,
                reason,
                ..Done::default()
            });
        }
    }
    // As a task: those of the same thread wake it without a system call.
    let _ = tokio::spawn(work(client, queue)).await;
}

async fn work(client: Arc<Client>, queue: QueueRef) {
    loop {
        let (jobs, closing) = queue.take();
        if closing {
            return;
        }
        if jobs.is_empty() {
            client.queued.notified().await;
        }
        for job in jobs {
            begin(&client, job);
        }
    }
}

fn begin(client: &Arc<Client>, job: Pending) {
    let client = client.clone();
    match job.job().kind {
        ffi::EXECUTE => drop(tokio::spawn(execute::execute(client, job))),
        ffi::WAIT => drop(tokio::spawn(wait(job))),
        ffi::PREPARE => drop(tokio::spawn(statements::prepare(client, job))),
        ffi::RUN => drop(tokio::spawn(statements::run(client, job))),
        ffi::TIMES => drop(tokio::spawn(nodes::times(client, job))),
        kind => unreachable!("a job of kind {kind}"),
    }
}

async fn wait(job: Pending) {
    let time = Duration::from_millis(job.job().timeout_ms.into());
    tokio::time::sleep(time).await;
    job.finish(Done::default());
}

impl Client {
    /// The session of a client that has connected.
    fn session(&self) -> &Session {
        &self.connected().0
    }

    fn timing(&self) -> Timing {
        self.connected().1
    }

    fn connected(&self) -> &(Session, Timing) {
        self.session.get().expect("jobs come after the connection")
    }
}

/// # Safety
/// Both are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_client_wake(client: *const Client) {
    // SAFETY: by contract.
    unsafe { &*client }.queued.notify_one();
}

/// # Safety
/// Both are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_client_health(client: *const Client, ret_health: *mut Health) {
    // SAFETY: by contract.
    unsafe { ret_health.write(nodes::health(&*client)) }
}

/// # Safety
/// Both are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cql_client_figures(client: *const Client, ret_figures: *mut ffi::Figures) {
    // SAFETY: by contract.
    unsafe { ret_figures.write((*client).counters.read()) }
}
