"""Our own scripts as they are served: without what only their readers need."""

from __future__ import annotations

import re
import string
from itertools import product

_STRINGS = re.compile(r'("(?:[^"\\\n]|\\.)*"|`[^`]*`)')
_NAME = re.compile(r"\$[a-z]\w*")
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_AROUND = re.compile(r"[ \n]*([=!]?=+|[>?:,;{()<>&|+])[ \n]*")
_BEFORE = re.compile(r"[ \n]+([}\]])")


def squeeze(script: str) -> str:
    """A script without comment lines, line ends and spaces, its names that begin with `$` and a small letter
    shortened, `const` written as `let`. It does just the same as long as the script keeps to what we write: comments on lines of their own,
    statements that end with a semicolon, strings in double quotes, no quotes or spaces in regular expressions.

    >>> squeeze('// One.\\nlet $first = "x  y";\\nlet $last = $first + 1;\\n')
    'let a="x  y";let b=a+1;'
    """
    script = _COMMENT.sub("", script)
    parts = _STRINGS.split(script)
    for at in range(0, len(parts), 2):
        parts[at] = _BEFORE.sub(r"\1", _AROUND.sub(r"\1", parts[at]))
    lines = re.sub(r"\bconst(?=[ {\[])", "let", "".join(parts))
    used = set(re.findall(r"(?<![\w$])\w{1,2}(?!\w)", lines))
    letters = string.ascii_letters
    short = (
        name for size in (1, 2) for name in map("".join, product(letters, repeat=size)) if name not in used
    )
    names = {name: next(short) for name in dict.fromkeys(_NAME.findall(lines))}
    return _NAME.sub(lambda found: names[found[0]], lines).strip()
