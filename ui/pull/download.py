"""Fetching one large file so that it goes on where it stopped, and stands under its name only when it is right.

What has come lies in `FILE.gguf.part`, and beside it what it is a part of. Our own, since the hub's client begins
again after a kill and compares no checksum (docs/decisions.md).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from index import weights
from index.errors import PullFailed
from ui.pull.hub import (
    REDIRECTS,
    Hub,
    Later,
    Offered,
    Wanted,
    ask,
    followed,
    refusal,
    unreachable,
    version_of,
    wanted_from,
)

if TYPE_CHECKING:
    import httpx

TRIES = 5
"""Failures in a row without a byte between them, after which a download gives up."""
SPARE = 100_000_000
"""Bytes of the disk that stay free."""
MAGIC = b"GGUF"
WAIT = 30.0
"""Seconds without a byte after which a connection counts as broken."""
BUFFER = 1 << 16
"""What a kill may lose."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model's file that is here and right. `again` where nothing had to be fetched; `checked` against a sha256
    that was known beforehand."""

    path: Path
    bytes: int
    again: bool
    checked: bool


@dataclass(frozen=True, slots=True)
class _PartOf:
    """What a part is a part of, kept beside it."""

    url: str
    bytes: int
    sha256: str
    version: str

    def same_as(self, other: _PartOf) -> bool:
        """True where the rest of `other` goes on where this one stopped."""
        if self.sha256 or other.sha256:
            return self.sha256 == other.sha256
        return bool(self.version) and (self.url, self.version) == (other.url, other.version)


class _Broken(Exception):
    """The connection ended too early; going on may help."""


class Download:
    """One file on its way. `progress` is told the bytes that are here and their whole number (0: not known), `note`
    plain remarks. `pause` seconds pass after a failure, twice as many after each further one."""

    def __init__(
        self,
        wanted: Wanted,
        folder: Path,
        hub: Hub,
        client: httpx.Client,
        *,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
        note: Callable[[str], None] = lambda _text: None,
        pause: float = 1.0,
    ) -> None:
        self._wanted, self._hub, self._client = wanted, hub, client
        self._progress, self._note, self._pause = progress, note, pause
        self.path = folder / wanted.place
        self.part = self.path.with_name(self.path.name + ".part")
        self._about = self.part.with_name(self.part.name + ".json")

    def run(self) -> Pulled:
        """Fetches what is missing. Raises PullFailed; a part of the file that is right is kept."""
        wanted = self._wanted
        if wanted.sha256 and self._is_here(wanted.bytes, wanted.sha256):
            return Pulled(self.path, wanted.bytes, True, True)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._alone():
                return self._run()
        except OSError as error:
            self._no_place(error)

    def _run(self) -> Pulled:
        import httpx

        failures, reached = 0, False
        while True:
            before = self._size()
            try:
                offered = self._offered()
                reached = True
                if self._is_here(offered.bytes, offered.sha256):
                    return Pulled(self.path, offered.bytes, True, bool(offered.sha256))
                offered = self._fetch(offered)
                return self._finish(offered)
            except (httpx.TransportError, Later, _Broken) as error:
                failures = 1 if self._size() > before else failures + 1
                if not reached and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    raise unreachable(self._wanted, error) from error
                if failures >= TRIES:
                    if isinstance(error, Later) and not self._size():
                        raise
                    reason = " ".join(str(error).split()) or type(error).__name__
                    raise PullFailed(
                        f"the connection broke {failures} times in a row ({reason[:120]}); "
                        f"{self._size() / 1e9:.2f} GB are here and kept",
                        f"footnote models pull {self._wanted.name} goes on from there",
                    ) from error
                time.sleep(self._pause * 2 ** (failures - 1))

    def _offered(self) -> Offered:
        """What the server offers now; it must be what the list of models was made from."""
        wanted, offered = self._wanted, ask(self._wanted, self._hub, self._client)
        if wanted.sha256 and offered.sha256 and offered.sha256 != wanted.sha256:
            raise PullFailed(
                f"the hub has another file now than this version of Footnote knows as {wanted.name} "
                f"(sha256 {offered.sha256[:12]}... for {wanted.sha256[:12]}...)",
                f"to take it as it is: footnote models pull {wanted.place.as_posix()}",
            )
        return replace(offered, bytes=offered.bytes or wanted.bytes, sha256=offered.sha256 or wanted.sha256)

    def _fetch(self, offered: Offered) -> Offered:
        """Brings the part to its full length; what is known of the file by then."""
        mine = _PartOf(self._wanted.url, offered.bytes, offered.sha256, offered.version)
        have = self._usable(mine)
        if offered.bytes and have == offered.bytes:
            return offered
        self._room(offered.bytes - have)
        headers: dict[str, str] = {}
        if have:
            headers["Range"] = f"bytes={have}-"
            if not offered.sha256:
                headers["If-Range"] = offered.version
        with self._open(offered.url, headers) as reply:
            if reply.status_code == 416:
                self._drop()
                raise _Broken("the server has no rest of this file")
            if reply.status_code >= 500 or reply.status_code == 429:
                raise _Broken(f"status {reply.status_code}")
            if reply.status_code == 403 and offered.url != self._wanted.url:
                raise _Broken("the address has expired (403)")  # it is asked for anew
            if reply.status_code >= 400:
                raise refusal(self._wanted, self._hub, reply.status_code, reply.headers)
            start, total = _extent(reply.status_code, reply.headers)
            if start not in (0, have):
                self._drop()
                raise _Broken("the server went on in another place")
            if have and start == 0:
                self.part.unlink()  # before its description: a kill between them must not join two files
                self._note(
                    "the server sends the file from its beginning: it cannot go on, or has another one now"
                )
            total = offered.bytes or total
            version = offered.version or version_of(reply.headers)
            known = replace(offered, bytes=total, version=version)
            self._room(total - start)
            self._about.write_text(
                json.dumps(asdict(_PartOf(self._wanted.url, total, offered.sha256, version))), "utf-8"
            )
            self._write(reply, start, total)
        if total and self._size() < total:
            raise _Broken(f"it ended after {self._size():,} of {total:,} bytes")
        return known

    def _write(self, reply: httpx.Response, start: int, total: int) -> None:
        head = b""
        with self.part.open("r+b" if start else "wb", buffering=BUFFER) as stream:
            stream.seek(start)
            stream.truncate()
            done = start
            for piece in reply.iter_raw():
                if done < len(MAGIC):
                    head += piece
                    if head[: len(MAGIC)] != MAGIC[: len(head)]:
                        break
                stream.write(piece)
                done += len(piece)
                self._progress(done, total)
                if total and done > total:
                    break
        if start == 0 and head and head[: len(MAGIC)] != MAGIC[: len(head)]:
            self._drop()
            raise PullFailed(
                f"what {self._wanted.url} sends is no GGUF file", "check the name or the address"
            )

    def _finish(self, offered: Offered) -> Pulled:
        """Compares size and checksum, and gives the file its name."""
        size = self._size()
        with self.part.open("rb") as stream:
            magic = stream.read(len(MAGIC))
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest() if offered.sha256 else ""
            os.fsync(stream.fileno())
        if magic != MAGIC:
            self._drop()
            raise PullFailed(
                f"what {self._wanted.url} sends is no GGUF file", "check the name or the address"
            )
        if (offered.bytes and size != offered.bytes) or digest != offered.sha256:
            self._drop()
            what = f"sha256 {digest[:12]}... for {offered.sha256[:12]}..." if digest else f"{size:,} bytes"
            raise PullFailed(
                f"what came is not the file that was announced ({what}); it was thrown away",
                f"once more: footnote models pull {self._wanted.name}; if it happens again, somebody changes it on the way",
            )
        self.part.replace(self.path)
        self._about.unlink(missing_ok=True)
        if digest:
            weights.remember_sha256(self.path, digest)
        return Pulled(self.path, size, False, bool(digest))

    @contextmanager
    def _open(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        for _ in range(REDIRECTS):
            sent = self._hub.headers_for(url) | headers
            with self._client.stream("GET", url, headers=sent) as reply:
                if not (reply.is_redirect and reply.headers.get("Location")):
                    yield reply
                    return
                url = followed(url, reply.headers["Location"])
        raise PullFailed(f"{self._wanted.url} sends on without end", "try later")

    def _usable(self, mine: _PartOf) -> int:
        """How many bytes of the part belong to the file that is offered now."""
        if not self._size():
            return 0
        try:
            kept = _PartOf(**json.loads(self._about.read_text("utf-8")))
            if kept.same_as(mine) and not (mine.bytes and self._size() > mine.bytes):
                return self._size()
            if kept.same_as(mine):
                reason = "the part that is here is longer than the file"
            else:
                reason = "the file has changed on the server since its first part came"
        except (OSError, ValueError, TypeError):
            reason = "what the part here belongs to is not known"
        self._note(f"{reason}: it is fetched from its beginning")
        self._drop()
        return 0

    def _is_here(self, size: int, sha256: str) -> bool:
        if not size or not self.path.is_file() or self.path.stat().st_size != size:
            return False
        return not sha256 or weights.sha256_of(self.path) == sha256

    def _room(self, missing: int) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if missing > 0 and free < missing + SPARE:
            raise PullFailed(
                f"{missing / 1e9:.1f} GB are to come and {free / 1e9:.1f} GB are free at {self.path.parent}",
                "free some space, or --set models=DIR on another disk",
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        lock = FileLock(self.part.with_name(self.part.name + ".lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise PullFailed(f"another process is fetching {self._wanted.name}", "wait for it") from None
        try:
            yield
        finally:
            lock.release()

    def _size(self) -> int:
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def _drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def _no_place(self, error: OSError) -> NoReturn:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PullFailed(
                f"the disk at {self.path.parent} is full; {self._size() / 1e9:.2f} GB are here and kept",
                f"free some space, then footnote models pull {self._wanted.name} goes on from there",
            ) from error
        raise PullFailed(
            f"{error.filename or self.path.parent} cannot be written: {error.strerror or error}",
            "check the folder's permissions, or --set models=DIR",
        ) from error


def _extent(status: int, headers: httpx.Headers) -> tuple[int, int]:
    """(the first byte that comes, the length of the whole file; 0 where that is not said)"""
    if status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
        if found is None:
            return -1, 0
        return int(found[1]), int(found[2]) if found[2].isdigit() else 0
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else 0


def pull(
    name: str,
    folder: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    note: Callable[[str], None] = lambda _text: None,
    pause: float = 1.0,
) -> Pulled:
    """Fetches the model of this name into the folder, or finds it there. Raises InputError and PullFailed."""
    import httpx

    hub = Hub.of_environment()
    with httpx.Client(timeout=httpx.Timeout(WAIT, connect=15.0), follow_redirects=False) as client:
        try:
            wanted = wanted_from(name, hub, client)
            return Download(wanted, folder, hub, client, progress=progress, note=note, pause=pause).run()
        except httpx.InvalidURL as error:
            raise PullFailed(f"an address cannot be used ({error})", "check it, and HF_ENDPOINT") from error
