from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.index.fetch.net import Net, internet


@pytest.fixture
def net() -> Iterator[Net]:
    with internet() as made:
        yield made
