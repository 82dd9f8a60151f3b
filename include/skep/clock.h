/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_CLOCK_H
#define SKEP_CLOCK_H
/*
 * The clocks that BPF programs read, for comparison with what they have stored: four in nanoseconds, and jiffies.
 *
 * In a time namespace CLOCK_MONOTONIC and CLOCK_BOOTTIME have an offset (/proc/self/timens_offsets); BPF programs read
 * them without.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_jiffies;

/**
 * skep_clock_monotonic_ns() - Return: what bpf_ktime_get_ns() returns: nanoseconds, without time in suspend.
 */
uint64_t skep_clock_monotonic_ns(void);

/**
 * skep_clock_boottime_ns() - Return: what bpf_ktime_get_boot_ns() returns: nanoseconds since boot, with suspend.
 */
uint64_t skep_clock_boottime_ns(void);

/**
 * skep_clock_coarse_ns() - Return: what bpf_ktime_get_coarse_ns() returns: the monotonic clock at the last tick.
 */
uint64_t skep_clock_coarse_ns(void);

/**
 * skep_clock_tai_ns() - Return: what bpf_ktime_get_tai_ns() returns: wall-clock nanoseconds without leap seconds.
 */
uint64_t skep_clock_tai_ns(void);

/* Where jiffies are read, from the best to the last. */
enum skep_jiffies_source {
	SKEP_JIFFIES_PROGRAM = 1,   /* a BPF program that calls bpf_jiffies64(): exact; Linux 5.6 */
	SKEP_JIFFIES_SCHEDSTAT = 2, /* /proc/schedstat, "timestamp": needs CONFIG_SCHEDSTATS */
	SKEP_JIFFIES_TIMER_LIST = 3, /* /proc/timer_list, "jiffies:": a large file; root */
};

/**
 * skep_jiffies_open() - find a source of the kernel's jiffies
 * @source:      enum skep_jiffies_source: this one alone; 0: the first that works
 * @ret_jiffies: owned by the caller, skep_jiffies_close()
 *
 * Return: 0; -EOPNOTSUPP this kernel has none; -EPERM, -EACCES none works, and one is not permitted; -EINVAL @source is
 *         none.
 * Context: any thread; loads a program, which the handle keeps.
 * Source: bpf-helpers(7), bpf_jiffies64(); bpf(2), BPF_PROG_TEST_RUN; kernel/sched/stats.c, kernel/time/timer_list.c.
 */
int skep_jiffies_open(uint64_t source, struct skep_jiffies **ret_jiffies, struct skep_error *err);

/** skep_jiffies_close() - release a handle or NULL. Return: NULL. */
struct skep_jiffies *skep_jiffies_close(struct skep_jiffies *jiffies);

/** skep_jiffies_source() - Return: enum skep_jiffies_source: the one that the handle reads. */
uint64_t skep_jiffies_source(const struct skep_jiffies *jiffies);

/**
 * skep_jiffies_read() - the kernel's jiffies now
 * @ret_count: as the kernel counts them, from 5 minutes before 2^32 on; 32-bit kernels tell the low 32 bits in files
 *
 * Return: 0; a negative errno of the source.
 * Context: several threads may read one handle. A program takes one system call, a file three.
 * Source: as skep_jiffies_open(); include/linux/jiffies.h, INITIAL_JIFFIES.
 */
int skep_jiffies_read(struct skep_jiffies *jiffies, uint64_t *ret_count, struct skep_error *err);

/**
 * skep_jiffies_shifted() - jiffies as Cilium's programs store them: divided by 256
 * @count: of skep_jiffies_read()
 *
 * Return: @count >> 8.
 * Context: any thread.
 * Source: Cilium, bpf_jiffies_to_sec() and its like keep time in units of 256 jiffies to fit 32 bits.
 */
uint64_t skep_jiffies_shifted(uint64_t count);

/* How the tick's frequency was found. */
enum skep_hz_source {
	SKEP_HZ_CONFIG = 1,   /* the kernel's configuration says it */
	SKEP_HZ_MEASURED = 2, /* the likeliest of 1000, 300, 250 and 100 */
};

/**
 * skep_jiffies_hz() - jiffies in a second
 * @ret_hz: CONFIG_HZ
 *
 * From /proc/config.gz, or else the configuration below /boot or /lib/modules of this release, or else measured.
 *
 * Return: enum skep_hz_source; a negative errno of skep_jiffies_open(), skep_jiffies_read().
 * Context: any thread; measuring sleeps for 200 ms, on a machine that is held up for up to 2 s. Nothing is remembered.
 * Source: kernel/Kconfig.hz.
 */
int skep_jiffies_hz(uint64_t *ret_hz, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_jiffies, skep_jiffies_close) /* skep_jiffies_closep() */
SKEP_END
#endif
