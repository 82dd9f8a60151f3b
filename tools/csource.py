# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""C source as text: what is a comment, what is a literal, what is a directive.

Everything here keeps length and line breaks: an offset or a line number found in what is returned holds in the
original as well.
"""
import re

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|//(?:[^\\\n]|\\.)*)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"?)"""
    r"""|(?P<char>'(?:[^'\\\n]|\\.)*'?)""",
    re.S)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\\\n]|\\.)*", re.S | re.M)


def _blanked(text):
    return re.sub(r"[^\n]", " ", text)


def comments(text):
    """(start, end) of each comment."""
    return [m.span() for m in _TOKEN.finditer(text) if m.lastgroup == "comment"]


def without_comments(text):
    """Comments become spaces."""
    return _TOKEN.sub(lambda m: _blanked(m[0]) if m.lastgroup == "comment" else m[0], text)


def code(text):
    """Comments become spaces; literals keep their quotes only."""
    def blank(m):
        if m.lastgroup == "comment" or len(m[0]) < 2:
            return _blanked(m[0])
        return m[0][0] + _blanked(m[0][1:-1]) + m[0][-1]
    return _TOKEN.sub(blank, text)


def without_directives(text):
    """Preprocessor directives become spaces, continuation lines too. Takes what code() returns."""
    return _DIRECTIVE.sub(lambda m: _blanked(m[0]), text)


def line_of(text, offset):
    """The line number of an offset, from 1."""
    return text.count("\n", 0, offset) + 1


def closing(text, opening):
    """The offset of the bracket that closes the one at an offset, or the length of the text."""
    depth = 0
    for i in range(opening, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(text)


def split_top(text, separator):
    """(start, end) of the parts between separators that stand outside of all brackets."""
    parts, start, i = [], 0, 0
    while i < len(text):
        if text[i] in "([{":
            i = closing(text, i)
        elif text[i] == separator:
            parts.append((start, i))
            start = i + 1
        i += 1
    parts.append((start, len(text)))
    return parts
