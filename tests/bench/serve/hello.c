/*
 * hello.c - libmicrohttpd alone: the same bytes for every request, on one thread: what a server on it can reach.
 *
 *	hello PORT FILE     answers with the content of FILE, as JSON, until it is killed
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct answer {
	char bytes[65536];
	size_t len;
};

static enum MHD_Result serve(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
			     const char *version, const char *upload, size_t *upload_size, void **state)
{
	static int seen;
	const struct answer *answer = ctx;
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)url, (void)method, (void)version, (void)upload, (void)upload_size;
	if (!*state) { /* its head alone: an answer now would cost it its connection */
		*state = &seen;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(answer->len, (void *)answer->bytes, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return result;
}

int main(int argc, char **argv)
{
	static struct answer answer;
	FILE *file = argc == 3 ? fopen(argv[2], "re") : NULL;

	if (!file)
		return 2;
	answer.len = fread(answer.bytes, 1, sizeof(answer.bytes), file);
	fclose(file);
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, (uint16_t)atoi(argv[1]), NULL, NULL, serve, &answer,
			      MHD_OPTION_END))
		return 3;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
