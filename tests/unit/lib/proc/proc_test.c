/* proc_test.c - children: what goes in and comes out, limits, the sandbox, ends. */
#include "lib/proc/proc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
	int result;
	int status;
	struct buf output, tail;
	struct error err;
};

#define RUN(outcome, ...) run(outcome, (struct proc_command){__VA_ARGS__})
#define ARGV(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void run(struct outcome *o, struct proc_command command)
{
	*o = (struct outcome){.status = -1};
	buf_init(&o->output, 0);
	buf_init(&o->tail, 0);
	if (command.deadline_ms == 0)
		command.deadline_ms = 60000;
	if (command.output_limit == 0)
		command.output_limit = 1 << 20;
	o->result = proc_run(&command, &o->output, &o->tail, &o->status, &o->err);
}

static void forget(struct outcome *o)
{
	buf_release(&o->output);
	buf_release(&o->tail);
}

/* ---- what a sandboxed program tries: exit status 0 when it was let */

static int probe(const char *what)
{
	if (strcmp(what, "socket") == 0)
		return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno;
	if (strcmp(what, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		return pid > 0 ? 0 : errno;
	}
	if (strcmp(what, "unlink") == 0)
		return unlink("/tmp/lexflow-no-such-file") == 0 || errno == ENOENT ? 0 : errno;
	if (strcmp(what, "write") == 0)
		return open("/dev/null", O_WRONLY) >= 0 ? 0 : errno;
	if (strcmp(what, "read") == 0)
		return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : errno;
	if (strcmp(what, "memory") == 0)
		return mmap(NULL, 512 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
			       ? 0
			       : errno;
	if (strcmp(what, "descriptors") == 0) {
		for (int fd = 3; fd < 200; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				return fd;
		return 0;
	}
	return 255;
}

static int probed(const char *what, struct proc_limits limits)
{
	struct outcome o;

	RUN(&o, .argv = ARGV("/proc/self/exe", "probe", what), .limits = limits);
	assert_int_equal(o.result, 0);
	forget(&o);
	return o.status;
}

static void input_goes_in_and_output_comes_out(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("cat"), .input = SLICE("some text"));
	assert_int_equal(o.result, 0);
	assert_int_equal(o.status, 0);
	assert_string_equal(buf_text(&o.output), "some text");
	forget(&o);
}

static void more_than_a_pipe_holds_goes_through(void **state)
{
	size_t size = 3 << 20;
	char *big = malloc(size);
	struct outcome o;

	(void)state;
	memset(big, 'x', size);
	RUN(&o, .argv = ARGV("cat"), .input = {big, size}, .output_limit = size);
	assert_int_equal(o.result, 0);
	assert_int_equal(o.output.len, size);
	assert_memory_equal(o.output.data, big, size);
	forget(&o);
	free(big);
}

static void status_and_the_end_of_stderr_are_told(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("sh", "-c", "head -c 10000 /dev/zero >&2; echo the reason >&2; exit 3"));
	assert_int_equal(o.result, 0);
	assert_int_equal(o.status, 3);
	assert_true(o.tail.len <= 4096);
	assert_true(slice_ends(buf_slice(&o.tail), SLICE("the reason\n")));
	forget(&o);
}

static void arguments_are_not_interpreted(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("printf", "%s", "$(id); `id` * 'x'"));
	assert_string_equal(buf_text(&o.output), "$(id); `id` * 'x'");
	forget(&o);
}

static void a_missing_program_is_named(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("no-such-program-here"));
	assert_int_equal(o.result, -1);
	assert_int_equal(o.err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(o.err.message, "no-such-program-here"));
	forget(&o);
}

static void a_file_that_is_no_program_is_an_error(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("/etc/passwd"));
	assert_int_equal(o.result, -1);
	forget(&o);
}

static void the_deadline_ends_it(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("sleep", "600"), .deadline_ms = 50);
	assert_int_equal(o.result, -1);
	assert_int_equal(o.err.kind, ERROR_LIMIT);
	forget(&o);
}

static void the_deadline_ends_its_children_too(void **state)
{
	struct outcome o;

	/* The grandchild holds our pipe open: were it left alive, it would be found by its name. */
	(void)state;
	RUN(&o, .argv = ARGV("sh", "-c", "sleep 601.5 & sleep 601.5"), .deadline_ms = 200);
	assert_int_equal(o.err.kind, ERROR_LIMIT);
	forget(&o);
	RUN(&o, .argv = ARGV("sh", "-c",
			     "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -qx "
			     "'sleep 601.5 ' && "
			     "grep -q '^State:.[^Z]' $p/status && echo $p; done; true"));
	assert_string_equal(buf_text(&o.output), "");
	forget(&o);
}

static void too_much_output_ends_it(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("cat", "/dev/zero"), .output_limit = 100000);
	assert_int_equal(o.result, -1);
	assert_int_equal(o.err.kind, ERROR_LIMIT);
	assert_true(o.output.len <= 100000);
	forget(&o);
}

static void death_by_signal_is_told(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("sh", "-c", "kill -SEGV $$"));
	assert_int_equal(o.result, -1);
	assert_int_equal(o.err.kind, ERROR_INPUT);
	assert_non_null(strstr(o.err.message, "signal 11"));
	forget(&o);
}

static void a_child_that_does_not_read_is_no_trouble(void **state)
{
	size_t size = 3 << 20;
	char *big = calloc(1, size);
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("true"), .input = {big, size}); /* without MSG_NOSIGNAL this test dies */
	assert_int_equal(o.result, 0);
	assert_int_equal(o.status, 0);
	forget(&o);
	free(big);
}

static void cpu_time_is_limited(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("sh", "-c", "while :; do :; done"), .limits = {.cpu_s = 1, .file_bytes = -1});
	assert_int_equal(o.result, -1);
	assert_int_equal(o.err.kind, ERROR_LIMIT);
	assert_non_null(strstr(o.err.message, "CPU"));
	forget(&o);
}

static void file_size_is_limited(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, .argv = ARGV("sh", "-c", "f=$(mktemp); trap 'rm -f $f' EXIT; head -c 5000 /dev/zero > $f"),
	    .limits = {.file_bytes = 1000});
	assert_true(o.result == -1 || o.status != 0);
	forget(&o);
}

static void nothing_but_stdio_is_inherited(void **state)
{
	int fd = dup(0); /* not close-on-exec */

	(void)state;
	assert_int_equal(probed("descriptors", (struct proc_limits){.file_bytes = -1}), 0);
	close(fd);
}

static void the_sandbox_has_no_network_no_processes_and_changes_no_file(void **state)
{
	const struct proc_limits sandbox = {.sandbox = true};
	const struct proc_limits none = {.file_bytes = -1};

	(void)state;
	assert_int_equal(probed("socket", none), 0);
	assert_int_equal(probed("fork", none), 0);
	assert_int_equal(probed("write", none), 0);
	assert_int_equal(probed("unlink", none), 0);
	assert_int_equal(probed("socket", sandbox), EPERM);
	assert_int_equal(probed("fork", sandbox), EPERM);
	assert_int_equal(probed("write", sandbox), EPERM);
	assert_int_equal(probed("unlink", sandbox), EPERM);
	assert_int_equal(probed("read", sandbox), 0); /* its libraries and fonts */
	assert_int_equal(probed("write", (struct proc_limits){.sandbox = true, .file_bytes = 1 << 20}), 0);
}

static void memory_is_limited(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer's shadow memory is larger than any limit */
#endif
	assert_int_equal(probed("memory", (struct proc_limits){.file_bytes = -1}), 0);
	assert_int_equal(probed("memory", (struct proc_limits){.memory_bytes = 256 << 20, .file_bytes = -1}),
			 ENOMEM);
}

/* ---- on a loop */

struct watched {
	struct proc *proc;
	char text[256]; /* lines, each ended by | */
	int64_t status;
	int signum;
	int exits;
	bool close_on_line;
};

static void on_line(void *ctx, struct slice line)
{
	struct watched *w = ctx;
	size_t used = strlen(w->text);

	snprintf(w->text + used, sizeof(w->text) - used, "%.*s|", SLICE_ARG(line));
	if (w->close_on_line)
		proc_close(w->proc);
}

static void on_exit_cb(void *ctx, int64_t status, int signum)
{
	struct watched *w = ctx;

	w->exits++;
	w->status = status;
	w->signum = signum;
	assert_int_equal(proc_pid(w->proc), 0);
}

static void spawn(struct watched *w, uv_loop_t *loop, const char *script)
{
	struct proc_options options = {.argv = ARGV("sh", "-c", script),
				       .limits = {.file_bytes = -1},
				       .on_line = on_line,
				       .on_exit = on_exit_cb,
				       .ctx = w};
	struct error err = {0};

	*w = (struct watched){0};
	assert_int_equal(uv_loop_init(loop), 0);
	w->proc = proc_spawn(loop, &options, &err);
	assert_non_null(w->proc);
}

static void end(struct watched *w, uv_loop_t *loop)
{
	proc_close(w->proc);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void lines_come_before_the_end(void **state)
{
	struct watched w;
	uv_loop_t loop;

	(void)state;
	spawn(&w, &loop, "echo one; echo two >&2; printf three; exit 7");
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_string_equal(w.text, "one|two|three|");
	assert_int_equal(w.exits, 1);
	assert_int_equal(w.status, 7);
	assert_int_equal(w.signum, 0);
	end(&w, &loop);
}

static void a_signal_ends_it_and_is_told(void **state)
{
	struct watched w;
	uv_loop_t loop;

	(void)state;
	spawn(&w, &loop, "echo ready; exec sleep 600");
	while (w.text[0] == '\0')
		uv_run(&loop, UV_RUN_ONCE);
	proc_kill(w.proc, SIGTERM);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(w.exits, 1);
	assert_int_equal(w.signum, SIGTERM);
	end(&w, &loop);
}

static void closing_kills_and_calls_nobody(void **state)
{
	struct watched w;
	uv_loop_t loop;
	pid_t pid;

	(void)state;
	spawn(&w, &loop, "exec sleep 600");
	pid = proc_pid(w.proc);
	end(&w, &loop);
	assert_int_equal(w.exits, 0);
	assert_int_equal(kill(pid, 0), -1);
}

static void it_may_be_closed_from_its_own_line(void **state)
{
	struct watched w;
	uv_loop_t loop;

	(void)state;
	spawn(&w, &loop, "echo one; echo two; exec sleep 600");
	w.close_on_line = true;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_string_equal(w.text, "one|");
	assert_int_equal(w.exits, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_failed_spawn_says_why_and_leaves_nothing(void **state)
{
	struct proc_options options = {.argv = ARGV("no-such-program-here"), .on_line = on_line};
	struct error err = {0};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_null(proc_spawn(&loop, &options, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void environment_and_folder_are_as_given(void **state)
{
	struct watched w = {0};
	struct proc_options options = {.argv = ARGV("/bin/sh", "-c", "echo $A:$HOME:$PWD"),
				       .env = ARGV("A=1"),
				       .cwd = "/",
				       .limits = {.file_bytes = -1},
				       .on_line = on_line,
				       .on_exit = on_exit_cb,
				       .ctx = &w};
	struct error err = {0};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	w.proc = proc_spawn(&loop, &options, &err);
	assert_non_null(w.proc);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_string_equal(w.text, "1::/|");
	end(&w, &loop);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_goes_in_and_output_comes_out),
		cmocka_unit_test(more_than_a_pipe_holds_goes_through),
		cmocka_unit_test(status_and_the_end_of_stderr_are_told),
		cmocka_unit_test(arguments_are_not_interpreted),
		cmocka_unit_test(a_missing_program_is_named),
		cmocka_unit_test(a_file_that_is_no_program_is_an_error),
		cmocka_unit_test(the_deadline_ends_it),
		cmocka_unit_test(the_deadline_ends_its_children_too),
		cmocka_unit_test(too_much_output_ends_it),
		cmocka_unit_test(death_by_signal_is_told),
		cmocka_unit_test(a_child_that_does_not_read_is_no_trouble),
		cmocka_unit_test(cpu_time_is_limited),
		cmocka_unit_test(file_size_is_limited),
		cmocka_unit_test(nothing_but_stdio_is_inherited),
		cmocka_unit_test(the_sandbox_has_no_network_no_processes_and_changes_no_file),
		cmocka_unit_test(memory_is_limited),
		cmocka_unit_test(lines_come_before_the_end),
		cmocka_unit_test(a_signal_ends_it_and_is_told),
		cmocka_unit_test(closing_kills_and_calls_nobody),
		cmocka_unit_test(it_may_be_closed_from_its_own_line),
		cmocka_unit_test(a_failed_spawn_says_why_and_leaves_nothing),
		cmocka_unit_test(environment_and_folder_are_as_given),
	};

	if (argc == 3 && strcmp(argv[1], "probe") == 0)
		_exit(probe(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
