"""Real Apache Cassandra nodes on this machine; see scripts/cassandra."""
