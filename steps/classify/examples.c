/* examples.c - labelled documents; see examples.h. */
#include "steps/classify/examples.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_LINE = 64 << 20, /* bytes of an index record, inline text included */
	MAX_EXAMPLES = 1 << 20,
	MAX_GROUP_NAME = 200,
};

struct group {
	char *name;
	size_t number;
};

/* What reading needs besides the result. */
struct reader {
	const struct examples_source *source;
	struct examples *examples;
	struct group *groups; /* sorted by name */
	size_t group_count;
	size_t group_capacity;
};

/* ---- names to numbers */

/* Number of a label; a new one is added at the end. -1 when there are too many or the name is too long. */
static int label_number(struct examples *examples, struct slice name, struct error *err)
{
	for (size_t i = 0; i < examples->labels; i++) {
		if (slice_is(name, examples->names[i]))
			return (int)i;
	}
	if (name.len == 0 || name.len >= MODEL_NAME_BYTES)
		return error_set(err, ERROR_INPUT, "a label has 1 to %d bytes, not %zu", MODEL_NAME_BYTES - 1,
				 name.len);
	if (examples->labels == MODEL_MAX_LABELS)
		return error_set(err, ERROR_LIMIT, "more than %d labels", MODEL_MAX_LABELS);
	examples->names[examples->labels] = mem_strndup(name.ptr, name.len);
	return (int)examples->labels++;
}

static size_t group_number(struct reader *reader, struct slice name)
{
	size_t low = 0;
	size_t high = reader->group_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = slice_compare(slice_of(reader->groups[middle].name), name);

		if (order == 0)
			return reader->groups[middle].number;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (reader->group_count == reader->group_capacity)
		reader->groups = mem_grow(reader->groups, &reader->group_capacity, sizeof(*reader->groups));
	memmove(reader->groups + low + 1, reader->groups + low,
		(reader->group_count - low) * sizeof(*reader->groups));
	reader->group_count++;
	reader->groups[low] = (struct group){mem_strndup(name.ptr, name.len), reader->examples->groups};
	return reader->examples->groups++;
}

/* ---- one record */

/* A name from the index stays inside the folder. */
static bool leads_out(struct slice name)
{
	return name.len == 0 || name.ptr[0] == '/' || slice_find(name, SLICE(".."), 0) != SIZE_MAX ||
	       memchr(name.ptr, 0, name.len);
}

static int read_file(FILE *file, struct example *example)
{
	struct buf text;
	char block[65536];
	size_t size;

	/* What the classifier would not look at need not be read; white space before the text is the slack.
	 */
	buf_init(&text, 0);
	while (text.len < 2 * (size_t)FEATURES_MAX_BYTES && (size = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&text, block, size);
	example->size = text.len;
	example->text = text.data ? buf_take(&text) : mem_strdup("");
	return ferror(file) ? -1 : 0;
}

/* Under the folder as the index says, or, for a folder that is the inner one itself, by the last part. */
static int load_text(const struct reader *reader, struct slice name, struct example *example,
		     struct error *err)
{
	struct slice last = name;
	struct buf path;
	FILE *file;
	int status = 0;

	if (leads_out(name))
		return error_set(err, ERROR_INPUT, "\"%.*s\" is no file name inside the folder of texts",
				 SLICE_ARG(name));
	buf_init(&path, 0);
	buf_printf(&path, "%s/%.*s", reader->source->folder, SLICE_ARG(name));
	file = fopen(buf_text(&path), "re");
	if (!file && errno == ENOENT) {
		for (size_t i = 0; i < name.len; i++) {
			if (name.ptr[i] == '/')
				last = slice_sub(name, i + 1, name.len);
		}
		buf_clear(&path);
		buf_printf(&path, "%s/%.*s", reader->source->folder, SLICE_ARG(last));
		file = fopen(buf_text(&path), "re");
	}
	if (!file || read_file(file, example) < 0)
		status = error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot read %s: %s",
				   buf_text(&path), strerror(errno));
	if (file)
		fclose(file);
	buf_release(&path);
	return status;
}

static int get_text(const struct reader *reader, struct value record, struct example *example,
		    struct error *err)
{
	const struct value *inline_text = value_get(record, reader->source->text_member);
	struct slice file = value_get_text(record, reader->source->file_member);

	if (inline_text && inline_text->kind == VALUE_STRING) {
		struct slice text = value_text(*inline_text);

		example->text = mem_strndup(text.ptr, text.len);
		example->size = text.len;
		return 0;
	}
	if (file.len == 0)
		return error_set(err, ERROR_INPUT, "no member \"%s\" or \"%s\" with text",
				 reader->source->text_member, reader->source->file_member);
	if (!reader->source->folder)
		return error_set(err, ERROR_INPUT,
				 "the text of %.*s is in a file, and no folder of texts is given",
				 SLICE_ARG(file));
	return load_text(reader, file, example, err);
}

static int add_label(const struct reader *reader, struct value label, struct example *example,
		     struct error *err)
{
	char *given;
	const char *meant;
	int number;

	if (label.kind != VALUE_STRING)
		return error_set(err, ERROR_INPUT, "a label is a string or a list of strings");
	given = mem_strndup(value_text(label).ptr, value_text(label).len);
	meant = given;
	if (reader->source->rules)
		meant = rules_fold(reader->source->rules, given,
				   (struct slice){example->text, example->size});
	number = label_number(reader->examples, slice_of(meant), err);
	mem_free(given);
	if (number < 0)
		return -1;
	example->labels |= (uint64_t)1 << number;
	return 0;
}

static int get_labels(const struct reader *reader, struct value record, struct example *example,
		      struct error *err)
{
	const struct rules *rules = reader->source->rules;
	const struct value *label = value_get(record, reader->source->label_member);

	if (rules && rules_have_signs(rules)) {
		uint64_t found = rules_find(rules, (struct slice){example->text, example->size});

		for (size_t i = 0; i < rules_signs(rules); i++) {
			int number =
				label_number(reader->examples, slice_of(rules_sign_label(rules, i)), err);

			if (number < 0)
				return -1;
			example->labels |= (found >> i & 1) << number;
		}
		reader->examples->many = true;
		return 0;
	}
	if (label && value_is_null(*label))
		return 0; /* none of them */
	if (!label)
		return error_set(err, ERROR_INPUT, "no label: member \"%s\" is missing",
				 reader->source->label_member);
	if (label->kind != VALUE_LIST)
		return add_label(reader, *label, example, err);
	reader->examples->many = true;
	for (size_t i = 0; i < value_len(*label); i++) {
		if (add_label(reader, *value_list_at(*label, i), example, err) < 0)
			return -1;
	}
	return 0;
}

static bool wanted(const struct reader *reader, struct value record)
{
	const char *split = reader->source->split;
	struct slice own = value_get_text(record, reader->source->split_member);

	return !split || own.len == 0 || slice_is(own, split);
}

static int add_record(struct reader *reader, struct value record, struct error *err)
{
	struct examples *examples = reader->examples;
	struct slice name = value_get_text(record, "id");
	struct slice group = value_get_text(record, reader->source->group_member);
	struct example *example;

	if (!wanted(reader, record))
		return 0;
	if (examples->count == MAX_EXAMPLES)
		return error_set(err, ERROR_LIMIT, "more than %d examples", MAX_EXAMPLES);
	if (examples->count == examples->capacity)
		examples->items = mem_grow(examples->items, &examples->capacity, sizeof(*examples->items));
	example = &examples->items[examples->count++];
	if (name.len == 0)
		name = value_get_text(record, reader->source->file_member);
	*example = (struct example){.name = mem_strndup(name.ptr ? name.ptr : "", name.len)};
	if (get_text(reader, record, example, err) < 0 || get_labels(reader, record, example, err) < 0)
		return -1;
	if (group.len)
		example->group = group_number(reader, slice_sub(group, 0, MAX_GROUP_NAME));
	else
		example->group = examples->groups++;
	return 0;
}

/* ---- the whole index */

void examples_sort(struct examples *examples)
{
	size_t place[MODEL_MAX_LABELS];
	char *sorted[MODEL_MAX_LABELS];

	for (size_t i = 0; i < examples->labels; i++) {
		place[i] = 0;
		for (size_t k = 0; k < examples->labels; k++)
			place[i] += strcmp(examples->names[k], examples->names[i]) < 0;
		sorted[place[i]] = examples->names[i];
	}
	for (size_t i = 0; i < examples->labels; i++)
		examples->names[i] = sorted[i];
	for (size_t e = 0; e < examples->count; e++) {
		uint64_t old = examples->items[e].labels;
		uint64_t new = 0;

		for (size_t i = 0; i < examples->labels; i++)
			new |= (old >> i & 1) << place[i];
		examples->items[e].labels = new;
	}
}

static int read_records(struct reader *reader, const char *index, FILE *file, struct error *err)
{
	struct json_lines lines;
	struct value record = value_null();
	struct error reason = {0};
	int status;

	json_lines_init(&lines, file, MAX_LINE);
	while ((status = json_lines_next(&lines, &record, &reason)) > 0) {
		int added = add_record(reader, record, &reason);

		value_unref(record);
		if (added < 0) {
			status = -1;
			break;
		}
	}
	if (status < 0)
		error_set(err, reason.kind, "%s, line %zu: %s", index, lines.line, reason.message);
	json_lines_release(&lines);
	return status;
}

void examples_init(struct examples *examples)
{
	*examples = (struct examples){0};
}

int examples_read(struct examples *examples, const char *index, const struct examples_source *source,
		  struct error *err)
{
	struct reader reader = {.source = source, .examples = examples};
	bool standard = strcmp(index, "-") == 0;
	FILE *file = standard ? stdin : fopen(index, "re");
	int status;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot open %s: %s",
				 index, strerror(errno));
	status = read_records(&reader, index, file, err);
	if (!standard)
		fclose(file);
	for (size_t i = 0; i < reader.group_count; i++)
		mem_free(reader.groups[i].name);
	mem_free(reader.groups);
	return status;
}

void examples_release(struct examples *examples)
{
	for (size_t i = 0; i < examples->count; i++) {
		mem_free(examples->items[i].name);
		mem_free(examples->items[i].text);
	}
	for (size_t i = 0; i < examples->labels; i++)
		mem_free(examples->names[i]);
	mem_free(examples->items);
	*examples = (struct examples){0};
}

/* ---- parts */

struct dealt {
	uint64_t labels;
	size_t group;
};

static int by_labels(const void *a, const void *b)
{
	const struct dealt *x = a;
	const struct dealt *y = b;

	if (x->labels != y->labels)
		return x->labels < y->labels ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

void examples_deal(const struct examples *examples, size_t folds, size_t *parts)
{
	struct dealt *groups = mem_new((examples->groups + 1) * sizeof(*groups));
	size_t *part_of = mem_new((examples->groups + 1) * sizeof(*part_of));

	for (size_t i = 0; i < examples->groups; i++)
		groups[i] = (struct dealt){0, i};
	for (size_t i = 0; i < examples->count; i++)
		groups[examples->items[i].group].labels |= examples->items[i].labels;
	qsort(groups, examples->groups, sizeof(*groups), by_labels);
	for (size_t i = 0; i < examples->groups; i++)
		part_of[groups[i].group] = i % folds;
	for (size_t i = 0; i < examples->count; i++)
		parts[i] = part_of[examples->items[i].group];
	mem_free(groups);
	mem_free(part_of);
}
