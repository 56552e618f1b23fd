/* Signals by name. */
#ifndef SKT_CMD_PORTS_SIGNAL_H
#define SKT_CMD_PORTS_SIGNAL_H

/* The number of a signal by its name, with SIG in front or not, or its number as text; -1. */
int ports_signal_parse(const char *text);

/* The name of a signal, without SIG; NULL for one that has none here. */
const char *ports_signal_name(int number);

#endif
