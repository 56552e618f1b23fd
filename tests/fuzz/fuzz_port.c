/* Port lists: whatever is accepted consists of sound items, and what fails leaves the list alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct skt_port_list list = {0};
	struct skt_err err = {0};
	int rc = skt_port_list_parse(text, size, &list, &err);

	if ((rc != 0) != (err.text[0] != '\0') || (rc && list.len) || (!rc && !list.len))
		abort();
	for (size_t i = 0; i < list.len; i++) {
		const struct skt_port_item *item = &list.data[i];

		if (!item->name && (item->low > item->high || !item->low))
			abort();
		if (item->name &&
			(!item->name_len || item->name < text ||
				item->name + item->name_len > text + size))
			abort();
	}
	skt_vec_free(&list);
	return 0;
}
