"""An answer's sentences grouped as a reader sees them, in the chat and on the page of a shared answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Origin = Literal["draft", "quote", "note"]


class Placed(Protocol):
    """What tells where a quotation stands: the article, the characters from `start` to `end` of its text, and
    the article's words around them, as many as are at hand."""

    @property
    def article_id(self) -> str: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def after(self) -> str: ...


S = TypeVar("S")
C = TypeVar("C", bound=Placed)


@dataclass(slots=True)
class Block(Generic[S, C]):
    """Sentences that stand together: the paragraph of a draft, a note, or quotations of one article, of which
    `source` is the last. Each paragraph is a list of sentences."""

    origin: Origin
    paragraphs: list[list[S]]
    source: C | None = None


def blocks(sentences: Iterable[tuple[S, Origin, C | None]]) -> Iterator[Block[S, C]]:
    """The sentences in order, each with its kind and where a quotation stands: quotations of one article that follow
    one another share a block, those that stand side by side there a paragraph."""
    current: Block[S, C] | None = None
    for sentence, origin, place in sentences:
        source = place if origin == "quote" else None
        if current and _goes_on(current, origin, source):
            if source is None or current.source is None or _side_by_side(current.source, source):
                current.paragraphs[-1].append(sentence)
            else:
                current.paragraphs.append([sentence])
            current.source = source
            continue
        if current:
            yield current
        current = Block(origin, [[sentence]], source)
    if current:
        yield current


def _goes_on(block: Block[S, C], origin: Origin, source: C | None) -> bool:
    if origin == "quote":
        return bool(block.source and source and block.source.article_id == source.article_id)
    return origin == "draft" == block.origin


def _side_by_side(first: Placed, second: Placed) -> bool:
    """Whether nothing but space, and no end of a paragraph, stands between the two in the article."""
    gap = second.start - first.end
    between = first.after[: max(gap, 0)]
    return gap in (0, 1) or (
        gap > 1 and len(between) == gap and not between.strip() and "\n\n" not in between
    )
