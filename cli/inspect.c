/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep inspect: what is in an object. The kernel is not asked. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/btf_path.h>
#include <skep/kabi.h>
#include <skep/object_spec.h>

#include "object.h"
#include "out.h"
#include "verbs.h"

#define VALUE_BYTES 512 /* of a value as text; what is longer is cut */
#define NEEDS 64

/* What a kernel has to have: a row of one of the tables of skep/kabi.h. */
struct needs {
	const struct skep_kabi_row *rows[NEEDS];
	const char *kinds[NEEDS];
	size_t count;
};

static void need(struct needs *needs, const char *kind, const struct skep_kabi_row *row)
{
	size_t i;

	for (i = 0; i < needs->count; i++)
		if (needs->rows[i] == row)
			return;
	if (!row || needs->count == NEEDS)
		return;
	needs->rows[needs->count] = row;
	needs->kinds[needs->count++] = kind;
}

static int is_newer(const struct skep_kabi_row *a, const struct skep_kabi_row *b)
{
	return a->since_major != b->since_major ? a->since_major > b->since_major
						: a->since_minor > b->since_minor;
}

/* The newest first. */
static void sort_needs(struct needs *needs)
{
	const struct skep_kabi_row *row;
	const char *kind;
	size_t i, j;

	for (i = 1; i < needs->count; i++) {
		row = needs->rows[i];
		kind = needs->kinds[i];
		for (j = i; j && is_newer(row, needs->rows[j - 1]); j--) {
			needs->rows[j] = needs->rows[j - 1];
			needs->kinds[j] = needs->kinds[j - 1];
		}
		needs->rows[j] = row;
		needs->kinds[j] = kind;
	}
}

static void find_needs(const struct skep_object *object, struct needs *needs)
{
	const struct skep_object_program *p;
	const struct skep_object_map *m;
	const struct bpf_insn *insn;
	size_t i;

	for (i = 0; (p = skep_object_program_at(object, i)); i++) {
		if (p->type)
			need(needs, "program type", skep_kabi_find(SKEP_KABI_PROG_TYPE, p->type));
		for (insn = p->insns; insn < p->insns + p->insn_count; insn++)
			if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm > 0)
				need(needs, "helper",
				     skep_kabi_find(SKEP_KABI_HELPER, (uint64_t)insn->imm));
	}
	for (i = 0; (m = skep_object_map_at(object, i)); i++)
		need(needs, "map type", skep_kabi_find(SKEP_KABI_MAP_TYPE, m->spec.type));
	sort_needs(needs);
}

static const char *pinning_name(uint32_t pinning)
{
	return pinning == SKEP_OBJECT_PINNING_NONE      ? "none"
	       : pinning == SKEP_OBJECT_PINNING_BY_NAME ? "by_name"
	       : pinning == SKEP_OBJECT_PINNING_GLOBAL  ? "global"
							: "replace";
}

static void programs_json(const struct skep_object *object, struct skep_json *json)
{
	const struct skep_object_program *p;
	char name[SKEP_NAME_SIZE];
	size_t i;

	skep_json_array(json, "programs");
	for (i = 0; (p = skep_object_program_at(object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "name", p->name);
		skep_json_string(json, "section", p->section);
		skep_json_string(json, "type", p->type ? skep_prog_type_name(p->type, name) : NULL);
		skep_json_string(json, "attach_type",
				 p->attach_type ? skep_attach_type_name(p->attach_type, name)
						: NULL);
		skep_json_string(json, "attach_target",
				 *p->attach_target ? p->attach_target : NULL);
		skep_json_string(json, "rule", *p->rule ? p->rule : NULL);
		skep_json_u64(json, "instructions", p->insn_count);
		skep_json_bool(json, "excluded", (int)p->excluded);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

static void maps_json(const struct skep_object *object, struct skep_json *json)
{
	const struct skep_object_map *m;
	char name[SKEP_NAME_SIZE];
	size_t i;

	skep_json_array(json, "maps");
	for (i = 0; (m = skep_object_map_at(object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "name", m->spec.name);
		skep_json_string(json, "section", m->section);
		skep_json_string(json, "type", skep_map_type_name((uint32_t)m->spec.type, name));
		skep_json_u64(json, "key_size", m->spec.key_size);
		skep_json_u64(json, "value_size", m->spec.value_size);
		skep_json_u64(json, "max_entries", m->spec.max_entries);
		skep_json_u64(json, "flags", m->spec.flags);
		skep_json_string(json, "pinning", pinning_name(m->pinning));
		skep_json_bool(json, "frozen", (int)m->frozen);
		skep_json_bool(json, "excluded", (int)m->excluded);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

/* The value of a variable. Return: 1 @buf has it; 0 it is not known, or its type is not. */
static int value_text(const struct skep_object *object, const struct skep_object_variable *v,
		      char buf[VALUE_BYTES])
{
	const struct skep_btf *btf = skep_object_btf(object);
	struct skep_btf_path whole;

	return v->data && btf && v->type_id &&
	       skep_btf_path_find(btf, v->type_id, "", &whole, NULL) == 0 &&
	       skep_btf_path_text(btf, &whole, v->data, v->size, buf, VALUE_BYTES, NULL) >= 0;
}

static void variables_json(const struct skep_object *object, struct skep_json *json)
{
	const struct skep_object_variable *v;
	char value[VALUE_BYTES];
	size_t i;

	skep_json_array(json, "variables");
	for (i = 0; (v = skep_object_variable_at(object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "name", v->name);
		skep_json_string(json, "map", v->map);
		skep_json_u64(json, "size", v->size);
		skep_json_u64(json, "offset", v->offset);
		skep_json_string(json, "value", value_text(object, v, value) ? value : NULL);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

static void others_json(const struct skep_object *object, struct skep_json *json)
{
	const struct skep_object_constant *c;
	const struct skep_object_tail_call *t;
	size_t i;

	skep_json_array(json, "constants");
	for (i = 0; (c = skep_object_constant_at(object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "name", c->name);
		skep_json_string(json, "function", c->function);
		skep_json_u64(json, "insn", c->insn);
		skep_json_u64(json, "value", c->value);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
	skep_json_array(json, "tail_calls");
	for (i = 0; (t = skep_object_tail_call_at(object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "map", t->map);
		skep_json_u64(json, "slot", t->slot);
		skep_json_string(json, "program", t->program);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

static void needs_json(const struct needs *needs, struct skep_json *json)
{
	char since[32];
	size_t i;

	skep_json_array(json, "needs");
	for (i = 0; i < needs->count; i++) {
		snprintf(since, sizeof(since), "%u.%u", needs->rows[i]->since_major,
			 needs->rows[i]->since_minor);
		skep_json_object(json, NULL);
		skep_json_string(json, "kind", needs->kinds[i]);
		skep_json_string(json, "name", needs->rows[i]->name);
		skep_json_string(json, "since", since);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

static void print_json(const struct object_job *job, const struct needs *needs)
{
	struct skep_json json;

	out_json_begin(&json, "skep.inspect", 1);
	skep_json_string(&json, "object", skep_object_name(job->object));
	skep_json_string(&json, "license", skep_object_license(job->object));
	programs_json(job->object, &json);
	maps_json(job->object, &json);
	variables_json(job->object, &json);
	others_json(job->object, &json);
	object_changes_json(job, &json);
	needs_json(needs, &json);
	out_json_end(&json);
}

static void print_programs(const struct skep_object *object)
{
	const struct skep_object_program *p;
	char name[SKEP_NAME_SIZE];
	size_t i;

	for (i = 0; (p = skep_object_program_at(object, i)); i++) {
		printf("%s  ", i ? "" : "\nprograms:\n");
		out_name(p->name);
		printf(": %s, section ",
		       p->type ? skep_prog_type_name(p->type, name) : "type unknown (--type)");
		out_name(p->section);
		if (*p->attach_target) {
			printf(", for ");
			out_name(p->attach_target);
		}
		printf(", %llu instructions%s\n", (unsigned long long)p->insn_count,
		       p->excluded ? ", left out" : "");
	}
}

static void print_maps(const struct skep_object *object)
{
	const struct skep_object_map *m;
	char name[SKEP_NAME_SIZE];
	size_t i;

	for (i = 0; (m = skep_object_map_at(object, i)); i++) {
		printf("%s  ", i ? "" : "\nmaps:\n");
		out_name(m->spec.name);
		printf(": %s, key %llu, value %llu, entries %llu%s%s\n",
		       skep_map_type_name((uint32_t)m->spec.type, name),
		       (unsigned long long)m->spec.key_size, (unsigned long long)m->spec.value_size,
		       (unsigned long long)m->spec.max_entries, m->frozen ? ", frozen" : "",
		       m->pinning ? ", pinned" : "");
	}
}

static void print_variables(const struct skep_object *object)
{
	const struct skep_object_variable *v;
	const struct skep_object_constant *c;
	const struct skep_object_tail_call *t;
	char value[VALUE_BYTES];
	size_t i;

	for (i = 0; (v = skep_object_variable_at(object, i)); i++) {
		printf("%s  ", i ? "" : "\nvariables:\n");
		out_name(v->name);
		printf(": %llu bytes in ", (unsigned long long)v->size);
		out_name(v->map);
		if (value_text(object, v, value)) {
			printf(" = ");
			out_name(value);
		}
		putchar('\n');
	}
	for (i = 0; (c = skep_object_constant_at(object, i)); i++) {
		printf("%s  ", i ? "" : "\nconstants:\n");
		out_name(c->name);
		printf(" = %llu in ", (unsigned long long)c->value);
		out_name(c->function);
		putchar('\n');
	}
	for (i = 0; (t = skep_object_tail_call_at(object, i)); i++) {
		printf("%s  ", i ? "" : "\ntail calls:\n");
		out_name(t->map);
		printf("[%u]: ", t->slot);
		out_name(t->program);
		putchar('\n');
	}
}

static void print_text(const struct object_job *job, const struct needs *needs)
{
	size_t i;

	out_name(skep_object_name(job->object));
	printf(": license '");
	out_name(skep_object_license(job->object));
	printf("'\n");
	print_programs(job->object);
	print_maps(job->object);
	print_variables(job->object);
	object_changes_print(job);
	for (i = 0; i < needs->count; i++)
		printf("%s  Linux %u.%u: %s %s\n", i ? "" : "\nneeds:\n",
		       needs->rows[i]->since_major, needs->rows[i]->since_minor, needs->kinds[i],
		       needs->rows[i]->name);
}

int cli_inspect(int argc, char **argv)
{
	struct object_job job = { .verb = "inspect" };
	struct needs needs = { .count = 0 };
	int r = object_parse(
		&job, argc, argv,
		"Tells what is in an object: programs, maps, variables, what is done to it before it is "
		"loaded, and what it needs of a kernel.",
		"  skep inspect agent.bpf.o\n  skep inspect agent.bpf.o --json\n");

	if (r >= 0)
		return r;
	r = object_open(&job);
	if (r >= 0) {
		find_needs(job.object, &needs);
		if (job.o.json)
			print_json(&job, &needs);
		else
			print_text(&job, &needs);
	}
	skep_object_close(job.object);
	return r < 0 ? out_fail("inspect", &job.err) : 0;
}
