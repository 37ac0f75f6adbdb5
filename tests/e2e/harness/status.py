"""Lists of structured fields (RFC 8941): enough for Cache-Status (RFC 9211) and Proxy-Status (9209).

Strict on purpose: a value that isn't well-formed fails the test that reads it.
"""

import re

TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*")
KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,3})?")
BOOLEAN = re.compile(r"\?([01])")


class Entry(dict):
    """One member: a name with parameters."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def __repr__(self):
        return f"{self.name}{dict(self)!r}"


def entries(text):
    """The members of a list, parameters as bool, int, float or str."""
    listed, at = [], 0
    while at < len(text):
        name, at = _bare(text, at)
        entry = Entry(name)
        while at < len(text) and text[at] == ";":
            at = _skip(text, at + 1)
            match = _match(KEY, text, at)
            at, value = match.end(), True
            if at < len(text) and text[at] == "=":
                value, at = _bare(text, at + 1)
            entry[match[0]] = value
        listed.append(entry)
        at = _skip(text, at)
        if at < len(text):
            assert text[at] == ",", f"expected a comma at {at}: {text!r}"
            at = _skip(text, at + 1)
            assert at < len(text), f"a comma at the end: {text!r}"
    return listed


def _skip(text, at):
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _match(pattern, text, at):
    match = pattern.match(text, at)
    assert match, f"not a structured field at {at}: {text!r}"
    return match


def _bare(text, at):
    if text[at] == '"':
        match = _match(STRING, text, at)
        return re.sub(r"\\(.)", r"\1", match[1]), match.end()
    if text[at] == "?":
        match = _match(BOOLEAN, text, at)
        return match[1] == "1", match.end()
    if text[at] in "-0123456789":
        match = _match(NUMBER, text, at)
        return (float if match[1] else int)(match[0]), match.end()
    match = _match(TOKEN, text, at)
    return match[0], match.end()
