"""Opens the parts by the settings: embedder, index, language model, pipeline. Nothing else does."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index import weights
from index.errors import IndexMissing, InputError, WeightsMissing
from index.formats.kinds import ANY_OF
from index.near import NearRules
from index.schema import Article, BuildReport, Progress, Skipped, SourceReport
from ui.settings import (
    COLLECTION_NAME,
    COLLECTIONS,
    DEFAULT_COLLECTION,
    Settings,
    index_settings_hash,
    settings_hash,
    settings_that_change_answers,
)

if TYPE_CHECKING:
    import numpy as np

    from evals.system import Built
    from index.embed import SentenceEmbedder
    from index.fetch import Fetcher
    from index.library import Library
    from index.listing import SourceEntry
    from rag.check import Support
    from rag.evidence import Reads, SentenceCache
    from rag.llm import LanguageModel
    from rag.options import RagOptions
    from rag.pipeline import Pipeline
    from rag.schema import Turn
    from ui.guard.limits import Limits
    from ui.readers.store import ReaderStore

log = logging.getLogger(__name__)
NO_EVIDENCE_MODEL = ("off", "none", "false", "False", "")


class NothingToBuildError(InputError):
    """None of the paths can be read; `skipped` names each and why."""

    exit_status = 1

    def __init__(self, skipped: Sequence[Skipped]) -> None:
        super().__init__(
            "nothing was indexed: none of the paths can be read",
            f"footnote build PATH-OR-ADDRESS..., with a folder of {ANY_OF} files or the address of a page, feed or sitemap",
        )
        self.skipped = tuple(skipped)


def load_embedder_for(settings: Settings) -> SentenceEmbedder:
    """The embedding model the settings name; raises WeightsMissing when it is not there."""
    from index.embed import load_embedder

    return load_embedder(settings.embedder, precision=settings.precision, threads=settings.threads)


class LazyEmbedder:
    """The bundled embedding model, loaded when a text has to be embedded.

    What it is stands in its files, so a build that finds nothing changed is over before the
    seconds that loading takes. Raises WeightsMissing at once when the files are not there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = weights.verify(weights.EMBEDDING)
        self.model_label = weights.EMBEDDING.name
        self.weights_sha256 = weights.EMBEDDING.sha256
        self.dimension = int(json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"])

    @cached_property
    def _loaded(self) -> SentenceEmbedder:
        return load_embedder_for(self._settings)

    @property
    def max_tokens(self) -> int:
        return self._loaded.max_tokens

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self._loaded.encode(texts)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._loaded.token_spans(text)


def embedder_for_building(settings: Settings) -> LazyEmbedder | SentenceEmbedder:
    """The embedding model the settings name, loaded only if need be where that is possible."""
    bundled = settings.embedder == weights.EMBEDDING.name
    return LazyEmbedder(settings) if bundled else load_embedder_for(settings)


def open_library(settings: Settings, embedder: SentenceEmbedder | None = None) -> Library:
    """The index for reading. Given an embedder, raises IndexMismatch when another one built it."""
    from index.library import Library

    try:
        return Library.open(settings.index_dir, embedder=embedder, chroma_url=settings.chroma_url)
    except IndexMissing:
        name, there = settings.collection, collections_in(settings.index)
        if name == DEFAULT_COLLECTION or name in there:
            raise
        known = f"; there {'are' if len(there) > 1 else 'is'} {', '.join(there)}" if there else ""
        raise IndexMissing(
            f"there is no collection {name!r} in {settings.index}{known}",
            f"footnote build PATH... --collection {name}",
        ) from None


def collections_in(index: Path) -> tuple[str, ...]:
    """The names of the collections with an index in this folder, the default one first."""
    from index.catalog import CATALOG_FILE

    own = (DEFAULT_COLLECTION,) if (index / CATALOG_FILE).is_file() else ()
    found = sorted(path.parent.name for path in (index / COLLECTIONS).glob(f"*/{CATALOG_FILE}"))
    return (*own, *(name for name in found if COLLECTION_NAME.fullmatch(name)))


def open_reader_store(settings: Settings) -> ReaderStore:
    """What readers say, of all the index's collections; the file is opened at its first use."""
    from ui.readers.store import STORE_FILE, ReaderStore

    return ReaderStore(settings.index / STORE_FILE, settings.keep_days)


def load_model_for(settings: Settings) -> LanguageModel:
    """The language model the settings name: a server, a GGUF file, or the bundled one. It starts at
    its first use."""
    from rag.llm import load_model

    return load_model(
        url=settings.llm_url,
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        gguf=settings.gguf,
        threads=settings.threads,
        timeout=settings.llm_timeout,
        adapted=settings.adapter,
    )


def limits(settings: Settings) -> Limits:
    """How much one address and one site may ask."""
    from ui.guard.limits import Limits

    return Limits(**{each.name: getattr(settings, each.name) for each in fields(Limits)})


def with_choices(settings: Settings, engine: str | None, retriever: str | None) -> Settings:
    """The settings with another engine or retriever, where one is given."""
    changes = {
        name: value for name, value in (("engine", engine), ("retriever", retriever)) if value is not None
    }
    return settings.model_copy(update=changes)


def rag_options(settings: Settings) -> RagOptions:
    """The settings that say how a question is answered."""
    from rag.options import RagOptions

    return RagOptions(
        engine=settings.engine,
        retriever=settings.retriever,
        fusion=settings.fusion,
        top_k=settings.top_k,
        candidate_k=settings.candidate_k,
        evidence_tokens=settings.evidence_tokens,
        quote_sentences=settings.quote_sentences,
        max_sentences=settings.max_sentences,
        abstain_threshold=settings.abstain_threshold,
        max_question_chars=settings.max_question_chars,
        max_history=settings.max_history,
        evidence_model=settings.evidence_model not in NO_EVIDENCE_MODEL,
        recency=settings.recency,
        half_life=settings.half_life,
        check=settings.check,
    )


def open_pipeline(settings: Settings, *, engine: str | None = None, retriever: str | None = None) -> Pipeline:
    """Everything a question needs. Raises IndexMissing, IndexMismatch, WeightsMissing, InputError or
    StoreUnreachable; a model server that does not answer shows at the first question."""
    settings = with_choices(settings, engine, retriever)
    # What fails at once is tried first: loading the embedder takes seconds.
    open_library(settings).close()
    model = load_model_for(settings) if settings.engine == "model" else None
    embedder = load_embedder_for(settings)
    return assemble(settings, embedder, model, load_reader_for(settings, embedder))


def assemble(
    settings: Settings, embedder: SentenceEmbedder, model: LanguageModel | None, reader: Reads | None
) -> Pipeline:
    """A pipeline over the index the settings name, with parts loaded before."""
    from rag.pipeline import Pipeline

    return Pipeline(
        open_library(settings, embedder),
        embedder,
        options=rag_options(settings),
        model=model,
        reader=reader,
        settings_hash=settings_hash(settings),
    )


def load_reader_for(settings: Settings, embedder: SentenceEmbedder) -> Reads | None:
    """The evidence model the settings name; None where it is switched off, or the bundled weights under
    it are missing (plainer features then choose the sentences). Raises WeightsMissing for another
    cross-encoder that cannot be loaded."""
    from rag.evidence_model import load_cross_encoder, load_evidence_model

    if settings.evidence_model in NO_EVIDENCE_MODEL:
        return None
    if settings.evidence_model != "bundled":
        return load_cross_encoder(settings.evidence_model)
    try:
        return load_evidence_model(precision=embedder.precision)
    except WeightsMissing as error:
        log.warning("no evidence model: %s", error)
        return None


@contextmanager
def opened_library(settings: Settings) -> Iterator[Library]:
    """The index for reading, without an embedder, closed at the end."""
    library = open_library(settings)
    try:
        yield library
    finally:
        library.close()


@contextmanager
def opened_pipeline(settings: Settings) -> Iterator[Pipeline]:
    """`open_pipeline`; at the end the index is closed and the model stopped."""
    pipeline = open_pipeline(settings)
    try:
        yield pipeline
    finally:
        if pipeline.model is not None:
            pipeline.model.close()
        pipeline.library.close()


@contextmanager
def opened_pipelines(settings: Sequence[Settings]) -> Iterator[dict[str, Pipeline]]:
    """A pipeline for each collection that these settings name, which differ in nothing else; they share
    the models. Raises what `open_pipeline` raises, before a model is loaded where that is possible."""
    for one in settings[1:]:
        open_library(one).close()
    with opened_pipeline(settings[0]) as first, ExitStack() as opened:
        pipelines = {settings[0].collection: first}
        for one in settings[1:]:
            if one.collection not in pipelines:
                embedder = cast("SentenceEmbedder", first.embedder)
                pipelines[one.collection] = assemble(one, embedder, first.model, first.reader)
                opened.callback(pipelines[one.collection].library.close)
        yield pipelines


def open_fetcher(settings: Settings) -> Fetcher:
    """What fetches pages by the settings; raises InputError for values that cannot be."""
    from index.fetch import Fetcher, FetchOptions

    allowed = tuple(part for part in settings.fetch_allowed.replace(",", " ").split() if part)
    return Fetcher(
        FetchOptions(
            user_agent=settings.fetch_agent,
            host_delay=settings.fetch_delay,
            allowed=allowed,
            obey_robots=settings.fetch_robots,
            robots_file=settings.index_dir / "robots.json",
            proxy=settings.fetch_proxy,
        )
    )


def build(
    settings: Settings,
    named: Sequence[str | Path],
    *,
    rebuild: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Indexes folders, files and web addresses. What cannot be read is named in the report's `skipped`;
    NothingToBuildError when that is all of them."""
    from index.listing import entry_of

    return build_entries(settings, [entry_of(one) for one in named], rebuild=rebuild, progress=progress)


def sync_entries(settings: Settings) -> list[SourceEntry]:
    """The sources `footnote sync` reads: those of the list (`settings.sources`), then those built before that it does
    not name. Raises InputError where there is none, or the list is wrong."""
    from index.ledger import known_sources
    from index.listing import SourceEntry, read_list

    listed = read_list(settings.sources) if settings.sources.is_file() else []
    names = {one.address or one.path or one.reader for one in listed}
    known: list[SourceEntry] = []
    for key, value in known_sources(settings.index_dir).items():
        entry = SourceEntry(**value)  # an older index has relative paths
        relative = entry.path and not Path(entry.path).is_absolute()
        known.append(entry.model_copy(update={"path": key}) if relative else entry)
    entries = listed + [one for one in known if (one.address or one.path or one.reader) not in names]
    if not entries:
        raise InputError(
            f"there is nothing to sync: no {settings.sources}, and nothing was built in {settings.index_dir}",
            "footnote build PATH-OR-ADDRESS..., or write the list of sources (docs/ingest.md)",
        )
    return entries


def build_entries(
    settings: Settings,
    entries: Sequence[SourceEntry],
    *,
    rebuild: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Brings the index up to date with these sources; see `build`."""
    from index.build import build_index
    from index.listing import open_sources

    with open_fetcher(settings) as fetcher:
        opened = open_sources(entries, collection=settings.collection, fetcher=fetcher)
        failed = [(one.name, Skipped(one.name, one.reason)) for one in opened if one.source is None]
        sources = [(one.source, one.entry) for one in opened if one.source is not None]
        if not sources:
            raise NothingToBuildError([skipped for _, skipped in failed])
        report = build_index(
            settings.index_dir,
            [source for source, _ in sources],
            embedder=embedder_for_building(settings),
            chunk_size=settings.chunk_size,
            overlap=settings.overlap,
            rebuild=rebuild,
            chroma_url=settings.chroma_url,
            near=near_rules(settings),
            progress=progress,
            remember={source.key: entry.as_json() for source, entry in sources},
            unread=[SourceReport(name, name, skipped=(skipped,)) for name, skipped in failed],
        )
    return report


def near_rules(settings: Settings) -> NearRules:
    """When two articles are near copies, as the settings say."""
    return NearRules(settings.near_copies, settings.near_overlap, settings.near_meaning, settings.near_days)


def remove(settings: Settings, ids: Sequence[str]) -> int:
    """Takes articles out of the index; how many were there."""
    from index.build import remove_articles

    return remove_articles(settings.index_dir, ids, chroma_url=settings.chroma_url)


@dataclass(frozen=True, slots=True)
class _Articles:
    """Articles already in hand, as a source; stored as they are."""

    key: str
    label: str
    articles: Iterable[Article]

    def read(self) -> Iterator[Article | Skipped]:
        yield from self.articles


class LocalSystem:
    """What an evaluation is run on: the settings as they stand (an `evals.system.EvalSystem`).

    The embedder and the language model are loaded once and shared by all the indexes it opens;
    `close` ends them all.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: list[Pipeline] = []

    @cached_property
    def _embedder(self) -> SentenceEmbedder:
        return load_embedder_for(self._settings)

    @cached_property
    def _remembering(self) -> SentenceCache:
        """The embedder for judging many statements about one text: its sentences are embedded once."""
        from rag.evidence import SentenceCache

        return SentenceCache(self._embedder)

    @cached_property
    def _model(self) -> LanguageModel | None:
        return load_model_for(self._settings) if self._settings.engine == "model" else None

    @cached_property
    def _reader(self) -> Reads | None:
        return load_reader_for(self._settings, self._embedder)

    @property
    def settings_hash(self) -> str:
        return settings_hash(self._settings)

    @property
    def index_settings_hash(self) -> str:
        return index_settings_hash(self._settings)

    @property
    def settings(self) -> dict[str, object]:
        """See `evals.system.EvalSystem.settings`."""
        return settings_that_change_answers(self._settings)

    def build(self, articles: Iterable[Article], index_dir: Path, label: str) -> Built:
        """See `evals.system.EvalSystem.build`; the vectors are kept in the folder, never on a server."""
        from evals.system import Built
        from index.build import build_index

        report = build_index(
            index_dir,
            [_Articles(f"eval:{label}", label, articles)],
            embedder=self._embedder,
            chunk_size=self._settings.chunk_size,
            overlap=self._settings.overlap,
            near=NearRules(on=False),  # sets name single articles as right, copies or not
        )
        return Built(report.manifest.articles, report.manifest.chunks, report.seconds)

    def pipeline(self, index_dir: Path) -> Pipeline:
        """See `evals.system.EvalSystem.pipeline`."""
        own = index_dir == self._settings.index_dir
        place = {} if own else {"index": index_dir, "collection": DEFAULT_COLLECTION, "chroma_url": ""}
        settings = self._settings.model_copy(update=place)
        pipeline = assemble(settings, self._embedder, self._model, self._reader)
        self._opened.append(pipeline)
        return pipeline

    def rewrite(self, question: str, history: Sequence[Turn]) -> str:
        """See `evals.system.EvalSystem.rewrite`."""
        from rag.followup import standalone

        return standalone(question, tuple(history)[-self._settings.max_history :])

    def supports(self, statement: str, sentences: Sequence[str]) -> Support:
        """See `evals.system.EvalSystem.supports`."""
        from rag import check

        return check.supports(statement, sentences, self._remembering)

    def chunk_count(self, article: Article) -> int:
        """See `evals.system.EvalSystem.chunk_count`."""
        from index.split import split_article

        return len(
            split_article(
                article,
                self._embedder,
                chunk_size=self._settings.chunk_size,
                overlap=self._settings.overlap,
            )
        )

    def close(self) -> None:
        """Closes every index it opened, and stops the model."""
        while self._opened:
            self._opened.pop().library.close()
        if "_model" in self.__dict__ and self._model is not None:
            self._model.close()


@contextmanager
def local_system(settings: Settings) -> Iterator[LocalSystem]:
    """A `LocalSystem`, closed at the end."""
    system = LocalSystem(settings)
    try:
        yield system
    finally:
        system.close()
