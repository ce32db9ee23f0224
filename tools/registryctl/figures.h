/* Looks things up in what /metrics says. */
#pragma once

/* The value of a series, "registryd_ready" or "name{label=\"value\"}", as it stands there, and its
 * length; NULL if there is none. */
const char *figures_find(const char *metrics, const char *series, int *ret_len);
/* The same as a number; 0 if there is none. */
double figures_get(const char *metrics, const char *series);

/*
 * The value below which that part (0 to 1) of what a histogram has seen between two looks lies, at
 * most as fine as its bounds are; a negative number if it has seen nothing. name is without
 * _bucket, label as "class=\"read\"".
 */
double figures_quantile(const char *before, const char *after, const char *name, const char *label,
			double part);
