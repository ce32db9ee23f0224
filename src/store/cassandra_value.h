/* Values in the encoding of the native protocol (version 4, §6), made in an arena and read back. */
#pragma once

#include "base/arena.h"
#include "cql/cql.h"

#define CASS_CLAIM_BYTES 16
struct cass_claim {
	unsigned char bytes[CASS_CLAIM_BYTES]; /* all 0: none */
};

/* ---- Making. Out of memory gives a value that cass_failed() knows; whoever sends it looks. ----
 */

#define CASS_UNSET ((struct cql_value){.unset = true})
#define CASS_NULL ((struct cql_value){.unset = false})
bool cass_failed(const struct cql_value *value);

struct cql_value cass_bigint(struct arena *arena, int64_t value);
struct cql_value cass_int(struct arena *arena, int32_t value);
struct cql_value cass_bool(bool value);                     /* static */
struct cql_value cass_text(struct slice text);              /* borrowed; absent: null */
struct cql_value cass_uuid(const struct cass_claim *claim); /* borrowed */
struct cql_value cass_uuid_copy(struct arena *arena, const struct cass_claim *claim);

/* Lists and tuples: fields behind their lengths; a list begins with their number. */
struct cass_packer {
	char *start; /* NULL: out of memory */
	char *next;
};
static inline size_t cass_field_bytes(size_t len)
{
	return sizeof(int32_t) + len;
}
/* Room for exactly so many bytes. False when out of memory. */
bool cass_packer_init(struct cass_packer *packer, struct arena *arena, size_t bytes);
void cass_pack_count(struct cass_packer *packer, uint32_t count);
void cass_pack_field(struct cass_packer *packer, struct slice field);
void cass_pack_bigint_field(struct cass_packer *packer, int64_t value);
struct cql_value cass_packed(const struct cass_packer *packer);

/* ---- Reading. Null, or another length than the type has: 0. ---- */

int64_t cass_bigint_of(struct cql_value value);
int32_t cass_int_of(struct cql_value value);
bool cass_bool_of(struct cql_value value);
struct slice cass_text_of(struct cql_value value); /* null: absent */
struct cass_claim cass_claim_of(struct cql_value value);

/* False if it is none. */
bool cass_list_begin(struct cql_value value, struct slice *ret_rest, uint32_t *ret_count);
/* The next field of a list or tuple; a null one is absent. False at the end, or if cut short. */
bool cass_take_field(struct slice *rest, struct slice *ret_field);

/* ---- Claims ---- */

bool cass_claim_same(const struct cass_claim *a, const struct cass_claim *b);
struct cass_claim cass_claim_new(void); /* random */

/* The key under which a text stands in a table of its own: itself, or a hash if it is long. Keys
 * may not be empty, so what begins with nothing or a NUL gets a NUL in front. data is NULL when out
 * of memory. */
struct slice cass_index_key(struct arena *arena, struct slice text);
