/* main.c - the step `ingest`: files in, records out; README.md has the contract. */
#include "steps/ingest/ingest.h"
#include "steps/ingest/parsers.h"

#include "lib/mem/mem.h"

static const char request_schema[] =
	"{\"type\": \"object\", \"required\": [\"source\"], \"properties\": {"
	"\"source\": {\"type\": \"string\", \"description\": \"path of a file or folder, file:/// URL, or "
	"glob\"},"
	"\"page_size\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 100},"
	"\"page_token\": {\"type\": \"string\", \"description\": \"next_page_token of the page before\"}}}";

static const char response_schema[] =
	"{\"type\": \"object\", \"required\": [\"documents\", \"failures\"], \"properties\": {"
	"\"documents\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
	"\"required\": [\"id\", \"source\", \"sha256\", \"text_uri\", \"media_type\", \"language\", "
	"\"title\", "
	"\"chars\", \"pages\"],"
	"\"properties\": {"
	"\"id\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{32}$\"},"
	"\"source\": {\"type\": \"string\"},"
	"\"sha256\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{64}$\"},"
	"\"text_uri\": {\"type\": \"string\", \"format\": \"uri\"},"
	"\"media_type\": {\"type\": \"string\"},"
	"\"language\": {\"type\": \"string\", \"description\": \"ISO 639-1, or und\"},"
	"\"title\": {\"type\": \"string\"},"
	"\"chars\": {\"type\": \"integer\", \"description\": \"code points of the text\"},"
	"\"pages\": {\"type\": \"array\", \"items\": {\"type\": \"integer\"}, "
	"\"description\": \"code point offset at which each page starts\"},"
	"\"dates\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\", \"format\": "
	"\"date\"}},"
	"\"warnings\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}},"
	"\"failures\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"source\", "
	"\"error\"],"
	"\"properties\": {\"source\": {\"type\": \"string\"}, \"error\": {\"type\": \"object\"}}}},"
	"\"next_page_token\": {\"type\": \"string\", \"description\": \"absent on the last page\"}}}";

static const struct step_verb verbs[] = {
	{PARSERS_VERB, "parse untrusted bytes (started by ingest itself)", parsers_child},
	{0},
};

static const struct step ingest = {
	.name = "ingest",
	.summary = "turn files into records: text, title, language, pages",
	.example = "  ingest decisions/ | classify | extract > records.jsonl\n"
		   "  ingest order.pdf 'releases/*.html'\n"
		   "  echo '{\"source\": \"decisions\", \"page_size\": 10}' | ingest",
	.operands = "[FILE|FOLDER|GLOB]...",
	.options = ingest_options,
	.open = ingest_open,
	.close = ingest_close,
	.apply = ingest_apply,
	.operand = ingest_operand,
	.lines = "documents",
	.request_schema = request_schema,
	.response_schema = response_schema,
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	mem_keep();
	return step_main(&ingest, argc, argv);
}
