"""The definitions that bench.py runs: each function gives the text of one."""


def nothing():
    return "main:\n  steps:\n    - done:\n        return: 1\n"


def rounds(count):
    """An assignment and a switch that jumps back: two steps a round."""
    return f"""main:
  steps:
    - init:
        assign:
          - i: 0
    - add:
        assign:
          - i: ${{i + 1}}
    - again:
        switch:
          - condition: ${{i < {count}}}
            next: add
    - done:
        return: ${{i}}
"""


def growth(count, start, target, value):
    """One assignment for each of `count` numbers, each adding to what is there."""
    return f"""main:
  steps:
    - init:
        assign:
          - x: {start}
    - loop:
        for:
          value: v
          range: [1, {count}]
          steps:
            - add:
                assign:
                  - {target}: {value}
    - done:
        return: ${{len(x)}}
"""


GROWTHS = {
    "list.concat onto a list": ("[]", "x", "${list.concat(x, v)}"),
    "a new key of a map": ("{}", "x[string(v)]", "${v}"),
    "text onto a text": ('""', "x", '${x + "0123456789"}'),
}


def shared_lists(lists, count):
    """`lists` branches of a parallel loop, each with `count` appends to a list of its own in a shared map."""
    return f"""main:
  steps:
    - init:
        assign:
          - all: {{}}
    - make:
        for:
          value: n
          range: [1, {lists}]
          steps:
            - one:
                assign:
                  - all[string(n)]: []
    - fan:
        parallel:
          shared: [all]
          for:
            value: n
            range: [1, {lists}]
            steps:
              - fill:
                  for:
                    value: v
                    range: [1, {count}]
                    steps:
                      - add:
                          assign:
                            - key: ${{string(n)}}
                            - all[key]: ${{list.concat(all[key], v)}}
    - done:
        return: ${{len(all)}}
"""


def literal(count):
    """A list of `count` numbers, written out."""
    numbers = ", ".join(map(str, range(1, count + 1)))
    return f"main:\n  steps:\n    - init:\n        assign:\n          - x: [{numbers}]\n" \
           "    - done:\n        return: ${len(x)}\n"
