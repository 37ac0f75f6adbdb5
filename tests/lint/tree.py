"""The tree that the lints look at: which files there are, and C text without comments and strings."""
import re
import subprocess
from pathlib import Path

PARTS = ("src", "include", "tests", "config", "docs", "deploy")
SKIP = {"__pycache__", ".pytest_cache", "corpus", "recorded"}
NOT_CODE = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


class Tree:
    """A checkout. Files are read once; paths are relative to its root, with slashes."""

    def __init__(self, root):
        self.root = Path(root)
        self._texts = {}
        self._code = {}
        self.paths = sorted(self._find())

    def _find(self):
        names = self._tracked() or [str(p.relative_to(self.root)) for p in self.root.rglob("*")]
        for name in names:
            path = self.root / name
            parts = set(Path(name).parts)
            if path.is_file() and not parts & SKIP and not name.startswith(("build", ".git/")):
                yield name

    def _tracked(self):
        """Committed files and those that are about to be; nothing outside of a repository."""
        if not (self.root / ".git").exists():
            return None
        out = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True, text=True, check=True).stdout
        return [name for name in out.split("\0") if name]

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(errors="replace")
        return self._texts[path]

    def code(self, path):
        """The C text with comments blanked and literals emptied; line numbers stay."""
        if path not in self._code:
            self._code[path] = NOT_CODE.sub(_blank, self.text(path))
        return self._code[path]

    def find(self, *suffixes, under=PARTS):
        for path in self.paths:
            if path.endswith(suffixes) and path.split("/")[0] in under:
                yield path

    def c_files(self):
        return self.find(".c", ".h", under=("src", "include", "tests"))

    def python_files(self):
        for path in self.paths:
            if path.endswith(".py") or self._shebang(path, "python3"):
                yield path

    def shell_files(self):
        for path in self.paths:
            if path.endswith(".sh") or self._shebang(path, "bash") or self._shebang(path, "sh"):
                yield path

    def _shebang(self, path, name):
        if "." in Path(path).name:
            return False
        first = self.text(path).split("\n", 1)[0]
        return first.startswith("#!") and re.split(r"[/ ]", first)[-1] == name


def _blank(match):
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[0]
    return re.sub(r"[^\n]", " ", text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
