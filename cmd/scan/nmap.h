/* nmap's formats, for what reads them already: see nmap.dtd, and "Grepable Output" in nmap(1). */
#ifndef SKT_CMD_SCAN_NMAP_H
#define SKT_CMD_SCAN_NMAP_H

#include "cmd/scan/report.h"

/* Each writes all LINES to the sink of REPORT. */
void scan_write_xml(struct scan_report *report, const struct scan_line *lines, size_t count);
void scan_write_grepable(struct scan_report *report, const struct scan_line *lines, size_t count);

#endif
