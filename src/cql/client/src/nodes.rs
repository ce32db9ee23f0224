//! What is known of the nodes: how many, how many connected, and their clocks.

use std::sync::Arc;
use std::time::Duration;

use scylla::client::session::Session;
use scylla::cluster::Node;
use scylla::policies::load_balancing::{NodeIdentifier, SingleTargetLoadBalancingPolicy};
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::statement::Consistency;
use scylla::statement::unprepared::Statement;
use tokio::task::JoinSet;

use crate::Client;
use crate::ffi::{self, Done, Health, NodeTime, Pending};

pub fn health(client: &Client) -> Health {
    let Some((session, _)) = client.session.get() else {
        return Health {
            nodes: 0,
            nodes_up: 0,
        };
    };
    let state = session.get_cluster_state();
    let nodes = state.get_nodes_info();
    let up = nodes.iter().filter(|node| node.is_connected()).count();
    Health {
        nodes: nodes.len() as u32,
        nodes_up: up as u32,
    }
}

const NOW: &str = "SELECT toUnixTimestamp(now()) FROM system.local";

/// An address as C has it: what fits, and a NUL.
fn room_for(address: &str) -> [u8; 64] {
    let mut room = [0; 64];
    let len = address.len().min(room.len() - 1);
    room[..len].copy_from_slice(&address.as_bytes()[..len]);
    room
}

async fn ask(session: &Session, node: &Arc<Node>, timeout: Duration) -> Option<NodeTime> {
    let mut statement = Statement::new(NOW);
    let only = NodeIdentifier::Node(node.clone());
    statement.set_load_balancing_policy(Some(SingleTargetLoadBalancingPolicy::new(only, None)));
    statement.set_retry_policy(Some(Arc::new(FallthroughRetryPolicy::new())));
    statement.set_consistency(Consistency::One);
    statement.set_request_timeout(Some(timeout));

    let asked_ms = ffi::steady_ms();
    let answer = session.query_unpaged(statement, ()).await.ok()?;
    let answered_ms = ffi::steady_ms();

    let (wall_ms,) = answer
        .into_rows_result()
        .ok()?
        .single_row::<(i64,)>()
        .ok()?;
    let address = room_for(&node.address.to_string());
    Some(NodeTime {
        address,
        wall_ms,
        asked_ms,
        answered_ms,
    })
}

pub async fn times(client: Arc<Client>, pending: Pending) {
    let timeout = Duration::from_millis(pending.job().timeout_ms.into());
    let mut asked = JoinSet::new();
    let state = client.session().get_cluster_state();
    for node in state
        .get_nodes_info()
        .iter()
        .filter(|node| node.is_connected())
    {
        let (client, node) = (client.clone(), node.clone());
        asked.spawn(async move { ask(client.session(), &node, timeout).await });
    }

    let mut count = 0;
    while let Some(answer) = asked.join_next().await {
        if let (Ok(Some(time)), true) = (answer, count < pending.job().times_count()) {
            pending.job().put_time(count, time);
            count += 1;
        }
    }
    pending.finish(Done {
        count,
        ..Done::default()
    });
}
