/* heading.c - the first lines that could be a title; see heading.h. */
#include "steps/ingest/heading.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	LOOK_BYTES = 6000,
	LINE_WORDS = 3,  /* a title has at least so many words */
	BLOCK_LINES = 4, /* and takes at most so many lines */
};

/* How lines begin that are not, or not yet, the title; in lower case. */
static const char *const not_titles[] = {
	"administrative proceeding",
	"an official website",
	"attorney",
	"au nom du peuple",
	"autorit", /* é in two cases */
	"before the",
	"bureau of consumer",
	"case",
	"central district",
	"civil action",
	"civil no",
	"commission nationale",
	"commodity futures",
	"consumer financial",
	"contact",
	"cour d",
	"data protection act",
	"date",
	"department of",
	"district of",
	"division",
	"docket",
	"document",
	"eastern district",
	"eastern division",
	"enforcement release",
	"federal reserve",
	"filed",
	"for immediate",
	"for publication",
	"for release",
	"for the",
	"here's how",
	"here’s how",
	"home",
	"in the district",
	"in the united",
	"in the us",
	"in the u.s.",
	"information commissioner",
	"justice news",
	"litigation release",
	"middle district",
	"news release",
	"no.",
	"non-confidential",
	"northern district",
	"office of",
	"official-sensitive",
	"page",
	"plaintiff",
	"pour publication",
	"press release",
	"previous page",
	"received",
	"release",
	"république fran",
	"RÉPUBLIQUE FRAN",
	"securities and exchange commission",
	"skip to",
	"southern district",
	"superior court",
	"supervisory powers",
	"the united states",
	"united states",
	"u.s. commodity",
	"u.s. securities",
	"v.",
	"vs.",
	"washington",
	"western district",
	"www.",
	"http",
};

/* What a line that is none holds anywhere: stamps of filing systems, banners. */
static const char *const not_in_titles[] = {
	"official website of",
	"received cftc",
	" filed 0",
	" filed 1",
	"date filed",
	"entry number",
	"securities and exchange commission, ",
	"u.s. securities and exchange",
	"here’s how you know",
};

/* The papers of a court or an authority say what they are in capitals below the caption. */
static const char *const papers[] = {
	"ORDER",     "COMPLAINT",   "INDICTMENT",   "INFORMATION", "AGREEMENT", "JUDGMENT",
	"JUDGEMENT", "STIPULATION", "OPINION",      "MEMORANDUM",  "NOTICE",    "REPRIMAND",
	"DECISION",  "DÉCISION",    "DÉLIBÉRATION", "CONVENTION",
};

static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
				     "july",    "august",   "september", "october", "november", "december"};

static bool begins_with(struct slice line, const char *word)
{
	size_t size = strlen(word);

	return line.len >= size && strncasecmp(line.ptr, word, size) == 0;
}

static bool holds(struct slice line, const char *words)
{
	for (size_t i = 0; i < line.len; i++)
		if (begins_with(slice_sub(line, i, line.len), words))
			return true;
	return false;
}

/* "March 9, 2016": a month and little else. */
static bool is_date(struct slice line)
{
	if (line.len > 40)
		return false;
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++)
		if (begins_with(line, months[i]))
			return true;
	return false;
}

struct shape {
	size_t letters, words, others;
};

static struct shape shape_of(struct slice line)
{
	struct shape shape = {0};
	bool in_word = false;

	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];
		bool letter = isalpha(c) || c >= 0x80;

		shape.letters += letter;
		shape.others += !letter && c != ' ';
		shape.words += letter && !in_word;
		in_word = letter || (in_word && c != ' ');
	}
	return shape;
}

static bool is_noise(struct slice line)
{
	struct shape shape = shape_of(line);

	if (shape.letters < 4 || shape.others > shape.letters || is_date(line))
		return true;
	for (size_t i = 0; i < sizeof(not_titles) / sizeof(not_titles[0]); i++)
		if (begins_with(line, not_titles[i]))
			return true;
	for (size_t i = 0; i < sizeof(not_in_titles) / sizeof(not_in_titles[0]); i++)
		if (holds(line, not_in_titles[i]))
			return true;
	return false;
}

/* Ends this line in the frame of a caption, or in punctuation? The ")" of "6(c)" is neither. */
static bool ends_in_frame(struct slice line)
{
	char last = line.len ? line.ptr[line.len - 1] : 'x';

	if (last == ')')
		return line.len == 1 || line.ptr[line.len - 2] == ' ' || !memchr(line.ptr, '(', line.len);
	return strchr("(|;:.*-_", last) || slice_ends(line, SLICE("§"));
}

/* The next line, trimmed, also of the ")" and "§" that draw the frame of a caption. */
static struct slice next_line(struct slice text, size_t *offset)
{
	size_t end = slice_find(text, SLICE("\n"), *offset);
	struct slice line = slice_sub(text, *offset, end);

	*offset = end == SIZE_MAX ? text.len : end + 1;
	line = slice_trim(line);
	while (line.len && strchr(")(|;:.*-_", line.ptr[0]))
		line = slice_trim(slice_sub(line, 1, line.len));
	while (line.len && ends_in_frame(line))
		line = slice_trim(slice_sub(line, 0, line.len - (line.ptr[line.len - 1] & 0x80 ? 2 : 1)));
	return line;
}

/* At most so many bytes, cut before a character. */
static struct slice beginning(struct slice text, size_t size)
{
	if (text.len <= size)
		return text;
	while (size > 0 && (text.ptr[size] & 0xC0) == 0x80)
		size--;
	return slice_sub(text, 0, size);
}

/* Bytes of the white space at `i`: ASCII's, or a no-break space. */
static size_t white_size(struct slice text, size_t i)
{
	if ((unsigned char)text.ptr[i] <= ' ')
		return 1;
	return slice_starts(slice_sub(text, i, text.len), SLICE("\xC2\xA0")) ? 2 : 0;
}

static size_t word_size(struct slice text, size_t start)
{
	size_t end = start;

	while (end < text.len && white_size(text, end) == 0)
		end++;
	return end - start;
}

void heading_clean(struct slice text, struct buf *heading)
{
	size_t start = heading->len;

	for (size_t i = 0; i < text.len;) {
		size_t size = word_size(text, i);
		size_t room = HEADING_BYTES - (heading->len - start);

		if (size == 0) {
			i += white_size(text, i);
			continue;
		}
		if (heading->len > start && size + 1 > room)
			break;
		if (size > HEADING_BYTES) { /* one endless word */
			text = beginning(text, i + HEADING_BYTES);
			size = text.len - i;
		}
		if (heading->len > start)
			buf_add_char(heading, ' ');
		buf_add(heading, text.ptr + i, size);
		i += size;
	}
}

/* Gathers a title's lines until one is empty, a date, or too many. */
struct block {
	struct buf text;
	size_t lines;
};

static void add_line(struct block *block, struct slice line)
{
	buf_add_char(&block->text, ' ');
	buf_add_slice(&block->text, line);
	block->lines++;
}

/* ---- papers with a caption */

static bool is_captioned(struct slice text)
{
	static const char *const captions[] = {"district court", "before the", "administrative proceeding",
					       "united states of america", "information commissioner"};
	struct slice head = slice_sub(text, 0, 1500);

	for (size_t i = 0; i < sizeof(captions) / sizeof(captions[0]); i++)
		if (holds(head, captions[i]))
			return true;
	return false;
}

static bool is_capitals(struct slice line)
{
	size_t upper = 0;
	size_t lower = 0;

	for (size_t i = 0; i < line.len; i++) {
		upper += isupper((unsigned char)line.ptr[i]) != 0;
		lower += islower((unsigned char)line.ptr[i]) != 0;
	}
	return upper >= 4 && lower * 8 < upper;
}

static bool names_paper(struct slice line)
{
	for (size_t i = 0; i < sizeof(papers) / sizeof(papers[0]); i++) {
		size_t size = strlen(papers[i]);

		for (size_t at = slice_find(line, slice_of(papers[i]), 0); at != SIZE_MAX;
		     at = slice_find(line, slice_of(papers[i]), at + 1))
			if ((at == 0 || !isalpha((unsigned char)line.ptr[at - 1])) &&
			    (at + size == line.len || !isalpha((unsigned char)line.ptr[at + size])))
				return true;
	}
	return false;
}

/* Captions have two columns, parties and paper, with a line of ")" or "§" between them. Leaves the right one
 * in *line if there are two. */
static bool take_right_column(struct slice *line)
{
	static const struct slice frames[] = {{"  )", 3}, {"  §", 4}};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		size_t at = slice_find(*line, frames[i], 0);

		if (at == SIZE_MAX)
			continue;
		*line = slice_trim(slice_sub(*line, at + frames[i].len, line->len));
		return true;
	}
	return false;
}

static void find_paper(struct slice text, struct buf *heading)
{
	struct block block = {0};
	bool beside = false; /* the title stands in the right column */

	buf_init(&block.text, LOOK_BYTES * 2);
	for (size_t offset = 0; offset < text.len && block.lines < BLOCK_LINES;) {
		struct slice line = next_line(text, &offset);
		bool framed = take_right_column(&line);
		bool fits = is_capitals(line) &&
			    (block.lines > 0 ? framed == beside : names_paper(line) && !is_noise(line));

		if (fits)
			add_line(&block, line);
		else if (block.lines > 0)
			break;
		beside = framed;
	}
	heading_clean(buf_slice(&block.text), heading);
	buf_release(&block.text);
}

/* ---- all others */

/* How OFAC's notices go on after their heading, without an empty line. */
static bool is_boilerplate(struct slice line)
{
	return begins_with(line, "information concerning the civil penal");
}

static void find_headline(struct slice text, struct buf *heading)
{
	struct block block = {0};

	buf_init(&block.text, LOOK_BYTES * 2);
	for (size_t offset = 0; offset < text.len;) {
		struct slice line = next_line(text, &offset);
		bool fits = line.len > 0 &&
			    (block.lines == 0 ? !is_noise(line) : !is_date(line) && !is_boilerplate(line));

		if (fits)
			add_line(&block, line);
		if (block.lines == 0 || (fits && block.lines < BLOCK_LINES && offset < text.len))
			continue;
		if (shape_of(buf_slice(&block.text)).words >= LINE_WORDS)
			break;
		buf_clear(&block.text);
		block.lines = 0;
	}
	heading_clean(buf_slice(&block.text), heading);
	buf_release(&block.text);
}

void heading_find(struct slice text, struct buf *heading)
{
	size_t start = heading->len;

	text = beginning(text, LOOK_BYTES);
	if (is_captioned(text))
		find_paper(text, heading);
	if (heading->len == start)
		find_headline(text, heading);
}
