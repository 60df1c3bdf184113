/* learn.c - from vectors and labels to weights and probabilities; see learn.h. */
#include "steps/classify/learn.h"

#include "lib/load/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* liblinear, which only training needs: classifying should not load it, and BLAS with it, at every start. */
struct learner {
	__typeof__(train) *train;
	__typeof__(free_and_destroy_model) *free_model;
};

static void be_quiet(const char *text)
{
	(void)text;
}

/* One machine: label against the rest. A set without both sides has nothing to learn: it says what it saw. */
static void learn_label(const struct learner *learner, struct problem *problem,
			const struct learn_settings *settings, size_t positive, double *weights)
{
	struct parameter parameter = {
		.solver_type = L2R_L2LOSS_SVC_DUAL, .eps = settings->tolerance, .C = settings->cost};
	struct model *model;

	memset(weights, 0, (size_t)problem->n * sizeof(*weights));
	if (positive == 0 || positive == (size_t)problem->l) {
		weights[problem->n - 1] = positive ? 1 : -1;
		return;
	}
	srand(1);
	model = learner->train(problem, &parameter);
	for (int i = 0; i < problem->n; i++)
		weights[i] = model->label[0] == 1 ? model->w[i] : -model->w[i];
	learner->free_model(&model);
}

static void open_learner(struct learner *learner)
{
	void *library = load_open("liblinear.so.4", "liblinear4");
	__typeof__(set_print_string_function) *set_print;

	load_find(library, "train", &learner->train);
	load_find(library, "free_and_destroy_model", &learner->free_model);
	load_find(library, "set_print_string_function", &set_print);
	set_print(be_quiet);
}

void learn_weights(const struct vectors *vectors, const struct examples *examples, const bool *use,
		   const struct learn_settings *settings, double *weights)
{
	struct problem problem = {.n = vectors->width, .bias = 1};
	struct learner learner;
	size_t *chosen = mem_new((examples->count + 1) * sizeof(*chosen));

	problem.y = mem_new((examples->count + 1) * sizeof(*problem.y));
	problem.x = mem_new((examples->count + 1) * sizeof(*problem.x));
	for (size_t i = 0; i < examples->count; i++) {
		if (use && !use[i])
			continue;
		chosen[problem.l] = i;
		problem.x[problem.l++] = vectors->rows[i];
	}
	open_learner(&learner);
	for (size_t label = 0; label < examples->labels; label++) {
		size_t positive = 0;

		for (int i = 0; i < problem.l; i++) {
			bool holds = examples->items[chosen[i]].labels >> label & 1;

			problem.y[i] = holds ? 1 : -1;
			positive += holds;
		}
		learn_label(&learner, &problem, settings, positive, weights + label * (size_t)vectors->width);
	}
	mem_free(problem.x);
	mem_free(problem.y);
	mem_free(chosen);
}

static double score(const double *weights, const struct feature_node *nodes)
{
	double sum = 0;

	for (; nodes->index > 0; nodes++)
		sum += weights[nodes->index - 1] * nodes->value;
	return sum;
}

void learn_scores(const struct vectors *vectors, const struct examples *examples,
		  const struct learn_settings *settings, double *scores)
{
	const size_t width = (size_t)vectors->width;
	double *weights = mem_new(examples->labels * width * sizeof(*weights));
	size_t *parts = mem_new((examples->count + 1) * sizeof(*parts));
	bool *use = mem_new(examples->count + 1);

	examples_deal(examples, settings->folds, parts);
	for (size_t fold = 0; fold < settings->folds; fold++) {
		for (size_t i = 0; i < examples->count; i++)
			use[i] = parts[i] != fold;
		learn_weights(vectors, examples, use, settings, weights);
		for (size_t i = 0; i < examples->count; i++) {
			for (size_t label = 0; !use[i] && label < examples->labels; label++)
				scores[i * examples->labels + label] =
					score(weights + label * width, vectors->rows[i]);
		}
	}
	mem_free(weights);
	mem_free(parts);
	mem_free(use);
}

/* ---- sigmoid */

struct curve {
	double loss; /* minus log likelihood */
	double gradient[2];
	double hessian[3]; /* aa, ab, bb */
};

/* Targets are not 0 and 1 but what a uniform prior leaves of them (Platt, 1999, section 2.2). */
static void look(const double *scores, const bool *outcomes, size_t count, const double target[2], double a,
		 double b, struct curve *curve)
{
	*curve = (struct curve){.hessian = {1e-9, 0, 1e-9}};
	for (size_t i = 0; i < count; i++) {
		double x = a * scores[i] + b;
		double t = target[outcomes[i]];
		double p = 1 / (1 + exp(-x));
		double slope = p - t;
		double bend = p * (1 - p);

		/* log(1 + e^x) - t x, without overflow */
		curve->loss += (x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))) - t * x;
		curve->gradient[0] += slope * scores[i];
		curve->gradient[1] += slope;
		curve->hessian[0] += bend * scores[i] * scores[i];
		curve->hessian[1] += bend * scores[i];
		curve->hessian[2] += bend;
	}
}

/* Newton's method with halved steps (Lin, Lin and Weng, 2007). The loss is convex in both parameters. */
void learn_sigmoid(const double *scores, const bool *outcomes, size_t count, double *slope, double *offset)
{
	size_t positive = 0;
	double target[2];
	struct curve now;

	for (size_t i = 0; i < count; i++)
		positive += outcomes[i];
	target[0] = 1 / ((double)(count - positive) + 2);
	target[1] = ((double)positive + 1) / ((double)positive + 2);
	*slope = 0;
	*offset = log(((double)positive + 1) / ((double)(count - positive) + 1));
	look(scores, outcomes, count, target, *slope, *offset, &now);
	for (int round = 0; round < 100; round++) {
		double determinant = now.hessian[0] * now.hessian[2] - now.hessian[1] * now.hessian[1];
		double da =
			-(now.hessian[2] * now.gradient[0] - now.hessian[1] * now.gradient[1]) / determinant;
		double db =
			-(now.hessian[0] * now.gradient[1] - now.hessian[1] * now.gradient[0]) / determinant;
		struct curve next;
		double step = 1;

		if (fabs(now.gradient[0]) < 1e-6 && fabs(now.gradient[1]) < 1e-6)
			break;
		do {
			look(scores, outcomes, count, target, *slope + step * da, *offset + step * db, &next);
			if (next.loss <= now.loss)
				break;
			step /= 2;
		} while (step > 1e-10);
		if (!(next.loss <= now.loss))
			break;
		*slope += step * da;
		*offset += step * db;
		now = next;
	}
}
