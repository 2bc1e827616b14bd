"""What a grammar lets a model write, spelt out; for the few forms of GBNF that our own grammars are made of."""

from __future__ import annotations

import re
from functools import cache

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]+\]|\w+|[()|?]')


def written(grammar: str, rule: str = "run") -> set[str]:
    """All that a rule of `rag.prompt.adapted_grammar` lets the model write (the runs of words, with their markers)."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())

    @cache
    def expand(name: str) -> frozenset[str]:
        tokens = _TOKEN.findall(rules[name])

        def ways(at: int) -> tuple[frozenset[str], int]:
            made: frozenset[str] = frozenset()
            some: frozenset[str] = frozenset({""})
            while at < len(tokens) and tokens[at] != ")":
                if tokens[at] == "|":
                    made, some, at = made | some, frozenset({""}), at + 1
                    continue
                piece, at = one(at)
                some = frozenset(a + b for a in some for b in piece)
            return made | some, at

        def one(at: int) -> tuple[frozenset[str], int]:
            token = tokens[at]
            if token == "(":
                piece, at = ways(at + 1)
            elif token[0] == '"':
                piece = frozenset({re.sub(r"\\(.)", r"\1", token[1:-1])})
            elif token[0] == "[":
                piece = frozenset(token[1:-1])
            else:
                piece = expand(token)
            if at + 1 < len(tokens) and tokens[at + 1] == "?":
                return piece | {""}, at + 2
            return piece, at + 1

        return ways(0)[0]

    return set(expand(rule))
