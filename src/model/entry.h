/* The nouns of the registry: an entry is a hyperty or a data object. Plain data that owns nothing.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum entry_kind {
	ENTRY_HYPERTY,
	ENTRY_DATA_OBJECT,
	ENTRY_KIND_COUNT,
};

/* A hyperty id or a data object's url: opaque bytes, compared byte for byte (spec 1). */
struct entry_key {
	enum entry_kind kind;
	struct slice id;
};

enum text_member {
	TEXT_DESCRIPTOR,
	TEXT_SCHEMA,
	TEXT_NAME,
	TEXT_REPORTER,
	TEXT_STATUS,
	TEXT_RUNTIME,
	TEXT_GUID,
	TEXT_P2P_REQUESTER,
	TEXT_P2P_HANDLER,
	TEXT_COUNT,
};

enum list_member {
	LIST_RESOURCES,
	LIST_DATA_SCHEMES,
	LIST_COUNT,
};

/* Strings one after another, each behind its length (see text_list.h); absent if packed.data is
 * NULL. */
struct text_list {
	struct slice packed;
	uint32_t count;
};

#define EXPIRES_ABSENT (-1)

/* What a client may set (spec 4.1, 4.2). In a request, absent members are those the body lacks. */
struct fields {
	struct slice text[TEXT_COUNT];
	struct text_list list[LIST_COUNT];
	int64_t expires_s; /* lifetime without a sign of life; EXPIRES_ABSENT if absent */
};

#define GUIDS_MAX 8

struct entry {
	struct entry_key key;
	struct slice owner; /* user id; absent on a data object */
	struct fields fields;
	int64_t starting_wall_s; /* first registration; only shown */
	int64_t modified_wall_s; /* last sign of life; only shown */
	int64_t sign_s;          /* last sign of life, lifetime time */
	int64_t away_s;          /* when it became disconnected, lifetime time; 0 unless it is */
	/* When the sweep shall look at it, lifetime time; 0: never. In what a store shows it is
	 * where its time index has the entry, which may be earlier than a later sign of life asks
	 * for. */
	int64_t due_s;
	/* Every GUID it carried, the latest last, at most so many, the oldest forgotten (spec 6.8).
	 */
	struct slice guids[GUIDS_MAX];
	uint32_t guid_count;
	/* Among the pending updates. Only the memory store says so: whoever wants to know of others
	 * asks store_peek_updates(). */
	bool pending;
};

/* The one status with a meaning of its own (spec 5.1). */
#define STATUS_DISCONNECTED SLICE("disconnected")
#define STATUS_LIVE SLICE("live")

bool entry_is_disconnected(const struct entry *entry);

/*
 * The e-mail of a user: the last non-empty component of its id split at '/' (spec 6.9).
 * Absent if there is none. Points into user.
 */
struct slice user_email(struct slice user);
