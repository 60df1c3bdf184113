/* members.c - what rules can give, as a vocabulary and as a schema; see members.h. */
#include "steps/extract/members.h"

#include <ctype.h>
#include <string.h>

enum { VALUE_BYTES_MAX = 500 };

/* ---- vocabularies */

static void add_word(struct value *vocabulary, struct slice word)
{
	for (size_t i = 0; i < value_len(*vocabulary); i++)
		if (slice_equal(value_text(*value_list_at(*vocabulary, i)), word))
			return;
	value_list_push(vocabulary, value_string_repaired(word));
}

/* False: the source can give anything. */
static bool add_words(const struct source *source, struct value *vocabulary)
{
	int last = source->pipe_length - 1;

	if (source->kind == SOURCE_CONSTANT && source->pipe_length == 0) {
		add_word(vocabulary, source->text);
		return true;
	}
	if (last >= 0 && strcmp(source->pipe[last].normaliser->name, "else") == 0) {
		add_word(vocabulary, source->pipe[last].argument);
		last--;
	}
	if (last >= 0 && strcmp(source->pipe[last].normaliser->name, "party_kind") == 0) {
		add_word(vocabulary, SLICE("entity"));
		add_word(vocabulary, SLICE("person"));
		return true;
	}
	if (last < 0 || strcmp(source->pipe[last].normaliser->name, "lookup") != 0)
		return false;
	for (const struct table_entry *entry = source->pipe[last].table->entries; entry; entry = entry->next)
		add_word(vocabulary, entry->value);
	return true;
}

static void add_member(struct value *members, const struct give *give)
{
	struct value *known = value_map_change(members, give->member);
	struct value vocabulary = known ? value_ref(*known) : value_list_new(0);

	if (vocabulary.kind == VALUE_LIST && !add_words(&give->source, &vocabulary))
		value_set(&vocabulary, value_null());
	value_map_set(members, give->member, vocabulary);
}

struct value members_of(const struct field *field)
{
	struct value members = value_map_new();

	for (const struct rule *rule = field->rules; rule; rule = rule->next)
		for (const struct give *give = rule->off ? NULL : rule->gives; give; give = give->next)
			add_member(&members, give);
	if (field->link_member.len)
		value_map_set(&members, field->link_member, value_null());
	return members;
}

/* ---- forms */

static bool is_decimal(struct slice text)
{
	bool point = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '.' && !point && i && i + 1 < text.len)
			point = true;
		else if (!isdigit((unsigned char)text.ptr[i]))
			return false;
	}
	return text.len > 0 && text.len <= 24;
}

static int two_digits(const char *at)
{
	return (at[0] - '0') * 10 + at[1] - '0';
}

static bool is_iso_date(struct slice text)
{
	if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (i != 4 && i != 7 && !isdigit((unsigned char)text.ptr[i]))
			return false;
	return two_digits(text.ptr + 5) >= 1 && two_digits(text.ptr + 5) <= 12 &&
	       two_digits(text.ptr + 8) >= 1 && two_digits(text.ptr + 8) <= 31;
}

static bool is_currency(struct slice text)
{
	return text.len == 3 && isupper((unsigned char)text.ptr[0]) && isupper((unsigned char)text.ptr[1]) &&
	       isupper((unsigned char)text.ptr[2]);
}

/* A normaliser whose values have a form of their own, with the test of it. */
static const struct form {
	const char *name;
	bool (*has)(struct slice text);
} forms[] = {
	{"amount", is_decimal}, {"date", is_iso_date}, {"date_dmy", is_iso_date}, {"currency", is_currency}};

static const struct form *form_of(const struct normaliser *normaliser)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, normaliser->name) == 0)
			return &forms[i];
	return NULL;
}

/* The form that a rule gives the member, and the normaliser for it; NULL: words. */
static const struct form *form_of_member(const struct field *field, struct slice name,
					 const struct normaliser **normaliser)
{
	for (const struct rule *rule = field->rules; rule; rule = rule->next) {
		for (const struct give *give = rule->gives; give; give = give->next) {
			if (!slice_equal(give->member, name))
				continue;
			for (int i = 0; i < give->source.pipe_length; i++) {
				*normaliser = give->source.pipe[i].normaliser;
				if (form_of(*normaliser))
					return form_of(*normaliser);
			}
		}
	}
	return NULL;
}

static bool is_word_of(struct value vocabulary, struct slice said)
{
	for (size_t i = 0; i < value_len(vocabulary); i++)
		if (slice_equal(value_text(*value_list_at(vocabulary, i)), said))
			return true;
	return false;
}

bool members_take(const struct field *field, struct value members, struct slice name, struct slice said,
		  struct buf *out)
{
	const struct value *vocabulary = value_map_get(members, name);
	const struct normaliser *normaliser;
	const struct form *form;

	said = slice_trim(said);
	if (!vocabulary || !said.len || said.len > VALUE_BYTES_MAX)
		return false;
	if (vocabulary->kind == VALUE_LIST)
		return is_word_of(*vocabulary, said) && buf_add_slice(out, said) == 0;
	form = form_of_member(field, name, &normaliser);
	if (!form || form->has(said))
		return buf_add_slice(out, said) == 0;
	return normaliser->apply(said, (struct slice){0}, out) && form->has(buf_slice(out));
}

/* ---- the schema */

static struct value of_type(const char *type)
{
	struct value schema = value_map_new();

	value_put(&schema, "type", value_string_z(type));
	return schema;
}

static struct value or_null(const char *type)
{
	struct value schema = value_map_new(), types = value_list_new(2);

	value_list_push(&types, value_string_z(type));
	value_list_push(&types, value_string_z("null"));
	value_put(&schema, "type", types);
	return schema;
}

/* All members required and no others: what "strict" asks of a schema. */
static void close_object(struct value *schema, struct value taken_members)
{
	struct value names = value_list_new(value_len(taken_members));

	for (size_t i = 0; i < value_len(taken_members); i++)
		value_list_push(&names, value_string(value_map_key(taken_members, i)));
	value_put(schema, "properties", taken_members);
	value_put(schema, "required", names);
	value_put(schema, "additionalProperties", value_bool(false));
}

static struct value member_schema(struct value vocabulary)
{
	struct value schema = or_null("string"), words;

	if (vocabulary.kind == VALUE_LIST && value_len(vocabulary)) {
		words = value_ref(vocabulary);
		value_list_push(&words, value_null());
		value_put(&schema, "enum", words);
	}
	return schema;
}

static struct value item_schema(const struct field *field)
{
	struct value schema = field->one ? or_null("object") : of_type("object");
	struct value members = members_of(field), properties = value_map_new();

	for (size_t i = 0; i < value_len(members); i++)
		value_map_set(&properties, value_map_key(members, i),
			      member_schema(*value_map_at(members, i)));
	value_put(&properties, "quote", of_type("string"));
	value_put(&properties, "confidence", of_type("number"));
	close_object(&schema, properties);
	value_unref(members);
	return schema;
}

struct value members_schema(const struct model *model)
{
	struct value schema = of_type("object"), properties = value_map_new(), list;

	for (const struct field *field = model->fields; field; field = field->next) {
		if (field->one) {
			value_map_set(&properties, field->name, item_schema(field));
		} else {
			list = of_type("array");
			value_put(&list, "items", item_schema(field));
			value_map_set(&properties, field->name, list);
		}
	}
	close_object(&schema, properties);
	return schema;
}
