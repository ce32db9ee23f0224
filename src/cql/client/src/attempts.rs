//! Asks a second node when the first one is slow, and gives up when the time is over.
//!
//! The crate has a speculation of its own. It does not end with the failure of all that have been
//! asked, but waits for the moment of the next speculation: when too few replicas are up, and that
//! is all that is to be said, each request would last that long.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use scylla::errors::ExecutionError;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::failure::{Failure, Kind};
use crate::policy::ASKED;

/// How long one request may take, and when another node is asked, if ever.
#[derive(Clone, Copy)]
pub struct Timing {
    pub limit: Duration,
    pub speculation: Option<Duration>,
}

const SPECULATIONS: usize = 2;

/// How many requests may ask more than one node at a time. When one node is slow, those end soon.
/// When all are, since there is much to do, asking twice would give them twice as much.
static PLACES: Semaphore = Semaphore::const_new(32);

type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, ExecutionError>> + Send + 'a>>;

/// The first success of several attempts, of which each asks other nodes than those before.
pub async fn execute<T, F>(timing: Timing, attempt: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, ExecutionError>> + Send,
{
    let attempts = ASKED.scope(Default::default(), async {
        let mut first = pin!(attempt());
        let Some(delay) = timing.speculation else {
            return first.await.map_err(|error| Failure::from(&error));
        };
        let _place = loop {
            if let Ok(result) = timeout(delay, first.as_mut()).await {
                return result.map_err(|error| Failure::from(&error));
            }
            if let Ok(place) = PLACES.try_acquire() {
                break place;
            }
        };
        speculate(delay, Box::pin(first), || Box::pin(attempt())).await
    });
    match timeout(timing.limit, attempts).await {
        Ok(result) => result,
        Err(_) => Err(Failure::timed_out("no answer in time")),
    }
}

async fn speculate<'a, T>(
    delay: Duration,
    first: Attempt<'a, T>,
    another: impl Fn() -> Attempt<'a, T>,
) -> Result<T, Failure> {
    let mut running = FuturesUnordered::from_iter([first, another()]);
    let mut left = SPECULATIONS - 1;
    let mut failure = None;
    loop {
        let patience = if left > 0 { delay } else { Duration::MAX };
        match timeout(patience, running.next()).await {
            Ok(Some(Ok(answer))) => return Ok(answer),
            Ok(Some(Err(error))) => failure = Some(more_telling(failure, Failure::from(&error))?),
            Ok(None) => return Err(failure.expect("each attempt has failed")),
            Err(_) => {
                running.push(another());
                left -= 1;
            }
        }
    }
}

/// Of two failures the one to tell. What the cluster refuses, it refuses at once.
fn more_telling(one: Option<Failure>, other: Failure) -> Result<Failure, Failure> {
    fn rank(failure: &Failure) -> u32 {
        match failure.result {
            Kind::Refused => 5,
            Kind::TimedOut => 4, // a write may have been done
            Kind::Unavailable => 3,
            Kind::Overloaded => 2,
            Kind::Unreachable => 1,
        }
    }
    if other.result == Kind::Refused {
        return Err(other);
    }
    match one {
        Some(one) if rank(&one) >= rank(&other) => Ok(one),
        _ => Ok(other),
    }
}
