/* A page of the overview, from its head to its way on. Made for the keyboard as for the eye: each
 * field has its label, each table its headings, and a first link leads past the head. */
#include "api/html_writer.h"
#include "api/overview.h"

static const char *title_of(const struct overview_query *query)
{
	return query->text.data ? "Search" : overview_lists[query->list].label;
}

/* ---- The head ---- */

static void write_start(struct buffer *out, const struct overview_page *page)
{
	html_write(out,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width\">\n"
		   "<title>%s – registry</title>\n<style>%s</style>\n</head>\n<body>\n"
		   "<a class=\"skip\" href=\"#list\">Skip to the list</a>\n",
		   title_of(page->query), overview_style);
}

static void write_summary(struct buffer *out, const struct overview_page *page)
{
	html_write(out,
		   "<header>\n<h1>Registry</h1>\n<p>Store: %t. As of <time>%d</time>. "
		   "Lifetime left and last seen are as of then.</p>\n",
		   slice_of(page->store_type), page->now.wall_s);
	if (page->health.reason[0])
		html_write(out, "<p class=\"away\" role=\"status\">The store: %t</p>\n",
			   slice_of(page->health.reason));
}

static void write_tab(struct buffer *out, const struct overview_page *page, enum overview_list list,
		      const uint64_t *count)
{
	bool is_current = !page->query->text.data && page->query->list == list;

	html_write(out, "<li><a href=\"/overview?list=%s\"%s>%s", overview_lists[list].name,
		   is_current ? " aria-current=\"page\"" : "", overview_lists[list].label);
	if (count)
		html_write(out, " (%u)", *count);
	html_write(out, "</a></li>\n");
}

static void write_tabs(struct buffer *out, const struct overview_page *page)
{
	html_write(out, "<nav aria-label=\"Lists\"><ul>\n");
	write_tab(out, page, OVERVIEW_HYPERTIES, &page->count.entries[ENTRY_HYPERTY]);
	write_tab(out, page, OVERVIEW_OBJECTS, &page->count.entries[ENTRY_DATA_OBJECT]);
	write_tab(out, page, OVERVIEW_USERS, NULL);
	write_tab(out, page, OVERVIEW_UPDATES, &page->count.pending_updates);
	html_write(out, "</ul></nav>\n");
}

static void write_options(struct buffer *out, const struct overview_word *words, int count,
			  int chosen)
{
	for (int i = 0; i < count; i++)
		html_write(out, "<option value=\"%s\"%s>%s</option>", words[i].name,
			   i == chosen ? " selected" : "", words[i].label);
}

static void write_search(struct buffer *out, const struct overview_query *query)
{
	html_write(out, "<form role=\"search\" action=\"/overview\">\n"
			"<label for=\"by\">Find by</label> <select id=\"by\" name=\"by\">");
	write_options(out, overview_searches, OVERVIEW_SEARCH_COUNT, query->by);
	html_write(out,
		   "</select>\n<label for=\"q\">which is exactly</label> "
		   "<input id=\"q\" name=\"q\" type=\"search\" accesskey=\"s\" required "
		   "value=\"%t\"> <button>Find</button>\n</form>\n</header>\n",
		   query->text);
}

/* ---- The list ---- */

static void write_filter(struct buffer *out, const struct overview_query *query)
{
	html_write(out,
		   "<form action=\"/overview\">\n<input type=\"hidden\" name=\"list\" value=\"%s\">"
		   "<label for=\"state\">Show</label> <select id=\"state\" name=\"state\">",
		   overview_lists[query->list].name);
	write_options(out, overview_states, OVERVIEW_STATE_COUNT, query->state);
	html_write(out,
		   "</select>\n<label for=\"contains\">with this in a column</label> "
		   "<input id=\"contains\" name=\"contains\" value=\"%t\"> "
		   "<button>Show</button>\n</form>\n",
		   query->contains);
}

static const char *note_of(const struct overview_page *page)
{
	if (page->is_cut)
		return "There are more, which are not shown here.";
	if (page->rows.len > 0)
		return NULL;
	if (page->next.data)
		return "None among those looked at. The next page goes on.";
	return page->query->from.data ? "No more." : "None.";
}

static void write_note(struct buffer *out, const struct overview_page *page)
{
	const char *note = note_of(page);

	if (note)
		html_write(out, "<p class=\"note\" role=\"status\">%s</p>\n", note);
}

static void write_query(struct buffer *out, const struct overview_query *query)
{
	html_write(out, "/overview?list=%s&amp;state=%s", overview_lists[query->list].name,
		   overview_states[query->state].name);
	if (query->contains.data)
		html_write(out, "&amp;contains=%q", query->contains);
}

static void write_ways_on(struct buffer *out, const struct overview_page *page)
{
	if (!page->next.data && !page->query->from.data)
		return;
	html_write(out, "<nav aria-label=\"Pages\"><ul>\n");
	if (page->query->from.data) {
		html_write(out, "<li><a rel=\"first\" href=\"");
		write_query(out, page->query);
		html_write(out, "\">First page</a></li>\n");
	}
	if (page->next.data) {
		html_write(out, "<li><a rel=\"next\" accesskey=\"n\" href=\"");
		write_query(out, page->query);
		html_write(out, "&amp;from=%x\">Next page</a></li>\n", page->next);
	}
	html_write(out, "</ul></nav>\n");
}

void overview_page_write(struct buffer *out, const struct overview_page *page)
{
	const struct overview_query *query = page->query;

	write_start(out, page);
	write_summary(out, page);
	write_tabs(out, page);
	write_search(out, query);
	html_write(out, "<main id=\"list\" tabindex=\"-1\">\n<h2>%s</h2>\n", title_of(query));
	if (!query->text.data && query->list != OVERVIEW_UPDATES)
		write_filter(out, query);
	write_note(out, page);
	overview_tables_write(out, page);
	write_ways_on(out, page);
	html_write(out, "</main>\n</body>\n</html>\n");
}
