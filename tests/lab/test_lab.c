/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The world of the lab: namespaces, interfaces, and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_arp.h>

#include "lab/address.h"
#include "lab/census.h"
#include "lab/foreign.h"
#include "lab/link.h"
#include "lab/load.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/tun.h"

#define DEADLINE_MS 5000
#define TEXT_SIZE 1024

static ino_t netns_inode(void)
{
	struct stat st;

	assert_return_code(stat("/proc/thread-self/ns/net", &st), errno);
	return st.st_ino;
}

/* lab_in_netns() */

static int return_seven(void *userdata)
{
	*(int *)userdata = 8; /* in the child alone */
	return 7;
}

static int hang(void *userdata)
{
	(void)userdata;
	if (!fork())
		pause();
	pause();
	return 0;
}

static int fail_an_assertion(void *userdata)
{
	(void)userdata;
	/* The message belongs to the test; it is not to be seen. */
	close(STDERR_FILENO);
	assert_int_equal(1, 2);
	return 0;
}

static int tell_netns(void *userdata)
{
	*(ino_t *)userdata = netns_inode();
	return if_nametoindex("lab_a") ? 1 : 0;
}

static void in_netns__returns_the_exit_code(void **state)
{
	int value = 1;

	(void)state;
	assert_int_equal(lab_in_netns(return_seven, &value), 7);
	assert_int_equal(value, 1);
}

/* The end of a pipe comes when nobody holds its other end any more. */
static bool at_end(void *userdata)
{
	char byte;

	return read(*(int *)userdata, &byte, 1) == 0;
}

static void in_netns__ends_what_hangs_and_its_children(void **state)
{
	int ends[2];

	(void)state;
	assert_return_code(pipe2(ends, O_CLOEXEC | O_NONBLOCK), errno);
	assert_int_equal(lab_in_netns_for(200 * 1000000, hang, NULL), LAB_EXIT_TIMEOUT);
	close(ends[1]);
	assert_true(lab_until(lab_in_ms(DEADLINE_MS), at_end, &ends[0]));
	close(ends[0]);
}

static void in_netns__tells_of_failed_assertions(void **state)
{
	(void)state;
	assert_int_equal(lab_in_netns(fail_an_assertion, NULL), LAB_EXIT_SIGNAL + SIGABRT);
}

/* Namespaces */

static void netns__is_a_new_one_each_time(void **state)
{
	ino_t first = netns_inode();

	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	assert_int_equal(lab_netns_enter(), 0);
	assert_int_not_equal(netns_inode(), first);
	assert_int_equal(lab_link_index("lab_a"), -ENODEV);
	assert_true(lab_link_index("lo") > 0);
}

static void netns__a_second_one_is_visited_and_left(void **state)
{
	ino_t home = netns_inode(), there = 0;
	int fd = lab_netns_new();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(netns_inode(), home);
	assert_int_equal(lab_veth_create_in("lab_b", "lab_a", fd), 0);
	assert_int_equal(lab_link_index("lab_a"), -ENODEV);
	assert_int_equal(lab_netns_call(fd, tell_netns, &there), 1);
	assert_int_not_equal(there, home);
	assert_int_equal(netns_inode(), home);
	close(fd);
}

static int set_up(void *userdata)
{
	return lab_link_up(userdata);
}

static int send_five(void *userdata)
{
	return lab_send_times("lab_b", userdata, 5);
}

static void netns__a_moved_peer_still_hears(void **state)
{
	struct lab_link_stats stats;
	struct lab_frame f = { 0 };
	int fd = lab_netns_new();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	assert_int_equal(lab_link_set_netns("lab_b", fd), 0);
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_finish(&f);
	assert_int_equal(lab_netns_call(fd, send_five, &f), -ENETDOWN); /* moving takes it down */
	assert_int_equal(lab_netns_call(fd, set_up, "lab_b"), 0);
	assert_int_equal(lab_link_wait("lab_a"), 0);
	assert_int_equal(lab_netns_call(fd, send_five, &f), 0);
	assert_int_equal(lab_link_stats("lab_a", &stats), 0);
	assert_int_equal(stats.rx_packets, 5);
	assert_int_equal(stats.rx_bytes, 5 * lab_frame_len(&f));
	close(fd);
}

/* Interfaces */

static bool has_spoken(void *userdata)
{
	struct lab_link_stats stats = { 0 };

	return !lab_link_stats(userdata, &stats) && stats.tx_packets > 0;
}

static void link__is_silent_unless_told_to_speak_ipv6(void **state)
{
	struct lab_link_stats stats;

	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	assert_int_equal(lab_veth_create("lab_c", "lab_d", true), 0);
	if (access("/proc/sys/net/ipv6", F_OK)) {
		print_message("# this kernel has no IPv6\n");
		skip();
	}
	assert_int_equal(lab_ipv6_set("lab_a", true), 0);
	/* One speaks up of its own accord; by then the other, which is older, would have, too. */
	assert_true(lab_until(lab_in_ms(DEADLINE_MS), has_spoken, "lab_a"));
	assert_int_equal(lab_link_stats("lab_c", &stats), 0);
	assert_int_equal(stats.tx_packets + stats.rx_packets, 0);
}

static unsigned short flags_of(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	assert_return_code(ioctl(fd, SIOCGIFFLAGS, &request), errno);
	close(fd);
	return (unsigned short)request.ifr_flags;
}

static void link__goes_up_and_down(void **state)
{
	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", false), 0);
	assert_false(flags_of("lab_a") & IFF_UP);
	assert_false(flags_of("lab_b") & IFF_UP);
	assert_int_equal(lab_link_up("lab_a"), 0);
	assert_true(flags_of("lab_a") & IFF_UP);
	assert_false(flags_of("lab_b") & IFF_UP);
	assert_int_equal(lab_link_down("lab_a"), 0);
	assert_false(flags_of("lab_a") & IFF_UP);
}

static void link__sends_as_soon_as_it_is_made(void **state)
{
	struct lab_frame f = { 0 };
	struct lab_link_stats stats;

	(void)state;
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_finish(&f);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
		assert_int_equal(lab_send("lab_a", &f), 0);
		assert_int_equal(lab_send("lab_b", &f), 0);
		assert_int_equal(lab_link_stats("lab_a", &stats), 0);
		assert_int_equal(stats.tx_packets, 1);
		assert_int_equal(stats.rx_packets, 1);
		assert_int_equal(lab_link_delete("lab_a"), 0);
	}
}

static void link__changes_name_mtu_and_mac(void **state)
{
	struct ifreq request = { .ifr_name = "lab_z" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), index;

	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", false), 0);
	index = lab_link_index("lab_a");
	assert_int_equal(lab_link_rename("lab_a", "lab_z"), 0);
	assert_int_equal(lab_link_index("lab_z"), index);
	assert_int_equal(lab_link_index("lab_a"), -ENODEV);
	assert_int_equal(lab_link_set_mtu("lab_z", 9000), 0);
	assert_return_code(ioctl(fd, SIOCGIFMTU, &request), errno);
	assert_int_equal(request.ifr_mtu, 9000);
	assert_int_equal(lab_link_set_mac("lab_z", "02:00:00:00:12:34"), 0);
	assert_return_code(ioctl(fd, SIOCGIFHWADDR, &request), errno);
	assert_memory_equal(request.ifr_hwaddr.sa_data, "\x02\0\0\0\x12\x34", 6);
	assert_int_equal(lab_link_set_mac("lab_z", "no mac"), -EINVAL);
	close(fd);
}

static void link__deletes_a_pair(void **state)
{
	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	assert_int_equal(lab_veth_create("lab_a", "lab_c", true), -EEXIST);
	assert_int_equal(lab_link_delete("lab_a"), 0);
	assert_int_equal(lab_link_index("lab_b"), -ENODEV);
	assert_int_equal(lab_link_delete("lab_a"), -ENODEV);
}

/* Skips the test where the kernel does not have this kind of device. */
static void need_device(int r, const char *kind)
{
	if (r == -EOPNOTSUPP) {
		print_message("# this kernel has no %s devices\n", kind);
		skip();
	}
	assert_int_equal(r, 0);
}

static void link__makes_an_ifb(void **state)
{
	(void)state;
	need_device(lab_ifb_create("lab_ifb"), "ifb");
	assert_int_equal(lab_link_up("lab_ifb"), 0);
}

static void link__makes_a_macvlan(void **state)
{
	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	need_device(lab_macvlan_create("lab_mv", "lab_a"), "macvlan");
	assert_int_equal(lab_link_up("lab_mv"), 0);
}

static void link__a_vxlan_sends_through_the_device_below(void **state)
{
	struct lab_link_stats stats;
	struct lab_frame f = { 0 };

	(void)state;
	assert_int_equal(lab_veth_create("lab_a", "lab_b", true), 0);
	assert_int_equal(lab_address_add("lab_a", "10.9.0.1/24"), 0);
	assert_int_equal(lab_neighbour_add("lab_a", "10.9.0.2", LAB_MAC_B), 0);
	need_device(lab_vxlan_create("lab_vx", 42, "10.9.0.2"), "vxlan");
	assert_int_equal(lab_link_up("lab_vx"), 0);
	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_finish(&f);
	assert_int_equal(lab_send("lab_vx", &f), 0);
	assert_int_equal(lab_link_stats("lab_a", &stats), 0);
	assert_int_equal(stats.tx_packets, 1);
	assert_int_equal(stats.tx_bytes, lab_frame_len(&f) + 50); /* Ethernet, IPv4, UDP, VXLAN */
}

static void tun__carries_packets_both_ways(void **state)
{
	struct lab_frame f = { 0 };
	struct lab_link_stats stats;
	uint8_t buf[2048];
	int fd = lab_tun_open("lab_t", ARPHRD_NONE);

	(void)state;
	assert_true(fd >= 0);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(&f, 1, 2);
	lab_finish(&f);
	assert_int_equal(write(fd, f.bytes, f.len), f.len);
	assert_int_equal(read(fd, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(lab_send("lab_t", &f), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), f.len);
	assert_memory_equal(buf, f.bytes, f.len);
	assert_int_equal(lab_link_stats("lab_t", &stats), 0);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(stats.tx_packets, 1);
	close(fd);
	assert_int_equal(lab_link_index("lab_t"), -ENODEV);
}

static unsigned short type_of(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	assert_return_code(ioctl(fd, SIOCGIFHWADDR, &request), errno);
	close(fd);
	return request.ifr_hwaddr.sa_family;
}

static void tun__claims_to_be_any_type(void **state)
{
	int none_fd = lab_tun_open("lab_t", ARPHRD_NONE);
	int ppp_fd = lab_tun_open("lab_u", ARPHRD_PPP);
	int tap_fd = lab_tap_open("lab_v");

	(void)state;
	assert_true(none_fd >= 0 && ppp_fd >= 0 && tap_fd >= 0);
	assert_int_equal(type_of("lab_t"), ARPHRD_NONE);
	assert_int_equal(type_of("lab_u"), ARPHRD_PPP);
	assert_int_equal(type_of("lab_v"), ARPHRD_ETHER);
	close(none_fd);
	close(ppp_fd);
	close(tap_fd);
}

/* What is left behind */

static void census__finds_what_leaks_and_sees_it_go(void **state)
{
	struct lab_foreign_opts opts = { .name = "lab_leak" };
	struct lab_census before, after;
	struct lab_foreign foreign;
	char text[TEXT_SIZE], expected[64];

	(void)state;
	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(lab_foreign_load(&opts, &foreign), 0);
	assert_int_equal(lab_census_take(&after), 0);
	assert_true(lab_census_diff(&before, &after, text, sizeof(text)) >= 4);
	snprintf(expected, sizeof(expected), "program %u lab_leak", foreign.prog_id);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, " lab_leak, program"));
	snprintf(expected, sizeof(expected), "fd %d anon_inode:bpf-map", foreign.map_fd);
	assert_non_null(strstr(text, expected));
	assert_false(lab_census_clean(&before, lab_now_ns(), text, sizeof(text)));
	lab_foreign_close(&foreign);
	if (!lab_census_clean(&before, lab_in_ms(DEADLINE_MS), text, sizeof(text)))
		fail_msg("left: %s", text);
	assert_string_equal(text, "");
}

static void census__waits_only_for_what_came_in_between(void **state)
{
	struct lab_foreign_opts opts = { .name = "lab_between" };
	struct lab_foreign between, later;
	struct lab_census before, after;
	char text[TEXT_SIZE];

	(void)state;
	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(lab_foreign_load(&opts, &between), 0);
	assert_int_equal(lab_census_take(&after), 0);
	assert_int_equal(lab_foreign_load(&opts, &later), 0);
	assert_false(lab_census_vanished(&before, &after, lab_now_ns(), text, sizeof(text)));
	assert_non_null(strstr(text, "lab_between"));
	lab_foreign_close(&between);
	if (!lab_census_vanished(&before, &after, lab_in_ms(DEADLINE_MS), text, sizeof(text)))
		fail_msg("left: %s", text);
	lab_foreign_close(&later);
}

/* In a process that descends from nobody here: holds objects until the other end of @done is closed. */
static void hold(int ready, int done)
{
	struct lab_foreign_opts opts = { .name = "lab_other" };
	struct lab_foreign foreign;
	char byte;

	if (lab_foreign_load(&opts, &foreign) == 0 && write(ready, "x", 1) == 1 &&
	    read(done, &byte, 1) == 0)
		_exit(0);
	_exit(1);
}

static void census__does_not_wait_for_what_others_hold(void **state)
{
	int ready[2], done[2];
	struct lab_census before, after;
	char text[TEXT_SIZE], byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	assert_int_equal(lab_census_take(&before), 0);
	pid = fork();
	if (pid == 0) {
		close(done[1]);
		if (setsid() > 0 && fork() == 0)
			hold(ready[1], done[0]);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(lab_census_take(&after), 0);
	assert_true(lab_census_diff(&before, &after, text, sizeof(text)) >= 2);
	assert_non_null(strstr(text, "lab_other"));
	if (!lab_census_clean(&before, lab_now_ns(), text, sizeof(text)))
		fail_msg("waited for: %s", text);
	close(done[1]);
	close(done[0]);
	close(ready[0]);
	close(ready[1]);
	if (!lab_census_vanished(&before, &after, lab_in_ms(DEADLINE_MS), text, sizeof(text)))
		fail_msg("left: %s", text);
}

static void census__counts_links(void **state)
{
	struct lab_foreign_opts opts = { .name = "lab_link", .action = -1 };
	struct lab_census before, after;
	struct lab_foreign foreign;
	char text[TEXT_SIZE];

	(void)state;
	if (!lab_has_tcx()) {
		print_message("# this kernel has no TCX links\n");
		skip();
	}
	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(lab_foreign_load(&opts, &foreign), 0);
	assert_int_equal(lab_foreign_attach_tcx(&foreign, "lo", LAB_EGRESS, 0), 0);
	assert_int_equal(lab_census_take(&after), 0);
	assert_true(after.links.count > 0);
	lab_census_diff(&before, &after, text, sizeof(text));
	assert_non_null(strstr(text, "link "));
	lab_foreign_close(&foreign);
	if (!lab_census_clean(&before, lab_in_ms(DEADLINE_MS), text, sizeof(text)))
		fail_msg("left: %s", text);
}

/* Waiting */

static bool count_down(void *userdata)
{
	return --*(int *)userdata == 0;
}

static void until__asks_again_until_the_deadline(void **state)
{
	int soon = 3, never = -1;
	uint64_t start_ns = lab_now_ns();

	(void)state;
	assert_true(lab_until(lab_in_ms(DEADLINE_MS), count_down, &soon));
	assert_int_equal(soon, 0);
	assert_true(lab_now_ns() - start_ns < DEADLINE_MS * 1000000ull);
	start_ns = lab_now_ns();
	assert_false(lab_until(lab_in_ms(20), count_down, &never));
	assert_true(lab_now_ns() - start_ns >= 20 * 1000000);
	never = 1;
	assert_true(lab_until(0, count_down, &never)); /* asked at least once */
}

static void load__is_divided_as_the_environment_says(void **state)
{
	const char *divisor = getenv("LAB_LOAD_DIVISOR");
	char *before = divisor ? strdup(divisor) : NULL;

	(void)state;
	unsetenv("LAB_LOAD_DIVISOR");
	assert_int_equal(lab_load(1000), 1000);
	setenv("LAB_LOAD_DIVISOR", "8", 1);
	assert_int_equal(lab_load(1000), 125);
	assert_int_equal(lab_load(7), 1);
	setenv("LAB_LOAD_DIVISOR", "0", 1);
	assert_int_equal(lab_load(1000), 1);
	if (before)
		setenv("LAB_LOAD_DIVISOR", before, 1);
	else
		unsetenv("LAB_LOAD_DIVISOR");
	free(before);
}

#define netns_test(f) cmocka_unit_test_setup(f, lab_netns_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(in_netns__returns_the_exit_code),
		netns_test(in_netns__ends_what_hangs_and_its_children),
		netns_test(in_netns__tells_of_failed_assertions),
		netns_test(netns__is_a_new_one_each_time),
		netns_test(netns__a_second_one_is_visited_and_left),
		netns_test(netns__a_moved_peer_still_hears),
		netns_test(link__is_silent_unless_told_to_speak_ipv6),
		netns_test(link__goes_up_and_down),
		netns_test(link__sends_as_soon_as_it_is_made),
		netns_test(link__changes_name_mtu_and_mac),
		netns_test(link__deletes_a_pair),
		netns_test(link__makes_an_ifb),
		netns_test(link__makes_a_macvlan),
		netns_test(link__a_vxlan_sends_through_the_device_below),
		netns_test(tun__carries_packets_both_ways),
		netns_test(tun__claims_to_be_any_type),
		netns_test(census__finds_what_leaks_and_sees_it_go),
		netns_test(census__waits_only_for_what_came_in_between),
		netns_test(census__does_not_wait_for_what_others_hold),
		netns_test(census__counts_links),
		cmocka_unit_test(until__asks_again_until_the_deadline),
		cmocka_unit_test(load__is_divided_as_the_environment_says),
	};

	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
