//! Opens a session, and says in a sentence why that cannot be.

use std::sync::Arc;
use std::time::Duration;

use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::errors::{MetadataError, NewSessionError};
use scylla::policies::reconnect::ExponentialReconnectPolicy;

use crate::failure;
use crate::ffi::Options;
use crate::options::{self, ContactPoint};
use crate::policy::Counters;

pub struct ConnectError {
    pub errno: i32,
    pub reason: String,
}

impl ConnectError {
    fn invalid(reason: String) -> Self {
        ConnectError {
            errno: libc::EINVAL,
            reason,
        }
    }

    fn unreachable(options: &Options, cause: &str) -> Self {
        ConnectError {
            errno: libc::EHOSTUNREACH,
            reason: format!("{}: {cause}", options.contact_points()),
        }
    }
}

/// A node whose connection is silent for so long is asked whether it lives, and given up.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);
/// A node that is away is tried again after the first, then rarer, up to the second.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
const AGREEMENT_TIMEOUT: Duration = Duration::from_secs(60);

fn builder(options: &Options, counters: &Arc<Counters>) -> Result<SessionBuilder, String> {
    let connect_timeout = Duration::from_millis(options.connect_timeout_ms.into());
    let mut builder = SessionBuilder::new()
        .default_execution_profile_handle(options::profile(options, counters))
        .connection_timeout(connect_timeout)
        .hostname_resolution_timeout(Some(connect_timeout))
        .tcp_nodelay(true)
        .keepalive_interval(KEEPALIVE_INTERVAL)
        .keepalive_timeout(KEEPALIVE_TIMEOUT)
        .auto_await_schema_agreement(false)
        .schema_agreement_timeout(AGREEMENT_TIMEOUT)
        .tls_context(options::tls(options)?);
    for point in options::contact_points(options)? {
        builder = match point {
            ContactPoint::Address(address) => builder.known_node_addr(address),
            ContactPoint::Name(name) => builder.known_node(name),
        };
    }
    if !options.user().is_empty() {
        builder = builder.user(options.user(), options.password());
    }
    let (least, most) = RECONNECT;
    builder.config.reconnect_policy =
        Arc::new(ExponentialReconnectPolicy::new().with_backoff_limits(least, most));
    Ok(builder)
}

fn explain(options: &Options, error: NewSessionError) -> ConnectError {
    let (access, cause) = match &error {
        NewSessionError::MetadataError(MetadataError::ConnectionPoolError(error)) => (
            failure::is_access(error),
            failure::pool_reason(error).into_owned(),
        ),
        NewSessionError::FailedToResolveAnyHostname(_) => {
            (false, "the name is not known".to_owned())
        }
        _ => (false, error.to_string()),
    };
    ConnectError {
        errno: if access {
            libc::EACCES
        } else {
            libc::EHOSTUNREACH
        },
        reason: format!("{}: {cause}", options.contact_points()),
    }
}

/// A name that is no data centre would leave requests without a node to ask.
fn check_data_centre(options: &Options, session: &Session) -> Result<(), ConnectError> {
    let wanted = options.data_centre();
    let state = session.get_cluster_state();
    let mut known: Vec<_> = state
        .get_nodes_info()
        .iter()
        .filter_map(|node| node.datacenter.as_deref())
        .collect();
    if wanted.is_empty() || known.contains(&wanted) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    Err(ConnectError::invalid(format!(
        "{}: there is no data centre \"{wanted}\", but {}",
        options.contact_points(),
        known.join(", ")
    )))
}

/// Each contact point has its time, and so have the other nodes together.
fn time_limit(options: &Options) -> Duration {
    let points = options.contact_points().split(',').count() as u32;
    Duration::from_millis(options.connect_timeout_ms.into()) * (points + 1)
}

pub async fn connect(options: &Options, counters: &Arc<Counters>) -> Result<Session, ConnectError> {
    let builder = builder(options, counters).map_err(ConnectError::invalid)?;
    let session = tokio::time::timeout(time_limit(options), builder.build())
        .await
        .map_err(|_| ConnectError::unreachable(options, "no answer in time"))?
        .map_err(|error| explain(options, error))?;
    check_data_centre(options, &session)?;
    Ok(session)
}
