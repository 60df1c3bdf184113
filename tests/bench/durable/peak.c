/*
 * peak.c - run a command and say how long it took and the most memory it had.
 *
 *	peak FILE COMMAND [ARGUMENT]...     seconds and KiB into FILE; exit status of the command
 *
 * The kernel counts what a process had before its exec, too, and that is its parent's memory: Python's would be more
 * than lexflow's.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	double begin = seconds();
	struct rusage used;
	FILE *file = argc < 3 ? NULL : fopen(argv[1], "we");
	pid_t pid;
	int status;

	if (!file)
		return 3;
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0)
		return 3;
	fprintf(file, "%.6f %ld\n", seconds() - begin, used.ru_maxrss);
	if (fclose(file) != 0)
		return 3;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
