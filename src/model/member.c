/* The members of each kind of entry, a row each. */
#include "model/member.h"

#define TEXT(name, member, required)                                                               \
	{                                                                                          \
		{name, sizeof(name) - 1}, MEMBER_TEXT, member, required                            \
	}
#define LIST(name, member, required)                                                               \
	{                                                                                          \
		{name, sizeof(name) - 1}, MEMBER_LIST, member, required                            \
	}
#define EXPIRES(name, required)                                                                    \
	{                                                                                          \
		{name, sizeof(name) - 1}, MEMBER_EXPIRES, 0, required                              \
	}

static const struct member hyperty_rows[] = {
	LIST("resources", LIST_RESOURCES, true),
	LIST("dataSchemes", LIST_DATA_SCHEMES, true),
	TEXT("descriptor", TEXT_DESCRIPTOR, true),
	TEXT("status", TEXT_STATUS, true),
	EXPIRES("expires", true),
	TEXT("guid", TEXT_GUID, false),
	TEXT("runtime", TEXT_RUNTIME, true),
	TEXT("p2pRequester", TEXT_P2P_REQUESTER, false),
	TEXT("p2pHandler", TEXT_P2P_HANDLER, false),
};

static const struct member data_object_rows[] = {
	TEXT("schema", TEXT_SCHEMA, true),
	TEXT("reporter", TEXT_REPORTER, true),
	TEXT("name", TEXT_NAME, true),
	TEXT("status", TEXT_STATUS, true),
	LIST("resources", LIST_RESOURCES, true),
	LIST("dataSchemes", LIST_DATA_SCHEMES, true),
	EXPIRES("expires", true),
	TEXT("runtime", TEXT_RUNTIME, true),
	TEXT("p2pRequester", TEXT_P2P_REQUESTER, false),
};

#define ROWS(rows)                                                                                 \
	{                                                                                          \
		rows, sizeof(rows) / sizeof((rows)[0])                                             \
	}

const struct member_table member_tables[ENTRY_KIND_COUNT] = {
	[ENTRY_HYPERTY] = ROWS(hyperty_rows),
	[ENTRY_DATA_OBJECT] = ROWS(data_object_rows),
};
