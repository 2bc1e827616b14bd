"""What tests of the web share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index.web.site import Collection, collected


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Collection]:
    """A site on loopback and an index for it."""
    with collected(tmp_path) as collection:
        yield collection
