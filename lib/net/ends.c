#include "net/ends.h"

static bool is_open(enum skt_way way)
{
	return way == SKT_WAY_OPEN;
}

/* To a program that has heard enough nothing is lost. */
static bool is_lost(const struct skt_ends *ends)
{
	return ends->back == SKT_WAY_REFUSED ||
		(ends->there == SKT_WAY_REFUSED && !ends->lenient_b);
}

static enum skt_ends_step over(const struct skt_ends *ends)
{
	return is_lost(ends) ? SKT_ENDS_RESET : SKT_ENDS_CLOSE;
}

/*
 * The way that is open leads to an end that is gone. One that left has broken nothing yet: the
 * kernel resets whoever goes on to speak to it. What stdin still has is lost, though.
 */
static enum skt_ends_step deserted(const struct skt_ends *ends, enum skt_presence presence)
{
	return presence == SKT_END_LEFT && !ends->strict_a ? over(ends) : SKT_ENDS_RESET;
}

enum skt_ends_step skt_ends_next(const struct skt_ends *ends)
{
	bool back_cut = ends->back == SKT_WAY_CUT && !ends->lenient_b;

	if (ends->strict_a && (ends->there == SKT_WAY_CUT || ends->back == SKT_WAY_REFUSED))
		return SKT_ENDS_ABORT;
	if (ends->there == SKT_WAY_CUT || back_cut)
		return SKT_ENDS_RESET;
	if (ends->there == SKT_WAY_FAILED || ends->back == SKT_WAY_FAILED)
		return SKT_ENDS_RESET;
	if (!is_open(ends->there) && !is_open(ends->back))
		return over(ends);
	if (!is_open(ends->there) && (ends->with_a || ends->enough))
		return over(ends);
	if (!is_open(ends->back) && ends->with_b)
		return over(ends);
	if (!is_open(ends->back) && ends->b != SKT_END_HERE)
		return ends->lenient_b ? over(ends) : deserted(ends, ends->b);
	if (!is_open(ends->there) && ends->a != SKT_END_HERE)
		return deserted(ends, ends->a);
	return SKT_ENDS_GO_ON;
}
