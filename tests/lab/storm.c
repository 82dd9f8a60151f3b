/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "storm.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "base/cleanup.h"
#include "base/time.h"

#include "link.h"
#include "poll.h"
#include "storm_packet.h"

#define BATCH 64
#define THREADS_MAX 64
#define SEND_BUFFER_BYTES (4 << 20)
#define PACED_BATCHES_PER_SEC 500
#define STOP_LATENCY_NS (10 * NSEC_PER_MSEC)

/* Each thread on cache lines of its own: they write here for every packet. */
struct sender {
	_Alignas(64) struct lab_storm *storm;
	pthread_t thread;
	unsigned number;
	int fd;
	bool started;
	uint64_t random;
	uint64_t next;  /* sequential: the next flow number, not reduced */
	uint64_t quota; /* packets left to send; UINT64_MAX: no end */
	struct lab_storm_sent *sent;
	struct lab_storm_total total;
	_Atomic uint64_t progress;

	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct storm_packet packets[BATCH];
};

struct lab_storm {
	struct lab_storm_opts opts;
	struct storm_templates templates;
	struct sockaddr_ll to[2]; /* [is it IPv6] */
	uint64_t start_ns;
	cpu_set_t cpus;
	_Atomic bool stop;
	bool joined;
	struct lab_storm_total total;
	struct sender *senders;
};

static uint64_t next_random(struct sender *sender)
{
	uint64_t x = sender->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	sender->random = x;
	return x;
}

/* A good start for next_random(), which must not be 0, from numbers that may be alike (splitmix64). */
static uint64_t scatter(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return (x ^ x >> 31) | 1;
}

/* Puts the thread on the CPU of its turn, among those that the process may use. */
static void pin(const struct sender *sender)
{
	const cpu_set_t *cpus = &sender->storm->cpus;
	unsigned turn = sender->number % (unsigned)CPU_COUNT(cpus);
	cpu_set_t one;

	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus) && turn-- == 0)
			CPU_SET(cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

static void fill_batch(struct sender *sender, unsigned count)
{
	const struct lab_storm_opts *opts = &sender->storm->opts;

	for (unsigned i = 0; i < count; i++) {
		uint64_t random = next_random(sender);
		uint32_t flow = (uint32_t)((random >> 20) % opts->flows);

		if (opts->sequential) {
			flow = (uint32_t)(sender->next % opts->flows);
			sender->next += opts->threads;
		}
		storm_packet_make(&sender->storm->templates, flow, random, &sender->packets[i]);
		sender->parts[i].iov_base = sender->packets[i].bytes;
		sender->parts[i].iov_len = sender->packets[i].len;
		sender->messages[i].msg_hdr.msg_name = &sender->storm->to[storm_flow_is_ipv6(flow)];
	}
}

static void count_sent(struct sender *sender, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		const struct storm_packet *packet = &sender->packets[i];
		struct lab_storm_sent *sent = &sender->sent[packet->flow];

		sent->packets++;
		sent->bytes += packet->len;
		sent->tcp_flags |= packet->tcp_flags;
		sender->total.bytes += packet->len;
	}
	sender->total.packets += count;
	atomic_store_explicit(&sender->progress, sender->total.packets, memory_order_relaxed);
}

/* Sends a batch, all of it: what is left after a short count is sent again. Return: 0; a negative errno: no use. */
static int send_batch(struct sender *sender, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		int n = sendmmsg(sender->fd, sender->messages + done, count - done, 0);

		if (n > 0) {
			count_sent(sender, done, (unsigned)n);
			done += (unsigned)n;
		} else if (errno == ENOBUFS) {
			sender->total.refused++;
			done++;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
	}
	return 0;
}

/* Sleeps until a time, in steps: a stop is heard. */
static void sleep_until(const struct lab_storm *storm, uint64_t due_ns)
{
	for (;;) {
		uint64_t now_ns = lab_now_ns();
		uint64_t step_ns = now_ns + STOP_LATENCY_NS;
		struct timespec t = time_to_timespec(due_ns < step_ns ? due_ns : step_ns);

		if (now_ns >= due_ns || atomic_load(&storm->stop))
			return;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
}

/* How many packets go into the next batch; a paced storm waits here until its first one is due. */
static unsigned next_count(const struct sender *sender, uint64_t offered)
{
	const struct lab_storm *storm = sender->storm;
	uint64_t pps = storm->opts.pps, threads = storm->opts.threads;
	uint64_t count = BATCH;

	if (pps) {
		uint64_t share = pps / (PACED_BATCHES_PER_SEC * threads);
		double turn = (double)(offered * threads + sender->number);

		count = share < 1 ? 1 : share < BATCH ? share : BATCH;
		sleep_until(storm, storm->start_ns + (uint64_t)(turn * 1e9 / (double)pps));
	}
	return (unsigned)(count < sender->quota ? count : sender->quota);
}

static void *send_all(void *userdata)
{
	struct sender *sender = userdata;
	struct lab_storm *storm = sender->storm;
	uint64_t offered = 0;

	pin(sender);
	while (sender->quota) {
		unsigned count = next_count(sender, offered);

		if (atomic_load(&storm->stop))
			break;
		fill_batch(sender, count);
		sender->total.error = send_batch(sender, count);
		if (sender->total.error)
			break;
		offered += count;
		if (sender->quota != UINT64_MAX)
			sender->quota -= count;
	}
	return NULL;
}

static int start_sender(struct lab_storm *storm, unsigned number)
{
	struct sender *sender = &storm->senders[number];
	uint32_t threads = storm->opts.threads;
	uint64_t packets = storm->opts.packets;
	int bytes = SEND_BUFFER_BYTES, r;

	sender->storm = storm;
	sender->number = number;
	sender->random = scatter(storm->opts.seed + number);
	sender->next = number;
	/* Sequential numbers interleave, so the first threads take what does not divide. */
	sender->quota = packets ? packets / threads + (number < packets % threads) : UINT64_MAX;
	for (unsigned i = 0; i < BATCH; i++) {
		sender->messages[i].msg_hdr.msg_namelen = sizeof(storm->to[0]);
		sender->messages[i].msg_hdr.msg_iov = &sender->parts[i];
		sender->messages[i].msg_hdr.msg_iovlen = 1;
	}
	sender->sent = calloc(storm->opts.flows, sizeof(*sender->sent));
	if (!sender->sent)
		return -ENOMEM;
	sender->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender->fd < 0)
		return -errno;
	setsockopt(sender->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	r = pthread_create(&sender->thread, NULL, send_all, sender);
	sender->started = !r;
	return -r;
}

/* Fills in defaults, and all that the threads read. */
static int prepare(struct lab_storm *storm)
{
	struct lab_storm_opts *opts = &storm->opts;
	int index = lab_link_index(opts->interface);

	if (index < 0)
		return index;
	if (sched_getaffinity(0, sizeof(storm->cpus), &storm->cpus))
		return -errno;
	if (!opts->flows)
		opts->flows = 1;
	if (!opts->threads)
		opts->threads = (uint32_t)CPU_COUNT(&storm->cpus);
	if (opts->threads > THREADS_MAX || opts->flows > LAB_STORM_FLOWS_MAX)
		return -EINVAL;
	for (int ipv6 = 0; ipv6 < 2; ipv6++)
		storm->to[ipv6] = (struct sockaddr_ll){
			.sll_family = AF_PACKET,
			.sll_ifindex = index,
			.sll_halen = ETH_ALEN,
			.sll_protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP),
		};
	storm_templates_init(&storm->templates);
	storm->start_ns = lab_now_ns();
	return 0;
}

static int start_senders(struct lab_storm *storm)
{
	size_t size = storm->opts.threads * sizeof(struct sender);
	int r = 0;

	storm->senders = aligned_alloc(_Alignof(struct sender), size);
	if (!storm->senders)
		return -ENOMEM;
	memset(storm->senders, 0, size);
	for (unsigned i = 0; i < storm->opts.threads; i++)
		storm->senders[i].fd = -EBADF;
	for (unsigned i = 0; i < storm->opts.threads && !r; i++)
		r = start_sender(storm, i);
	return r;
}

int lab_storm_start(const struct lab_storm_opts *opts, struct lab_storm **ret_storm)
{
	struct lab_storm *storm = calloc(1, sizeof(*storm));
	int r;

	if (!storm)
		return -ENOMEM;
	storm->opts = *opts;
	r = prepare(storm);
	if (r >= 0)
		r = start_senders(storm);
	if (r < 0) {
		lab_storm_free(storm);
		return r;
	}
	*ret_storm = storm;
	return 0;
}

/* Adds what one thread sent to what the first one did. */
static void merge(struct lab_storm *storm, const struct sender *sender)
{
	struct lab_storm_sent *all = storm->senders[0].sent;

	storm->total.packets += sender->total.packets;
	storm->total.bytes += sender->total.bytes;
	storm->total.refused += sender->total.refused;
	if (!storm->total.error)
		storm->total.error = sender->total.error;
	for (uint32_t i = 0; i < storm->opts.flows && sender->sent != all; i++) {
		all[i].packets += sender->sent[i].packets;
		all[i].bytes += sender->sent[i].bytes;
		all[i].tcp_flags |= sender->sent[i].tcp_flags;
	}
}

int lab_storm_join(struct lab_storm *storm)
{
	if (storm->joined || !storm->senders)
		return storm->total.error;
	storm->joined = true;
	for (unsigned i = 0; i < storm->opts.threads; i++)
		if (storm->senders[i].started)
			pthread_join(storm->senders[i].thread, NULL);
	for (unsigned i = 0; i < storm->opts.threads; i++)
		if (storm->senders[i].started)
			merge(storm, &storm->senders[i]);
	for (uint32_t i = 0; storm->senders[0].sent && i < storm->opts.flows; i++)
		storm->total.flows += storm->senders[0].sent[i].packets > 0;
	return storm->total.error;
}

int lab_storm_stop(struct lab_storm *storm)
{
	atomic_store(&storm->stop, true);
	return lab_storm_join(storm);
}

int lab_storm_run(const struct lab_storm_opts *opts, struct lab_storm **ret_storm)
{
	int r = opts->packets ? lab_storm_start(opts, ret_storm) : -EINVAL;

	if (r >= 0)
		lab_storm_join(*ret_storm);
	return r;
}

struct lab_storm *lab_storm_free(struct lab_storm *storm)
{
	if (!storm)
		return NULL;
	lab_storm_stop(storm);
	for (unsigned i = 0; storm->senders && i < storm->opts.threads; i++) {
		cleanup_close(&storm->senders[i].fd);
		free(storm->senders[i].sent);
	}
	free(storm->senders);
	free(storm);
	return NULL;
}

uint64_t lab_storm_progress(const struct lab_storm *storm)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < storm->opts.threads; i++)
		packets += atomic_load_explicit(&storm->senders[i].progress, memory_order_relaxed);
	return packets;
}

const struct lab_storm_total *lab_storm_total(const struct lab_storm *storm)
{
	return &storm->total;
}

const struct lab_storm_sent *lab_storm_sent(const struct lab_storm *storm)
{
	return storm->senders[0].sent;
}
