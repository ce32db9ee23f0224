//! What the crate's errors mean to those who asked.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, ExecutionError,
    PrepareError, RequestAttemptError,
};
use scylla::serialize::SerializationError;

/// `enum cql_result`, but for those that are not failures of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Unavailable = 1,
    TimedOut,
    Unreachable,
    Overloaded,
    Refused,
}

pub struct Failure {
    pub result: Kind,
    /// Replicas that are alive, or that answered; -1 if nobody says.
    pub received: i32,
    pub reason: String,
}

impl Failure {
    fn new(result: Kind, reason: impl fmt::Display) -> Self {
        Failure {
            result,
            received: -1,
            reason: reason.to_string(),
        }
    }

    pub fn timed_out(reason: &str) -> Self {
        Failure::new(Kind::TimedOut, reason)
    }
}

impl From<&ExecutionError> for Failure {
    fn from(error: &ExecutionError) -> Self {
        match error {
            ExecutionError::LastAttemptError(error) => error.into(),
            ExecutionError::PrepareError(error) => error.into(),
            ExecutionError::RequestTimeout(_) => Failure::new(Kind::TimedOut, error),
            ExecutionError::EmptyPlan => Failure::new(Kind::Unreachable, "no node to ask"),
            ExecutionError::ConnectionPoolError(error) => {
                Failure::new(Kind::Unreachable, pool_reason(error))
            }
            ExecutionError::SchemaAgreementError(error) => Failure::new(Kind::TimedOut, error),
            ExecutionError::MetadataError(error) => Failure::new(Kind::Unreachable, error),
            _ => Failure::new(Kind::Refused, error),
        }
    }
}

impl From<&PrepareError> for Failure {
    fn from(error: &PrepareError) -> Self {
        match error {
            PrepareError::ConnectionPoolError(error) => {
                Failure::new(Kind::Unreachable, pool_reason(error))
            }
            PrepareError::AllAttemptsFailed { first_attempt } => first_attempt.into(),
            _ => Failure::new(Kind::Refused, error),
        }
    }
}

impl From<&RequestAttemptError> for Failure {
    fn from(error: &RequestAttemptError) -> Self {
        match error {
            RequestAttemptError::DbError(error, said) => from_db(error, said),
            RequestAttemptError::BrokenConnectionError(_) => Failure::new(Kind::Unreachable, error),
            RequestAttemptError::UnableToAllocStreamId => Failure::new(Kind::Overloaded, error),
            // Unlike the others, these have been sent: nobody knows what became of them.
            RequestAttemptError::BodyExtensionsParseError(_)
            | RequestAttemptError::CqlResultParseError(_)
            | RequestAttemptError::CqlErrorParseError(_)
            | RequestAttemptError::UnexpectedResponse(_) => Failure::new(Kind::TimedOut, error),
            _ => Failure::new(Kind::Refused, error),
        }
    }
}

fn from_db(error: &DbError, said: &str) -> Failure {
    let (result, received) = match *error {
        DbError::Unavailable { alive, .. } => (Kind::Unavailable, alive),
        DbError::ReadTimeout { received, .. }
        | DbError::WriteTimeout { received, .. }
        | DbError::ReadFailure { received, .. }
        | DbError::WriteFailure { received, .. } => (Kind::TimedOut, received),
        DbError::Overloaded | DbError::IsBootstrapping | DbError::RateLimitReached { .. } => {
            (Kind::Overloaded, -1)
        }
        // A write may have been done: the node failed on the way.
        DbError::ServerError | DbError::TruncateError | DbError::Other(_) => (Kind::TimedOut, -1),
        _ => (Kind::Refused, -1),
    };
    let reason = if said.is_empty() {
        error.to_string()
    } else {
        said.to_owned()
    };
    Failure {
        result,
        received,
        reason,
    }
}

/// Why there is no connection, without the crate's words around it.
pub fn pool_reason(error: &ConnectionPoolError) -> Cow<'static, str> {
    match error {
        ConnectionPoolError::Broken {
            last_connection_error,
        } => connection_reason(last_connection_error).into(),
        _ => error.to_string().into(),
    }
}

const BAD_CERTIFICATE: &str =
    "its certificate is not signed by the authority we trust, or not for its address";
const NOT_ACCEPTED: &str = "it does not accept our certificate, or wants one and there is none";

fn connection_reason(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectTimeout => "no answer in time".into(),
        ConnectionError::ConnectionSetupRequestError(error) => match &error.error {
            ConnectionSetupRequestErrorKind::DbError(_, said) if !said.is_empty() => said.clone(),
            ConnectionSetupRequestErrorKind::MissingAuthentication => {
                "it wants a user and a password".into()
            }
            kind => in_plain_words(kind.to_string()),
        },
        _ => in_plain_words(error.to_string()),
    }
}

fn in_plain_words(said: String) -> String {
    if said.contains("certificate verify failed") {
        BAD_CERTIFICATE.into()
    } else if said.contains("SSL routines") && said.contains("alert") {
        NOT_ACCEPTED.into()
    } else if said.contains("tokio channel") {
        "the connection broke".into()
    } else {
        said
    }
}

/// Whether user and password are the cause.
pub fn is_access(error: &ConnectionPoolError) -> bool {
    let ConnectionPoolError::Broken {
        last_connection_error: ConnectionError::ConnectionSetupRequestError(error),
    } = error
    else {
        return false;
    };
    matches!(
        error.error,
        ConnectionSetupRequestErrorKind::DbError(
            DbError::AuthenticationError | DbError::Unauthorized,
            _
        ) | ConnectionSetupRequestErrorKind::MissingAuthentication
    )
}

#[derive(Debug)]
struct WrongCount {
    markers: usize,
    values: usize,
}

impl fmt::Display for WrongCount {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} values for a statement with {} markers",
            self.values, self.markers
        )
    }
}

impl Error for WrongCount {}

pub fn wrong_count(markers: usize, values: usize) -> SerializationError {
    SerializationError::new(WrongCount { markers, values })
}
