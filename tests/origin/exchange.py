"""What is asked of the demo origin and what it says: the words between its services and its wire.

Plain data; nothing here knows HTTP's bytes, switches or a corpus.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote_plus

POISON = (b'{"version":"6.9"}', "application/json;charset=UTF-8")


@dataclass
class Request:
    method: str
    target: str
    headers: dict  # names in lower case, the last of several
    body: bytes = b""
    switches: dict = field(default_factory=dict)  # what the demo was told to do with it

    def __post_init__(self):
        self.path, _, self.query = self.target.partition("?")


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    type: str = "text/plain;charset=UTF-8"
    kind: str = "none"  # search, record, fulltext: decides the demo's Cache-Control
    headers: list = field(default_factory=list)
    presets: dict = field(default_factory=dict)  # switches that hold unless told otherwise
    poison: tuple = POISON  # (body, type) of a 200 that says nothing, when it is told to give one


def parameters(request):
    """As they are spelled; of the query and of a POST's form, the last of several."""
    text = request.query
    if request.method == "POST" and "json" not in request.headers.get("content-type", ""):
        text += "&" + request.body.decode("utf-8", "replace")
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
