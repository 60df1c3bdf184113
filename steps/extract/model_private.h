/* model_private.h - what the files that read and compile a model share. */
#ifndef STEPS_EXTRACT_MODEL_PRIVATE_H
#define STEPS_EXTRACT_MODEL_PRIVATE_H

#include "lib/yaml/yaml.h"
#include "steps/extract/model.h"

struct model_reader {
	struct model *model;
	const struct model_folders *folders;
	struct arena *names;
	struct diags *diags;
};

/* model_file.c: the members of one file; `own` is the type's file, not an included one. */
void model_read_members(struct model_reader *reader, const struct yaml_node *root, bool own);
/* model_rule.c: the rules of one field, appended. */
void model_read_rules(struct model_reader *reader, struct field *field, const struct yaml_node *list);
void model_read_pattern_list(struct model_reader *reader, struct field *field, const struct yaml_node *node);

/* model_file.c: helpers for both. An error for every member of `map` that is not in `known`. */
void model_check_keys(struct model_reader *reader, const struct yaml_node *map, const char *const *known,
		      size_t count);
bool model_is_true(struct model_reader *reader, const struct yaml_node *map, const char *key);
size_t model_number(struct model_reader *reader, const struct yaml_node *map, const char *key,
		    size_t fallback);
struct slice model_scalar(struct model_reader *reader, const struct yaml_node *map, const char *key);
struct pattern model_pattern(struct model_reader *reader, const struct yaml_node *node);

#endif
