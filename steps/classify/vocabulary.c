/* vocabulary.c - the features of a set of examples; see vocabulary.h. */
#include "steps/classify/vocabulary.h"

#include <math.h>
#include <stdlib.h>

/* ---- counting */

static void grow_table(struct vocabulary *v)
{
	size_t size = v->table_size ? v->table_size * 2 : 1 << 16;
	uint32_t *table = mem_new(size * sizeof(*table));

	for (size_t i = 0; i < v->count; i++) {
		size_t at = v->entries[i].key >> 2 & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = (uint32_t)i + 1;
	}
	mem_free(v->table);
	v->table = table;
	v->table_size = size;
}

static uint32_t add_entry(struct vocabulary *v, const struct features *features, struct feature feature)
{
	struct buf words;

	if (v->count == v->capacity)
		v->entries = mem_grow(v->entries, &v->capacity, sizeof(*v->entries));
	buf_init(&words, 0);
	feature_write(&words, features, feature);
	v->entries[v->count] = (struct vocabulary_entry){
		.key = feature.key, .words = arena_strndup(&v->arena, buf_text(&words), words.len)};
	buf_release(&words);
	return (uint32_t)v->count++;
}

static uint32_t entry_of(struct vocabulary *v, const struct features *features, struct feature feature)
{
	size_t at;

	if (v->count * 2 >= v->table_size)
		grow_table(v);
	at = feature.key >> 2 & (v->table_size - 1);
	for (; v->table[at]; at = (at + 1) & (v->table_size - 1)) {
		if (v->entries[v->table[at] - 1].key == feature.key)
			return v->table[at] - 1;
	}
	v->table[at] = (uint32_t)v->count + 1;
	return add_entry(v, features, feature);
}

static void count_one(struct vocabulary *v, size_t number, uint32_t entry_number)
{
	struct vocabulary_entry *entry = &v->entries[entry_number];
	struct vocabulary_document *document = &v->documents[number];

	if (entry->last == number + 1) {
		document->terms[entry->term].count++;
		return;
	}
	if (document->count == document->capacity)
		document->terms = mem_grow(document->terms, &document->capacity, sizeof(*document->terms));
	entry->last = (uint32_t)number + 1;
	entry->term = (uint32_t)document->count;
	entry->documents++;
	document->terms[document->count++] = (struct vocabulary_term){entry_number, 1};
}

static void count_document(struct vocabulary *v, size_t number, struct slice text, const struct cues *cues)
{
	struct feature list[FEATURES_BATCH];
	struct features features;
	size_t count;

	features_init(&features, text, cues);
	while ((count = features_read(&features, list)) > 0) {
		for (size_t i = 0; i < count; i++)
			count_one(v, number, entry_of(v, &features, list[i]));
	}
}

void vocabulary_init(struct vocabulary *v, const struct examples *examples, const struct cues *cues,
		     size_t least)
{
	*v = (struct vocabulary){.document_count = examples->count};
	arena_init(&v->arena);
	v->documents = mem_new((examples->count + 1) * sizeof(*v->documents));
	for (size_t i = 0; i < examples->count; i++)
		count_document(v, i, (struct slice){examples->items[i].text, examples->items[i].size}, cues);
	for (size_t i = 0; i < v->count; i++) {
		struct vocabulary_entry *entry = &v->entries[i];

		entry->kept = entry->documents >= least;
		entry->id = entry->kept ? (int)v->kept++ : -1;
		entry->idf = 1 + logf((float)(1 + examples->count) / (float)(1 + entry->documents));
	}
}

void vocabulary_release(struct vocabulary *v)
{
	for (size_t i = 0; i < v->document_count; i++)
		mem_free(v->documents[i].terms);
	mem_free(v->documents);
	mem_free(v->entries);
	mem_free(v->table);
	arena_release(&v->arena);
	*v = (struct vocabulary){0};
}

struct ranked {
	double weight;
	int id;
};

static int by_weight(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

void vocabulary_cut(struct vocabulary *v, const double *weight, size_t most)
{
	struct ranked *ranked = mem_new((v->kept + 1) * sizeof(*ranked));
	bool *stays = mem_new(v->kept + 1);

	for (size_t i = 0; i < v->kept; i++)
		ranked[i] = (struct ranked){weight[i], (int)i};
	qsort(ranked, v->kept, sizeof(*ranked), by_weight);
	for (size_t i = 0; i < v->kept && i < most; i++)
		stays[ranked[i].id] = true;
	v->kept = 0;
	for (size_t i = 0; i < v->count; i++) {
		struct vocabulary_entry *entry = &v->entries[i];

		entry->kept = entry->kept && stays[entry->id];
		entry->id = entry->kept ? (int)v->kept++ : -1;
	}
	mem_free(ranked);
	mem_free(stays);
}

/* ---- vectors */

static double weight_of(const struct vocabulary_entry *entry, uint32_t count)
{
	return (1 + log((double)count)) * (double)entry->idf;
}

static struct feature_node *vector(const struct vocabulary *v, const struct vocabulary_document *document,
				   const double kind_weight[FEATURE_KINDS])
{
	struct feature_node *nodes = mem_alloc((document->count + 2) * sizeof(*nodes));
	double square[FEATURE_KINDS] = {0};
	size_t used = 0;

	for (size_t i = 0; i < document->count; i++) {
		const struct vocabulary_entry *entry = &v->entries[document->terms[i].entry];
		double weight = weight_of(entry, document->terms[i].count);

		if (entry->kept)
			square[feature_kind(entry->key)] += weight * weight;
	}
	for (size_t i = 0; i < document->count; i++) {
		const struct vocabulary_entry *entry = &v->entries[document->terms[i].entry];
		enum feature_kind kind = feature_kind(entry->key);
		double weight = weight_of(entry, document->terms[i].count);

		if (entry->kept)
			nodes[used++] = (struct feature_node){entry->id + 1, weight / sqrt(square[kind]) *
										     kind_weight[kind]};
	}
	nodes[used++] = (struct feature_node){(int)v->kept + 1, 1};
	nodes[used] = (struct feature_node){-1, 0};
	return nodes;
}

void vectors_init(struct vectors *vectors, const struct vocabulary *v, const double weight[FEATURE_KINDS])
{
	vectors->count = v->document_count;
	vectors->width = (int)v->kept + 1;
	vectors->rows = mem_new((v->document_count + 1) * sizeof(*vectors->rows));
	for (size_t i = 0; i < v->document_count; i++)
		vectors->rows[i] = vector(v, &v->documents[i], weight);
}

void vectors_release(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->count; i++)
		mem_free(vectors->rows[i]);
	mem_free(vectors->rows);
	*vectors = (struct vectors){0};
}
