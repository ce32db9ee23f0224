/* Writes the table of options in words. Whatever the words are, they come from the table. */
#include "config/describe.h"

#include <stdarg.h>
#include <string.h>

#include "config/arguments.h"
#include "config/option_value.h"

#define WIDTH 79
#define HELP_COLUMN 30
#define TEXT_SIZE 640

/* ---- Pieces ---- */

/* Fills lines up to WIDTH from the column where the cursor is; prefix starts each further line. */
static void write_filled(FILE *out, size_t column, const char *prefix, const char *text)
{
	bool fresh = true;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (!fresh && column + 1 + len > WIDTH) {
			fprintf(out, "\n%s", prefix);
			column = strlen(prefix);
			fresh = true;
		}
		column += (size_t)fprintf(out, "%s%.*s", fresh ? "" : " ", (int)len, text);
		fresh = false;
		text += len;
	}
	fputc('\n', out);
}

/* A text that grows in fixed room; cut if it is too long. */
struct text {
	char data[TEXT_SIZE];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text->data + text->len, sizeof(text->data) - text->len, format, arguments);
	va_end(arguments);
	text->len += (size_t)len;
	if (text->len >= sizeof(text->data))
		text->len = sizeof(text->data) - 1;
}

/* The default, as words or as it would be written. */
static const char *default_words(const struct option *option)
{
	return option->fallback_words ? option->fallback_words : option->fallback;
}

static void add_range(struct text *text, const struct option *option)
{
	if (option_is_number(option))
		add(text, " From %s to %s.", option_value_words(option, option->min).text,
		    option_value_words(option, option->max).text);
}

static void add_facts(struct text *text, const struct option *option)
{
	add_range(text, option);
	add(text, " Default: %s.", default_words(option));
	if (option->reloadable)
		add(text, " Can be reloaded.");
}

/* ---- Help ---- */

static void help_row(FILE *out, const char *left, const char *text)
{
	char prefix[HELP_COLUMN + 1];
	int len = fprintf(out, "  %s", left);

	snprintf(prefix, sizeof(prefix), "%*s", HELP_COLUMN, "");
	if (len + 2 > HELP_COLUMN) {
		fputc('\n', out);
		len = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - len, "");
	write_filled(out, HELP_COLUMN, prefix, text);
}

static void help_option(FILE *out, const struct option *option)
{
	struct text left = {0};
	struct text text = {0};

	add(&left, "%s %s", argument_name(option).text, option->value_name);
	add(&text, "%s", option->sentence);
	add_facts(&text, option);
	help_row(out, left.data, text.data);
}

void describe_help(FILE *out)
{
	fputs("Usage: registryd [--OPTION VALUE]...\n"
	      "Serves a domain registry: which hyperties and data objects are where.\n\n",
	      out);
	for (size_t i = 0; i < option_count; i++)
		help_option(out, &options[i]);
	fputc('\n', out);
	for (size_t i = 0; i < argument_action_count; i++) {
		struct text left = {0};

		if (argument_actions[i].brief)
			add(&left, "%s, ", argument_actions[i].brief);
		add(&left, "--%s", argument_actions[i].name);
		help_row(out, left.data, argument_actions[i].sentence);
	}
	fputs("\nEach option can also be a line \"name = value\" of the configuration file, or a\n"
	      "variable REGISTRYD_NAME of the environment. Arguments win over the environment,\n"
	      "the environment over the file. See registryd(8) and registryd.conf(5).\n",
	      out);
}

/* ---- The settings in force ---- */

static void write_setting(FILE *out, const struct option *option, const struct settings *settings)
{
	struct quoted number;
	const char *value;

	if (option_is_number(option)) {
		number = option_value_words(option, option_value_number(option, settings));
		value = number.text;
	} else {
		value = option_value_text(option, settings);
	}
	fprintf(out, "%s%s =%s%s\n", option->not_in_file ? "# " : "", option->name,
		value[0] ? " " : "", value);
}

/* A text may be empty only where that is what it takes. */
static bool is_unset(const struct option *option, const struct settings *settings)
{
	return !option_is_number(option) && option->min > 0 &&
	       option_value_text(option, settings)[0] == '\0';
}

void describe_settings(const struct settings *settings, FILE *out)
{
	for (size_t i = 0; i < option_count; i++) {
		if (is_unset(&options[i], settings))
			fprintf(out, "# %s: none\n", options[i].name);
		else
			write_setting(out, &options[i], settings);
	}
}

/* ---- The sample file ---- */

static void sample_option(FILE *out, const struct option *option)
{
	struct text text = {0};

	add(&text, "%s", option->sentence);
	add_facts(&text, option);
	fputs("\n# ", out);
	write_filled(out, 2, "# ", text.data);
	fprintf(out, "#%s = %s\n", option->name,
		option->example ? option->example : option->fallback);
}

void describe_sample(FILE *out)
{
	fputs("# Settings of registryd(8); registryd.conf(5) has more about each.\n"
	      "# What is commented out shows the default, or an example where that is nothing.\n"
	      "# \"registryd --check-config\" says what is wrong, or the settings in force.\n",
	      out);
	for (size_t i = 0; i < option_count; i++) {
		if (!options[i].not_in_file)
			sample_option(out, &options[i]);
	}
}

/* ---- The manual page ---- */

/* Adds one sentence, so that no word of it can be taken for a request. Returns what is behind it.
 */
static const char *add_man_sentence(struct text *text, const char *from)
{
	bool word_starts = true;

	for (; *from; from++) {
		if (word_starts && (*from == '.' || *from == '\''))
			add(text, "\\&");
		if (*from == '\\')
			add(text, "\\e");
		else
			add(text, "%c", *from);
		word_starts = *from == ' ';
		if (*from == '.' && (from[1] == ' ' || from[1] == '\0'))
			return from + 1 + (from[1] == ' ');
	}
	return from;
}

/* Each sentence starts on a line of its own, as mdoc wants it. */
static void man_sentences(FILE *out, const char *sentences)
{
	while (*sentences) {
		struct text text = {0};

		sentences = add_man_sentence(&text, sentences);
		write_filled(out, 0, "", text.data);
	}
}

static void man_alias(FILE *out, const struct option_alias *alias)
{
	fprintf(out, "Also set by\n.Ev %s", alias->variable);
	if (!alias->words)
		fputs(" .\n", out);
	for (const struct option_word *word = alias->words; word && word->written; word++)
		fprintf(out, "%s\n.Ql %s\nfor\n.Cm %s", word == alias->words ? " :" : " ,",
			word->written, word->meaning);
	if (alias->words)
		fputs(" .\n", out);
}

static void man_option(FILE *out, const struct option *option)
{
	struct text text = {0};

	fprintf(out, ".It Cm %s No = Ar %s\n", option->name, option->value_name);
	add(&text, "%s", option->sentence);
	add_facts(&text, option);
	man_sentences(out, text.data);
	for (const struct option_alias *alias = option->aliases; alias && alias->variable; alias++)
		man_alias(out, alias);
}

void describe_man(FILE *out)
{
	for (size_t i = 0; i < option_count; i++) {
		if (!options[i].not_in_file)
			man_option(out, &options[i]);
	}
}
