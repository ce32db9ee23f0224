/* Settings that change while the server runs. */
#pragma once

#include "config/settings.h"

/* Names of options, with ", " between them; cut with "…" if there are very many. */
struct settings_difference {
	char changed[512]; /* taken over */
	char kept[512];    /* as they were: they need a restart */
};

/* Takes over from fresh what can be changed while the server runs; fresh gets what was there. */
void settings_take_over(struct settings *current, struct settings *fresh,
			struct settings_difference *ret_difference);
