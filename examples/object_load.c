/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Opens object_load.bpf.o, looks at it, sets a variable and a constant, loads it and runs a program over a packet. Then
 * has the kernel refuse the other program: the verifier's log goes to standard error. It takes CAP_BPF and CAP_NET_ADMIN.
 *
 *	$ sudo ./object_load object_load.bpf.o
 *	program measure (tc), 1 to be loaded
 *	program careless (?tc), 0 to be loaded
 *	variable limit, 4 bytes in .rodata
 *	constant verdict, loaded by measure
 *	measure returns 2 for 100 bytes
 *	load 'object_load.bpf.o': program 'careless': R0 invalid mem access 'map_value_or_null'...
 */
#include <errno.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys_prog.h>

static void look_at(const struct skep_object *object)
{
	const struct skep_object_constant *c;
	const struct skep_object_variable *v;
	const struct skep_object_program *p;
	size_t i;

	for (i = 0; (p = skep_object_program_at(object, i)); i++)
		printf("program %s (%s), %d to be loaded\n", p->name, p->section, !p->excluded);
	for (i = 0; (v = skep_object_variable_at(object, i)); i++)
		printf("variable %s, %u bytes in %s\n", v->name, (unsigned)v->size, v->map);
	for (i = 0; (c = skep_object_constant_at(object, i)); i++)
		printf("constant %s, loaded by %s\n", c->name, c->function);
}

static int run(const struct skep_loaded *loaded, struct skep_error *err)
{
	unsigned char packet[100] = { 0 };
	struct skep_attr_prog_test_run attr = { .data_in = SKEP_ATTR_POINTER(packet),
						.data_size_in = sizeof(packet),
						.repeat = 1 };
	int r;

	attr.prog_fd = (uint32_t)skep_loaded_program_find(loaded, "measure")->fd;
	r = skep_sys_prog_test_run(&attr, sizeof(attr), err);
	if (r >= 0)
		printf("measure returns %u for %u bytes\n", attr.retval, attr.data_size_in);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	const uint32_t limit = 64;
	size_t size;
	int r = argc != 2 ? -EINVAL : skep_object_open_file(argv[1], NULL, &object, &err);

	if (r == 0)
		look_at(object);
	r = r < 0 ? r : skep_object_variable_set(object, "limit", &limit, sizeof(limit), &err);
	r = r < 0 ? r : skep_object_constant_set(object, "measure", "verdict", 2, &err);
	r = r < 0 ? r : skep_object_load(object, NULL, &loaded, &err);
	r = r < 0 ? r : run(loaded, &err);
	if (r < 0)
		return fprintf(stderr, "%s\n", err.msg), 1;
	skep_object_program_exclude(object, "careless", 0, &err);
	loaded = skep_loaded_close(loaded);
	r = skep_object_load(object, NULL, &loaded, &err);
	printf("%s\n", err.msg);
	fputs(skep_object_verifier_log(object, NULL, &size), stderr);
	return r == 0; /* it cannot be */
}
