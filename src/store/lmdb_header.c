/* Looks at an LMDB file before LMDB maps it. */
#include "store/lmdb_header.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0xBEEFC0DEu
#define DATA_VERSION 1
#define META_FLAG 0x08
#define NO_PAGE UINT64_MAX
#define FREE_DB 0
#define MAIN_DB 1

struct page_header {
	uint64_t number;
	uint16_t pad;
	uint16_t flags;
	uint32_t bounds;
};

struct tree {
	uint32_t pad; /* page size, in the first of the two */
	uint16_t flags;
	uint16_t depth;
	uint64_t branch_pages;
	uint64_t leaf_pages;
	uint64_t overflow_pages;
	uint64_t entries;
	uint64_t root;
};

struct meta_page {
	struct page_header header;
	uint32_t magic;
	uint32_t version;
	uint64_t address;
	uint64_t map_size;
	struct tree trees[2];
	uint64_t last_page;
	uint64_t transaction;
};

static bool is_page_size(uint64_t size)
{
	return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

static bool root_is_sound(const struct tree *tree, uint64_t last_page)
{
	return tree->root == NO_PAGE || (tree->root >= 2 && tree->root <= last_page);
}

/* What must hold for both pages. NULL, or what is wrong. */
static const char *form_fault(const struct meta_page *meta)
{
	if (!(meta->header.flags & META_FLAG) || meta->magic != MAGIC)
		return "it is not a registry database, or its header is damaged";
	if (meta->version != DATA_VERSION)
		return "its header is damaged, or of another version of LMDB";
	if (!is_page_size(meta->trees[FREE_DB].pad) || meta->last_page < 1 ||
	    meta->last_page > UINT64_MAX / 65536 - 1)
		return "its header is damaged";
	return NULL;
}

/* What must hold for the one in force. The other may be left over from a write that failed. */
static const char *root_fault(const struct meta_page *meta)
{
	if (!root_is_sound(&meta->trees[FREE_DB], meta->last_page) ||
	    !root_is_sound(&meta->trees[MAIN_DB], meta->last_page))
		return "its header is damaged";
	return NULL;
}

static int say_fault(const char *path, const char *fault, char *ret_reason, size_t reason_size)
{
	if (!fault)
		return 0;
	snprintf(ret_reason, reason_size, "%s: %s", path, fault);
	return -EINVAL;
}

static int say_truncated(const char *path, uint64_t size, uint64_t needed, char *ret_reason,
			 size_t reason_size)
{
	snprintf(ret_reason, reason_size,
		 "%s: it is truncated: %" PRIu64 " bytes of at least %" PRIu64, path, size, needed);
	return -EINVAL;
}

static int read_meta(int fd, const char *path, uint64_t size, uint64_t offset,
		     struct meta_page *ret_meta, char *ret_reason, size_t reason_size)
{
	ssize_t got = pread(fd, ret_meta, sizeof(*ret_meta), (off_t)offset);
	uint64_t needed;
	int r;

	if (got < 0) {
		int error = errno;

		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(error));
		return -error;
	}
	if ((size_t)got < sizeof(*ret_meta))
		return say_truncated(path, size, offset + sizeof(*ret_meta), ret_reason,
				     reason_size);
	r = say_fault(path, form_fault(ret_meta), ret_reason, reason_size);
	if (r < 0)
		return r;
	needed = (ret_meta->last_page + 1) * ret_meta->trees[FREE_DB].pad;
	return size < needed ? say_truncated(path, size, needed, ret_reason, reason_size) : 0;
}

static int check_file(int fd, const char *path, char *ret_reason, size_t reason_size)
{
	struct meta_page metas[2];
	const struct meta_page *current;
	struct stat status;
	uint64_t size;
	int r;

	if (fstat(fd, &status) < 0) {
		int error = errno;

		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(error));
		return -error;
	}
	size = (uint64_t)status.st_size;
	r = read_meta(fd, path, size, 0, &metas[0], ret_reason, reason_size);
	if (r == 0)
		r = read_meta(fd, path, size, metas[0].trees[FREE_DB].pad, &metas[1], ret_reason,
			      reason_size);
	if (r < 0)
		return r;
	current = &metas[metas[0].transaction < metas[1].transaction];
	return say_fault(path, root_fault(current), ret_reason, reason_size);
}

int lmdb_header_check(const char *path, char *ret_reason, size_t reason_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0) {
		int error = errno;

		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(error));
		return -error;
	}
	r = check_file(fd, path, ret_reason, reason_size);
	close(fd);
	return r;
}
