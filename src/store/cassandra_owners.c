/* Slots by a keyed hash of the id; a later one takes the place of an earlier one. */
#include "store/cassandra_owners.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

#define SLOTS 65536
/* Of id and owner together: all slots then take 64 MiB at most. */
#define KEPT_BYTES_MAX 1024

struct cass_owner_slot {
	struct cass_claim claim;
	uint16_t id_len;
	uint16_t owner_len;
	char *bytes; /* id, owner; NULL: empty */
};

_Static_assert(sizeof(((struct cass_owners *)0)->secret) == crypto_shorthash_KEYBYTES,
	       "the key of the hash");

int cass_owners_init(struct cass_owners *owners)
{
	owners->slots = calloc(SLOTS, sizeof(*owners->slots));
	if (!owners->slots)
		return -ENOMEM;
	randombytes_buf(owners->secret, sizeof(owners->secret));
	pthread_mutex_init(&owners->lock, NULL);
	return 0;
}

void cass_owners_deinit(struct cass_owners *owners)
{
	if (!owners->slots)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(owners->slots[i].bytes);
	free(owners->slots);
	pthread_mutex_destroy(&owners->lock);
}

static struct cass_owner_slot *slot_of(struct cass_owners *owners, struct slice id)
{
	uint64_t hash;
	unsigned char bytes[crypto_shorthash_BYTES];

	crypto_shorthash(bytes, (const unsigned char *)id.data, id.len, owners->secret);
	memcpy(&hash, bytes, sizeof(hash));
	return &owners->slots[hash % SLOTS];
}

static bool holds(const struct cass_owner_slot *slot, struct slice id)
{
	return slot->bytes && slice_equal((struct slice){slot->bytes, slot->id_len}, id);
}

bool cass_owners_find(struct cass_owners *owners, struct slice id, struct arena *arena,
		      struct slice *ret_owner, struct cass_claim *ret_claim)
{
	struct cass_owner_slot *slot = slot_of(owners, id);
	struct slice owner = SLICE_NONE;

	pthread_mutex_lock(&owners->lock);
	if (holds(slot, id)) {
		owner = arena_copy(arena,
				   (struct slice){slot->bytes + slot->id_len, slot->owner_len});
		*ret_claim = slot->claim;
	}
	pthread_mutex_unlock(&owners->lock);
	if (owner.data)
		*ret_owner = owner;
	return owner.data;
}

void cass_owners_keep(struct cass_owners *owners, struct slice id, struct slice owner,
		      const struct cass_claim *claim)
{
	struct cass_owner_slot *slot = slot_of(owners, id);
	char *bytes = id.len + owner.len <= KEPT_BYTES_MAX ? malloc(id.len + owner.len + 1) : NULL;

	if (!bytes)
		return;
	memcpy(bytes, id.data, id.len);
	if (owner.len > 0)
		memcpy(bytes + id.len, owner.data, owner.len);
	pthread_mutex_lock(&owners->lock);
	free(slot->bytes);
	*slot = (struct cass_owner_slot){*claim, (uint16_t)id.len, (uint16_t)owner.len, bytes};
	pthread_mutex_unlock(&owners->lock);
}

void cass_owners_drop(struct cass_owners *owners, struct slice id)
{
	struct cass_owner_slot *slot = slot_of(owners, id);

	pthread_mutex_lock(&owners->lock);
	if (holds(slot, id)) {
		free(slot->bytes);
		slot->bytes = NULL;
	}
	pthread_mutex_unlock(&owners->lock);
}
