/* report.c - how what a model says agrees with what the labels say; see report.h. */
#include "steps/classify/report.h"

#include <assert.h>
#include <math.h>
#include <string.h>

size_t report_label(struct report *report, const char *name)
{
	for (size_t i = 0; i < report->labels; i++) {
		if (strcmp(report->tallies[i].name, name) == 0)
			return i;
	}
	assert(report->labels < REPORT_LABELS);
	report->tallies[report->labels].name = name;
	return report->labels++;
}

/* ---- counting */

static size_t first_of(const bool *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (labels[i])
			return i;
	}
	return REPORT_LABELS;
}

static void note_probability(struct report *report, double probability, bool right)
{
	size_t at = probability >= 1 ? REPORT_BINS - 1 : (size_t)(probability * REPORT_BINS);

	report->bins[at].said += probability;
	report->bins[at].right += right;
	report->bins[at].count++;
}

bool report_add(struct report *report, const struct report_answer *answer)
{
	bool exact = true;

	for (size_t i = 0; i < report->labels; i++) {
		report->tallies[i].right += answer->said[i] && answer->truth[i];
		report->tallies[i].extra += answer->said[i] && !answer->truth[i];
		report->tallies[i].missed += !answer->said[i] && answer->truth[i];
		exact = exact && answer->said[i] == answer->truth[i];
	}
	report->taken[first_of(answer->truth, report->labels)][first_of(answer->said, report->labels)]++;
	report->documents++;
	report->right += exact;
	report->undecided += !answer->decided;
	note_probability(report, answer->probability, answer->truth[answer->best]);
	return exact;
}

/* ---- figures */

double tally_f1(const struct tally *tally)
{
	double all = 2 * (double)tally->right + (double)tally->extra + (double)tally->missed;

	return all > 0 ? 2 * (double)tally->right / all : 0;
}

double report_accuracy(const struct report *report)
{
	return report->documents ? (double)report->right / (double)report->documents : 0;
}

double report_macro_f1(const struct report *report, size_t least)
{
	double sum = 0;
	size_t occurring = 0;

	for (size_t i = 0; i < report->labels; i++) {
		if (report->tallies[i].right + report->tallies[i].missed < least)
			continue;
		sum += tally_f1(&report->tallies[i]);
		occurring++;
	}
	return occurring ? sum / (double)occurring : 0;
}

double report_micro_f1(const struct report *report)
{
	struct tally all = {0};

	for (size_t i = 0; i < report->labels; i++) {
		all.right += report->tallies[i].right;
		all.extra += report->tallies[i].extra;
		all.missed += report->tallies[i].missed;
	}
	return tally_f1(&all);
}

double report_calibration_error(const struct report *report)
{
	double sum = 0;

	for (size_t i = 0; i < REPORT_BINS; i++)
		sum += fabs(report->bins[i].said - (double)report->bins[i].right);
	return report->documents ? sum / (double)report->documents : 0;
}

/* ---- for machines */

static struct value labels_value(const struct report *report)
{
	struct value labels = value_map_new();

	for (size_t i = 0; i < report->labels; i++) {
		const struct tally *tally = &report->tallies[i];
		struct value one = value_map_new();

		value_put(&one, "right", value_int((int64_t)tally->right));
		value_put(&one, "extra", value_int((int64_t)tally->extra));
		value_put(&one, "missed", value_int((int64_t)tally->missed));
		value_put(&one, "f1", value_double(tally_f1(tally)));
		value_put(&labels, tally->name, one);
	}
	return labels;
}

/* Only what was taken for something else: the rest is the labels' `right`. */
static struct value taken_value(const struct report *report)
{
	struct value list = value_list_new(0);

	for (size_t row = 0; row <= REPORT_LABELS; row++) {
		for (size_t column = 0; column <= REPORT_LABELS; column++) {
			struct value one;

			if (row == column || !report->taken[row][column])
				continue;
			one = value_map_new();
			value_put(&one, "is",
				  row == REPORT_LABELS ? value_null()
						       : value_string_z(report->tallies[row].name));
			value_put(&one, "said",
				  value_string_z(column == REPORT_LABELS ? "unknown"
									 : report->tallies[column].name));
			value_put(&one, "documents", value_int(report->taken[row][column]));
			value_list_push(&list, one);
		}
	}
	return list;
}

static struct value bins_value(const struct report *report)
{
	struct value list = value_list_new(0);

	for (size_t i = 0; i < REPORT_BINS; i++) {
		const struct bin *bin = &report->bins[i];
		struct value one = value_map_new();

		value_put(&one, "from", value_double((double)i / REPORT_BINS));
		value_put(&one, "documents", value_int((int64_t)bin->count));
		value_put(&one, "said", value_double(bin->count ? bin->said / (double)bin->count : 0));
		value_put(&one, "right",
			  value_double(bin->count ? (double)bin->right / (double)bin->count : 0));
		value_list_push(&list, one);
	}
	return list;
}

void report_put(const struct report *report, struct value *map)
{
	value_put(map, "documents", value_int((int64_t)report->documents));
	value_put(map, "accuracy", value_double(report_accuracy(report)));
	value_put(map, "macro_f1", value_double(report_macro_f1(report, 1)));
	value_put(map, "macro_f1_of_five", value_double(report_macro_f1(report, 5)));
	value_put(map, "micro_f1", value_double(report_micro_f1(report)));
	value_put(map, "unknown", value_int((int64_t)report->undecided));
	value_put(map, "calibration_error", value_double(report_calibration_error(report)));
	value_put(map, "labels", labels_value(report));
	if (!report->many)
		value_put(map, "taken", taken_value(report));
	value_put(map, "bins", bins_value(report));
}

/* ---- for people */

static void print_labels(const struct report *report, FILE *out)
{
	fprintf(out, "%-34s %6s %6s %6s %6s\n", "label", "right", "extra", "missed", "F1");
	for (size_t i = 0; i < report->labels; i++) {
		const struct tally *t = &report->tallies[i];

		fprintf(out, "%-34s %6zu %6zu %6zu %6.3f\n", t->name, t->right, t->extra, t->missed,
			tally_f1(t));
	}
}

static void print_cell(FILE *out, uint32_t count)
{
	if (count)
		fprintf(out, "%4u", count);
	else
		fputs("   .", out);
}

/* Which label was taken for which: a row is what a document is, a column what was said, by number. */
static void print_taken(const struct report *report, FILE *out)
{
	fprintf(out, "\n%-36s", "is \\ said");
	for (size_t i = 0; i < report->labels; i++)
		fprintf(out, "%4zu", i + 1);
	fputs("   ?\n", out);
	for (size_t row = 0; row <= report->labels; row++) {
		size_t from = row < report->labels ? row : REPORT_LABELS;

		if (row < report->labels)
			fprintf(out, "%2zu %-33s", row + 1, report->tallies[row].name);
		else
			fprintf(out, "%2s %-33s", "-", "none of them");
		for (size_t column = 0; column < report->labels; column++)
			print_cell(out, report->taken[from][column]);
		print_cell(out, report->taken[from][REPORT_LABELS]);
		fputc('\n', out);
	}
}

/* A bar as long as the share that was right, and a mark where the probability said it would end. */
static void print_bar(FILE *out, double right, double said)
{
	enum { WIDTH = 40 };
	const long end = lround(right * WIDTH);
	const long mark = lround(said * WIDTH);

	fputs("  ", out);
	for (long i = 0; i < end || i <= mark; i++)
		fputc(i == mark ? '|' : i < end ? '#' : ' ', out);
}

static void print_bins(const struct report *report, FILE *out)
{
	fprintf(out, "\n%-11s %9s %7s %7s\n", "probability", "documents", "said", "right");
	for (size_t i = 0; i < REPORT_BINS; i++) {
		const struct bin *bin = &report->bins[i];
		double said = bin->count ? bin->said / (double)bin->count : 0;
		double right = bin->count ? (double)bin->right / (double)bin->count : 0;

		fprintf(out, "%.1f to %.1f  %9zu %7.3f %7.3f", (double)i / REPORT_BINS,
			(double)(i + 1) / REPORT_BINS, bin->count, said, right);
		if (bin->count)
			print_bar(out, right, said);
		fputc('\n', out);
	}
}

void report_print(const struct report *report, FILE *out)
{
	print_labels(report, out);
	if (!report->many)
		print_taken(report, out);
	print_bins(report, out);
	fprintf(out,
		"\n%zu documents, accuracy %.4f, macro F1 %.4f (labels of five documents or more %.4f), "
		"micro F1 %.4f, below the threshold %zu, calibration error %.4f\n",
		report->documents, report_accuracy(report), report_macro_f1(report, 1),
		report_macro_f1(report, 5), report_micro_f1(report), report->undecided,
		report_calibration_error(report));
}

/* ---- the picture */

enum { SIDE = 400, LEFT = 60, TOP = 50, FOOT = 120 };

static double x_of(double share)
{
	return LEFT + SIDE * share;
}

static double y_of(double share)
{
	return TOP + SIDE * (1 - share);
}

static void draw_frame(struct buf *svg)
{
	buf_printf(svg, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"frame\"/>\n", LEFT, TOP,
		   SIDE, SIDE);
	buf_printf(svg, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"ideal\"/>\n", LEFT, TOP + SIDE,
		   LEFT + SIDE, TOP);
	for (int i = 0; i <= REPORT_BINS; i += 2) {
		double share = (double)i / REPORT_BINS;

		buf_printf(svg,
			   "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>"
			   "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%.1f</text>\n",
			   x_of(share), TOP + SIDE + 18, share, LEFT - 8, y_of(share) + 4, share);
	}
}

/* The dot of a bin lies on the diagonal when what was said came true; its bar below says how many it stands
 * for. */
static void draw_bin(const struct report *report, size_t i, struct buf *svg)
{
	const struct bin *bin = &report->bins[i];
	double count = (double)bin->count;
	double share = count / (double)report->documents;
	double x = x_of((double)i / REPORT_BINS);

	buf_printf(svg,
		   "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"bin\">"
		   "<title>said %.3f, right %.3f of %zu</title></circle>\n",
		   x_of(bin->said / count), y_of((double)bin->right / count), 4 + 8 * sqrt(share),
		   bin->said / count, (double)bin->right / count, bin->count);
	buf_printf(svg,
		   "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" class=\"count\"/>"
		   "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"small\">%zu</text>\n",
		   x + 2, TOP + SIDE + 50 + 50 * (1 - share), SIDE / REPORT_BINS - 4, 50 * share,
		   x + SIDE / REPORT_BINS / 2.0, TOP + SIDE + 114, bin->count);
}

void report_draw(const struct report *report, struct buf *svg)
{
	buf_printf(
		svg,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
		"font-size=\"12\">\n<style>.frame{fill:none;stroke:#888}.ideal{stroke:#888;stroke-dasharray:"
		"4}"
		".bin{fill:#2468a8}.count{fill:#9bbad6}.small{font-size:10px}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		LEFT + SIDE + 30, TOP + SIDE + FOOT);
	buf_printf(
		svg,
		"<text x=\"%d\" y=\"20\" font-size=\"14\">Share that was right, by the probability "
		"said</text>\n"
		"<text x=\"%d\" y=\"38\">%zu documents (counted below), calibration error %.4f"
		"</text>\n",
		LEFT, LEFT, report->documents, report_calibration_error(report));
	draw_frame(svg);
	for (size_t i = 0; i < REPORT_BINS; i++) {
		if (report->bins[i].count)
			draw_bin(report, i, svg);
	}
	buf_add_slice(svg, SLICE("</svg>\n"));
}
