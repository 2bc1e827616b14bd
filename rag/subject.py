"""What a question is about where it asks for no single fact, and which passages are on that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.schema import Article
from rag import words as w
from rag.schema import Passage

MOST_READ = 60_000
"""Characters of an article that are looked at for the subject's words."""
CLOSE, CLOSE_HELD = 0.42, 0.52
"""From this cosine on a passage is on a subject of common words without holding any of them, or on one of which it
holds the names, or without names a part (with the bundled MiniLM: "the Berlin airlift" .54, "the Berlin wall" .49)."""
_GENERIC = frozenset(
    """event events news story stories history life situation development developments detail details fact facts information
    topic subject affair saga incident thing things matter case background overview main key important recent latest exactly everything anything
    something ereignis ereignisse nachrichten geschichte leben lage einzelheiten hintergrund thema sache historia vida
    noticias sucesos acontecimientos detalles situación tema""".split()
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as asked for, with its content words and those of them that a capital marks as names."""

    text: str
    words: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, text: str, language: str = "en") -> Subject:
        """The subject of a phrase; words like "history" count only where there are no others."""
        found = tuple(dict.fromkeys(word for word in w.words(text) if not w.is_stop(word, language)))
        telling = tuple(word for word in found if word not in _GENERIC)
        names = w.names(f"on {text}") if language != "de" else frozenset[str]()
        return cls(" ".join(text.split()), telling or found, names & set(found))

    def share(self, text: str, language: str) -> float:
        """The share of the subject's words that a text holds in some form, 0 to 1."""
        return len(self._in(text, language)) / len(self.words) if self.words else 0.0

    def held(self, passage: Passage) -> float:
        """The share of them in the passage's article, 0 where a name is not among them."""
        article = passage.article
        found = self._in(f"{_headed(article)} {article.text}", _tongue(passage))
        return len(found) / len(self.words) if self.words and self.names <= found else 0.0

    def on(self, passages: Sequence[Passage], need: float | None = None) -> tuple[Passage, ...]:
        """Those of the passages that are on the subject. Their article holds all of its words (three in four of
        a longer one, or the share `need`) and they hold some themselves; or it holds the names and they are close in
        meaning. Where no article holds as much: they are close, and it holds a part, if any article does."""
        need = need or (1.0 if len(self.words) < 4 else 0.75)
        held = {passage.article.id: self.held(passage) for passage in passages}
        most = max(held.values(), default=0.0)
        close = CLOSE_HELD if most > 0 or self.names else CLOSE

        def on(p: Passage) -> bool:
            share = held[p.article.id]
            if share >= need:
                whole = f"{_headed(p.article)} {p.chunk.heading} {p.chunk.text}"
                return bool(self._in(whole, _tongue(p)))
            if self.names:
                return share > 0 and p.cosine >= close
            return most < need and (share > 0 or most == 0) and p.cosine >= close

        return tuple(filter(on, passages))

    def _in(self, text: str, language: str) -> frozenset[str]:
        forms, stems = _held(text[:MOST_READ], language)
        return frozenset(
            word
            for word in self.words
            if w.unaccented(word) in forms or w.stem(word, language) in stems or _begins(word, forms)
        )


def _headed(article: Article) -> str:
    """Title, topic and the end of the address, which often calls the subject by its common name
    ("/2019/molasses-flood.html" for "A wave of syrup")."""
    address = re.split(r"[?#]", article.url[:500])[0].rstrip("/").rpartition("/")[2]
    slug = re.sub(r"\.\w{2,5}$|[-_+]|%20", " ", address) if "://" in article.url else ""
    return f"{article.title} {article.topic} {slug}"


def _tongue(passage: Passage) -> str:
    return passage.article.language or "en"


@lru_cache(maxsize=64)
def _held(text: str, language: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a text, without accents, and their stems."""
    found = w.words(text)
    return frozenset(w.unaccented(word) for word in found), frozenset(
        w.stem(word, language) for word in found
    )


def _begins(word: str, forms: frozenset[str]) -> bool:
    """ "Norwegian" for Norway, "Panamakanals" for Panamakanal."""
    bare = w.unaccented(word)
    return len(bare) > 5 and not re.search(r"\d", bare) and any(form.startswith(bare[:6]) for form in forms)
