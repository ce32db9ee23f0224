"""A cluster to break: nodes, servers, the network between them, and what clients were promised."""
