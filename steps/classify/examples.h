/*
 * examples.h - labelled documents to learn from or to be measured by.
 *
 * An index is JSON Lines: each record names a label (or a list of them) and carries its text or the name of a
 * file in a folder; null says that it is none of the labels. Members have the names that struct
 * examples_source says. Several indexes add up. Documents of one group
 * (a release and the order it reports) are kept together wherever a set is divided.
 *
 * Depends on lib/{mem,text,diag,value,json}, rules.h. A set has one owner.
 */
#ifndef STEPS_CLASSIFY_EXAMPLES_H
#define STEPS_CLASSIFY_EXAMPLES_H

#include "steps/classify/model.h"
#include "steps/classify/rules.h"

struct examples_source {
	const char *folder;       /* of the texts */
	const char *split;        /* leave out records of another split; NULL: take all */
	const char *split_member; /* names of members */
	const char *label_member;
	const char *text_member;
	const char *file_member;
	const char *group_member;
	const struct rules *rules; /* or NULL */
};

struct example {
	char *name;      /* id or file, for messages; owned */
	char *text;      /* owned */
	size_t size;     /* bytes */
	uint64_t labels; /* one bit for each */
	size_t group;
};

struct examples {
	struct example *items;
	size_t count;
	size_t capacity;
	char *names[MODEL_MAX_LABELS]; /* of labels; owned */
	size_t labels;
	size_t groups;
	bool many; /* labels were lists, or found by signs */
};

void examples_init(struct examples *examples);
/* Add the records of an index, "-" being standard input. 0, or -1 with the first fault. */
int examples_read(struct examples *examples, const char *index, const struct examples_source *source,
		  struct error *err);
/* When all are read: number the labels by name, so that a model does not depend on which record came first.
 */
void examples_sort(struct examples *examples);
void examples_release(struct examples *examples);

/* Deal the examples into `folds` parts that are alike in labels and divide no group: parts[i] < folds. */
void examples_deal(const struct examples *examples, size_t folds, size_t *parts);

#endif
