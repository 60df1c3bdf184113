/*
 * yaml.h - YAML (and so JSON) text -> nodes, each with its place.
 *
 * libyaml reads; we keep places, resolve nothing but structure, and refuse what the language refuses
 * (reference, 1.5): several documents, merge keys, duplicate keys, tabs as indentation, tags. Aliases are
 * expanded by reference, bounded (a small text must not unfold into gigabytes). Depth and size are limited.
 *
 * Codes: yaml-syntax, yaml-empty, yaml-limit, several-documents, duplicate-key, merge-key, yaml-tag.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/value, libyaml. Nodes live in the caller's arena and
 * borrow nothing from the text.
 */
#ifndef LIB_YAML_YAML_H
#define LIB_YAML_YAML_H

#include "lib/diag/diag.h"
#include "lib/mem/mem.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

enum { YAML_MAX_DEPTH = 100, YAML_MAX_NODES = 1 << 20, YAML_MAX_BYTES = 64 << 20 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_entry {
	struct yaml_node *key; /* any node; the reader of a definition wants scalars */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	struct place at;   /* first byte of the node; `length` in bytes for a one-line scalar */
	bool quoted;	   /* scalar: written in quotes or as a block, hence a string */
	struct slice text; /* scalar: content after YAML's own escapes and folding */
	/* Scalar: offset into `text` -> place, for errors inside an expression. `verbatim` says that
	 * content and source agree byte for byte from at.column + (quoted ? 1 : 0) on. */
	bool verbatim;
	struct slice raw; /* scalar that is not verbatim: its source, quotes included; else empty */
	size_t length; /* bytes of source from `at` to the end of the node, brackets and children included */
	size_t count; /* list, map */
	struct yaml_node **items;
	struct yaml_entry *entries; /* in source order */
};

/* The one document of `text`, or NULL after at least one error was added to `diags`.
 * `file` is borrowed by the places and must outlive them. */
struct yaml_node *yaml_read(struct arena *arena, const char *file, struct slice text, struct diags *diags);

/* The same, but the tree is also given when only keys and tags were wrong (duplicate-key, merge-key,
 * yaml-tag), so that a reader can go on and report its own complaints in the same breath. */
struct yaml_node *yaml_read_all(struct arena *arena, const char *file, struct slice text, struct diags *diags);

/* The place of byte `offset` of a scalar's text, found again in the source through YAML's escapes and
 * folding. */
struct place yaml_place(const struct yaml_node *scalar, size_t offset, size_t length);

/* Core-schema typing of a scalar (reference, 1.5): quoted -> string; true/false, null, ~, empty,
 * integers (decimal, 0x, 0o), doubles, .inf, .nan; else string. */
struct value yaml_scalar_value(const struct yaml_node *scalar);

/* The whole tree as a value, for files of our own (services.yaml, extraction models). Keys as text. */
struct value yaml_value(const struct yaml_node *node);

/* The member of a map node, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
