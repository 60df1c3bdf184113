/* findings.c - diagnostics for machines; see findings.h. */
#include "workflow/cli/findings.h"

#include "lib/json/json.h"
#include "workflow/plan/complaints.h"

#include <string.h>

/* ---- a finding, with what both forms want */

static void set_text(struct value *map, const char *key, const char *text)
{
	value_map_set(map, slice_of(key), value_string(slice_of(text)));
}

static void set_int(struct value *map, const char *key, int64_t number)
{
	value_map_set(map, slice_of(key), value_int(number));
}

/* The n-th line, from 1. */
static struct slice line_of(struct slice source, int n)
{
	size_t start = 0;

	for (int i = 1; i < n; i++) {
		size_t end = slice_find(source, SLICE("\n"), start);

		if (end == SIZE_MAX)
			return SLICE("");
		start = end + 1;
	}
	return slice_sub(source, start, slice_find(source, SLICE("\n"), start));
}

static size_t limit(size_t number, size_t most)
{
	return number < most ? number : most;
}

/* Columns in code points: [start, end) of the construct within its line. */
static void add_region(struct value *finding, struct place at, struct slice source)
{
	struct slice line = line_of(source, at.line);
	size_t column = at.column > 0 ? (size_t)at.column - 1 : 0;
	size_t end = column + (at.length > 0 ? (size_t)at.length : 0);

	column = limit(column, line.len);
	end = limit(end, line.len);
	set_int(finding, "startColumn", 1 + (int64_t)utf8_count(slice_sub(line, 0, column)));
	set_int(finding, "endColumn",
		1 + (int64_t)utf8_count(slice_sub(line, 0, end > column ? end : column)));
}

void findings_add(struct value *findings, struct diags *diags, struct slice source)
{
	for (size_t i = 0; i < diags_count(diags); i++) {
		struct diag diag = diags_at(diags, i);
		struct value finding = value_map_new();

		set_text(&finding, "file", diag.at.file ? diag.at.file : "");
		set_int(&finding, "line", diag.at.line);
		set_int(&finding, "column", diag.at.column);
		set_int(&finding, "length", diag.at.length);
		set_text(&finding, "severity", diag.warning ? "warning" : "error");
		set_text(&finding, "code", diag.code);
		set_text(&finding, "message", diag.message);
		value_map_set(&finding, SLICE("hint"),
			      diag.hint ? value_string(slice_of(diag.hint)) : value_null());
		if (diag.at.line > 0)
			add_region(&finding, diag.at, source);
		value_list_push(findings, finding);
	}
}

static void write_indented(struct buf *out, struct value v)
{
	json_write_indented(out, v, SLICE(""), SLICE("  "));
	buf_add_char(out, '\n');
}

void findings_json(struct buf *out, struct value findings)
{
	static const char *const keys[] = {"file",     "line", "column",  "length",
					   "severity", "code", "message", "hint"};
	struct value list = value_list_new(value_len(findings));

	for (size_t i = 0; i < value_len(findings); i++) {
		struct value finding = *value_list_at(findings, i);
		struct value shown = value_map_new();

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			value_map_set(&shown, slice_of(keys[k]), value_ref(*value_get(finding, keys[k])));
		value_list_push(&list, shown);
	}
	write_indented(out, list);
	value_unref(list);
}

/* ---- SARIF */

static struct value text_map(const char *text)
{
	struct value map = value_map_new();

	set_text(&map, "text", text);
	return map;
}

static struct value rule(const struct complaint *complaint)
{
	struct value map = value_map_new();
	struct value level = value_map_new();
	struct buf help;

	buf_init(&help, 0);
	buf_printf(&help, "%s\n\nWrong:\n%s\nRight:\n%s", complaint->meaning, complaint->wrong,
		   complaint->right);
	set_text(&map, "id", complaint->code);
	value_map_set(&map, SLICE("fullDescription"), text_map(complaint->meaning));
	value_map_set(&map, SLICE("help"), text_map(buf_text(&help)));
	set_text(&level, "level", complaint->is_warning ? "warning" : "error");
	value_map_set(&map, SLICE("defaultConfiguration"), level);
	buf_release(&help);
	return map;
}

static struct value rules(void)
{
	struct value list = value_list_new(0);

	for (size_t i = 0; complaint_at(i); i++)
		value_list_push(&list, rule(complaint_at(i)));
	return list;
}

/* -1 when the table lacks the code. */
static int64_t rule_index(struct slice code)
{
	for (size_t i = 0; complaint_at(i); i++) {
		if (slice_is(code, complaint_at(i)->code))
			return (int64_t)i;
	}
	return -1;
}

/* A path as a relative or absolute URI reference (RFC 3986). */
static void write_uri(struct buf *out, struct slice path)
{
	static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] && strchr(kept, path.ptr[i]))
			buf_add_char(out, path.ptr[i]);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)path.ptr[i]);
	}
}

static struct value location(struct value finding)
{
	struct value place = value_map_new();
	struct value artifact = value_map_new();
	struct value region = value_map_new();
	struct value outer = value_map_new();
	struct buf uri;

	buf_init(&uri, 0);
	write_uri(&uri, value_get_text(finding, "file"));
	set_text(&artifact, "uri", buf_text(&uri));
	buf_release(&uri);
	value_map_set(&place, SLICE("artifactLocation"), artifact);
	if (value_get_int(finding, "line", 0) > 0) {
		set_int(&region, "startLine", value_get_int(finding, "line", 0));
		set_int(&region, "startColumn", value_get_int(finding, "startColumn", 1));
		set_int(&region, "endColumn", value_get_int(finding, "endColumn", 1));
		value_map_set(&place, SLICE("region"), value_ref(region));
	}
	value_unref(region);
	value_map_set(&outer, SLICE("physicalLocation"), place);
	return outer;
}

static struct value result(struct value finding)
{
	struct value map = value_map_new();
	struct value locations = value_list_new(1);
	struct slice hint = value_get_text(finding, "hint");
	struct slice code = value_get_text(finding, "code");
	struct buf text;

	buf_init(&text, 0);
	buf_add_slice(&text, value_get_text(finding, "message"));
	if (hint.len)
		buf_printf(&text, " (%.*s)", SLICE_ARG(hint));
	value_map_set(&map, SLICE("ruleId"), value_string(code));
	if (rule_index(code) >= 0)
		set_int(&map, "ruleIndex", rule_index(code));
	value_map_set(&map, SLICE("level"), value_ref(*value_get(finding, "severity")));
	value_map_set(&map, SLICE("message"), text_map(buf_text(&text)));
	value_list_push(&locations, location(finding));
	value_map_set(&map, SLICE("locations"), locations);
	buf_release(&text);
	return map;
}

static struct value tool(void)
{
	struct value driver = value_map_new();
	struct value map = value_map_new();

	set_text(&driver, "name", "lexflow");
	set_text(&driver, "version", LEXFLOW_VERSION);
	value_map_set(&driver, SLICE("rules"), rules());
	value_map_set(&map, SLICE("driver"), driver);
	return map;
}

void findings_sarif(struct buf *out, struct value findings)
{
	struct value log = value_map_new();
	struct value run = value_map_new();
	struct value runs = value_list_new(1);
	struct value results = value_list_new(value_len(findings));

	for (size_t i = 0; i < value_len(findings); i++)
		value_list_push(&results, result(*value_list_at(findings, i)));
	value_map_set(&run, SLICE("tool"), tool());
	set_text(&run, "columnKind", "unicodeCodePoints");
	value_map_set(&run, SLICE("results"), results);
	value_list_push(&runs, run);
	set_text(&log, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	set_text(&log, "version", "2.1.0");
	value_map_set(&log, SLICE("runs"), runs);
	write_indented(out, log);
	value_unref(log);
}
