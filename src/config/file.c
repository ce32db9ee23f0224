/* Parses the configuration file, a line at a time. */
#include "config/file.h"

#include <errno.h>

#include <unistr.h>

#include "config/option_value.h"

#define BOM "\xef\xbb\xbf"

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct slice trim(struct slice text)
{
	while (text.len && is_space(text.data[0]))
		text = (struct slice){text.data + 1, text.len - 1};
	while (text.len && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

static struct slice without_comment(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] == '#' && (i == 0 || is_space(line.data[i - 1])))
			return (struct slice){line.data, i};
	}
	return line;
}

/* Takes the first line off the text. */
static struct slice next_line(struct slice *text)
{
	const char *end = memchr(text->data, '\n', text->len);
	struct slice line = {text->data, end ? (size_t)(end - text->data) : text->len};
	size_t taken = line.len + (end != NULL);

	*text = (struct slice){text->data + taken, text->len - taken};
	return line;
}

static int check_bytes(struct slice line, char *ret_reason, size_t reason_size)
{
	if (line.len > CONFIG_LINE_MAX)
		return reason_set(ret_reason, reason_size, "the line is longer than %d bytes",
				  CONFIG_LINE_MAX);
	if (memchr(line.data, '\0', line.len))
		return reason_set(ret_reason, reason_size, "the line has a NUL byte");
	if (u8_check((const uint8_t *)line.data, line.len))
		return reason_set(ret_reason, reason_size, "the line is not UTF-8");
	return 0;
}

/* NULL, with a reason, if nothing by that name may be set here. */
static const struct option *find_option(struct slice name, const struct config_file *file,
					char *ret_reason, size_t reason_size)
{
	const struct option *option = option_find(name);

	if (!option)
		reason_set(ret_reason, reason_size, "unknown option %s", quote(name).text);
	else if (option->not_in_file)
		reason_set(ret_reason, reason_size, "%s cannot be set in a file", option->name);
	else if (file->lines[option - options])
		reason_set(ret_reason, reason_size, "%s is set already, in line %u", option->name,
			   file->lines[option - options]);
	else
		return option;
	return NULL;
}

static int parse_setting(struct slice setting, unsigned number, struct config_file *file,
			 char *ret_reason, size_t reason_size)
{
	const char *equals = memchr(setting.data, '=', setting.len);
	const struct option *option;
	struct option_value ignored;
	char what[REASON_SIZE];
	struct slice name;
	struct slice value;
	int r;

	if (!equals)
		return reason_set(ret_reason, reason_size, "%s is not: name = value",
				  quote(setting).text);
	name = trim((struct slice){setting.data, (size_t)(equals - setting.data)});
	if (name.len == 0)
		return reason_set(ret_reason, reason_size, "no name before \"=\"");
	option = find_option(name, file, ret_reason, reason_size);
	if (!option)
		return -EINVAL;

	value = trim((struct slice){equals + 1, setting.len - (size_t)(equals + 1 - setting.data)});
	r = option_value_read(option, NULL, value, &ignored, what, sizeof(what));
	if (r < 0)
		return reason_set(ret_reason, reason_size, "%s: %s", option->name, what);
	file->values[option - options] = value;
	file->lines[option - options] = number;
	return 0;
}

static int parse_line(struct slice line, unsigned number, struct config_file *file,
		      char *ret_reason, size_t reason_size)
{
	int r = check_bytes(line, ret_reason, reason_size);

	if (r < 0)
		return r;
	line = trim(without_comment(line));
	return line.len ? parse_setting(line, number, file, ret_reason, reason_size) : 0;
}

int config_file_parse(const char *path, struct slice text, struct config_file *ret_file,
		      char *ret_reason, size_t reason_size)
{
	struct config_file file = {0};
	char what[REASON_SIZE];

	if (text.len >= strlen(BOM) && memcmp(text.data, BOM, strlen(BOM)) == 0)
		text = (struct slice){text.data + strlen(BOM), text.len - strlen(BOM)};
	for (unsigned number = 1; text.len; number++) {
		int r = parse_line(next_line(&text), number, &file, what, sizeof(what));

		if (r < 0)
			return reason_set(ret_reason, reason_size, "%s:%u: %s", path, number, what);
	}

	*ret_file = file;
	return 0;
}
