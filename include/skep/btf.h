/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BTF_H
#define SKEP_BTF_H
/*
 * BTF: the types of the kernel, of its modules, and of programs and maps.
 *
 * A handle holds a copy of the whole, checked: broken bytes are refused when they are opened, with a message that tells
 * where. Ids of types begin with 1; 0 is void. A split BTF (of a module) has a base, whose types come first and whose ids
 * it uses; its own begin where those of the base end.
 *
 * Types are read by id: from skep_btf_first_id() to below skep_btf_type_count(). What a type consists of (members,
 * parameters, enumerators, variables of a section) is read by its place, from 0 to below vlen. Strings belong to the
 * handle. Names may be any bytes: programs in other languages have names that C has not.
 *
 * Threads: a handle does not change between open and close; reading it in several threads at once is fine.
 */
#include <skep/base.h>
#include <skep/kabi/btf_kind.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;

/* A type. What its kind does not have is 0. */
struct skep_btf_type {
	const char *name; /* "": it has none */
	uint32_t id;
	uint32_t kind; /* enum skep_btf_kind */
	uint32_t size; /* bytes: int, float, struct, union, enum, enum64, datasec */
	uint32_t type; /* what it points to, qualifies, names, returns, consists of (array), tags */
	uint32_t vlen; /* how many members, parameters, enumerators, variables */
	uint32_t
		kind_flag; /* struct, union: has bit-fields; enum, enum64: signed; fwd: 1 is a union */
	uint32_t index_type;    /* array */
	uint32_t element_count; /* array */
	uint32_t encoding;      /* int: 1 signed, 2 char, 4 bool */
	uint32_t bit_offset;    /* int */
	uint32_t bit_count;     /* int */
	uint32_t linkage;       /* func, var: 0 static, 1 global, 2 extern */
	int32_t component;      /* decl_tag: of which member or parameter; -1: of the whole */
	uint32_t pad;
};

/* One of those that vlen counts. */
struct skep_btf_member {
	const char *name; /* "": it has none */
	uint64_t value;   /* enumerator: sign-extended if the enumeration is signed */
	uint32_t type; /* member, parameter, variable of a section; 0 of a last parameter: "..." */
	uint32_t bit_offset;    /* member */
	uint32_t bitfield_size; /* member: bits; 0: no bit-field */
	uint32_t offset;        /* variable of a section: bytes */
	uint32_t size;          /* variable of a section: bytes */
	uint32_t pad;
};

/**
 * skep_btf_open_kernel() - the types of the running kernel
 * @ret_btf: owned by the caller, skep_btf_close()
 *
 * From /sys/kernel/btf/vmlinux; else from an image of the running release where distributions put them. It takes no
 * capability.
 *
 * Return: 0; -ENOENT the kernel was built without (CONFIG_DEBUG_INFO_BTF), and there is no image; else a negative errno.
 * Source: Documentation/ABI/testing/sysfs-kernel-btf of the kernel, 5.4.
 */
int skep_btf_open_kernel(struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_open_module() - the types of a module of the running kernel, on top of the kernel's
 * @name:    with "-" or "_", as it likes; "vmlinux" is the kernel itself
 * @ret_btf: owned by the caller, skep_btf_close(); holds its base
 *
 * Return: 0; -ENOENT no such module is loaded, or it has no BTF; -EINVAL @name is no name; else a negative errno.
 * Source: Documentation/ABI/testing/sysfs-kernel-btf of the kernel; modules since 5.11.
 */
int skep_btf_open_module(const char *name, struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_open_id() - a BTF of the kernel by its id
 * @id:      see skep_btf_list()
 * @ret_btf: owned by the caller, skep_btf_close(); that of a module holds its base
 *
 * Return: 0; -ENOENT no such id; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_BTF_GET_FD_BY_ID.
 */
int skep_btf_open_id(uint32_t id, struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_open_fd() - a BTF of the kernel by an fd of it
 * @fd:      of a BTF; borrowed
 * @ret_btf: owned by the caller, skep_btf_close(); that of a module holds its base
 *
 * Return: 0; -EINVAL not the fd of a BTF; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_btf_open_fd(int fd, struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_open_map() - the BTF that a map was created with
 * @map_fd:    borrowed
 * @ret_types: the types of key and value, 0: none; NULL: not wanted
 * @ret_btf:   owned by the caller, skep_btf_close(); of a struct_ops map: the kernel's or a module's
 *
 * Return: 0; -ENODATA it was created without; -EINVAL not a map; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_btf_open_map(int map_fd, uint32_t ret_types[2], struct skep_btf **ret_btf,
		      struct skep_error *err);

/**
 * skep_btf_open_prog() - the BTF that a program was loaded with
 * @prog_fd: borrowed
 * @ret_btf: owned by the caller, skep_btf_close()
 *
 * Return: 0; -ENODATA it was loaded without; -EINVAL not a program; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_btf_open_prog(int prog_fd, struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_open_file() - a BTF from a file: raw, or the section .BTF of an ELF
 * @path: a file, also a pipe
 * @base: of a split BTF: what it stands on, borrowed until the new handle is closed; NULL: none. For files of
 *        /sys/kernel/btf the kernel's is taken by itself; an ELF with a section .BTF.base brings its own
 * @ret_btf: owned by the caller, skep_btf_close()
 *
 * Either byte order is read.
 *
 * Return: 0; -ENOENT no such file; -ENODATA an ELF without BTF; -EINVAL not BTF, cut off, broken, or split and without
 *         its base; -EOPNOTSUPP it has kinds of types that this version does not know, or brings a base and @base is
 *         given; -EFBIG more than 1 GiB; else a negative errno.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_open_file(const char *path, const struct skep_btf *base, struct skep_btf **ret_btf,
		       struct skep_error *err);

/**
 * skep_btf_open_bytes() - a BTF from memory
 * @data:    raw BTF; copied; NULL only with @size 0
 * @size:    bytes
 * @base:    as for skep_btf_open_file()
 * @ret_btf: owned by the caller, skep_btf_close()
 *
 * Return: 0; -EINVAL not BTF, cut off, broken, or split and without its base; -EOPNOTSUPP it has kinds of types that this
 *         version does not know; else a negative errno.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_open_bytes(const void *data, size_t size, const struct skep_btf *base,
			struct skep_btf **ret_btf, struct skep_error *err);

/**
 * skep_btf_close() - release a handle, and the base that it holds
 * @btf: a handle, or NULL
 *
 * Return: NULL.
 * Context: a handle that was opened with a base of the caller's is closed before that.
 * Source: none; it is memory.
 */
struct skep_btf *skep_btf_close(struct skep_btf *btf);

/**
 * skep_btf_type_count() - the id behind the last one
 * @btf: a handle
 *
 * Return: the number of types, void and those of the base included.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
uint32_t skep_btf_type_count(const struct skep_btf *btf);

/**
 * skep_btf_first_id() - the id of its first own type
 * @btf: a handle
 *
 * Return: 1; of a split BTF the number of types of its base.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
uint32_t skep_btf_first_id(const struct skep_btf *btf);

/**
 * skep_btf_pointer_size() - how wide a pointer is where these types come from
 * @btf: a handle
 *
 * Return: bytes, 4 or 8: guessed from its long types, else that of this machine.
 * Source: Documentation/bpf/btf.rst of the kernel: BTF does not tell.
 */
uint32_t skep_btf_pointer_size(const struct skep_btf *btf);

/**
 * skep_btf_type_at() - look at a type
 * @btf:      a handle
 * @id:       of the type
 * @ret_type: its strings are the handle's
 *
 * Return: 0; -ENOENT no such id.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_type_at(const struct skep_btf *btf, uint32_t id, struct skep_btf_type *ret_type);

/**
 * skep_btf_member_at() - look at a member, parameter, enumerator or variable of a type
 * @btf:        a handle
 * @id:         of the type
 * @index:      from 0, below its vlen
 * @ret_member: its strings are the handle's
 *
 * Return: 0; -ENOENT no such id, or not so many.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_member_at(const struct skep_btf *btf, uint32_t id, uint32_t index,
		       struct skep_btf_member *ret_member);

/**
 * skep_btf_find() - the next type of a name
 * @btf:    a handle
 * @name:   "task_struct", or with its kind: "struct task_struct"; kinds are those of skep_btf_kind_name()
 * @after:  the id that was found before; 0: from the first one, of the base too
 * @ret_id: of the type
 *
 * One name may have several types: a struct and a typedef, or structs of different places of the source.
 *
 * Return: 1; 0 there is no other one.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_find(const struct skep_btf *btf, const char *name, uint32_t after, uint32_t *ret_id);

SKEP_DEFINE_CLEANUP(struct skep_btf, skep_btf_close)
SKEP_END
#endif
