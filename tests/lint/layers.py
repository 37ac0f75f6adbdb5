"""Which file may include what: layers point downwards, and a library stays in one directory."""
import re
from pathlib import PurePosixPath

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.M)

# What each layer sees beside itself. Siblings don't see each other.
BELOW_PROXY = ("policy", "store", "upstream", "http", "config", "observe", "util")
SEES = {
    "util": (),
    "config": ("util",),
    "observe": ("util",),
    "http": ("config", "observe", "util"),
    "policy": ("http", "config", "observe", "util"),
    "store": ("http", "config", "observe", "util"),
    "upstream": ("http", "config", "observe", "util"),
    "proxy": BELOW_PROXY,
    "front": ("proxy", *BELOW_PROXY),
    "control": ("front", "proxy", *BELOW_PROXY),
    "cli": ("front", "proxy", *BELOW_PROXY),
    "app": ("cli", "control", "front", "proxy", *BELOW_PROXY),
}

# The one directory (or file) in which a library's header is used, tests aside; jansson's trees are what the admin
# API, the commands that speak to it and what is read of an export are made of.
LIBRARIES = {
    "microhttpd.h": "src/front/",
    "gnutls/": "src/front/",
    "curl/": "src/upstream/",
    "yaml.h": "src/config/",
    "xxhash.h": "src/util/",
    "sqlite3.h": ("src/store/disk/", "src/store/bundle/"),
    "hiredis/": "src/store/redis/",
    "zlib.h": "src/http/",
    "jansson.h": ("src/http/", "src/store/bundle/", "src/control/", "src/cli/"),
    "yajl/": "src/http/",
    "expat.h": "src/http/",
    "openssl/": "src/util/",
    "jemalloc/": "src/app/",
}

# The C library's and Linux's own: free to all.
SYSTEM = re.compile(
    r"^(sys|net|netinet|arpa|linux)/|^(assert|ctype|dirent|dlfcn|endian|errno|fcntl|fnmatch|ftw|getopt|grp"
    r"|ifaddrs|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal"
    r"|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog"
    r"|termios|threads|time|unistd|wchar)\.h$")


def layer_of(path):
    parts = PurePosixPath(path).parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "larder") and len(parts) > 3:
        return parts[2]
    return None


def includes(tree, path):
    """(line, quoted name or None, system name or None) of each include."""
    text = tree.text(path)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def layer_files(tree):
    for path in tree.find(".c", ".h", ".def", under=("src", "include")):
        layer = layer_of(path)
        if layer is not None:
            yield path, layer


def check_layers(tree):
    """Includes point downwards only."""
    for path, layer in layer_files(tree):
        if layer not in SEES:
            yield path, 1, f"'{layer}' is no layer"
            continue
        for line, name, _ in includes(tree, path):
            other = name.split("/")[0] if name and "/" in name else None
            if other in SEES and other != layer and other not in SEES[layer]:
                yield path, line, f"{layer} must not see {other} ({name})"


def check_private(tree):
    """Private headers stay in their layer; public ones need nothing private."""
    for path, layer in layer_files(tree):
        for line, name, _ in includes(tree, path):
            if name is None:
                continue
            public = f"include/larder/{name}" in tree.paths
            if public:
                continue
            if path.startswith("include/"):
                yield path, line, f"a public header includes the private {name}"
            elif not _is_own(tree, path, layer, name):
                yield path, line, f"{name} is neither public nor of the layer {layer}"


def _is_own(tree, path, layer, name):
    beside = str(PurePosixPath(path).parent / name)
    return ".." not in name and (beside in tree.paths or f"src/{layer}/{name}" in tree.paths)


def check_libraries(tree):
    """Each library's header is used in one directory."""
    for path in tree.find(".c", ".h", ".def", under=("src", "include")):
        for line, _, name in includes(tree, path):
            if name is None or SYSTEM.match(name):
                continue
            home = _home(name)
            if home is None:
                yield path, line, f"<{name}> is not in the table of libraries (tests/lint/layers.py)"
            elif not path.startswith(home):
                yield path, line, f"<{name}> belongs to {home}"


def _home(name):
    for prefix, home in LIBRARIES.items():
        if name == prefix or prefix.endswith("/") and name.startswith(prefix):
            return home
    return None


def check_project_quotes(tree):
    """What is ours is included with quotes, what is the system's with angles."""
    for path in tree.c_files():
        for line, name, system in includes(tree, path):
            if system is not None and f"include/larder/{system}" in tree.paths:
                yield path, line, f'<{system}> is ours: "{system}"'
            if name is not None and SYSTEM.match(name):
                yield path, line, f'"{name}" is the system\'s: <{name}>'


def check_own_header_first(tree):
    """A source begins with its own header, so that the header is known to stand alone."""
    for path in tree.find(".c", under=("src",)):
        layer, stem = layer_of(path), PurePosixPath(path).stem
        own = [f"{layer}/{stem}.h", f"{stem}.h"]
        names = [name for _, name, _ in includes(tree, path)]
        have = [name for name in own if name in names]
        first = next(iter(includes(tree, path)), None)
        if have and first[1] not in own:
            yield path, first[0], f"{have[0]} comes first"
