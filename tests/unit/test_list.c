/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include "base/list.h"

struct item {
	int number;
	struct list node;
};

static int nth(const struct list *list, int n)
{
	const struct list *at = list->next;

	while (n-- > 0)
		at = at->next;
	return list_element(at, const struct item, node)->number;
}

static void list__keeps_the_order_of_its_elements(void **state)
{
	struct item items[] = { { .number = 0 }, { .number = 1 }, { .number = 2 } };
	struct list list;

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	list_append(&list, &items[1].node);
	list_append(&list, &items[2].node);
	list_insert(&list, &items[0].node);
	check_int(nth(&list, 0), 0, "inserted behind the list itself");
	check_int(nth(&list, 1), 1, "appended first");
	check_int(nth(&list, 2), 2, "appended last");
	assert_ptr_equal(list.prev, &items[2].node);
	assert_ptr_equal(items[2].node.next, &list);
}

static void list__is_empty_when_all_are_removed(void **state)
{
	struct item items[] = { { .number = 0 }, { .number = 1 }, { .number = 2 } };
	struct list list;
	int i;

	(void)state;
	list_init(&list);
	for (i = 0; i < 3; i++)
		list_append(&list, &items[i].node);
	list_remove(&items[1].node);
	check_int(nth(&list, 1), 2, "the one behind that which was removed");
	list_remove(&items[1].node); /* it is in no list: nothing happens */
	list_remove(&items[2].node);
	list_remove(&items[0].node);
	assert_true(list_is_empty(&list));
	assert_ptr_equal(list.prev, &list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__keeps_the_order_of_its_elements),
		cmocka_unit_test(list__is_empty_when_all_are_removed),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
