#include "cmd/type_option.h"

#include "elem.h"

bool type_option(const struct options_scan *scan, enum npu_elem *type)
{
	int choice = options_choice(scan, elem_names, ELEM_N);

	if (choice >= 0)
		*type = (enum npu_elem)choice;
	return choice >= 0;
}
