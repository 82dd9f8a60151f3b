/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The first process of a test guest: does what the plan says and powers off.
 *
 * The plan is the file /vm/plan, a list of NUL-terminated words that tests/vm/guest.py wrote, carried out one by one:
 *
 *   nonce=TEXT              what marks our lines, so that no test can fake them
 *   module=FILE PARAMETERS  load a kernel module
 *   root=virtiofs           make the host's files the root, with a layer for writing on top that is forgotten
 *   start                   mount what a system has, open the ports, and say so
 *   cwd=FOLDER, env=NAME=VALUE, arg=WORD, timeout=SECONDS
 *                           about the next program; the first arg is its path
 *   run                     run it, end all it has left running, and say how it ended
 *
 * Ports: ttyS0 is the kernel's console; ttyS1 a program's standard output, ttyS2 its standard error, both with our lines
 * in between: "@@vm NONCE begin 0@@", "@@vm NONCE end 0 rc=1 sig=0 timeout=0 taint=0 ms=17@@".
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PLAN "/vm/plan"
#define EXIT_PORT 0xf4 /* qemu's isa-debug-exit */
#define REAP_SECONDS 10
#define NO_PORT (-1)

struct program {
	const char *cwd;
	char **args;
	char **envs;
	size_t arg_count;
	size_t env_count;
	unsigned timeout_s;
};

struct ending {
	int status; /* of waitpid() */
	bool timed_out;
	uint64_t ms;
};

static const char *nonce = "none";
static int ports[] = { NO_PORT, NO_PORT }; /* standard output and standard error */

static __attribute__((noreturn)) void power_off(void)
{
	sync();
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(0, EXIT_PORT);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/*
 * A line on the console, through the kernel's log and at a level that it shows. In one write(2), which is a record;
 * dprintf() does not work here, for it asks for the position.
 */
static __attribute__((format(printf, 1, 2))) void log_line(const char *format, ...)
{
	char text[512];
	va_list args;
	int n, fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (fd < 0 || n < 0)
		return;
	/* There is nobody else to tell that this has failed. */
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

static void complain(const char *what, const char *about)
{
	log_line("<3>vm: %s %s: %s\n", what, about, strerror(errno));
}

static __attribute__((noreturn)) void die(const char *what, const char *about)
{
	complain(what, about);
	power_off();
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("allocate", "memory");
	return memory;
}

/* Reads a whole file, and adds a NUL. Return: NULL; to be freed by the caller. */
static char *read_file(const char *path, size_t *ret_size)
{
	size_t room = 1 << 16, size = 0;
	char *text = allocate(1, room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		free(text);
		return NULL;
	}
	while ((n = read(fd, text + size, room - size - 1)) > 0) {
		size += (size_t)n;
		if (size + 1 < room)
			continue;
		room *= 2;
		text = realloc(text, room);
		if (!text)
			die("allocate", path);
	}
	close(fd);
	text[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return text;
}

static void mount_at(const char *type, const char *target, const char *options)
{
	if (mkdir(target, 0755) && errno != EEXIST)
		complain("mkdir", target);
	if (mount(type, target, type, 0, options) && errno != EBUSY)
		complain("mount", target);
}

/* One of our lines, on all ports and in the kernel's log. */
static __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_line("<4>@@vm %s %s@@\n", nonce, text);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		dprintf(ports[i], "\n@@vm %s %s@@\n", nonce, text);
		tcdrain(ports[i]); /* else the end is lost when the machine stops */
	}
}

static int open_port(const char *path)
{
	struct termios settings;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &settings))
		die("open", path);
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL;
	tcsetattr(fd, TCSANOW, &settings);
	return fd;
}

static void load_module(char *words)
{
	char *parameters = strchr(words, ' ');
	int fd;

	if (parameters)
		*parameters++ = '\0';
	fd = open(words, O_RDONLY | O_CLOEXEC);
	if (fd < 0 ||
	    (syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) && errno != EEXIST))
		complain("load module", words);
	if (fd >= 0)
		close(fd);
}

/* The host's files stay as they are: what is written goes to a tmpfs above them. */
static void root_virtiofs(void)
{
	static const char *const moved[] = { "/dev", "/proc", "/sys" };

	mkdir("/lower", 0755);
	if (mount("root", "/lower", "virtiofs", MS_RDONLY, NULL))
		die("mount", "/lower");
	mount_at("tmpfs", "/layer", NULL);
	mkdir("/layer/upper", 0755);
	mkdir("/layer/work", 0755);
	mount_at("overlay", "/merged", "lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work");
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		char target[32];

		snprintf(target, sizeof(target), "/merged%s", moved[i]);
		if (mount(moved[i], target, NULL, MS_MOVE, NULL))
			die("move", target);
	}
	if (chdir("/merged") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("enter", "/merged");
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		complain("raise", "lo");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		complain("raise", "lo");
	close(fd);
}

/* Programs may lock all the memory they want (maps do before 5.11), and dump no core. */
static void set_limits(void)
{
	static const struct rlimit memory = { RLIM_INFINITY, RLIM_INFINITY }, none = { 0, 0 },
				   files = { 1024, 524288 };

	if (setrlimit(RLIMIT_MEMLOCK, &memory) || setrlimit(RLIMIT_CORE, &none) ||
	    setrlimit(RLIMIT_NOFILE, &files))
		complain("set", "limits");
}

/* devtmpfs has devices alone. */
static void link_descriptors(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]))
			complain("link", links[i][1]);
}

static void start(void)
{
	mkdir("/tmp", 01777);
	mount_at("tmpfs", "/run", NULL);
	mount_at("tmpfs", "/dev/shm", NULL);
	mount_at("devpts", "/dev/pts", NULL);
	mount_at("tracefs", "/sys/kernel/tracing", NULL);
	mount_at("debugfs", "/sys/kernel/debug", NULL);
	mount_at("securityfs", "/sys/kernel/security", NULL);
	mount_at("bpf", "/sys/fs/bpf", NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", NULL);
	link_descriptors();
	if (sethostname("guest", strlen("guest")))
		complain("set", "the host name");
	raise_loopback();
	set_limits();
	ports[0] = open_port("/dev/ttyS1");
	ports[1] = open_port("/dev/ttyS2");
	say("start");
}

static unsigned long taint(void)
{
	char *text = read_file("/proc/sys/kernel/tainted", NULL);
	unsigned long flags = text ? strtoul(text, NULL, 10) : ~0ul;

	free(text);
	return flags;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Reaps until @pid has ended, or with @pid -1 until no child is left. Return: false: not before @deadline_ms. */
static bool reap(pid_t pid, uint64_t deadline_ms, int *ret_status)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		struct timespec rest = { 0 };
		uint64_t now = now_ms();
		int status;
		pid_t ended = waitpid(-1, &status, WNOHANG);

		if (ended < 0)
			return pid == -1;
		if (ended == pid) {
			*ret_status = status;
			return true;
		}
		if (ended > 0)
			continue;
		if (now >= deadline_ms)
			return false;
		rest.tv_sec = (time_t)((deadline_ms - now) / 1000);
		rest.tv_nsec = (long)((deadline_ms - now) % 1000) * 1000000;
		sigtimedwait(&child, NULL, &rest);
	}
}

static __attribute__((noreturn)) void become(const struct program *p)
{
	int nothing = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(nothing, STDIN_FILENO);
	dup2(ports[0], STDOUT_FILENO);
	dup2(ports[1], STDERR_FILENO);
	if (nothing > STDERR_FILENO)
		close(nothing);
	if (chdir(p->cwd)) {
		fprintf(stderr, "vm: cannot enter %s: %s\n", p->cwd, strerror(errno));
		_exit(126);
	}
	execvpe(p->args[0], p->args, p->envs);
	fprintf(stderr, "vm: cannot run %s: %s\n", p->args[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Tasks that are stuck in the kernel, on the console. */
static void show_stuck_tasks(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "w", 1) != 1)
		complain("show", "stuck tasks");
	if (fd >= 0)
		close(fd);
}

static struct ending run_program(const struct program *p)
{
	struct ending ending = { 0 };
	uint64_t begin = now_ms();
	int ignored;
	pid_t pid = fork();

	if (pid < 0)
		die("fork for", p->args[0]);
	if (!pid)
		become(p);
	ending.timed_out = !reap(pid, begin + p->timeout_s * 1000ull, &ending.status);
	ending.ms = now_ms() - begin;
	if (ending.timed_out)
		show_stuck_tasks();
	kill(-1, SIGKILL); /* everybody but us */
	if (!reap(-1, now_ms() + REAP_SECONDS * 1000ull, &ignored))
		complain("end", "what the program has left behind");
	return ending;
}

static void run(struct program *p, unsigned number)
{
	struct ending e;

	if (!p->arg_count)
		die("run", "nothing");
	say("begin %u", number);
	e = run_program(p);
	say("end %u rc=%d sig=%d timeout=%d taint=%lu ms=%llu", number,
	    WIFEXITED(e.status) ? WEXITSTATUS(e.status) : 128 + WTERMSIG(e.status),
	    WIFSIGNALED(e.status) ? WTERMSIG(e.status) : 0, e.timed_out, taint(),
	    (unsigned long long)e.ms);
	memset(p->args, 0, p->arg_count * sizeof(p->args[0]));
	memset(p->envs, 0, p->env_count * sizeof(p->envs[0]));
	p->arg_count = p->env_count = 0;
}

/* Return: what follows "key=" in a word; NULL: it is another key's. */
static char *value_of(char *word, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(word, key, len) && word[len] == '=' ? word + len + 1 : NULL;
}

static void carry_out(char *plan, size_t size)
{
	/* One more than there are bytes: a list of words that ends with NULL always has room. */
	struct program p = { .cwd = "/",
			     .args = allocate(size + 1, sizeof(char *)),
			     .envs = allocate(size + 1, sizeof(char *)) };
	unsigned number = 0;
	char *value;

	for (char *word = plan, *next; word < plan + size; word = next) {
		next = word + strlen(word) + 1;
		if ((value = value_of(word, "nonce")))
			nonce = value;
		else if ((value = value_of(word, "module")))
			load_module(value);
		else if ((value = value_of(word, "cwd")))
			p.cwd = value;
		else if ((value = value_of(word, "env")))
			p.envs[p.env_count++] = value;
		else if ((value = value_of(word, "arg")))
			p.args[p.arg_count++] = value;
		else if ((value = value_of(word, "timeout")))
			p.timeout_s = (unsigned)strtoul(value, NULL, 10);
		else if (!strcmp(word, "root=virtiofs"))
			root_virtiofs();
		else if (!strcmp(word, "start"))
			start();
		else if (!strcmp(word, "run"))
			run(&p, number++);
		else
			die("understand", word);
	}
}

int main(void)
{
	char *plan;
	size_t size;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	mount_at("devtmpfs", "/dev", NULL);
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	plan = read_file(PLAN, &size);
	if (!plan)
		die("read", PLAN);
	carry_out(plan, size);
	power_off();
}
