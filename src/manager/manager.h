/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H
/* What a manager is made of. */
#include <sys/types.h>

#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/log.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/probe_spec.h>
#include <skep/selector.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/name_index.h"
#include "manager/gate.h"
#include "manager/pair_index.h"
#include "manager/probe_spec.h"

struct skep_btf;
struct skep_kallsyms;
struct skep_netns;
struct manager_reaper;
struct interface_news;
struct interface_watch;

/* A program that probes name. Several of them may share it. */
struct manager_program {
	char *name;                      /* in the object: that of a copy is its own */
	struct skep_loaded_program spec; /* as loaded; fd -1: it is not */
	const char *pin;                 /* where a probe wants it pinned; NULL */
	int own_fd;                      /* of what was pinned there; -EBADF: nothing */
	struct gate gate;                /* of one that is pinned; without words: the manager's */
	char *pinned;                    /* the path at which we have pinned it; owned */
	int is_copy;                     /* made for a probe */
	const struct skep_probe *targeted_by; /* the first of those it is loaded for; NULL */
	char *own_target; /* while the object has one that a probe names: what it had; owned */
	const struct manager_program *copy_of;
	int has_type;  /* probes want a type: */
	uint32_t type; /* of an attachment to many functions; 0: they do not, or differ */
	int multi;     /* loaded for a link to many functions, by us */
	int has_neutral, gateless; /* by the families of its probes */
	int64_t neutral;
	uint32_t word;    /* of the manager's gate; 0: it has none */
	int has_prologue; /* in the object */
	int gated;        /* it has been loaded with a gate */
	int waiting;      /* its gate is shut while a new set of probes is attached */
	size_t attached;  /* probes */
};

/* One place where a probe is attached. */
struct probe_place {
	struct skep_attachment *attachment; /* owned */
	uint32_t ifindex;                   /* of a pattern's interface; 0 */
};

struct skep_probe {
	struct skep_manager *manager;
	struct skep_probe *next_of_hash; /* of the manager's index */
	struct skep_probe_spec spec;     /* its texts are owned */
	char *copy_name;                 /* of its own program; NULL: that of the object */
	struct manager_program *program; /* NULL: not loaded */
	uint32_t family;                 /* 0: not known */
	int left_out;                    /* its program is excluded */
	int no_hook; /* this kernel lacks what its program is loaded for, or nothing says what that is */
	int enabled, attached, paused; /* paused by itself */
	struct skep_netns *netns;      /* while it is attached, or NULL: no namespace was named */
	uint64_t netns_inode;          /* 0: none was named, or it was not attached yet */
	struct interface_watch *watch; /* of a pattern of interfaces, while it is attached */
	struct probe_place *places;
	size_t place_count;
	struct skep_error error;
	uint64_t attempt_count;
	uint64_t attach_ns; /* how long all attempts took */
};

struct skep_manager {
	enum skep_manager_state state;
	pid_t opener; /* a child that it forks has no say in what is in the kernel */
	struct skep_manager_opts opts; /* what it points to is NULL where it has been copied */
	struct skep_log log;
	struct skep_object_load_opts load_opts;
	char *symbol_file;
	char **excluded;
	size_t excluded_count;
	char **left_out; /* of the object, by the last load */
	size_t left_out_count;
	struct skep_selector *selector; /* NULL: all */
	struct skep_object *object;     /* NULL: adopted */
	struct bpf_object *adopted;
	struct skep_kallsyms
		*symbols; /* while probes are matched or attached; NULL: none was needed */
	struct skep_btf *kernel_btf; /* while programs are matched; NULL: nothing was looked up */
	struct skep_probe **probes;
	size_t probe_count;
	struct pair_index pairs;
	struct manager_program **programs; /* of this and earlier loads */
	size_t program_count;
	struct name_index program_index;
	uint32_t word_count; /* of the gate that programs have been given */
	struct gate gate;
	struct skep_loaded *loaded;
	struct manager_reaper *reaper; /* NULL: nothing is being closed */
	int epoll_fd;
	int stats_fd;                /* -EBADF: nothing is measured */
	struct interface_news *news; /* of interfaces, one for each namespace */
	/* Of patterns of interfaces. */
	uint64_t came_count, left_count, failed_count;
};

/* Like OBJECT_ADD(): one more pointer in an array that grows when its count is a power of two. Return: 0; -ENOMEM. */
int manager_add(void ***array, size_t *count, void *element);

/* Can it be paused? */
static inline int program_has_gate(const struct manager_program *program)
{
	return program->gated;
}

/* Shuts or opens for one program. */
static inline void program_shut(struct skep_manager *m, struct manager_program *program, int shut)
{
	if (program->gate.words)
		gate_shut(&program->gate, GATE_FIRST, shut);
	else
		gate_shut(&m->gate, program->word, shut);
}

int manager_no_memory(struct skep_error *err);

/* "" for NULL. */
static inline const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* Its name for messages. Return: @buf. */
static inline const char *probe_name(const struct skep_probe *p, char buf[PROBE_NAME_SIZE])
{
	return probe_spec_name(&p->spec, buf);
}

#endif
