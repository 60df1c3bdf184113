/* decimal.c - 64-bit units and a place of the point; every overflow is seen. */

#include "steps/extract/decimal.h"

bool decimal_multiply(struct decimal *value, uint64_t factor)
{
	uint64_t units;

	if (__builtin_mul_overflow(value->units, factor, &units))
		return false;
	value->units = units;
	return true;
}

bool decimal_shift(struct decimal *value, int power)
{
	struct decimal shifted = *value;

	for (; power > 0 && shifted.places > 0; power--)
		shifted.places--;
	for (; power > 0; power--)
		if (!decimal_multiply(&shifted, 10))
			return false;
	*value = shifted;
	return true;
}

/* The same value with so many places. */
static bool widen(struct decimal *value, int places)
{
	struct decimal wide = *value;

	for (; wide.places < places; wide.places++)
		if (!decimal_multiply(&wide, 10))
			return false;
	*value = wide;
	return true;
}

bool decimal_add(struct decimal *value, struct decimal other)
{
	struct decimal sum = *value;

	if (!widen(&sum, other.places) || !widen(&other, sum.places) ||
	    __builtin_add_overflow(sum.units, other.units, &sum.units))
		return false;
	*value = sum;
	return true;
}

bool decimal_divide(struct decimal *value, uint64_t parts)
{
	struct decimal result = *value;

	if (!parts)
		return false;
	while (result.units % parts) {
		if (result.places >= DECIMAL_MAX_PLACES || !decimal_multiply(&result, 10))
			return false;
		result.places++;
	}
	result.units /= parts;
	*value = result;
	return true;
}

static void trim(struct decimal *value)
{
	while (value->places > 0 && value->units % 10 == 0) {
		value->units /= 10;
		value->places--;
	}
}

int decimal_compare(struct decimal a, struct decimal b)
{
	trim(&a);
	trim(&b);
	/* What cannot be widened is larger than all that can. */
	if (!widen(&a, b.places))
		return 1;
	if (!widen(&b, a.places))
		return -1;
	return a.units < b.units ? -1 : a.units > b.units;
}

void decimal_write(struct decimal value, struct buf *out)
{
	uint64_t power = 1;

	trim(&value);
	for (int i = 0; i < value.places; i++)
		power *= 10;
	buf_printf(out, "%s%llu", value.negative && value.units ? "-" : "",
		   (unsigned long long)(value.units / power));
	if (value.places)
		buf_printf(out, ".%0*llu", value.places, (unsigned long long)(value.units % power));
}
