/* The table of counters: a name and a sentence each. */
#include "monitor/counters.h"

const struct counter_row counter_rows[COUNTER_COUNT] = {
	[COUNTER_HTTP_REQUESTS] = {"http_requests_total", "Requests answered, with any status."},
	[COUNTER_HTTP_2XX] = {"http_answers_2xx_total", "Answers with a status of 200 to 299."},
	[COUNTER_HTTP_3XX] = {"http_answers_3xx_total", "Answers with a status of 300 to 399."},
	[COUNTER_HTTP_4XX] = {"http_answers_4xx_total", "Answers with a status of 400 to 499."},
	[COUNTER_HTTP_5XX] = {"http_answers_5xx_total", "Answers with a status of 500 to 599."},
	[COUNTER_HTTP_CONNECTIONS] = {"http_connections_total", "Connections accepted."},
	[COUNTER_HTTP_REFUSED_CONNECTIONS] =
		{"http_refused_connections_total",
		 "Connections closed at once because there were too many."},
	[COUNTER_HTTP_REFUSED_ADDRESS] =
		{"http_refused_address_total",
		 "Connections closed at once because there were too many from one address."},
	[COUNTER_HTTP_CLOSED_SLOW_RECEIVE] =
		{"http_closed_slow_receive_total",
		 "Connections closed because a request took too long to come."},
	[COUNTER_HTTP_CLOSED_SLOW_SEND] =
		{"http_closed_slow_send_total",
		 "Connections closed because an answer took too long to leave."},
	[COUNTER_HTTP_ACCEPT_FAILED] = {"http_accept_failed_total",
					"Tries to accept a connection that failed."},
	[COUNTER_HTTP_REFUSED_FRAMING] = {"http_refused_framing_total",
					  "Requests refused because their framing is ambiguous."},
	[COUNTER_HTTP_REFUSED_SIZE] =
		{"http_refused_size_total",
		 "Requests refused because the body, the headers or the target "
		 "are beyond a limit."},
	[COUNTER_HTTP_REFUSED_ID] = {"http_refused_id_total",
				     "Requests refused because an id is too long."},
	[COUNTER_HTTP_REFUSED_DEPTH] = {"http_refused_depth_total",
					"Requests refused because the body is nested too deeply."},
	[COUNTER_HTTP_REFUSED_PEER] = {"http_refused_peer_total",
				       "Requests refused because they do not come from a load "
				       "balancer."},
	[COUNTER_HTTP_REFUSED_LATE] = {"http_refused_late_total",
				       "Requests refused because they came after their deadline."},
	[COUNTER_SHED_SEARCHES] = {"shed_searches_total",
				   "Searches refused because too many requests waited."},
	[COUNTER_SHED_CREATES] = {"shed_creates_total",
				  "Registrations refused because too many requests waited."},
	[COUNTER_SHED_READS] = {"shed_reads_total",
				"Reads refused because too many requests waited."},
	[COUNTER_SHED_MEMORY] = {"shed_memory_total",
				 "Requests refused because there was too little memory."},
	[COUNTER_HTTP_TIMED_OUT] = {"http_timed_out_total",
				    "Requests answered without the store, which took too long."},
	[COUNTER_HTTP_LATE] = {"http_late_total",
			       "Answers of the store to requests that had been given up."},
	[COUNTER_STORE_CHANGES] = {"store_changes_total", "Changes over, with any outcome."},
	[COUNTER_STORE_BATCHES] = {"store_batches_total", "Commits that carried changes."},
	[COUNTER_STORE_FAILED_COMMITS] = {"store_failed_commits_total", "Commits that failed."},
	[COUNTER_STORE_DAMAGED] = {"store_damaged_total",
				   "Stored records refused because they are not what was written, "
				   "each time."},
	[COUNTER_EXPIRIES] = {"expiries_total", "Entries that became disconnected by expiry."},
	[COUNTER_REFUSED_FULL] =
		{"refused_full_total",
		 "Registrations refused because there are as many as there may be."},
	[COUNTER_REFUSED_CROWDED] = {"refused_crowded_total",
				     "New registrations refused because one user, name or reporter "
				     "has as many as it may."},
	[COUNTER_REFUSED_ANSWER] = {"refused_answer_total",
				    "Answers refused because they would be too large."},
	[COUNTER_REMOVALS] = {"removals_total", "Entries forgotten after their retention."},
	[COUNTER_UPDATES_TAKEN] = {"updates_taken_total", "Pending updates handed to a reader."},
	[COUNTER_UPDATES_RETURNED] = {"updates_returned_total",
				      "Pending updates that came back because the answer did not "
				      "leave."},
	[COUNTER_UPDATES_REFUSED] = {"updates_refused_total",
				     "Polls answered with nothing because the news could not be "
				     "taken durably."},
	[COUNTER_CASSANDRA_STATEMENTS] = {"cassandra_statements_total",
					  "Statements sent to Cassandra, those of batches each."},
	[COUNTER_CASSANDRA_ROUNDS] = {"cassandra_rounds_total",
				      "Rounds of statements that were sent at once."},
	[COUNTER_CASSANDRA_LIGHT] = {"cassandra_light_transactions_total",
				     "Lightweight transactions."},
	[COUNTER_CASSANDRA_DOWNGRADES] = {"cassandra_downgrades_total",
					  "Statements sent again for one copy, since too few "
					  "answered."},
	[COUNTER_CASSANDRA_RETRIES] = {"cassandra_retries_total",
				       "Statements sent again by the client, on the same or "
				       "another node."},
	[COUNTER_CASSANDRA_SPECULATIONS] = {"cassandra_speculations_total",
					    "Statements sent to a second node, since the first one "
					    "was slow."},
	[COUNTER_CASSANDRA_CONFLICTS] = {"cassandra_conflicts_total",
					 "Claims set aside because another one on the same id "
					 "was earlier."},
	[COUNTER_CASSANDRA_CLAIMS_DEGRADED] = {"cassandra_degraded_claims_total",
					       "Claims made without a quorum, to be settled."},
};
