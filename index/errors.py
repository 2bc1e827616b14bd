"""Every error Footnote raises on purpose.

    FootnoteError
    ├── InputError            what the caller gave cannot be used (a question, an option, a file)
    ├── WeightsMissing        a model's files are not installed, or are not the published ones
    ├── IndexMissing          there is no index at this place
    ├── IndexMismatch         the index was built with another model, size or schema
    ├── IndexBusy             another process is building this index
    ├── IndexWriteFailed      the index could not be written (disk full, no permission)
    ├── StoreUnreachable      the Chroma server does not answer
    ├── ModelUnreachable      the language model server is down, slow or refuses
    ├── PullFailed            a model's file was not fetched whole
    └── FetchError            a page was not fetched (`index.fetch.errors`)

An error names the thing, the cause and the next command: `str(error)` is one line for people,
`error.next_step` the command or setting that mends it (may be empty).
"""

from __future__ import annotations


class FootnoteError(Exception):
    """Base of all errors raised on purpose; the command line prints it as one line, exit status 1.

    `exit_status` is the status the command line ends with.
    """

    exit_status = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class InputError(FootnoteError):
    """What the caller gave cannot be used."""

    exit_status = 2


class WeightsMissing(FootnoteError):
    """A model's files are not installed, or their sha256 is not the published one."""


class IndexMissing(FootnoteError):
    """There is no index at this place."""


class IndexMismatch(FootnoteError):
    """The index was built with another model, chunk size or schema than the settings say."""


class IndexBusy(FootnoteError):
    """Another process holds the index's build lock."""


class IndexWriteFailed(FootnoteError):
    """The index could not be written; the last complete index still answers."""


class StoreUnreachable(FootnoteError):
    """The Chroma server does not answer."""


class ModelUnreachable(FootnoteError):
    """The language model's server is down, too slow, or refuses."""


class PullFailed(FootnoteError):
    """A model's file was not fetched whole; nothing stands under its name."""
