//! Which node a request asks, and whether it asks again; counts both.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use scylla::cluster::{ClusterState, Node, NodeRef};
use scylla::policies::load_balancing::{
    DefaultPolicy, FallbackPlan, LoadBalancingPolicy, RoutingInfo,
};
use scylla::policies::retry::{
    DefaultRetryPolicy, RequestInfo, RetryDecision, RetryPolicy, RetrySession,
};
use scylla::routing::Shard;

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

tokio::task_local! {
    /// The nodes that a request has asked, by all its attempts.
    pub static ASKED: RefCell<Vec<Arc<Node>>>;
}

/// The crate's policy, which begins with the replicas, without what it offers as a last resort:
/// nodes that have no connection (which would hide what those that have one said), other data
/// centres while a node of ours is up, and nodes that this request has asked already.
#[derive(Debug)]
pub struct Routing {
    inner: Arc<dyn LoadBalancingPolicy>,
    data_centre: Option<String>,
    counters: Arc<Counters>,
}

impl Routing {
    pub fn new(data_centre: &str, counters: Arc<Counters>) -> Arc<Self> {
        let data_centre = (!data_centre.is_empty()).then(|| data_centre.to_owned());
        let builder = DefaultPolicy::builder()
            .token_aware(true)
            .permit_dc_failover(true);
        let builder = match &data_centre {
            Some(name) => builder.prefer_datacenter(name.clone()),
            None => builder,
        };
        Arc::new(Routing {
            inner: builder.build(),
            data_centre,
            counters,
        })
    }

    fn is_ours(&self, node: &Node) -> bool {
        self.data_centre.is_none() || node.datacenter == self.data_centre
    }

    fn may_ask(&self, node: &Node, cluster: &ClusterState) -> bool {
        let is_near = || {
            let mut nodes = cluster.get_nodes_info().iter();
            self.is_ours(node) || !nodes.any(|other| self.is_ours(other) && other.is_connected())
        };
        node.is_connected() && is_near()
    }

    fn others<'a>(
        &'a self,
        request: &'a RoutingInfo,
        cluster: &'a ClusterState,
    ) -> impl Iterator<Item = (NodeRef<'a>, Option<Shard>)> + Send + Sync + 'a {
        let plan = self.inner.fallback(request, cluster);
        plan.filter(|(node, _)| self.may_ask(node, cluster) && note_asked(node))
    }
}

/// False if the request has asked it before. Outside of a request: true.
fn note_asked(node: NodeRef<'_>) -> bool {
    let note = |asked: &RefCell<Vec<Arc<Node>>>| {
        let mut asked = asked.borrow_mut();
        let is_new = !asked.iter().any(|other| Arc::ptr_eq(other, node));
        if is_new {
            asked.push(node.clone());
        }
        is_new
    };
    ASKED.try_with(note).unwrap_or(true)
}

fn has_asked() -> bool {
    ASKED
        .try_with(|asked| !asked.borrow().is_empty())
        .unwrap_or(false)
}

impl LoadBalancingPolicy for Routing {
    fn pick<'a>(
        &'a self,
        request: &'a RoutingInfo,
        cluster: &'a ClusterState,
    ) -> Option<(NodeRef<'a>, Option<Shard>)> {
        if has_asked() {
            let next = self.others(request, cluster).next()?;
            self.counters.speculations.fetch_add(1, Relaxed);
            return Some(next);
        }
        let picked = self.inner.pick(request, cluster)?;
        (self.may_ask(picked.0, cluster) && note_asked(picked.0)).then_some(picked)
    }

    fn fallback<'a>(
        &'a self,
        request: &'a RoutingInfo,
        cluster: &'a ClusterState,
    ) -> FallbackPlan<'a> {
        Box::new(self.others(request, cluster).inspect(|_| {
            self.counters.retries.fetch_add(1, Relaxed);
        }))
    }

    fn name(&self) -> String {
        "connected nodes, once".to_owned()
    }
}

/// The crate's policy, which counts the retries on the same node; those on another one are counted
/// above.
#[derive(Debug)]
pub struct Retries {
    counters: Arc<Counters>,
}

impl Retries {
    pub fn new(counters: Arc<Counters>) -> Arc<Self> {
        Arc::new(Retries { counters })
    }
}

impl RetryPolicy for Retries {
    fn new_session(&self) -> Box<dyn RetrySession> {
        let inner = DefaultRetryPolicy::new().new_session();
        Box::new(CountedRetries {
            inner,
            counters: self.counters.clone(),
        })
    }
}

struct CountedRetries {
    inner: Box<dyn RetrySession>,
    counters: Arc<Counters>,
}

impl RetrySession for CountedRetries {
    fn decide_should_retry(&mut self, request: RequestInfo) -> RetryDecision {
        let decision = self.inner.decide_should_retry(request);
        if matches!(decision, RetryDecision::RetrySameTarget(_)) {
            self.counters.retries.fetch_add(1, Relaxed);
        }
        decision
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
