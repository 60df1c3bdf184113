/* calibration.c - counts by field and rule; a few hundred lines at most, so a list does. */

#include "steps/extract/calibration.h"
#include "lib/mem/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 400, PATH_BYTES = 4200 };
static const double prior_weight = 4;

void calibration_release(struct calibration *calibration)
{
	for (size_t i = 0; i < calibration->count; i++) {
		mem_free(calibration->list[i].field);
		mem_free(calibration->list[i].rule);
	}
	mem_free(calibration->list);
	*calibration = (struct calibration){0};
}

static struct rule_count *find(const struct calibration *calibration, struct slice field, struct slice rule)
{
	for (size_t i = 0; i < calibration->count; i++)
		if (slice_is(field, calibration->list[i].field) && slice_is(rule, calibration->list[i].rule))
			return &calibration->list[i];
	return NULL;
}

void calibration_add(struct calibration *calibration, struct slice field, struct slice rule, double right,
		     double wrong)
{
	struct rule_count *count = find(calibration, field, rule);

	if (!count) {
		if (calibration->count == calibration->capacity)
			calibration->list = mem_grow(calibration->list, &calibration->capacity,
						     sizeof(*calibration->list));
		count = &calibration->list[calibration->count++];
		*count = (struct rule_count){mem_strndup(field.ptr, field.len),
					     mem_strndup(rule.ptr, rule.len), 0, 0};
	}
	count->right += right;
	count->wrong += wrong;
}

double calibration_confidence(const struct calibration *calibration, struct slice field, struct slice rule)
{
	const struct rule_count *count = find(calibration, field, rule);
	double right = 0, all = 0;

	if (!count)
		return -1;
	for (size_t i = 0; i < calibration->count; i++) {
		if (!slice_is(field, calibration->list[i].field))
			continue;
		right += calibration->list[i].right;
		all += calibration->list[i].right + calibration->list[i].wrong;
	}
	return all > 0 ? (count->right + prior_weight * right / all) /
				 (count->right + count->wrong + prior_weight)
		       : -1;
}

/* "field\trule\tright\twrong" */
static bool read_line(struct calibration *calibration, const char *line)
{
	const char *rule = strchr(line, '\t'), *numbers = rule ? strchr(rule + 1, '\t') : NULL;
	char *end;
	double right, wrong;

	if (!numbers)
		return false;
	right = strtod(numbers + 1, &end);
	if (end == numbers + 1 || *end != '\t')
		return false;
	wrong = strtod(end + 1, &end);
	if (!strchr("\n", *end) || right < 0 || wrong < 0 || right > 1e9 || wrong > 1e9)
		return false;
	calibration_add(calibration, (struct slice){line, (size_t)(rule - line)},
			(struct slice){rule + 1, (size_t)(numbers - rule - 1)}, right, wrong);
	return true;
}

int calibration_read(struct calibration *calibration, const char *folder, struct error *err)
{
	char path[PATH_BYTES], line[LINE_MAX_BYTES];
	FILE *file;
	int number = 0, result = 0;

	snprintf(path, sizeof(path), "%s/confidence.tsv", folder);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (result == 0 && fgets(line, sizeof(line), file)) {
		number++;
		if (line[0] != '#' && line[0] != '\n' && !read_line(calibration, line)) {
			result =
				error_set(err, ERROR_INPUT,
					  "%.300s:%d: a line is field, rule, right, wrong, with tabs between",
					  path, number);
			error_hint(err, "extract train writes the file anew");
		}
	}
	fclose(file);
	return result;
}

void calibration_write(const struct calibration *calibration, FILE *out)
{
	fputs("# field\trule\tright\twrong, on annotated documents; written by extract train\n", out);
	for (size_t i = 0; i < calibration->count; i++)
		fprintf(out, "%s\t%s\t%.0f\t%.0f\n", calibration->list[i].field, calibration->list[i].rule,
			calibration->list[i].right, calibration->list[i].wrong);
}

static bool is_from(const struct rule *rule, const char *folder)
{
	size_t length = folder ? strlen(folder) : 0;

	return !folder || (strncmp(rule->at.file, folder, length) == 0 && rule->at.file[length] == '/' &&
			   !strchr(rule->at.file + length + 1, '/'));
}

void calibration_apply(const struct calibration *calibration, struct model *model, const char *folder)
{
	for (struct field *field = model->fields; calibration->count && field; field = field->next)
		for (struct rule *rule = field->rules; rule; rule = rule->next) {
			double measured = calibration_confidence(calibration, field->name, rule->name);

			if (measured >= 0 && rule->name.len && is_from(rule, folder))
				rule->sure = measured;
		}
}
