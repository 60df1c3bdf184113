/* opt.c - command lines from one table; see opt.h. */
#include "lib/opt/opt.h"

#include "lib/mem/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is known of one option once the command line and the environment are read. */
struct setting {
	const struct opt_option *option;
	const char **values; /* owned array of borrowed texts; the last one counts except for OPT_MANY */
	size_t count, capacity;
	long number; /* OPT_COUNT */
	bool from_env;
};

struct opts {
	struct setting *settings;
	size_t count, capacity;
	const char **operands;
	size_t operand_count, operand_capacity;
};

/* An option seen twice (a step's own and the contract's) means its first row. */
static struct setting *find(const struct opts *opts, const char *name, size_t len)
{
	for (size_t i = 0; i < opts->count; i++) {
		const char *known = opts->settings[i].option->name;

		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return &opts->settings[i];
	}
	return NULL;
}

static struct setting *find_letter(const struct opts *opts, char letter)
{
	for (size_t i = 0; i < opts->count; i++)
		if (opts->settings[i].option->letter == letter)
			return &opts->settings[i];
	return NULL;
}

static void add_value(struct setting *setting, const char *value)
{
	if (setting->count == setting->capacity)
		setting->values = mem_grow(setting->values, &setting->capacity, sizeof(*setting->values));
	setting->values[setting->count++] = value;
}

static void add_operand(struct opts *opts, const char *operand)
{
	if (opts->operand_count == opts->operand_capacity)
		opts->operands = mem_grow(opts->operands, &opts->operand_capacity, sizeof(*opts->operands));
	opts->operands[opts->operand_count++] = operand;
}

static struct opts *opts_new(const struct opt_command *command)
{
	struct opts *opts = mem_new(sizeof(*opts));

	for (size_t t = 0; command->tables[t]; t++) {
		for (const struct opt_option *option = command->tables[t]; option->name; option++) {
			if (find(opts, option->name, strlen(option->name)))
				continue;
			if (opts->count == opts->capacity)
				opts->settings =
					mem_grow(opts->settings, &opts->capacity, sizeof(*opts->settings));
			opts->settings[opts->count++] = (struct setting){.option = option};
		}
	}
	return opts;
}

/* ---- near misses */

enum { NEAR_MAX = 32 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) that make `b` of `a`; NEAR_MAX for longer names. */
static size_t edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[NEAR_MAX + 1][NEAR_MAX + 1];

	if (a_len > NEAR_MAX || b_len > NEAR_MAX)
		return NEAR_MAX;
	for (size_t i = 0; i <= a_len; i++) {
		for (size_t j = 0; j <= b_len; j++) {
			if (i == 0 || j == 0) {
				rows[i][j] = i + j;
				continue;
			}
			rows[i][j] = least(least(rows[i - 1][j], rows[i][j - 1]) + 1,
					   rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
		}
	}
	return rows[a_len][b_len];
}

/* The known name a person may have meant, or NULL: the beginning of exactly one, or few edits away. */
static const char *nearest(const struct opts *opts, const char *name, size_t len)
{
	const char *best = NULL, *begun = NULL;
	size_t fewest = least(3, len / 3 + 1) + 1, beginnings = 0;

	for (size_t i = 0; i < opts->count; i++) {
		const char *known = opts->settings[i].option->name;
		size_t distance = edits(name, len, known, strlen(known));

		if (distance < fewest) {
			fewest = distance;
			best = known;
		}
		if (strncmp(known, name, len) == 0) {
			begun = known;
			beginnings++;
		}
	}
	return beginnings == 1 ? begun : best;
}

/* ---- parsing */

static int bad_value(const struct setting *setting, const char *value, struct error *err)
{
	error_set(err, ERROR_INPUT, "%s%s: \"%.80s\" is not a whole number of at least 0",
		  setting->from_env ? "$" : "--",
		  setting->from_env ? setting->option->env : setting->option->name, value);
	error_hint(err, "write it in digits, for example %s %s", setting->option->name,
		   setting->option->fallback ? setting->option->fallback : "4");
	return -1;
}

static int set_number(struct setting *setting, const char *value, struct error *err)
{
	char *end;

	if (value[0] < '0' || value[0] > '9')
		return bad_value(setting, value, err);
	errno = 0;
	setting->number = strtol(value, &end, 10);
	if (*end || errno == ERANGE)
		return bad_value(setting, value, err);
	return 0;
}

/* --name, --name=VALUE, --name VALUE. `*i` is the index of the argument used last. */
static int parse_long(struct opts *opts, int argc, char **argv, int *i, struct error *err)
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct setting *setting = find(opts, name, len);

	if (!setting) {
		const char *near = nearest(opts, name, len);

		error_set(err, ERROR_INPUT, "unknown option --%.*s", (int)least(len, 80), name);
		if (near)
			error_hint(err, "did you mean --%s?", near);
		else
			error_hint(err, "--help lists the options");
		return -1;
	}
	if (setting->option->kind == OPT_FLAG) {
		if (equals)
			return error_set(err, ERROR_INPUT, "--%s takes no value", setting->option->name);
		add_value(setting, "1");
		return 0;
	}
	if (!equals && *i + 1 >= argc)
		return error_set(err, ERROR_INPUT, "--%s needs a value: --%s %s", setting->option->name,
				 setting->option->name,
				 setting->option->value ? setting->option->value : "VALUE");
	add_value(setting, equals ? equals + 1 : argv[++*i]);
	return 0;
}

/* -j4, -j 4, and flags together: -ab. */
static int parse_letters(struct opts *opts, int argc, char **argv, int *i, struct error *err)
{
	for (const char *at = argv[*i] + 1; *at; at++) {
		struct setting *setting = find_letter(opts, *at);

		if (!setting) {
			error_set(err, ERROR_INPUT, "unknown option -%c", *at);
			error_hint(err, "--help lists the options; after -- everything is an operand");
			return -1;
		}
		if (setting->option->kind == OPT_FLAG) {
			add_value(setting, "1");
			continue;
		}
		if (at[1])
			add_value(setting, at + 1);
		else if (*i + 1 < argc)
			add_value(setting, argv[++*i]);
		else
			return error_set(err, ERROR_INPUT, "-%c needs a value", *at);
		return 0;
	}
	return 0;
}

/* What begins with a dash and yet is no option. */
static bool is_operand(const struct opt_command *command, const char *argument)
{
	return argument[0] != '-' || argument[1] == '\0' ||
	       (command->signed_operands && strchr("0123456789( ", argument[1]));
}

static int parse_arguments(struct opts *opts, const struct opt_command *command, int argc, char **argv,
			   struct error *err)
{
	bool ended = false;

	for (int i = 1; i < argc; i++) {
		int status = 0;

		if (ended || is_operand(command, argv[i]))
			add_operand(opts, argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			ended = true;
		else if (argv[i][1] == '-')
			status = parse_long(opts, argc, argv, &i, err);
		else
			status = parse_letters(opts, argc, argv, &i, err);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* How many operands the usage line allows: as many as it has words, any number with "...". */
static size_t most_operands(const char *operands)
{
	size_t count = 0;

	if (!operands || strstr(operands, "..."))
		return SIZE_MAX;
	for (const char *at = operands; *at; at++)
		count += *at != ' ' && (at[1] == ' ' || at[1] == '\0');
	return count;
}

static int check_operands(const struct opts *opts, const struct opt_command *command, struct error *err)
{
	size_t most = most_operands(command->operands);

	if (opts->operand_count <= most)
		return 0;
	error_set(err, ERROR_INPUT, "\"%s\" is one operand too many", opts->operands[most]);
	error_hint(err, "usage: %s [OPTIONS]%s%s", command->name, most ? " " : "", command->operands);
	return -1;
}

/* An empty variable counts as unset; a flag's variable is off when it says 0, no or false. */
static void read_environment(struct setting *setting)
{
	const char *value = setting->option->env ? getenv(setting->option->env) : NULL;

	if (setting->count || !value || !*value)
		return;
	if (setting->option->kind == OPT_FLAG &&
	    (strcmp(value, "0") == 0 || strcmp(value, "no") == 0 || strcmp(value, "false") == 0))
		return;
	add_value(setting, value);
	setting->from_env = true;
}

struct opts *opt_parse(const struct opt_command *command, int argc, char **argv, struct error *err)
{
	struct opts *opts = opts_new(command);

	if (parse_arguments(opts, command, argc, argv, err) < 0 || check_operands(opts, command, err) < 0)
		goto fail;
	for (size_t i = 0; i < opts->count; i++) {
		struct setting *setting = &opts->settings[i];
		const char *value;

		read_environment(setting);
		value = setting->count ? setting->values[setting->count - 1] : setting->option->fallback;
		if (setting->option->kind == OPT_COUNT && value && set_number(setting, value, err) < 0)
			goto fail;
	}
	return opts;

fail:
	opts_free(opts);
	return NULL;
}

void opts_free(struct opts *opts)
{
	if (!opts)
		return;
	for (size_t i = 0; i < opts->count; i++)
		mem_free(opts->settings[i].values);
	mem_free(opts->settings);
	mem_free(opts->operands);
	mem_free(opts);
}

/* ---- asking */

/* A name that is in no table is a bug of the caller. */
static const struct setting *known(const struct opts *opts, const char *name, enum opt_kind kind)
{
	const struct setting *setting = find(opts, name, strlen(name));

	assert(setting && setting->option->kind == kind);
	(void)kind;
	return setting;
}

bool opt_flag(const struct opts *opts, const char *name)
{
	return known(opts, name, OPT_FLAG)->count > 0;
}

const char *opt_text(const struct opts *opts, const char *name)
{
	const struct setting *setting = known(opts, name, OPT_TEXT);

	return setting->count ? setting->values[setting->count - 1] : setting->option->fallback;
}

const char *opt_many(const struct opts *opts, const char *name, size_t i)
{
	const struct setting *setting = known(opts, name, OPT_MANY);

	if (setting->count == 0 && i == 0)
		return setting->option->fallback;
	return i < setting->count ? setting->values[i] : NULL;
}

long opt_number(const struct opts *opts, const char *name)
{
	return known(opts, name, OPT_COUNT)->number;
}

bool opt_given(const struct opts *opts, const char *name)
{
	const struct setting *setting = find(opts, name, strlen(name));

	assert(setting);
	return setting->count > 0;
}

size_t opt_operands(const struct opts *opts)
{
	return opts->operand_count;
}

const char *opt_operand(const struct opts *opts, size_t i)
{
	return i < opts->operand_count ? opts->operands[i] : NULL;
}

/* ---- help */

enum { HELP_COLUMN = 30 }; /* where the explanations begin */

static void help_option(const struct opt_option *option, FILE *out)
{
	int used = option->letter ? fprintf(out, "  -%c, --%s", option->letter, option->name)
				  : fprintf(out, "      --%s", option->name);

	if (option->kind != OPT_FLAG)
		used += fprintf(out, " %s", option->value ? option->value : "VALUE");
	if (used >= HELP_COLUMN) {
		fputc('\n', out);
		used = 0;
	}
	fprintf(out, "%*s%s", HELP_COLUMN - used, "", option->help);
	if (option->kind == OPT_MANY)
		fputs(", repeatable", out);
	if (option->env && option->fallback)
		fprintf(out, " [$%s, else %s]", option->env, option->fallback);
	else if (option->env || option->fallback)
		fprintf(out, " [%s%s]", option->env ? "$" : "", option->env ? option->env : option->fallback);
	fputc('\n', out);
}

static bool is_repeated(const struct opt_command *command, size_t table, const char *name)
{
	for (size_t t = 0; t < table; t++)
		for (const struct opt_option *option = command->tables[t]; option->name; option++)
			if (strcmp(option->name, name) == 0)
				return true;
	return false;
}

const struct opt_option *opt_at(const struct opt_command *command, size_t i)
{
	for (size_t t = 0; command->tables[t]; t++) {
		for (const struct opt_option *option = command->tables[t]; option->name; option++) {
			if (!is_repeated(command, t, option->name) && i-- == 0)
				return option;
		}
	}
	return NULL;
}

void opt_help(const struct opt_command *command, FILE *out)
{
	const char *line = command->example;

	if (line) {
		fputs("Example:\n", out);
		while (*line) {
			size_t len = strcspn(line, "\n");

			fprintf(out, "  %.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
		fputc('\n', out);
	}
	fprintf(out, "Usage: %s [OPTIONS]%s%s\n", command->name, command->operands ? " " : "",
		command->operands ? command->operands : "");
	if (command->summary)
		fprintf(out, "%s\n", command->summary);
	for (size_t t = 0; command->tables[t]; t++) {
		if (command->tables[t]->name)
			fputs(t == 0 ? "\nOptions:\n" : "\n", out);
		for (const struct opt_option *option = command->tables[t]; option->name; option++)
			if (!is_repeated(command, t, option->name))
				help_option(option, out);
	}
}
