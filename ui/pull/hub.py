"""The model hub: what a typed name means there, and what it says of a file before the file is fetched.

Spoken to as its own client does (`HF_ENDPOINT`, `HF_TOKEN`, `X-Linked-Etag`): of a large file its answer tells size
and sha256, and sends on to another host for the bytes. The token goes to the hub's own host only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from index.errors import InputError, PullFailed
from rag.known_models import known, known_models
from ui.pull.folder import place_of

if TYPE_CHECKING:
    import httpx


class Later(PullFailed):
    """The server is there and has no time; asking again may help."""


PUBLIC_HUB = "https://huggingface.co"
REDIRECTS = 6
DEFAULT_QUANTISATION = "Q4_K_M"
_PART = r"[A-Za-z0-9][\w.-]*"
_FILE = re.compile(rf"({_PART}/{_PART})/((?:{_PART}/)*{_PART}\.gguf)", re.IGNORECASE)
_QUANT = re.compile(rf"({_PART}/{_PART})(?::([\w.-]+))?")
_ON_HUB = re.compile(rf"/({_PART}/{_PART})/(?:resolve|blob)/([^/]+)/(.+\.gguf)", re.IGNORECASE)
_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch.

    Attributes:
        name: as the user typed it.
        url: where it is asked for.
        place: where it will lie within the models' folder.
        repository: on the hub; empty for other addresses.
        bytes, sha256: what it must be; 0 and empty where that is not known beforehand.
    """

    name: str
    url: str
    place: Path
    repository: str = ""
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a server says of a file: where its bytes are, how many, their sha256 ("" where it does not say), and
    what tells one version from another (an ETag or a date; "" for none)."""

    url: str
    bytes: int = 0
    sha256: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub that is asked, and the key for what is behind a door. Never printed whole."""

    endpoint: str = PUBLIC_HUB
    token: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls) -> Hub:
        """As HF_ENDPOINT and HF_TOKEN say; InputError for an address that is none."""
        endpoint = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or PUBLIC_HUB
        if not re.match(r"https?://[^/\s]+", endpoint):
            raise InputError(
                f"HF_ENDPOINT {endpoint!r} is no address", f"unset it, or HF_ENDPOINT={PUBLIC_HUB}"
            )
        return cls(endpoint, os.environ.get("HF_TOKEN", "").strip())

    def headers_for(self, url: str) -> dict[str, str]:
        """What a request to this address carries: the key for the hub itself, for no other host, and not on an open
        road."""
        plain = {"Accept-Encoding": "identity", "User-Agent": "footnote"}
        protected = urlsplit(url).scheme == "https" or _is_this_machine(url)
        if self.token and protected and _origin(url) == _origin(self.endpoint):
            return plain | {"Authorization": f"Bearer {self.token}"}
        return plain

    def file_url(self, repository: str, file: str) -> str:
        """The address of a repository's file."""
        return f"{self.endpoint}/{repository}/resolve/main/{quote(file)}"


def wanted_from(name: str, hub: Hub, client: httpx.Client) -> Wanted:
    """What a name means: a known model, OWNER/REPO/FILE.gguf, OWNER/REPO with or without :QUANT, or an address.

    Only OWNER/REPO without a file asks the hub. Raises InputError for what is none of these or several files,
    PullFailed when the hub does not answer.
    """
    name = name.strip()
    if model := known(name):
        url = hub.file_url(model.repository, model.file)
        return Wanted(model.name, url, place_of(model), model.repository, model.bytes, model.sha256)
    if re.match(r"https?://", name, re.IGNORECASE):
        return _from_address(name, hub)
    if found := _FILE.fullmatch(name):
        return _whole(Wanted(name, hub.file_url(found[1], found[2]), Path(found[1]) / found[2], found[1]))
    if found := _QUANT.fullmatch(name):
        file = _choose(name, found[1], found[2] or "", _files(found[1], hub, client))
        return _whole(Wanted(name, hub.file_url(found[1], file), Path(found[1]) / file, found[1]))
    raise InputError(
        f"{name!r} is no known model ({', '.join(m.name for m in known_models())})",
        "footnote models pull NAME, OWNER/REPO/FILE.gguf, OWNER/REPO:QUANT or https://.../FILE.gguf",
    )


def ask(wanted: Wanted, hub: Hub, client: httpx.Client) -> Offered:
    """What the server says of the file, before any of it is fetched. Raises PullFailed; `httpx.TransportError`
    where no server was reached."""
    url, size, sha256, version = wanted.url, 0, "", ""
    for _ in range(REDIRECTS):
        reply = client.head(url, headers=hub.headers_for(url))
        if reply.status_code in (405, 501):
            return Offered(url, size, sha256, version)  # fetching will tell
        if reply.status_code >= 400:
            raise refusal(wanted, hub, reply.status_code, reply.headers)
        linked = reply.headers.get("X-Linked-Etag", "").removeprefix("W/").strip('"').lower()
        sha256 = linked if _SHA256.fullmatch(linked) else sha256
        size = _number(reply.headers.get("X-Linked-Size")) or size
        onward = reply.headers.get("Location", "") if reply.is_redirect else ""
        if not onward:
            size = size or _number(reply.headers.get("Content-Length"))
            return Offered(url, size, sha256, version_of(reply.headers))
        url = followed(url, onward)
        if sha256 and size:
            return Offered(url, size, sha256, version)
    raise PullFailed(f"{_host(wanted.url)} sends on from one address to the next without end", "try later")


def followed(url: str, location: str) -> str:
    """The address a redirect leads to; PullFailed where it leaves the protected road."""
    onward = urljoin(url, location)
    scheme = urlsplit(onward).scheme
    if scheme not in ("http", "https") or (urlsplit(url).scheme == "https" and scheme == "http"):
        raise PullFailed(
            f"{_host(url)} sends on to an address that is not protected ({_host(onward)})",
            "nothing was fetched",
        )
    return onward


def version_of(headers: Mapping[str, str]) -> str:
    """What tells this version of the file from another, as `If-Range` takes it: a strong ETag, or a date."""
    etag = headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")


def refusal(wanted: Wanted, hub: Hub, status: int, headers: Mapping[str, str]) -> PullFailed:
    """What a status of 400 and above means, and what to do."""
    host, code = _host(wanted.url), headers.get("X-Error-Code", "")
    page = f"{hub.endpoint}/{wanted.repository}"
    if wanted.repository and (code == "GatedRepo" or (status == 403 and code != "RepoNotFound")):
        key = "" if hub.token else ", then HF_TOKEN=... with a key of your own"
        return PullFailed(
            f"{wanted.repository} asks for its licence to be accepted ({status})", f"{page}{key}"
        )
    if wanted.repository and code == "EntryNotFound":
        return PullFailed(
            f"{wanted.repository} has no file {wanted.place.name}", f"its files: {page}/tree/main"
        )
    if wanted.repository and status in (401, 404):
        known_key = "HF_TOKEN is not accepted there, or " if hub.token and status == 401 else ""
        hint = "" if hub.token else "; a private or gated one needs HF_TOKEN"
        return PullFailed(
            f"{known_key}{host} has no {wanted.repository} for you ({status}){hint}", f"look at {page}"
        )
    if status in (401, 403):
        return PullFailed(
            f"{host} does not give the file to everybody ({status})", "fetch it another way; " + BY_HAND
        )
    if status in (404, 410):
        return PullFailed(f"there is no file at {wanted.url} ({status})", "check the address")
    if status == 429:
        return Later(f"{host} asks to wait (429)", f"in a while: footnote models pull {wanted.name}")
    return Later(f"{host} answers with status {status}", f"in a while: footnote models pull {wanted.name}")


BY_HAND = "then: footnote models use PATH.gguf"


def unreachable(wanted: Wanted, error: Exception) -> PullFailed:
    """No server was reached: why, and the way without a network here."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return PullFailed(
        f"{_host(wanted.url)} cannot be reached ({reason[:160]})",
        f"where there is a network, fetch {wanted.url} and bring the file here, {BY_HAND}",
    )


def _from_address(url: str, hub: Hub) -> Wanted:
    parts = urlsplit(url)
    if parts.scheme.lower() == "http" and not _is_this_machine(url):
        raise InputError(f"{url} is not protected on its way", "name an https address")
    if parts.username or parts.password:
        raise InputError("the address holds a name or a password", "leave them out")
    path = unquote(parts.path)
    if _origin(url) in (_origin(hub.endpoint), _origin(PUBLIC_HUB)) and (found := _ON_HUB.fullmatch(path)):
        there = f"{parts.scheme}://{parts.netloc}/{found[1]}/resolve/{quote(found[2])}/{quote(found[3])}"
        return _whole(Wanted(url, there, Path(found[1]) / Path(found[3]).name, found[1]))
    file = path.rsplit("/", 1)[-1]
    if not re.fullmatch(rf"{_PART}\.gguf", file, re.IGNORECASE):
        raise InputError(f"{url} does not end in the name of a .gguf file", "name the file's own address")
    host = re.sub(r"[^\w.-]", "_", parts.hostname or "unnamed")
    return _whole(Wanted(url, url.partition("#")[0], Path(host) / file))


def _whole(wanted: Wanted) -> Wanted:
    if _SPLIT.search(wanted.place.name):
        raise InputError(
            f"{wanted.place.name} is one of several parts of a model, which are not put together here",
            "choose a quantisation that is one file",
        )
    if wanted.place.is_absolute() or ".." in wanted.place.parts:
        raise InputError(f"{wanted.name!r} leaves the folder", "name the file itself")
    return wanted


def _files(repository: str, hub: Hub, client: httpx.Client) -> list[str]:
    import httpx

    url = f"{hub.endpoint}/api/models/{repository}/tree/main?recursive=true"
    wanted = Wanted(repository, url, Path(repository), repository)
    try:
        reply = client.get(url, headers=hub.headers_for(url))
        if reply.is_redirect:  # a repository that was renamed
            url = followed(url, reply.headers.get("Location", ""))
            reply = client.get(url, headers=hub.headers_for(url))
    except httpx.TransportError as error:
        raise unreachable(wanted, error) from error
    if reply.status_code != 200:
        raise refusal(wanted, hub, reply.status_code, reply.headers)
    try:
        listed: Any = reply.json()
        files = [str(row["path"]) for row in listed if row.get("type") == "file"]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PullFailed(
            f"{_host(url)} lists its files in a way that is not understood",
            "name the file: OWNER/REPO/FILE.gguf",
        ) from error
    return [f for f in files if f.lower().endswith(".gguf") and "mmproj" not in f.lower()]


def _choose(name: str, repository: str, quantisation: str, files: list[str]) -> str:
    if not files:
        raise InputError(
            f"{repository} holds no .gguf file", f"look for a repository called {repository}-GGUF"
        )
    asked = quantisation or DEFAULT_QUANTISATION
    fitting = [f for f in files if re.search(rf"(?<![A-Za-z0-9]){re.escape(asked)}\.gguf$", f, re.IGNORECASE)]
    if not quantisation and len(files) == 1:
        fitting = files
    if len(fitting) != 1:
        shown = [f for f in (fitting or files) if not _SPLIT.search(f)]
        raise InputError(
            f"{name}: {'several files are' if fitting else 'no file is'} {asked}; there are {', '.join(shown[:12])}",
            f"footnote models pull {repository}/FILE.gguf",
        )
    return fitting[0]


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _is_this_machine(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
