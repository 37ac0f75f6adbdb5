"""docs/operations.md against the code: each event of the log that operators see has its row, and no other has."""
import re

from tree import line_of

PAGE = "docs/operations.md"
CALL = re.compile(r"\b(?:log_event|log_list)\(([^;]*);", re.S)
TABLE = re.compile(r'\{ LOG_LEVEL_(?:INFO|WARN|ERROR), "([a-z-]+)"')
LEVEL = re.compile(r"LOG_LEVEL_(INFO|WARN|ERROR)")
NAME = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')
ROW = re.compile(r"^\| (`[^|]*) \| [a-z, ]+ \|", re.M)
HEAD = "| event |"


def said(tree):
    """name -> (path, line) of each event above debug."""
    names = {}
    for path in tree.find(".c", under=("src",)):
        text = tree.text(path)
        for match in TABLE.finditer(text):
            names[match.group(1)] = (path, line_of(text, match.start()))
        for match in CALL.finditer(text):
            if LEVEL.search(match.group(1)):
                words = match.group(1).split('"%', 1)[0]  # what stands before the format
                for name in NAME.findall(words)[:2]:
                    names[name] = (path, line_of(text, match.start()))
    return names


def check_events(tree):
    """Each event that operators see is explained in docs/operations.md, and no other."""
    names = said(tree)
    if PAGE not in tree.paths:
        return
    text = tree.text(PAGE)
    begin = max(text.find(HEAD), 0)
    told = {}
    for match in ROW.finditer(text, begin):
        for name in re.findall(r"`([a-z-]+)`", match.group(1)):
            told[name] = line_of(text, match.start())
    for name, (path, line) in sorted(names.items()):
        if name not in told:
            yield path, line, f"the event {name} has no row in {PAGE}"
    for name, line in told.items():
        if name not in names:
            yield PAGE, line, f"no code says {name}"
