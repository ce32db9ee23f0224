/* Compares settings, option by option. */
#include "config/reload.h"

#include <stdio.h>
#include <string.h>

#include "config/option_value.h"

static bool differs(const struct option *option, const struct settings *a, const struct settings *b)
{
	if (option_is_number(option))
		return option_value_number(option, a) != option_value_number(option, b);
	return strcmp(option_value_text(option, a), option_value_text(option, b)) != 0;
}

static void add_name(char *names, size_t size, const char *name)
{
	size_t len = strlen(names);

	if (len + strlen(name) + sizeof(", …") < size)
		snprintf(names + len, size - len, "%s%s", len > 0 ? ", " : "", name);
	else if (len + sizeof(", …") <= size)
		memcpy(names + len, ", …", sizeof(", …"));
}

/* Both a pointer and a number have 64 bits, or the pointer fewer. */
static void swap(const struct option *option, struct settings *a, struct settings *b)
{
	size_t size = option_is_number(option) ? sizeof(int64_t) : sizeof(char *);
	char kept[sizeof(int64_t)];

	memcpy(kept, (char *)a + option->offset, size);
	memcpy((char *)a + option->offset, (char *)b + option->offset, size);
	memcpy((char *)b + option->offset, kept, size);
}

void settings_take_over(struct settings *current, struct settings *fresh,
			struct settings_difference *ret_difference)
{
	*ret_difference = (struct settings_difference){0};
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];

		if (!differs(option, current, fresh))
			continue;
		if (option->reloadable) {
			swap(option, current, fresh);
			add_name(ret_difference->changed, sizeof(ret_difference->changed),
				 option->name);
		} else {
			add_name(ret_difference->kept, sizeof(ret_difference->kept), option->name);
		}
	}
}
