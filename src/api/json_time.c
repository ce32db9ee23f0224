/* Times as they stand in entries. */
#include "api/json_time.h"

#include <string.h>
#include <time.h>

/* ---- Writing ---- */

#define DAY_S 86400
#define YEAR_0_S (-INT64_C(62167219200))   /* 0000-01-01T00:00:00Z */
#define YEAR_10000_S INT64_C(253402300800) /* 10000-01-01T00:00:00Z */
#define DAYS_FROM_MARCH_0 INT64_C(719468)  /* 0000-03-01 to 1970-01-01 */
#define DAYS_IN_4_YEARS (4 * 365 + 1)
#define DAYS_IN_CENTURY (25 * DAYS_IN_4_YEARS - 1)
#define DAYS_IN_400_YEARS (4 * DAYS_IN_CENTURY + 1)

struct date {
	unsigned year, month, day;
};

static unsigned at_most(unsigned value, unsigned limit)
{
	return value < limit ? value : limit;
}

/*
 * Years that begin in March have their odd day at the end, so that each cycle is whole but for its
 * last part, which the limits take care of. gmtime_r() would take a lock.
 */
static struct date date_of_day(int64_t day_of_1970)
{
	int64_t day = day_of_1970 + DAYS_FROM_MARCH_0 + DAYS_IN_400_YEARS;
	unsigned rest = (unsigned)(day % DAYS_IN_400_YEARS);
	int64_t year = (day / DAYS_IN_400_YEARS - 1) * 400;
	unsigned centuries = at_most(rest / DAYS_IN_CENTURY, 3);
	unsigned fours, ones, month;

	rest -= centuries * DAYS_IN_CENTURY;
	fours = rest / DAYS_IN_4_YEARS;
	rest -= fours * DAYS_IN_4_YEARS;
	ones = at_most(rest / 365, 3);
	rest -= ones * 365;
	year += centuries * 100 + fours * 4 + ones;

	/* From March on, months of 31, 30, 31, 30, 31 days repeat: 153 days each five. */
	month = (5 * rest + 2) / 153;
	rest -= (153 * month + 2) / 5;
	return (struct date){
		.year = (unsigned)(month < 10 ? year : year + 1),
		.month = month < 10 ? month + 3 : month - 9,
		.day = rest + 1,
	};
}

static char *put_digits(char *at, unsigned value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + digits;
}

void json_write_time(struct buffer *out, int64_t wall_s)
{
	char text[] = "\"YYYY-MM-DDTHH:MM:SSZ\"";
	int64_t from_year_0;
	unsigned second;
	struct date date;

	wall_s = wall_s < YEAR_0_S ? YEAR_0_S : wall_s;
	wall_s = wall_s < YEAR_10000_S ? wall_s : YEAR_10000_S - 1;
	from_year_0 = wall_s - YEAR_0_S;
	second = (unsigned)(from_year_0 % DAY_S);
	date = date_of_day((from_year_0 / DAY_S) + YEAR_0_S / DAY_S);

	put_digits(text + 1, date.year, 4);
	put_digits(text + 6, date.month, 2);
	put_digits(text + 9, date.day, 2);
	put_digits(text + 12, second / 3600, 2);
	put_digits(text + 15, second / 60 % 60, 2);
	put_digits(text + 18, second % 60, 2);
	buffer_append(out, text, sizeof(text) - 1);
}

/* ---- Reading ---- */

#define TIME_FORM "0000-00-00T00:00:00Z"

static bool has_form(struct slice text, const char *form)
{
	if (text.len != strlen(form))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool digit = text.data[i] >= '0' && text.data[i] <= '9';

		if (form[i] == '0' ? !digit : text.data[i] != form[i])
			return false;
	}
	return true;
}

static int number_at(const char *text, int digits)
{
	int number = 0;

	for (int i = 0; i < digits; i++)
		number = 10 * number + (text[i] - '0');
	return number;
}

bool json_read_time(struct slice text, int64_t *ret_wall_s)
{
	struct tm time, checked;
	time_t wall_s;

	if (!has_form(text, TIME_FORM))
		return false;
	time = (struct tm){
		.tm_year = number_at(text.data, 4) - 1900,
		.tm_mon = number_at(text.data + 5, 2) - 1,
		.tm_mday = number_at(text.data + 8, 2),
		.tm_hour = number_at(text.data + 11, 2),
		.tm_min = number_at(text.data + 14, 2),
		.tm_sec = number_at(text.data + 17, 2),
	};
	checked = time;
	wall_s = timegm(&checked);
	/* A day or an hour that does not exist becomes another one. */
	if (checked.tm_mon != time.tm_mon || checked.tm_mday != time.tm_mday ||
	    checked.tm_hour != time.tm_hour || checked.tm_min != time.tm_min ||
	    checked.tm_sec != time.tm_sec)
		return false;
	*ret_wall_s = wall_s;
	return true;
}
