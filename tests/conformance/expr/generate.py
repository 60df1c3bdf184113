#!/usr/bin/env python3
"""Makes arithmetic.cases (results by Python, which divides and takes remainders as the language does) and
formatting.cases (by Node: the language prints doubles as JavaScript does). Run in this folder:

    python3 generate.py

Python's integers have no end, so an integer result beyond 64 bits is where the language raises; its doubles are the
machine's. Operands are drawn with a fixed seed.
"""
import json
import random
import subprocess

LEAST, MOST = -(2**63), 2**63 - 1
EDGES = [0, 1, -1, 2, -2, 3, 7, -7, 10, 2**31, -(2**31), 2**32, 2**53, 2**53 + 1, 2**62, -(2**62), LEAST, MOST]


def literal(x):
    return f"({x})" if x < 0 or isinstance(x, float) and str(x)[0] == "-" else str(x)


def of_ints(op, a, b):
    if op in ("//", "%", "/") and b == 0:
        return "! ZeroDivisionError"
    if op == "/":
        return repr(float(a) / float(b))
    exact = {"+": a + b, "-": a - b, "*": a * b}.get(op)
    if exact is None:
        exact = a // b if op == "//" else a % b
    return str(exact) if LEAST <= exact <= MOST else "! ValueError"


def of_doubles(op, a, b):
    a, b = float(a), float(b)
    if op in ("//", "%", "/") and b == 0:
        return "! ZeroDivisionError"
    return repr({"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
                 "//": lambda: a // b, "%": lambda: a % b}[op]())


def arithmetic(draw):
    lines = []
    for _ in range(180):
        a = draw.choice(EDGES) if draw.random() < 0.6 else draw.randint(LEAST, MOST)
        b = draw.choice(EDGES) if draw.random() < 0.6 else draw.randint(-1000, 1000)
        op = draw.choice(["+", "-", "*", "/", "//", "%"])
        lines.append((literal(a), op, literal(b), of_ints(op, a, b)))
    for _ in range(120):
        a = round(draw.uniform(-1000, 1000), draw.randint(0, 6))
        b = draw.choice([round(draw.uniform(-50, 50), draw.randint(0, 6)), draw.randint(-9, 9)])
        if draw.random() < 0.3:
            a, b = b, a
        op = draw.choice(["+", "-", "*", "/", "//", "%"])
        if isinstance(a, int) and isinstance(b, int):
            continue
        result = of_doubles(op, a, b)
        if result != "-0.0":
            lines.append((literal(a), op, literal(b), result))
    return lines


DOUBLES = ["0.1", "0.5", "1.5", "100.25", "123456789.125", "1e5", "1e15", "123456789012345680000.0", "1e20", "1e21",
           "1.5e21", "1e22", "1e100", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "1e-5", "1e-6",
           "1.5e-6", "9.99e-7", "1e-7", "1.25e-10", "0.000001", "0.0000123", "-0.000001", "-1e-7", "-1e21", "-2.5",
           "0.1000000000000000055", "0.30000000000000004", "1635892223.4459958", "80.6", "4.35", "9007199254740992.0",
           "9007199254740993.0", "4503599627370497.5", "1e23", "8.41e21", "2e0", "2.0", "1.0000000000000002",
           "0.9999999999999999", "123e-20", "3.141592653589793", "2.718281828459045", "6.02214076e23", "1.6e-35"]


def by_node(texts):
    script = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(Number).map(String)))"
    return json.loads(subprocess.run(["node", "-e", script, json.dumps(texts)], check=True, capture_output=True,
                                     text=True).stdout)


def write(name, source, cases):
    with open(name, "w") as out:
        out.write(f"# source: {source}\n# Made by generate.py, which says how.\n\n")
        for expression, variables, expected in cases:
            out.write(f"${{{expression}}}\n{variables}\n{expected}\n\n")


def main():
    draw = random.Random(3)
    write("arithmetic.cases", "reference 3.5 (operands and results; overflow, signs of // and %)",
          [(f"{a} {op} {b}", "{}", result) for a, op, b, result in arithmetic(draw)])
    shown = by_node(DOUBLES)
    write("formatting.cases", "reference 4.2 (documented: 1635892223.4459958, 1.7, 80.6; exponents as JavaScript)",
          [case for text, short in zip(DOUBLES, shown)
           for case in [("string(x)", f'{{"x": {text}}}', f'"{short}"'),
                        ('json.encode_to_string([x])', f'{{"x": {text}}}', f'"[{short}]"')]])


main()
