"""What a value in a scenario's file may be. A rule says in words what the value must be, or nothing if it is that."""
from __future__ import annotations

import re
from typing import Any, Callable

Rule = Callable[[Any], str]
MAX_SHOWN = 60


def number(least: float, most: float) -> Rule:
    fits = lambda value: type(value) in (int, float) and least <= value <= most  # noqa: E731  (no bool, no nan)
    return lambda value: "" if fits(value) else f"a number from {least:g} to {most:g}"


def whole(least: int, most: int) -> Rule:
    fits = lambda value: type(value) is int and least <= value <= most  # noqa: E731
    return lambda value: "" if fits(value) else f"a whole number from {least} to {most}"


def truth(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def text(value: Any) -> str:
    return "" if isinstance(value, str) else "a text"


def size(value: Any) -> str:
    return "" if isinstance(value, str) and re.fullmatch("[1-9][0-9]*[kmg]?", value) else "a size like '160m'"


def one_of(*words: str) -> Rule:
    return lambda value: "" if value in words else f"one of {', '.join(words)}"


def some_of(*words: str) -> Rule:
    """A list of these, each at most once; none of them too."""
    known = lambda value: isinstance(value, list) and all(word in words for word in value)  # noqa: E731
    return lambda value: (
        "" if known(value) and len(set(value)) == len(value) else f"a list out of {', '.join(words)}, each once"
    )


def names(value: Any) -> str:
    fits = isinstance(value, list) and value and all(isinstance(name, str) for name in value)
    return "" if fits else "a list of names"


def name_or_names(value: Any) -> str:
    return "" if isinstance(value, str) or not names(value) else "a name or a list of names"


def sides(value: Any) -> str:
    fits = isinstance(value, list) and len(value) >= 2 and not any(map(names, value))
    return "" if fits else "a list of two or more sides, each a list of names"


def directives(value: Any) -> str:
    fits = isinstance(value, dict) and all(type(given) in (str, int, float) for given in value.values())
    return "" if fits else "a table of directives, each a text or a number"


def wrong(table: dict[str, Any], rules: dict[str, Rule], required: frozenset[str] = frozenset()) -> str:
    """The first thing that is wrong with a table, or nothing."""
    for name, value in table.items():
        if name not in rules:
            return f"no '{name}' here (known: {', '.join(sorted(rules))})"
        must_be = rules[name](value)
        if must_be:
            return f"'{name}' must be {must_be}, not {shown(value)}"
    missing = sorted(required - set(table))
    return f"'{missing[0]}' is missing" if missing else ""


def shown(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= MAX_SHOWN else words[:MAX_SHOWN] + "..."
