"""What can go wrong when a page is fetched.

    FetchError (a FootnoteError)
    ├── FetchRefused     we do not go there: not a web address, not a public one, robots.txt says no
    ├── FetchGone        the server says there is no such page (404), or not any more (410)
    └── FetchFailed      no usable answer came: name, connection, TLS, time, size, redirects, status

Each has `url`, the address that was asked for, and `reason`, in plain words and fit for `Skipped`.
"""

from __future__ import annotations

import re

from index.errors import FootnoteError

_UNPRINTABLE = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_MOST_SHOWN = 300


def shown(address: str) -> str:
    """An address as it may stand in a message: one line, without a password, at most 300 characters.

    >>> shown("https://me:secret@example.org/a")
    'https://…@example.org/a'
    """
    line = _USERINFO.sub("…@", _UNPRINTABLE.sub(" ", address.strip()[: 2 * _MOST_SHOWN]))
    return line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + "…"


class FetchError(FootnoteError):
    """A page that was not fetched: `asked` is its address as given, `url` the same fit for a message, and the `reason`."""

    def __init__(self, url: str, reason: str, next_step: str = "") -> None:
        self.asked = url
        self.url = shown(url)
        self.reason = reason
        super().__init__(f"{self.url}: {reason}", next_step)


class FetchRefused(FetchError):
    """Footnote itself does not go there; asking again changes nothing while the settings stay."""


class FetchGone(FetchError):
    """The server says that the page does not exist; `status` is 404 or 410."""

    def __init__(self, url: str, reason: str, status: int) -> None:
        super().__init__(url, reason)
        self.status = status


class FetchFailed(FetchError):
    """No usable answer. `status` is the server's, 0 without one; `temporary` says that a later run may
    fare better, so what is known of the page should be kept; `retry_after` are the seconds the server
    asked to be left alone for, 0 if it did not say."""

    def __init__(
        self, url: str, reason: str, *, status: int = 0, temporary: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(url, reason)
        self.status = status
        self.temporary = temporary
        self.retry_after = retry_after


class Broken(Exception):
    """Within this package: one try came to nothing. `again` says that another at once may fare better."""

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        temporary: bool = False,
        again: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.temporary = temporary or again
        self.again = again
        self.retry_after = retry_after


class NotAllowed(Exception):
    """Within this package: an address that is not to be asked, and why."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
