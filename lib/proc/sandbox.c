/* sandbox.c - limits and system call filters; sandbox.h and proc.h say what for. */
#include "lib/proc/sandbox.h"

#include "lib/mem/mem.h"
#include "lib/proc/proc_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sandboxed program needs its libraries, fonts and the input, not a thousand files. */
enum { SANDBOX_FILES = 64 };

/* Never needed by a program that reads standard input and writes standard output. */
static const char *const refused_calls[] = {
	/* network, and talk with other processes */
	"socket",
	"socketpair",
	"connect",
	"bind",
	"listen",
	"accept",
	"accept4",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"recvmsg",
	"recvmmsg",
	"shmget",
	"shmat",
	"msgget",
	"semget",
	"mq_open",
	"kill",
	"tkill",
	"rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	"pidfd_open",
	"pidfd_getfd",
	"pidfd_send_signal",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"process_madvise",
	"kcmp",
	/* new processes; threads are allowed below */
	"fork",
	"vfork",
	/* name spaces, mounts, privileges, keys */
	"unshare",
	"setns",
	"mount",
	"umount",
	"umount2",
	"mount_setattr",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"pivot_root",
	"chroot",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setgroups",
	"capset",
	"add_key",
	"keyctl",
	"request_key",
	"personality",
	/* the kernel's wider surface */
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"swapon",
	"swapoff",
	"acct",
	"quotactl",
	"syslog",
	"sethostname",
	"setdomainname",
	"settimeofday",
	"clock_settime",
	"clock_adjtime",
	"adjtimex",
	"open_by_handle_at",
	"name_to_handle_at",
	"fanotify_init",
	"iopl",
	"ioperm",
	"modify_ldt",
	"vhangup",
	"lookup_dcookie",
	"nfsservctl",
};

/* Change the file system: refused unless the child may write files. */
static const char *const writing_calls[] = {
	"creat",       "unlink",       "unlinkat",     "rename",    "renameat", "renameat2", "link",
	"linkat",      "symlink",      "symlinkat",    "mkdir",     "mkdirat",  "rmdir",     "mknod",
	"mknodat",     "chmod",        "fchmod",       "fchmodat",  "chown",    "fchown",    "lchown",
	"fchownat",    "truncate",     "ftruncate",    "fallocate", "setxattr", "lsetxattr", "fsetxattr",
	"removexattr", "lremovexattr", "fremovexattr", "utime",     "utimes",   "utimensat", "futimesat",
};

/* What remains for a program of ours once it is ready. */
static const char *const confined_calls[] = {
	"read",  "readv",  "write",      "writev",          "close",        "fstat",          "newfstatat",
	"lseek", "mmap",   "munmap",     "mremap",          "mprotect",     "madvise",        "brk",
	"futex", "poll",   "ppoll",      "clock_gettime",   "gettimeofday", "clock_getres",   "getrandom",
	"time",  "getpid", "gettid",     "sched_yield",     "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"exit",  "tgkill", "exit_group", "restart_syscall", "rseq",         "getrusage",      "sysinfo",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One rule for each call that this libseccomp knows for this machine. */
static int add_calls(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR && seccomp_rule_add(filter, action, number, 0) < 0)
			return -1;
	}
	return 0;
}

/* A new process is a clone without CLONE_THREAD. clone3 hides its flags behind a pointer, so it does not
 * exist (ENOSYS): the C library then falls back on clone. */
static int refuse_processes(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) < 0 ||
			       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) < 0
		       ? -1
		       : 0;
}

static int refuse_writing(scmp_filter_ctx filter)
{
	static const uint64_t modes[] = {O_WRONLY, O_RDWR};

	for (size_t i = 0; i < COUNT(modes); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE, modes[i])) < 0 ||
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, modes[i])) < 0)
			return -1;
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) < 0)
		return -1;
	return add_calls(filter, SCMP_ACT_ERRNO(EPERM), writing_calls, COUNT(writing_calls));
}

/* libseccomp writes a program to a file only; the child wants it in memory. */
static int export(scmp_filter_ctx filter, struct sock_fprog *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat status;
	int result = -1;

	if (fd < 0 || seccomp_export_bpf(filter, fd) < 0 || fstat(fd, &status) < 0)
		goto fail;
	out->len = (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
	out->filter = mem_alloc((size_t)status.st_size);
	if (pread(fd, out->filter, (size_t)status.st_size, 0) != status.st_size)
		goto fail;
	result = 0;
fail:
	if (fd >= 0)
		close(fd);
	return result;
}

int sandbox_compile(struct sock_fprog *out, bool may_write_files, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	*out = (struct sock_fprog){0};
	if (!filter || add_calls(filter, SCMP_ACT_ERRNO(EPERM), refused_calls, COUNT(refused_calls)) < 0 ||
	    refuse_processes(filter) < 0 || (!may_write_files && refuse_writing(filter) < 0) ||
	    export(filter, out) < 0)
		goto fail;
	seccomp_release(filter);
	return 0;

fail:
	if (filter)
		seccomp_release(filter);
	sandbox_release(out);
	return error_set(err, ERROR_IO, "cannot build the system call filter for a parser");
}

void sandbox_release(struct sock_fprog *filter)
{
	mem_free(filter->filter);
	*filter = (struct sock_fprog){0};
}

static int limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
	struct rlimit old;

	/* A hard limit that is lower already stays. */
	if (getrlimit(what, &old) < 0)
		return -1;
	if (old.rlim_max != RLIM_INFINITY && hard > old.rlim_max)
		hard = old.rlim_max;
	if (soft > hard)
		soft = hard;
	return setrlimit(what, &(struct rlimit){.rlim_cur = soft, .rlim_max = hard});
}

int sandbox_limits(const struct proc_limits *limits)
{
	/* At the soft CPU limit comes SIGXCPU, which tells the parent why; at the hard one SIGKILL. */
	if (limits->cpu_s > 0 && limit(RLIMIT_CPU, (rlim_t)limits->cpu_s, (rlim_t)limits->cpu_s + 1) < 0)
		return -1;
	if (limits->memory_bytes > 0 &&
	    limit(RLIMIT_AS, (rlim_t)limits->memory_bytes, (rlim_t)limits->memory_bytes) < 0)
		return -1;
	if (limits->file_bytes >= 0 &&
	    limit(RLIMIT_FSIZE, (rlim_t)limits->file_bytes, (rlim_t)limits->file_bytes) < 0)
		return -1;
	if (limits->sandbox &&
	    (limit(RLIMIT_NOFILE, SANDBOX_FILES, SANDBOX_FILES) < 0 || limit(RLIMIT_CORE, 0, 0) < 0))
		return -1;
	return 0;
}

int sandbox_enter(const struct sock_fprog *filter)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? 0 : -1; /* a kernel without filters: the limits remain */
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

int sandbox_confine(struct error *err)
{
	scmp_filter_ctx filter;
	int status;

	if (SANITIZED)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return error_set(err, ERROR_IO, "cannot build the system call filter of this parser");
	status = add_calls(filter, SCMP_ACT_ALLOW, confined_calls, COUNT(confined_calls));
	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	if (status == -EINVAL || status == -ENOSYS || status == -ECANCELED)
		return 0; /* a kernel without filters */
	return status < 0 ? error_set(err, ERROR_IO, "cannot confine this parser: %s", strerror(-status)) : 0;
}
