/* The rule by which an entry that was kept elsewhere becomes one of ours: if there is none yet. */
#pragma once

#include "store/store.h"

enum import_outcome {
	IMPORT_WRITTEN,
	IMPORT_WRITTEN_TOLD, /* and it joined the pending updates */
	IMPORT_THERE,        /* there is one; it may be newer, and stays as it is */
	IMPORT_OTHERS,       /* there is one of another user */
};

/* The ctx of the rule. What entry leads to is the caller's. */
struct import_request {
	struct entry entry; /* but for sign_s, away_s and due_s, which are computed */
	bool pending;       /* somebody has yet to be told that it is disconnected */
	/* From an export, which knows more than the original registry: seconds of lifetime time. */
	bool is_restored;
	int64_t silent_s;   /* since its last sign of life */
	int64_t away_for_s; /* since it became disconnected */
	int64_t expires_max_s;
	int64_t retention_s; /* 0: never */
};

/*
 * Its lifetime goes on where it was: it has been silent since lastModified, by wall time. expires
 * is cut to expires_max_s, and so is what is left of the lifetime. What is overdue becomes
 * disconnected here, and news, as by any other rule; what was disconnected is news if pending. How
 * long it has been so the original does not say: retention counts from now.
 *
 * What is restored goes on where it was when it was exported: the time since did not pass for it.
 */
store_rule import_rule;
