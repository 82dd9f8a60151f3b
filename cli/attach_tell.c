/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep attach: what was done, as a line or as a document; and what an iterator writes. */
#include "attach.h"

#include <inttypes.h>
#include <stdio.h>

#include <skep/attach_iter.h>
#include <skep/json.h>
#include <skep/kabi_info.h>
#include <skep/sys_object.h>

#include "out.h"

static uint32_t link_id(const struct skep_attachment *a)
{
	struct skep_link_info info = { 0 };

	return skep_attachment_link_fd(a) >= 0 && skep_sys_link_info(skep_attachment_link_fd(a),
								     &info, sizeof(info)) > 0
		       ? info.id
		       : 0;
}

/* Return: how many of several places there are, of which it is attached to @ret_attached. */
static size_t count_places(const struct skep_attachment *a, size_t *ret_attached)
{
	size_t count, i;
	const struct skep_attach_result *results = skep_attachment_results(a, &count);

	*ret_attached = 0;
	for (i = 0; i < count; i++)
		*ret_attached += results[i].code == 0;
	return count;
}

static void tell_failures(const struct skep_attachment *a)
{
	size_t count, i;
	const struct skep_attach_result *results = skep_attachment_results(a, &count);
	char text[64];

	for (i = 0; i < count; i++)
		if (results[i].code)
			out_error("attach: %s: %s", results[i].name,
				  skep_errno_text((int)results[i].code, text, sizeof(text)));
}

static void print_text(const struct attach_job *job, const struct skep_attachment *a)
{
	const struct attach_options *o = &job->o;
	uint32_t id = link_id(a);
	size_t attached, count = count_places(a, &attached);

	printf("%s%s ", o->dry_run ? "would be attached: " : "attached: ",
	       skep_attach_family_name(skep_attachment_family(a)));
	out_name(skep_attachment_target(a));
	printf(", by %s", skep_attach_method_name(skep_attachment_method(a)));
	if (count > attached)
		printf(", %zu of %zu places", attached, count);
	if (id)
		printf(", link %u", id);
	if (o->pin)
		printf(o->dry_run ? ", to be pinned at %s" : ", pinned at %s", o->pin);
	printf("\n");
}

static void places_json(struct skep_json *json, const struct skep_attachment *a)
{
	size_t count, i;
	const struct skep_attach_result *results = skep_attachment_results(a, &count);

	if (!count)
		return;
	skep_json_array(json, "places");
	for (i = 0; i < count; i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "name", results[i].name);
		if (results[i].address)
			skep_json_u64(json, "address", results[i].address);
		skep_json_i64(json, "code", results[i].code);
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

/* Return: 0; a negative errno of the iterator. */
static int lines_json(struct skep_json *json, struct skep_iter *iter)
{
	const char *line;
	int r;

	skep_json_array(json, "lines");
	while ((r = skep_iter_line(iter, &line)) > 0)
		skep_json_string(json, NULL, line);
	skep_json_array_end(json);
	return r;
}

static int print_json(const struct attach_job *job, const struct skep_attachment *a,
		      struct skep_iter *iter)
{
	struct skep_json json;
	uint32_t id = link_id(a);
	int r = 0;

	out_json_begin(&json, "skep.attach", 1);
	skep_json_bool(&json, "dry_run", job->o.dry_run != 0);
	skep_json_string(&json, "family", skep_attach_family_name(skep_attachment_family(a)));
	skep_json_string(&json, "method", skep_attach_method_name(skep_attachment_method(a)));
	skep_json_string(&json, "target", skep_attachment_target(a));
	skep_json_u64(&json, "time_ns", skep_attachment_time_ns(a));
	if (skep_attachment_cookie(a))
		skep_json_u64(&json, "cookie", skep_attachment_cookie(a));
	if (id)
		skep_json_u64(&json, "link_id", id);
	if (job->o.pin)
		skep_json_string(&json, "pin", job->o.pin);
	places_json(&json, a);
	if (iter)
		r = lines_json(&json, iter);
	out_json_end(&json);
	return r;
}

/* As it comes: it need not be text. Return: 0; a negative errno of the iterator. */
static int copy(struct skep_iter *iter)
{
	char buf[4096];
	int64_t n;

	while ((n = skep_iter_read(iter, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return 0; /* main() tells of standard output */
	return (int)n;
}

int attach_tell(const struct attach_job *job, const struct skep_attachment *a)
{
	_cleanup_(skep_iter_closep) struct skep_iter *iter = NULL;
	struct skep_error err = { 0 };
	size_t attached;
	char text[64];
	int r = 0;

	if (job->o.iter && !job->o.dry_run && !job->o.pin && skep_iter_open(a, &iter, &err) < 0)
		return out_fail("attach", &err);
	if (job->o.json)
		r = print_json(job, a, iter);
	else if (iter)
		r = copy(iter);
	else
		print_text(job, a);
	fflush(stdout);
	if (r < 0) {
		out_error("attach: read the iterator: %s", skep_errno_text(r, text, sizeof(text)));
		return 1;
	}
	tell_failures(a);
	return count_places(a, &attached) > attached ? EXIT_PARTLY : 0;
}
