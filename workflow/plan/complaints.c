/* complaints.c - the codes of diagnostics; see complaints.h. */
#include "workflow/plan/complaints.h"

#include "workflow/expr/nearest.h"

#define CODE(name) .code = name
#define WARNING(name) .code = name, .is_warning = true

static const struct complaint rows[] = {
	/* ---- YAML */
	{CODE("yaml-syntax"),
	 .meaning =
		 "The text is not YAML (or JSON). YAML indents with spaces, never with tabs; an unquoted "
		 "\": \" begins a map, so an expression that holds one stands in quotes; inside [ ] and { } "
		 "each expression stands in quotes.",
	 .wrong = "- greet:\n    return: ${\"hello: \" + \"you\"}\n",
	 .right = "- greet:\n    return: '${\"hello: \" + \"you\"}'\n", .source = "1.5, 1.6"},
	{CODE("yaml-empty"), .meaning = "The source holds nothing but blanks and comments.",
	 .wrong = "# a file without a definition\n", .right = "- done:\n    return: 1\n", .source = "1.1"},
	{CODE("yaml-limit"),
	 .meaning =
		 "The source is nested more than 100 levels deep, or its aliases unfold to more than can be "
		 "read.",
	 .wrong = "# lists in lists, more than 100 levels deep\n", .right = "- done:\n    return: [[1]]\n",
	 .source = "1.1"},
	{CODE("several-documents"),
	 .meaning = "A definition is one YAML document; a second \"---\" begins another one.",
	 .wrong = "- one:\n    return: 1\n---\n- two:\n    return: 2\n", .right = "- one:\n    return: 1\n",
	 .source = "1.5"},
	{CODE("duplicate-key"),
	 .meaning =
		 "A map holds the same key twice; only one of the two values could be kept. 1 and \"1\" are "
		 "the same key, because keys become texts.",
	 .wrong = "- a:\n    assign: [{x: 1}]\n    assign: [{y: 2}]\n- b:\n    return: ${x + y}\n",
	 .right = "- a:\n    assign: [{x: 1}, {y: 2}]\n- b:\n    return: ${x + y}\n", .source = "1.5"},
	{CODE("merge-key"), .meaning = "The merge key << of YAML is not part of the language.",
	 .wrong = "- a:\n    return:\n      <<: {x: 1}\n      y: 2\n",
	 .right = "- a:\n    return:\n      x: 1\n      y: 2\n", .source = "1.5"},
	{CODE("yaml-tag"),
	 .meaning =
		 "A tag gives a value another type than its text has; only !!str, !!map and !!seq are known. "
		 "Quotes make a text of everything.",
	 .wrong = "- a:\n    return: !!int \"5\"\n", .right = "- a:\n    return: 5\n", .source = "1.5"},

	/* ---- expressions */
	{CODE("expression-syntax"),
	 .meaning =
		 "The text between ${ and } is no expression. Operators are + - * / // % == != < <= > >= in "
		 "and or not; there is no &&, ||, !, ? : and no ${ } inside of another. Texts stand in "
		 "double "
		 "quotes, keys with special characters in brackets and quotes: m[\"odd key\"].",
	 .wrong = "- a:\n    return: ${1 > 0 && 2 > 1}\n", .right = "- a:\n    return: ${1 > 0 and 2 > 1}\n",
	 .source = "3.2 to 3.4"},
	{CODE("expression-empty"), .meaning = "Nothing stands between ${ and }.",
	 .wrong = "- a:\n    return: ${}\n", .right = "- a:\n    return: ${null}\n", .source = "3.1"},
	{CODE("expression-length"),
	 .meaning = "An expression has at most 400 characters. Assign its parts to variables first, and join "
		    "those.",
	 .wrong = "# an expression of more than 400 characters\n",
	 .right =
		 "- a:\n    assign:\n      - part: ${\"SELECT a \" + \"FROM b\"}\n      - query: ${part + \" "
		 "WHERE c\"}\n- b:\n    return: ${query}\n",
	 .source = "3.1, 10"},
	{CODE("expression-unclosed"),
	 .meaning =
		 "A value begins with ${ and no } closes it. The rest may have been cut off by an unquoted "
		 "\" #\", which begins a comment, or by a \": \", which begins a map.",
	 .wrong = "- a:\n    return: ${1 + 2\n", .right = "- a:\n    return: ${1 + 2}\n", .source = "1.6"},

	/* ---- form */
	{CODE("source-size"),
	 .meaning = "A definition has at most 128 KB. Move parts of it into a workflow of their own.",
	 .wrong = "# a source of more than 131072 bytes\n", .right = "- a:\n    return: 1\n",
	 .source = "1.1, 10"},
	{CODE("missing-main"),
	 .meaning =
		 "A definition of named routines needs one called main, where a run begins. A bare list of "
		 "steps needs none.",
	 .wrong = "start:\n  steps:\n    - a:\n        return: 1\n",
	 .right = "main:\n  steps:\n    - a:\n        return: 1\n", .source = "1.1"},
	{CODE("bad-name"),
	 .meaning =
		 "The name of a variable is made of letters, digits and \"_\", does not begin with a digit "
		 "and is no word of the language. Names stand without ${ }, and result, as, value and index "
		 "take no path such as m.k. The name of a routine holds no dot.",
	 .wrong = "- a:\n    call: sys.get_env\n    args: {name: HOME}\n    result: env.home\n",
	 .right = "- a:\n    call: sys.get_env\n    args: {name: HOME}\n    result: home\n- b:\n    return: "
		  "${home}\n",
	 .source = "1.6, 3.2"},
	{CODE("bad-default"),
	 .meaning = "The default of a parameter is a fixed value; an expression cannot stand there.",
	 .wrong = "main:\n  steps:\n    - a:\n        return: ${f()}\nf:\n  params: [x: '${1 + 1}']\n  "
		  "steps:\n "
		  "   - b:\n        return: ${x}\n",
	 .right = "main:\n  steps:\n    - a:\n        return: ${f()}\nf:\n  params: [x: 2]\n  steps:\n    - "
		  "b:\n "
		  "       return: ${x}\n",
	 .source = "1.2"},
	{CODE("duplicate-name"),
	 .meaning = "Two parameters of a routine, or the value and the index of a loop, have the same name.",
	 .wrong = "- a:\n    for:\n      value: x\n      index: x\n      in: [1, 2]\n      steps:\n        - "
		  "b:\n "
		  "           next: continue\n",
	 .right = "- a:\n    for:\n      value: x\n      index: i\n      in: [1, 2]\n      steps:\n        - "
		  "b:\n "
		  "           next: continue\n",
	 .source = "1.2, 2.5"},
	{CODE("duplicate-step"),
	 .meaning = "Step names, and those of branches, are unique within a routine, nested steps included.",
	 .wrong = "- a:\n    assign: [{x: 1}]\n- a:\n    return: ${x}\n",
	 .right = "- a:\n    assign: [{x: 1}]\n- b:\n    return: ${x}\n", .source = "1.3"},
	{CODE("too-many-params"),
	 .meaning =
		 "main has at most one parameter, which is the argument of the run; another routine at most "
		 "10.",
	 .wrong = "main:\n  params: [a, b]\n  steps:\n    - x:\n        return: ${a + b}\n",
	 .right = "main:\n  params: [args]\n  steps:\n    - x:\n        return: ${args.a + args.b}\n",
	 .source = "1.2"},
	{CODE("too-many-assignments"),
	 .meaning = "An assign step has at most 50 assignments. Put the rest into a second one.",
	 .wrong = "# an assign step with more than 50 assignments\n",
	 .right = "- a:\n    assign: [{x: 1}]\n- b:\n    assign: [{y: 2}]\n- c:\n    return: ${x + y}\n",
	 .source = "2.2, 10"},
	{CODE("too-many-conditions"),
	 .meaning = "A switch has at most 50 entries. Make the last one \"condition: true\" with a further "
		    "switch, or look the answer up in a map.",
	 .wrong = "# a switch with more than 50 entries\n",
	 .right = "- a:\n    assign: [{prices: {apple: 1, pear: 2}}]\n- b:\n    return: "
		  "${prices[\"apple\"]}\n",
	 .source = "2.4, 10"},
	{CODE("too-many-branches"),
	 .meaning = "A parallel step has at most 10 branches. A parallel for has no such limit.",
	 .wrong = "# a parallel step with more than 10 branches\n",
	 .right = "- a:\n    parallel:\n      for:\n        value: x\n        range: [1, 30]\n        "
		  "steps:\n   "
		  "       - b:\n              call: sys.log\n              args: {data: '${x}'}\n",
	 .source = "2.6, 10"},
	{CODE("wrong-type"),
	 .meaning =
		 "A key holds another kind of value than it takes: assign, switch, steps, params, shared and "
		 "branches take a list, call and next a name, condition a boolean or an expression.",
	 .wrong = "- a:\n    assign:\n      x: 1\n- b:\n    return: ${x}\n",
	 .right = "- a:\n    assign:\n      - x: 1\n- b:\n    return: ${x}\n", .source = "1.1"},
	{CODE("missing-key"),
	 .meaning =
		 "A key that must be there is not: steps of a routine, branch or except; condition of a "
		 "switch entry; value, steps and in or range of a for; branches or for of a parallel; retry "
		 "or except of a try; predicate and max_retries of a retry.",
	 .wrong =
		 "- a:\n    for:\n      in: [1, 2]\n      steps:\n        - b:\n            next: continue\n",
	 .right = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "next: continue\n",
	 .source = "2.4 to 2.7, 6.6"},
	{CODE("unknown-key"),
	 .meaning = "A step, or what stands in it, has a key that the language does not know.",
	 .wrong = "- a:\n    retrun: 1\n", .right = "- a:\n    return: 1\n", .source = "1.3, 1.4"},
	{CODE("stray-key"),
	 .meaning = "A key stands without the one it belongs to: args and result need call, retry and except "
		    "need try. And nothing follows raise or return, so next cannot stand beside them.",
	 .wrong = "- a:\n    assign: [{x: 1}]\n    result: y\n- b:\n    return: ${x}\n",
	 .right = "- a:\n    assign: [{x: 1}]\n- b:\n    return: ${x}\n", .source = "1.4"},
	{CODE("two-in-one"),
	 .meaning =
		 "An item of a list of steps, assignments or branches has two keys, where it must have one. "
		 "Nearly always the body of the step is not indented below its name.",
	 .wrong = "- a:\n  return: 1\n", .right = "- a:\n    return: 1\n", .source = "1.3, 2.2"},
	{CODE("two-actions"),
	 .meaning =
		 "A step does one thing: assign, call, switch, for, parallel, try, raise, return or steps.",
	 .wrong = "- a:\n    assign: [{x: 1}]\n    return: ${x}\n",
	 .right = "- a:\n    assign: [{x: 1}]\n- b:\n    return: ${x}\n", .source = "1.4"},
	{CODE("two-sources"),
	 .meaning = "A for takes in or range, a parallel takes branches or for, never both.",
	 .wrong = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      range: [1, 2]\n      steps:\n     "
		  "   "
		  "- b:\n            next: continue\n",
	 .right = "- a:\n    for:\n      value: x\n      range: [1, 2]\n      steps:\n        - b:\n         "
		  "   "
		  "next: continue\n",
	 .source = "2.5, 2.6"},
	{CODE("empty-step"), .meaning = "A step, a switch entry or a try has a body without anything in it.",
	 .wrong = "- a:\n- b:\n    return: 1\n", .right = "- a:\n    next: b\n- b:\n    return: 1\n",
	 .source = "1.3"},
	{CODE("empty-list"),
	 .meaning = "A list of steps, assignments, conditions or branches needs at least one entry.",
	 .wrong = "main:\n  steps: []\n", .right = "main:\n  steps:\n    - a:\n        return: 1\n",
	 .source = "1.1, 1.3"},
	{CODE("bad-target"),
	 .meaning =
		 "The left side of an assignment is a variable, or a key or index of one: m, m.k, m[\"k\"], "
		 "l[i + 1]. It stands without ${ }.",
	 .wrong = "- a:\n    assign:\n      - ${x}: 1\n",
	 .right = "- a:\n    assign:\n      - x: 1\n- b:\n    return: ${x}\n", .source = "2.2"},
	{CODE("bad-range"),
	 .meaning = "A range is a list of two numbers, the first and the last, both included.",
	 .wrong = "- a:\n    for:\n      value: x\n      range: [1, 10, 2]\n      steps:\n        - b:\n     "
		  "    "
		  "   next: continue\n",
	 .right = "- a:\n    for:\n      value: x\n      range: [1, 10]\n      steps:\n        - b:\n        "
		  "    "
		  "next: continue\n",
	 .source = "2.5"},
	{CODE("bad-value"),
	 .meaning = "A key holds a value that is not allowed there: exception_policy is continueAll, "
		    "concurrency_limit at least 1, and max_retries and delays are not negative.",
	 .wrong =
		 "- a:\n    parallel:\n      concurrency_limit: 0\n      for:\n        value: x\n        in: "
		 "[1]\n        steps:\n          - b:\n              next: continue\n",
	 .right =
		 "- a:\n    parallel:\n      concurrency_limit: 1\n      for:\n        value: x\n        in: "
		 "[1]\n        steps:\n          - b:\n              next: continue\n",
	 .source = "2.6, 2.7"},
	{CODE("unnamed-for"),
	 .meaning =
		 "A for directly below try has no step name, and the service refuses it. Put it into a named "
		 "step below steps.",
	 .wrong =
		 "- a:\n    try:\n      for:\n        value: x\n        in: [1]\n        steps:\n          - "
		 "b:\n              next: continue\n    except:\n      steps:\n        - c:\n            "
		 "next: "
		 "end\n",
	 .right = "- a:\n    try:\n      steps:\n        - loop:\n            for:\n              value: x\n "
		  "    "
		  "         in: [1]\n              steps:\n                - b:\n                    next: "
		  "continue\n    except:\n      steps:\n        - c:\n            next: end\n",
	 .source = "2.7"},

	/* ---- names */
	{CODE("unknown-variable"),
	 .meaning =
		 "A name that is no variable where it is read. What is first assigned in a loop, a branch or "
		 "an except body ends with it; routines do not see each other's variables; a name in shared "
		 "must exist before the parallel step.",
	 .wrong = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "assign: [{last: '${x}'}]\n- c:\n    return: ${last}\n",
	 .right = "- init:\n    assign: [{last: null}]\n- a:\n    for:\n      value: x\n      in: [1, 2]\n   "
		  "   "
		  "steps:\n        - b:\n            assign: [{last: '${x}'}]\n- c:\n    return: ${last}\n",
	 .source = "2.1, 6.6"},
	{CODE("not-shared"),
	 .meaning = "A branch or iteration writes a variable of the steps around its parallel step, which it "
		    "may only do when the step lists it in shared.",
	 .wrong =
		 "- init:\n    assign: [{n: 0}]\n- a:\n    parallel:\n      for:\n        value: x\n        "
		 "in: "
		 "[1, 2]\n        steps:\n          - b:\n              assign: [{n: '${n + x}'}]\n- c:\n    "
		 "return: ${n}\n",
	 .right =
		 "- init:\n    assign: [{n: 0}]\n- a:\n    parallel:\n      shared: [n]\n      for:\n        "
		 "value: x\n        in: [1, 2]\n        steps:\n          - b:\n              assign: [{n: "
		 "'${n + x}'}]\n- c:\n    return: ${n}\n",
	 .source = "2.6"},
	{CODE("nested-loop-name"), .meaning = "A loop inside of another one uses the same loop variable.",
	 .wrong = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "for:\n              value: x\n              in: [3]\n              steps:\n               "
		  " - "
		  "c:\n                    next: continue\n",
	 .right = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "for:\n              value: y\n              in: [3]\n              steps:\n               "
		  " - "
		  "c:\n                    next: continue\n",
	 .source = "2.5"},
	{CODE("unknown-step"), .meaning = "The target of next is no step of the routine.",
	 .wrong = "- a:\n    next: stor\n- store:\n    return: 1\n",
	 .right = "- a:\n    next: store\n- store:\n    return: 1\n", .source = "2.10, 2.11"},
	{CODE("forbidden-jump"),
	 .meaning =
		 "A jump leads to a step of its own list or of a list around it. It does not leave a loop, "
		 "branch or parallel iteration, and does not enter any nested body; break leaves a loop.",
	 .wrong = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "next: done\n- done:\n    return: 1\n",
	 .right = "- a:\n    for:\n      value: x\n      in: [1, 2]\n      steps:\n        - b:\n            "
		  "next: break\n- done:\n    return: 1\n",
	 .source = "2.11"},
	{CODE("outside-loop"), .meaning = "break and continue stand inside of a for.",
	 .wrong = "- a:\n    next: break\n", .right = "- a:\n    next: end\n", .source = "2.5"},
	{CODE("break-parallel"),
	 .meaning = "The iterations of a parallel for run side by side: one cannot end the others. continue "
		    "ends "
		    "the iteration itself.",
	 .wrong = "- a:\n    parallel:\n      for:\n        value: x\n        in: [1, 2]\n        steps:\n   "
		  "    "
		  "   - b:\n              next: break\n",
	 .right = "- a:\n    parallel:\n      for:\n        value: x\n        in: [1, 2]\n        steps:\n   "
		  "    "
		  "   - b:\n              next: continue\n",
	 .source = "2.5"},
	{CODE("leaves-branch"),
	 .meaning =
		 "return and next: end inside a branch or parallel iteration would end the routine while the "
		 "other branches run. Assign to a shared variable and decide after the parallel step.",
	 .wrong = "- a:\n    parallel:\n      for:\n        value: x\n        in: [1, 2]\n        steps:\n   "
		  "    "
		  "   - b:\n              return: ${x}\n",
	 .right = "- init:\n    assign: [{r: null}]\n- a:\n    parallel:\n      shared: [r]\n      for:\n    "
		  "    "
		  "value: x\n        in: [1, 2]\n        steps:\n          - b:\n              assign: [{r: "
		  "'${x}'}]\n- c:\n    return: ${r}\n",
	 .source = "2.6"},
	{CODE("unknown-policy"),
	 .meaning = "retry takes a map, or one of the policies ${http.default_retry} and "
		    "${http.default_retry_non_idempotent}.",
	 .wrong = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    retry: "
		  "${http.retry}\n",
	 .right = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    retry: "
		  "${http.default_retry}\n    except:\n      steps:\n        - b:\n            next: end\n",
	 .source = "2.7"},
	{CODE("unknown-backoff"),
	 .meaning = "backoff takes a map with initial_delay, max_delay and multiplier, or "
		    "${retry.default_backoff}.",
	 .wrong = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "retry:\n   "
		  "   predicate: ${http.default_retry_predicate}\n      max_retries: 3\n      backoff: "
		  "${retry.backoff}\n",
	 .right = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "retry:\n   "
		  "   predicate: ${retry.always}\n      max_retries: 3\n      backoff: "
		  "${retry.default_backoff}\n",
	 .source = "2.7, 5.8"},
	{CODE("not-a-predicate"),
	 .meaning =
		 "predicate names a function or routine with one parameter, the error, which gives true when "
		 "the try shall be repeated. It stands without parentheses.",
	 .wrong = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "retry:\n   "
		  "   predicate: ${map.get}\n      max_retries: 3\n",
	 .right = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "retry:\n   "
		  "   predicate: ${retry.always}\n      max_retries: 3\n",
	 .source = "2.7"},
	{CODE("unknown-function"),
	 .meaning =
		 "There is no function of the library and no routine of this name. `lexflow help function` "
		 "lists the library.",
	 .wrong = "- a:\n    return: ${text.splt(\"a-b\", \"-\")}\n",
	 .right = "- a:\n    return: ${text.split(\"a-b\", \"-\")}\n", .source = "5, 6.6"},
	{CODE("blocking-call"),
	 .meaning =
		 "A function that waits for the world (http, connectors, sys.log, sys.sleep, waiting for a "
		 "callback or another run) has a step of its own, with call; it cannot stand in an "
		 "expression.",
	 .wrong = "- a:\n    return: ${http.get(\"https://example.com/\")}\n",
	 .right = "- a:\n    call: http.get\n    args: {url: https://example.com/}\n    result: page\n- b:\n "
		  "   "
		  "return: ${page.body}\n",
	 .source = "3.7"},
	{CODE("missing-argument"), .meaning = "A call lacks an argument that has no default.",
	 .wrong = "- a:\n    return: ${text.split(\"a-b\")}\n",
	 .right = "- a:\n    return: ${text.split(\"a-b\", \"-\")}\n", .source = "1.2"},
	{CODE("too-many-arguments"),
	 .meaning = "A call has more arguments than the function or routine has parameters.",
	 .wrong = "- a:\n    return: ${map.get({}, \"k\", 0)}\n",
	 .right = "- a:\n    return: ${default(map.get({}, \"k\"), 0)}\n", .source = "1.2"},
	{CODE("unknown-argument"),
	 .meaning = "An argument is given by a name that the function or routine has no parameter for.",
	 .wrong = "- a:\n    call: sys.log\n    args: {message: hello}\n",
	 .right = "- a:\n    call: sys.log\n    args: {text: hello}\n", .source = "1.2"},

	/* ---- warnings */
	{WARNING("not-an-expression"),
	 .meaning = "A text holds ${ } in its middle. An expression is a whole value: this one stays the "
		    "text it "
		    "is.",
	 .wrong = "- a:\n    assign: [{name: Ada}]\n- b:\n    return: hello-${name}\n",
	 .right = "- a:\n    assign: [{name: Ada}]\n- b:\n    return: ${\"hello-\" + name}\n",
	 .source = "1.6"},
	{WARNING("near-limit"),
	 .meaning =
		 "More than 80 percent of a limit of the source are used: its size, the length of an "
		 "expression, the assignments of a step, the conditions of a switch, parameters or branches.",
	 .wrong = "main:\n  steps:\n    - a:\n        return: ${f(1, 2, 3, 4, 5, 6, 7, 8)}\nf:\n  params: "
		  "[a, b, "
		  "c, d, e, f, g, h]\n  steps:\n    - b:\n        return: [a, b, c, d, e, f, g, h]\n",
	 .right = "main:\n  steps:\n    - a:\n        return: ${f([1, 2, 3, 4, 5, 6, 7, 8])}\nf:\n  params: "
		  "[all]\n  steps:\n    - b:\n        return: ${all}\n",
	 .source = "10"},
	{CODE("loop-name-outside"),
	 .meaning = "A loop variable has the name of a variable that exists outside of the loop. Loops that "
		    "do not stand in each other may share a name.",
	 .wrong = "- init:\n    assign: [{x: 0}]\n- a:\n    for:\n      value: x\n      in: [1, 2]\n      "
		  "steps:\n        - b:\n            next: continue\n- c:\n    return: ${x}\n",
	 .right = "- init:\n    assign: [{x: 0}]\n- a:\n    for:\n      value: y\n      in: [1, 2]\n      "
		  "steps:\n        - b:\n            next: continue\n- c:\n    return: ${x}\n",
	 .source = "2.5"},
	{WARNING("unused-variable"),
	 .meaning = "A variable is assigned and never read. A name that begins with \"_\" is not reported.",
	 .wrong = "- a:\n    assign:\n      - x: 1\n      - y: 2\n- b:\n    return: ${x}\n",
	 .right = "- a:\n    assign:\n      - x: 1\n- b:\n    return: ${x}\n", .source = "2.1"},
	{WARNING("unread-response"),
	 .meaning = "The result of an HTTP or connector call is kept and never read. Every variable counts "
		    "against the 512 KB that a run may hold; without result the response is dropped.",
	 .wrong = "- a:\n    call: http.post\n    args: {url: https://example.com/, body: {n: 1}}\n    "
		  "result: "
		  "answer\n",
	 .right = "- a:\n    call: http.post\n    args: {url: https://example.com/, body: {n: 1}}\n",
	 .source = "2.3, 4.6"},
	{WARNING("whole-response"),
	 .meaning =
		 "A loop keeps each HTTP response whole, with code and headers. All variables of a run share "
		 "512 KB: keep the part of the body that is needed.",
	 .wrong = "- init:\n    assign: [{all: []}]\n- loop:\n    for:\n      value: n\n      range: [1, "
		  "50]\n   "
		  "   steps:\n        - get:\n            call: http.get\n            args: {url: "
		  "https://example.com/, query: {page: '${n}'}}\n            result: page\n        - keep:\n "
		  "    "
		  "       assign: [{all: '${list.concat(all, page)}'}]\n- done:\n    return: ${len(all)}\n",
	 .right = "- init:\n    assign: [{all: []}]\n- loop:\n    for:\n      value: n\n      range: [1, "
		  "50]\n   "
		  "   steps:\n        - get:\n            call: http.get\n            args: {url: "
		  "https://example.com/, query: {page: '${n}'}}\n            result: page\n        - keep:\n "
		  "    "
		  "       assign: [{all: '${list.concat(all, page.body.title)}'}]\n- done:\n    return: "
		  "${len(all)}\n",
	 .source = "4.6, 10"},
	{WARNING("unused-routine"),
	 .meaning = "A routine is called neither by main nor by anything that main leads to.",
	 .wrong = "main:\n  steps:\n    - a:\n        return: 1\nother:\n  steps:\n    - b:\n        return: "
		  "2\n",
	 .right =
		 "main:\n  steps:\n    - a:\n        return: ${other()}\nother:\n  steps:\n    - b:\n        "
		 "return: 2\n",
	 .source = "1.1"},
	{WARNING("unreachable-step"),
	 .meaning =
		 "The step above always goes elsewhere (return, raise, next, or a switch that always jumps), "
		 "and no next leads to this one.",
	 .wrong = "- a:\n    return: 1\n- b:\n    return: 2\n", .right = "- a:\n    return: 1\n",
	 .source = "2.1, 2.11"},
	{WARNING("constant-condition"),
	 .meaning = "A condition is the same whatever the variables hold, or repeats one above it; or "
		    "get_type is "
		    "compared with a name it never gives. A last \"condition: true\" is the way to write a "
		    "default and is not reported.",
	 .wrong = "main:\n  params: [x]\n  steps:\n    - a:\n        switch:\n          - condition: "
		  "${get_type(x) == \"int\"}\n            return: ${x + 1}\n    - b:\n        return: null\n",
	 .right = "main:\n  params: [x]\n  steps:\n    - a:\n        switch:\n          - condition: "
		  "${get_type(x) == \"integer\"}\n            return: ${x + 1}\n    - b:\n        return: "
		  "null\n",
	 .source = "2.4, 3.8"},
	{WARNING("unguarded-error"),
	 .meaning = "A predicate or except body reads a part that the error may lack, which raises a second "
		    "error: a connection error has no code, headers and body, and a raised text is no map at "
		    "all.",
	 .wrong = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "except:\n  "
		  "    as: e\n      steps:\n        - b:\n            switch:\n              - condition: "
		  "${e.code == 404}\n                next: end\n        - c:\n            raise: ${e}\n",
	 .right = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n    "
		  "except:\n  "
		  "    as: e\n      steps:\n        - b:\n            switch:\n              - condition: "
		  "${\"HttpError\" in e.tags and e.code == 404}\n                next: end\n        - c:\n   "
		  "    "
		  "     raise: ${e}\n",
	 .source = "2.7, 6.1, 6.2"},
	{WARNING("http-500-not-retried"),
	 .meaning = "The policies and predicates of the library retry 429, 502, 503 and 504 (429 and 503 for "
		    "the "
		    "non-idempotent ones), and not 500: such an answer ends the run at once when nothing "
		    "catches "
		    "it.",
	 .wrong = "- a:\n    try:\n      call: http.get\n      args: {url: https://example.com/}\n      "
		  "result: "
		  "page\n    retry: ${http.default_retry}\n- b:\n    return: ${page.body}\n",
	 .right = "main:\n  steps:\n    - a:\n        try:\n          call: http.get\n          args: {url: "
		  "https://example.com/}\n          result: page\n        retry:\n          predicate: "
		  "${also_500}\n          max_retries: 5\n          backoff: ${retry.default_backoff}\n    - "
		  "b:\n "
		  "       return: ${page.body}\nalso_500:\n  params: [e]\n  steps:\n    - own:\n        "
		  "switch:\n "
		  "         - condition: ${\"HttpError\" in e.tags and e.code == 500}\n            return: "
		  "true\n "
		  "   - others:\n        return: ${http.default_retry_predicate(e)}\n",
	 .source = "2.7"},
	{WARNING("private-service"),
	 .meaning =
		 "private_service_name leads to a private endpoint that only the deployed service can reach; "
		 "on this machine the call fails. Let it be null here, from an environment variable that is "
		 "set where the workflow is deployed.",
	 .wrong = "- a:\n    call: http.get\n    args:\n      url: https://example.com/\n      "
		  "private_service_name: projects/p/locations/l/namespaces/n/services/s\n",
	 .right = "- a:\n    call: http.get\n    args:\n      url: https://example.com/\n", .source = "5.5"},
	{WARNING("sequential-calls"),
	 .meaning =
		 "Calls that only read stand one after the other, and none needs the result of another. As "
		 "branches of a parallel step they take as long as the slowest of them.",
	 .wrong =
		 "- a:\n    call: http.get\n    args: {url: https://example.com/a}\n    result: x\n- b:\n    "
		 "call: http.get\n    args: {url: https://example.com/b}\n    result: y\n- c:\n    return: "
		 "${[x.body, y.body]}\n",
	 .right = "- init:\n    assign: [{x: null}, {y: null}]\n- both:\n    parallel:\n      shared: [x, "
		  "y]\n   "
		  "   branches:\n        - first:\n            steps:\n              - a:\n                  "
		  "call: http.get\n                  args: {url: https://example.com/a}\n                  "
		  "result: x\n        - second:\n            steps:\n              - b:\n                  "
		  "call: "
		  "http.get\n                  args: {url: https://example.com/b}\n                  result: "
		  "y\n- "
		  "c:\n    return: ${[x.body, y.body]}\n",
	 .source = "2.6"},
};

const struct complaint *complaint_at(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

const struct complaint *complaint_find(struct slice code)
{
	for (size_t i = 0; complaint_at(i); i++) {
		if (slice_is(code, rows[i].code))
			return &rows[i];
	}
	return NULL;
}

const struct complaint *complaint_nearest(struct slice code)
{
	struct nearest nearest;

	nearest_init(&nearest, code);
	for (size_t i = 0; complaint_at(i); i++)
		nearest_offer(&nearest, slice_of(rows[i].code));
	return nearest_best(&nearest).ptr ? complaint_find(nearest_best(&nearest)) : NULL;
}
