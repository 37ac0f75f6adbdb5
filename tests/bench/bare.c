/* bench/bare.c - what libmicrohttpd can do with nothing above it: the ceiling for larder.
 *
 *	bare PORT DIRECTORY
 *
 * One epoll thread. Each file of the directory is a path, read at the start, with a response built
 * once; If-None-Match answers 304. It is also the fast origin behind the compared servers, for which
 * /<file>/<anything> is the same file, /pass/<file>/<anything> the same under no-store, and /count
 * says how many requests there were before. No cache, no policy, no limits: not a server.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_FILES 64
#define ETAG       "\"bare-1\""
#define PASS       "/pass"

static struct file {
	char path[300];
	struct MHD_Response *full, *unchanged, *passing;
} files[MOST_FILES];
static size_t file_count;
static unsigned long requests;

static struct MHD_Response *build(size_t size, void *body, const char *cache_control)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT);

	MHD_add_response_header(response, "Content-Type", "application/json");
	MHD_add_response_header(response, "Cache-Control", cache_control);
	MHD_add_response_header(response, "ETag", ETAG);
	return response;
}

static void load(const char *directory, const char *name)
{
	struct file *to = &files[file_count++];
	char path[512];
	struct stat st;
	FILE *file;
	char *body;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (file == NULL || fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode)) {
		fprintf(stderr, "bare: %s cannot be read\n", path);
		exit(1);
	}
	body = malloc((size_t)st.st_size + 1);
	if (body == NULL || fread(body, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		exit(1);
	fclose(file);
	snprintf(to->path, sizeof(to->path), "/%s", name);
	to->full = build((size_t)st.st_size, body, "max-age=3600");
	to->passing = build((size_t)st.st_size, body, "no-store");
	to->unchanged = build(0, body, "max-age=3600");
}

static void load_all(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (dir == NULL) {
		perror(directory);
		exit(1);
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && file_count < MOST_FILES)
			load(directory, entry->d_name);
	closedir(dir);
}

static const struct file *find(const char *path)
{
	for (size_t i = 0; i < file_count; i++) {
		size_t size = strlen(files[i].path);

		if (strncmp(files[i].path, path, size) == 0 &&
			(path[size] == '\0' || path[size] == '/'))
			return &files[i];
	}
	return NULL;
}

static enum MHD_Result tell(struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char text[32];
	int size = snprintf(text, sizeof(text), "%lu\n", requests);

	response = MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_COPY);
	result = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return result;
}

/* On the first call only the fields are there, and an answer then would close the connection. */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	bool pass = strncmp(url, PASS "/", sizeof(PASS)) == 0;
	const struct file *file;

	if (*state == NULL) {
		*state = &file_count;
		return MHD_YES;
	}
	if (strcmp(url, "/count") == 0)
		return tell(connection);
	requests++;
	file = find(pass ? url + sizeof(PASS) - 1 : url);
	if (file == NULL)
		return MHD_NO;
	if (pass)
		return MHD_queue_response(connection, 200, file->passing);
	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match") != NULL)
		return MHD_queue_response(connection, 304, file->unchanged);
	return MHD_queue_response(connection, 200, file->full);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct MHD_Daemon *daemon;
	sigset_t ends;
	int signal;

	if (argc != 3)
		return 2;
	load_all(argv[2]);
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, NULL,
		MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_END);
	if (daemon == NULL)
		return 1;
	sigwait(&ends, &signal);
	MHD_stop_daemon(daemon);
	return 0;
}
