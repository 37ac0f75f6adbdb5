"""Writes C source that holds schemas.json as a text: embed.py OUTPUT INPUT. Run by meson."""
import json
import sys
from pathlib import Path


def main(output, source):
    text = json.dumps(json.loads(Path(source).read_text(encoding="utf-8")))
    pieces = [text[i:i + 80].replace("\\", "\\\\").replace('"', '\\"') for i in range(0, len(text), 80)]
    lines = "\n".join(f'\t"{piece}"' for piece in pieces)
    Path(output).write_text(
        "/* schemas.json, written by src/control/embed.py. Constant. */\n"
        '#include "document/schema_texts.h"\n\n'
        f"const char schema_texts[] =\n{lines};\n", encoding="utf-8")


main(*sys.argv[1:])
