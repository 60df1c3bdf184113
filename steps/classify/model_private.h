/*
 * model_private.h - the layout of a model file, for the one that reads it (model.c) and the one that writes
 * it (model_write.c).
 *
 *	offset  section
 *	0       struct model_header
 *	labels  struct model_label for each label
 *	table   2^table_bits slots of 4 bytes: row number + 1 in the low MODEL_ROW_BITS, above it a tag of the
 *	        key; 0 is an empty slot. A key starts at its top table_bits and goes on slot by slot.
 *	rows    one for each feature, row_bytes each: struct model_row
 *	words   4 bytes for each feature: where its words begin in the pool
 *	pool    words, each ended by NUL
 *	cues    struct cues
 *
 * The checksum covers every byte after itself. The file's size is a multiple of 8.
 */
#ifndef STEPS_CLASSIFY_MODEL_PRIVATE_H
#define STEPS_CLASSIFY_MODEL_PRIVATE_H

#include "steps/classify/model.h"

#define MODEL_MAGIC "LXMODEL\n"

enum {
	MODEL_BYTE_ORDER = 0x01020304,
	MODEL_ROW_BITS = 18,
	MODEL_TAG_BITS = 14,
	MODEL_ALIGN = 64,
	MODEL_LANES = 8, /* weights of a row are padded to a multiple of this */
};

struct model_header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint64_t size; /* bytes of the file */
	uint64_t checksum;
	uint64_t training; /* hash of what it was made from */
	uint32_t many;
	uint32_t labels;
	uint32_t features;
	uint32_t table_bits;
	uint32_t row_bytes;
	uint32_t pool_bytes;
	uint32_t label_at; /* sections: bytes from the start of the file */
	uint32_t table_at;
	uint32_t rows_at;
	uint32_t words_at;
	uint32_t pool_at;
	uint32_t cues_at;
	float weight[FEATURE_KINDS];
	float slope;
	float offset;
	float threshold;
	char task[MODEL_NAME_BYTES];
};

struct model_label {
	char name[MODEL_NAME_BYTES];
	float bias;
	float scale; /* a weight is its eight bits times this */
};

struct model_row {
	uint32_t check; /* the low half of the key; its two lowest bits are the kind */
	float idf;
	int8_t weights[]; /* row_bytes - 8 of them, those past the labels zero */
};

static inline uint32_t model_tag(uint64_t key)
{
	return (uint32_t)(key >> 32) & ((1u << MODEL_TAG_BITS) - 1);
}

/* FNV-1a over words of eight bytes, in four lanes that need not wait for each other's products. Every step is a
 * bijection, so no single changed word goes unseen. */
static inline uint64_t model_sum(const struct model_header *header)
{
	const size_t from = offsetof(struct model_header, checksum) + sizeof(header->checksum);
	const uint64_t prime = 0x100000001b3u;
	const unsigned char *bytes = (const unsigned char *)header;
	uint64_t lanes[4] = {1, 2, 3, 0xcbf29ce484222325u};
	size_t at = from;

	for (uint64_t words[4]; at + sizeof(words) <= header->size; at += sizeof(words)) {
		__builtin_memcpy(words, bytes + at, sizeof(words));
		for (size_t i = 0; i < 4; i++)
			lanes[i] = (lanes[i] ^ words[i]) * prime;
	}
	for (uint64_t word; at + sizeof(word) <= header->size; at += sizeof(word)) {
		__builtin_memcpy(&word, bytes + at, sizeof(word));
		lanes[3] = (lanes[3] ^ word) * prime;
	}
	for (size_t i = 0; i < 3; i++)
		lanes[3] = (word_mix(lanes[3]) ^ lanes[i]) * prime;
	return word_mix(lanes[3]);
}

#endif
