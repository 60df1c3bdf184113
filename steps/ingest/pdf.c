/*
 * pdf.c - a PDF's text layer, by poppler's pdftotext in a sandbox.
 *
 * A file whose pages are pictures has no text, or only the stamp that a court's filing system printed over
 * each page; both are refused, saying that character recognition is needed, rather than passed on as a
 * document of two lines.
 */
#include "steps/ingest/parsed.h"

#include "lib/proc/proc.h"

#include <ctype.h>
#include <string.h>

enum {
	DEADLINE_MS = 120000,
	CPU_S = 60,
	PAGE_LETTERS = 80, /* on average over pages that have text; the stamp "Case 1:20-cv-00745 Document 8
			      Filed 10/23/20 Page 1 of 54" has 21 */
	BLANK_LETTERS = 10,
	PAGES_NAMED = 20, /* in the warning */
};
static const int64_t memory_bytes = 1024LL << 20;

/* ---- is it text? */

struct page_count {
	size_t pages, letters, odd;
	size_t blank; /* pages without text; the first ones by number: */
	size_t blank_pages[PAGES_NAMED];
};

/* A font without a map to Unicode gives private characters, replacement characters or controls. */
static bool is_odd(int32_t c)
{
	return c < 0 || c == 0xFFFD || (c >= 0xE000 && c <= 0xF8FF) ||
	       (c < 0x20 && c != '\n' && c != '\f' && c != '\t');
}

static void end_page(struct page_count *count, size_t letters)
{
	count->pages++;
	count->letters += letters;
	if (letters >= BLANK_LETTERS)
		return;
	if (count->blank < PAGES_NAMED)
		count->blank_pages[count->blank] = count->pages;
	count->blank++;
}

static struct page_count count_pages(struct slice text)
{
	struct page_count count = {0};
	size_t letters = 0;

	for (size_t i = 0; i < text.len;) {
		int32_t c = utf8_next(text, &i);

		if (c == '\f') {
			end_page(&count, letters);
			letters = 0;
			continue;
		}
		count.odd += is_odd(c);
		letters += c > 0x7F || isalpha((int)c);
	}
	if (text.len == 0 || text.ptr[text.len - 1] != '\f')
		end_page(&count, letters);
	return count;
}

static void warn_of_blank_pages(const struct page_count *count, struct parsed *parsed)
{
	struct buf text;

	if (count->blank == 0)
		return;
	buf_init(&text, 0);
	buf_printf(&text, "no text on page%s", count->blank > 1 ? "s" : "");
	for (size_t i = 0; i < count->blank && i < PAGES_NAMED; i++)
		buf_printf(&text, "%s %zu", i ? "," : "", count->blank_pages[i]);
	if (count->blank > PAGES_NAMED)
		buf_printf(&text, " and %zu more", count->blank - PAGES_NAMED);
	buf_printf(&text, " of %zu: blank, or pictures that need character recognition (OCR)", count->pages);
	value_list_push(&parsed->warnings, value_string(buf_slice(&text)));
	buf_release(&text);
}

static int check_text(struct parsed *parsed, struct error *err)
{
	struct page_count count = count_pages(buf_slice(&parsed->text));

	/* A cover sheet with text on a scan is no text layer either. */
	if (count.letters < PAGE_LETTERS * (count.pages - count.blank + (count.blank == count.pages)) ||
	    count.blank * 4 > count.pages * 3) {
		error_set(err, ERROR_INPUT, "the PDF has no text layer: %zu letters on %zu page%s",
			  count.letters, count.pages, count.pages == 1 ? "" : "s");
		error_hint(err, "it needs character recognition (OCR) first, for example by ocrmypdf");
		return -1;
	}
	if (count.odd * 5 > count.letters)
		return error_set(err, ERROR_INPUT,
				 "the text layer of the PDF cannot be read: its fonts name no characters");
	warn_of_blank_pages(&count, parsed);
	return 0;
}

/* ---- pdftotext */

/* What poppler says of a file it cannot open; the last line but the empty ones. */
static int refused(struct slice said, struct error *err)
{
	struct slice line = slice_trim(said);

	if (slice_find(said, SLICE("Incorrect password"), 0) != SIZE_MAX) {
		error_set(err, ERROR_INPUT, "the PDF is encrypted: a password is needed");
		error_hint(err, "remove the password, for example with qpdf --decrypt");
		return -1;
	}
	for (size_t i = line.len; i > 0; i--)
		if (line.ptr[i - 1] == '\n') {
			line = slice_sub(line, i, line.len);
			break;
		}
	line = slice_sub(line, 0, 200);
	return error_set(err, ERROR_INPUT, "the PDF is damaged: %.*s",
			 SLICE_ARG(line.len ? line : SLICE("no page can be read")));
}

int pdf_parse(struct slice file, struct parsed *parsed, struct error *err)
{
	static const char *const argv[] = {"pdftotext", "-enc", "UTF-8", "-eol", "unix", "-", "-", NULL};
	struct proc_command command = {
		.argv = argv,
		.input = file,
		.deadline_ms = DEADLINE_MS,
		.output_limit = PARSED_TEXT_LIMIT,
		.limits = {.cpu_s = CPU_S, .memory_bytes = memory_bytes, .sandbox = true}};
	struct buf tail;
	struct buf text;
	int status = 0;
	int result;

	buf_init(&tail, 0);
	buf_init(&text, PARSED_TEXT_LIMIT);
	result = proc_run(&command, &text, &tail, &status, err);
	if (result < 0 && err && err->kind == ERROR_NOT_FOUND) { /* the program, not the document */
		err->kind = ERROR_INPUT;
		error_hint(err, "PDFs are read by pdftotext: install poppler-utils");
	}
	if (result == 0 && status != 0)
		result = refused(buf_slice(&tail), err);
	if (result == 0 && utf8_repair(&parsed->text, buf_slice(&text)) < 0)
		result = error_set(err, ERROR_LIMIT, "the text of the PDF is too long");
	if (result == 0)
		result = check_text(parsed, err);
	/* pdftotext ends every page with a form feed; none begins after the last. */
	if (parsed->text.len > 0 && parsed->text.data[parsed->text.len - 1] == '\f')
		parsed->text.data[--parsed->text.len] = '\0';
	buf_release(&tail);
	buf_release(&text);
	return result;
}
