#!/usr/bin/env bats
# The checks of the tree, each shown a small tree that breaks its rule.

setup() {
	checks="$BATS_TEST_DIRNAME/../../infra/check"
	tree="$BATS_TEST_TMPDIR/tree"
	mkdir -p "$tree/lib/mem" "$tree/lib/text" "$tree/workflow/expr" "$tree/workflow/engine" "$tree/steps/store" \
		"$tree/steps/extract" "$tree/tests/unit" "$tree/infra/check"
	for room in lib lib/mem lib/text workflow workflow/expr workflow/engine steps steps/store steps/extract tests \
		infra infra/check; do
		echo "# $room" >"$tree/$room/README.md"
	done
	write lib/mem/mem.h '#ifndef LIB_MEM_MEM_H' '#define LIB_MEM_MEM_H' '#include <stddef.h>' \
		'void *mem_new(size_t size);' '#endif'
}

write() { # FILE LINE...
	local file="$tree/$1"
	shift
	printf '%s\n' "$@" >"$file"
}

refused() { # CHECK TEXT
	run "$checks/$1" "$tree"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"$2"* ]]
}

@test "a tree that keeps the rules passes every check" {
	write lib/text/text.c '#include "lib/text/text.h"' '#include "lib/mem/mem.h"'
	write steps/store/store.c '#include "lib/mem/mem.h"' '#include "steps/store/store.h"'
	write workflow/engine/run.c '#include "workflow/expr/expr.h"' '#include "lib/text/text.h"'
	run "$checks/all" "$tree"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok' <<<"$output")" -eq 5 ]
}

@test "a room may not include a room to its right" {
	write workflow/expr/parse.c '' '#include "workflow/engine/run.h"'
	refused includes 'workflow/expr/parse.c:2: workflow/expr comes before workflow/engine'
}

@test "lib may not include the workflow, nor a later part of lib" {
	write lib/mem/mem.c '#include "workflow/expr/expr.h"'
	refused includes 'lib/mem/mem.c:1: lib knows nothing of workflow/expr/expr.h'
	write lib/mem/mem.c '#include "lib/text/text.h"'
	refused includes 'lib/mem comes before lib/text'
}

@test "a step sees lib and itself only" {
	write steps/store/store.c '#include "workflow/expr/expr.h"'
	refused includes 'a step sees lib and its own folder'
	write steps/store/store.c '#include "steps/extract/dates.h"'
	refused includes 'steps/store/store.c:1:'
}

@test "a private header stays in its room" {
	write workflow/engine/run.c '#include "workflow/expr/expr_private.h"'
	refused includes 'is private to workflow/expr'
}

@test "an include is written from the root" {
	write lib/text/text.c '#include "text.h"'
	refused includes 'not written from the root'
}

@test "the product does not include the tests" {
	write lib/text/text.c '#include "tests/harness/server.h"'
	refused includes 'the product includes tests/harness/server.h'
}

@test "a room that nobody placed in the order is refused" {
	mkdir -p "$tree/workflow/magic"
	write workflow/engine/run.c '#include "workflow/magic/magic.h"'
	refused includes 'has no place in the order'
}

@test "an unsafe call is refused with what to use instead" {
	write lib/text/text.c 'void f(char *a, char *b)' '{' '	strcpy(a, b);' '}'
	refused calls 'lib/text/text.c:3: strcpy() writes past the end'
	write lib/text/text.c 'int f(void) { return system ("ls"); }'
	refused calls 'system() goes through a shell'
}

@test "the clock has one door" {
	write lib/text/text.c 'long f(void) { return time(NULL); }'
	refused calls 'time() lib/clock is the only source of time'
	write lib/text/text.c 'void f(void) { clock_gettime(0, 0); }'
	refused calls 'clock_gettime() lib/clock'
}

@test "a banned word in a comment, a string or a longer name is no call" {
	write lib/text/text.c '/* not strcpy(a, b) */' 'const char *s = "system(1)";' 'int my_time(int x);' \
		'/*' ' rand()' '*/' 'int y = my_time(1); // gets(x)' 'int z = run->time(2);'
	run "$checks/calls" "$tree"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a typedef does not hide a struct" {
	write lib/text/text.h 'typedef struct buf { int n; } buf;'
	refused calls 'typedef hides a struct'
}

@test "a header compiles alone and has its guard" {
	write lib/text/text.h '#ifndef LIB_TEXT_TEXT_H' '#define LIB_TEXT_TEXT_H' 'size_t text_size(void);' '#endif'
	refused headers 'lib/text/text.h:1: does not compile alone'
	write lib/text/text.h 'int text_size(void);'
	refused headers 'has no guard that ends in _TEXT_H'
}

@test "a room has a README" {
	rm "$tree/lib/mem/README.md"
	refused rooms 'lib/mem: has no README.md'
}

@test "a file is named after a concept" {
	write lib/text/utils.c 'int x;'
	refused rooms 'lib/text/utils.c: name the concept'
}

@test "a function of more than 80 lines is refused, one of 80 is not" {
	{ echo 'void f(void)' && echo '{' && seq -f '	g(%g);' 80 && echo '}'; } >"$tree/lib/text/text.c"
	run "$checks/layout" "$tree"
	[ "$status" -eq 0 ]
	{ echo 'void f(void)' && echo '{' && seq -f '	g(%g);' 81 && echo '}'; } >"$tree/lib/text/text.c"
	refused layout 'lib/text/text.c:2: a function of 81 lines'
}

@test "a line wider than a window is refused, tabs counted as eight" {
	write lib/text/text.c "$(printf '\t\t%0115d' 0)"
	refused layout 'a line of 131 columns'
}
