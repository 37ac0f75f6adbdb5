"""Writes C source that holds the files of config/profiles: embed.py OUTPUT FILE...

Run by meson. What it writes depends on the files' names and texts alone, not on where they lie.
"""
import sys
from pathlib import Path

ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "?": "\\?"}


def literal(line):
    """One line as a C string; bytes beyond ASCII in octal, which takes no digits that follow."""
    return "".join(
        ESCAPES.get(chr(byte)) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
        for byte in line.encode())


def main(output, *files):
    rows = []
    for path in sorted(map(Path, files), key=lambda path: path.stem):
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(f'\t\t"{literal(line)}\\n"' for line in lines)
        rows.append(f'\t{{ "{path.stem}",\n{text} }},\n')
    Path(output).write_text(
        "/* config/profiles, written by src/config/embed.py. Constant. */\n"
        '#include "profile_texts.h"\n\n'
        "const struct profile_text profile_texts[] = {\n" + "".join(rows) + "};\n\n"
        "const size_t profile_text_count = sizeof(profile_texts) / sizeof(profile_texts[0]);\n",
        encoding="utf-8")


main(*sys.argv[1:])
