/* The tables of the overview: entries, or their users, live and disconnected apart. */
#include "api/html_writer.h"
#include "api/overview.h"

/* Longer texts are cut in lists; what was searched for is shown as far as it is known. */
#define SHOWN_MAX 96

/* ---- Cells ---- */

static void write_span(struct buffer *out, int64_t seconds)
{
	static const struct {
		int64_t unit_s;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;

	/* Two of a unit at least, so that not much is lost. */
	while (units[i].unit_s > 1 && seconds < 2 * units[i].unit_s)
		i++;
	html_write(out, "%u %s", (uint64_t)(seconds / units[i].unit_s), units[i].name);
}

static struct slice shown_part(struct slice text, size_t max)
{
	if (text.len <= max)
		return text;
	text.len = max;
	while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80)
		text.len--;
	return text;
}

static void write_text(struct buffer *out, struct slice text, bool is_cut, size_t max)
{
	struct slice part = shown_part(text, max);

	html_write(out, "<bdi>%t</bdi>%s", part, is_cut || part.len < text.len ? "…" : "");
}

/* A text that leads to all that has it. One that is empty, or was cut, leads nowhere. */
static void write_link(struct buffer *out, enum overview_search by, struct slice text, bool is_cut,
		       size_t max)
{
	bool leads = text.len > 0 && !is_cut;

	if (!text.data) {
		html_write(out, "–");
		return;
	}
	if (leads)
		html_write(out, "<a href=\"/overview?by=%s&amp;q=%q\">", overview_searches[by].name,
			   text);
	if (text.len > 0)
		write_text(out, text, is_cut, max);
	else
		html_write(out, "(empty)");
	html_write(out, "%s", leads ? "</a>" : "");
}

static void write_times(struct buffer *out, int64_t modified_wall_s, int64_t seen_s)
{
	html_write(out, "<td><time datetime=\"%d\">%d</time> (", modified_wall_s, modified_wall_s);
	write_span(out, seen_s);
	html_write(out, " ago)</td>");
}

/* ---- Frames ---- */

#define COLUMNS_MAX 6

/* What stands above each column; up to NULL. */
struct heading {
	const char *columns[COLUMNS_MAX + 1];
};

static void open_table(struct buffer *out, const char *title, uint64_t count, const char *class,
		       const struct heading *heading)
{
	html_write(out,
		   "<h3 id=\"%s\" class=\"%s\">%s: %u on this page</h3>\n"
		   "<div class=\"wide\"><table aria-labelledby=\"%s\"><thead><tr>",
		   class, class, title, count, class);
	for (const char *const *column = heading->columns; *column; column++)
		html_write(out, "<th scope=\"col\">%s</th>", *column);
	html_write(out, "</tr></thead>\n<tbody>\n");
}

static void close_table(struct buffer *out)
{
	html_write(out, "</tbody></table></div>\n");
}

/* ---- Entries ---- */

static const struct {
	enum overview_search id, owner, label;
} links[ENTRY_KIND_COUNT] = {
	[ENTRY_HYPERTY] = {OVERVIEW_BY_HYPERTY, OVERVIEW_BY_USER, OVERVIEW_BY_GUID},
	[ENTRY_DATA_OBJECT] = {OVERVIEW_BY_URL, OVERVIEW_BY_REPORTER, OVERVIEW_BY_NAME},
};

static const struct heading headings[OVERVIEW_LIST_COUNT] = {
	[OVERVIEW_HYPERTIES] = {{"Hyperty", "User", "GUID", "Status", "Last seen", "Lifetime left",
				 NULL}},
	[OVERVIEW_OBJECTS] = {{"Data object", "Reporter", "Name", "Status", "Last seen",
			       "Lifetime left", NULL}},
	[OVERVIEW_USERS] = {{"User", "Live", "Disconnected", "Last seen", NULL}},
	[OVERVIEW_UPDATES] = {{"Entry", "User or reporter", "GUID or name", "Status", "Last seen",
			       "Lifetime left", NULL}},
};

/* What a search finds may be of both kinds, as the pending updates are. */
static const struct heading *heading_of(const struct overview_query *query)
{
	return &headings[query->text.data ? OVERVIEW_UPDATES : query->list];
}

static void write_row(struct buffer *out, const struct overview_row *row, size_t max)
{
	const struct slice *texts = row->texts;
	const bool *cut = row->cut;

	html_write(out, "<tr><th scope=\"row\">");
	write_link(out, links[row->kind].id, texts[OVERVIEW_ID], cut[OVERVIEW_ID], max);
	html_write(out, "</th><td>");
	write_link(out, links[row->kind].owner, texts[OVERVIEW_OWNER], cut[OVERVIEW_OWNER], max);
	html_write(out, "</td><td>");
	write_link(out, links[row->kind].label, texts[OVERVIEW_LABEL], cut[OVERVIEW_LABEL], max);
	html_write(out, "</td><td>");
	write_text(out, texts[OVERVIEW_STATUS], cut[OVERVIEW_STATUS], max);
	html_write(out, "</td>");
	write_times(out, row->modified_wall_s, row->seen_s);
	html_write(out, "<td>");
	if (row->available)
		write_span(out, row->left_s);
	else
		html_write(out, "–");
	html_write(out, "</td></tr>\n");
}

static uint64_t count_rows(struct slice rows, bool available)
{
	struct overview_row row;
	uint64_t count = 0;

	while (overview_row_next(&rows, &row))
		count += row.available == available;
	return count;
}

static void write_entries(struct buffer *out, const struct overview_page *page, bool available)
{
	size_t max = page->query->text.data ? OVERVIEW_TEXT_MAX : SHOWN_MAX;
	uint64_t count = count_rows(page->rows, available);
	struct slice rows = page->rows;
	struct overview_row row;

	if (count == 0)
		return;
	open_table(out, available ? "Live" : "Disconnected", count, available ? "live" : "away",
		   heading_of(page->query));
	while (overview_row_next(&rows, &row)) {
		if (row.available == available)
			write_row(out, &row, max);
	}
	close_table(out);
}

/* ---- Users: those of a page's hyperties ---- */

struct user {
	struct overview_row latest; /* of its rows */
	uint64_t count[2];          /* disconnected, live */
};

static bool same_user(const struct overview_row *a, const struct overview_row *b)
{
	return slice_equal(a->texts[OVERVIEW_OWNER], b->texts[OVERVIEW_OWNER]);
}

static bool is_before(struct slice rows, struct slice end, const struct overview_row *wanted)
{
	struct overview_row row;

	while (rows.data < end.data && overview_row_next(&rows, &row)) {
		if (same_user(&row, wanted))
			return true;
	}
	return false;
}

/* Of the rows from here on. */
static struct user user_of(struct slice rows, const struct overview_row *first)
{
	struct user user = {.latest = *first};
	struct overview_row row;

	while (overview_row_next(&rows, &row)) {
		if (!same_user(&row, first))
			continue;
		user.count[row.available]++;
		if (row.seen_s < user.latest.seen_s)
			user.latest = row;
	}
	return user;
}

static void write_user(struct buffer *out, const struct user *user)
{
	html_write(out, "<tr><th scope=\"row\">");
	write_link(out, OVERVIEW_BY_USER, user->latest.texts[OVERVIEW_OWNER],
		   user->latest.cut[OVERVIEW_OWNER], SHOWN_MAX);
	html_write(out, "</th><td>%u</td><td>%u</td>", user->count[true], user->count[false]);
	write_times(out, user->latest.modified_wall_s, user->latest.seen_s);
	html_write(out, "</tr>\n");
}

/* Each user of the page at its first row. */
static uint64_t each_user(struct buffer *out, const struct overview_page *page, bool writes)
{
	struct slice here = page->rows;
	struct slice rest = here;
	struct overview_row row;
	uint64_t count = 0;

	for (; overview_row_next(&rest, &row); here = rest) {
		struct user user;

		if (is_before(page->rows, here, &row))
			continue;
		count++;
		user = user_of(here, &row);
		if (writes)
			write_user(out, &user);
	}
	return count;
}

static void write_users(struct buffer *out, const struct overview_page *page)
{
	open_table(out, "Users of the hyperties looked at", each_user(out, page, false), "users",
		   heading_of(page->query));
	each_user(out, page, true);
	close_table(out);
}

void overview_tables_write(struct buffer *out, const struct overview_page *page)
{
	if (page->rows.len == 0)
		return;
	if (page->query->list == OVERVIEW_USERS && !page->query->text.data) {
		write_users(out, page);
		return;
	}
	write_entries(out, page, true);
	write_entries(out, page, false);
}
