"""Near copies: one of them answers, the others are named with it, and clusters depend on the articles alone."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import near
from index.build import build_index, remove_articles
from index.catalog import CATALOG_FILE, Catalog, Shelves
from index.copies import Head, Pair, clusters_of
from index.find_copies import find_copies
from index.library import Library
from index.near import NearRules, likeness, print_of, verdict
from index.schema import Article, ArticleFilter, BuildReport, Chunk
from index.staging import Staging
from tests.index.words import WORDS, Interrupted, ListSource, WordEmbedder, article, corpus

HARBOUR = (
    "The mayor of Harrowgate, Anna Lind, opened the new ferry harbour on Tuesday after 14 years of delay. "
    "It cost 230 million crowns, the council said, and will take 4,000 passengers a day to Skarholm.\n\n"
    "Opponents had argued that the quay would disturb the seals that live on the Brand rocks in winter. "
    "The regional court in Ostwick rejected their complaint in March 2022.\n\n"
    "Ferries sail every 40 minutes from now on, said Jonas Velt, who heads the shipping line. "
    "Fares stay as they are until the end of the year."
)
GLACIER = (
    "Researchers from Norbeck measured the Tavish glacier for the last time this summer. It has lost 310 metres "
    "of its length since 1988, Mira Halden reported in the journal of the society, and splits into two parts.\n\n"
    "The hut below it, built by miners, moves to safer ground for 2 million crowns. Guides expect fewer guests."
)
FOOTER = (
    "This report is brought together by the newsroom from several wires and checked by an editor before it goes out. "
    "Corrections are shown at the foot of the page with the day on which they were made. Readers who notice a mistake "
    "may write to the desk, and the desk replies within two working days."
)
DAY = date(2024, 5, 1)


def built(index_dir: Path, *articles: Article, **more: object) -> BuildReport:
    options = {"embedder": WordEmbedder(), "chunk_size": 60, **more}
    return build_index(index_dir, [ListSource(articles)], **options)  # type: ignore[arg-type]


def clusters(index_dir: Path) -> dict[str, str]:
    catalog = Catalog.open(index_dir)
    assert catalog is not None
    try:
        return {row.id: row.cluster for row in catalog.article_rows() if row.cluster}
    finally:
        catalog.close()


def found(library: Library, words: str = "ferry harbour", only: ArticleFilter | None = None) -> set[str]:
    vector = WordEmbedder().encode([words])[0]
    dense = {hit.chunk_id.split(":")[0] for hit in library.dense(vector, 20, only=only)}
    lexical = {hit.chunk_id.split(":")[0] for hit in library.lexical(words, 20, only=only)}
    return lexical & dense


def original(**more: object) -> Article:
    return article("original", HARBOUR, "A harbour at last", site="Courier", source="Courier", **more)


def wired(**more: object) -> Article:
    text = f"HARROWGATE (Northern Wire) - {HARBOUR}\n\nMore to follow."
    facts = {"published": DAY + timedelta(1), "site": "Gazette", "source": "Gazette", **more}
    return article("wired", text, "Ferries sail from Harrowgate", **facts)


def shortened(**more: object) -> Article:
    facts = {"published": DAY + timedelta(2), "site": "Post", "source": "Post", **more}
    return article("shortened", HARBOUR[:430], "Harbour opens", **facts)


def alike(a: str, b: str, cosine: float = 0.5, common: Sequence[int] = ()) -> str:
    return near.verdict(near.likeness(near.print_of(a), near.print_of(b), cosine, set(common)), NearRules())


# ---- two texts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copy",
    [
        HARBOUR[: len(HARBOUR) * 2 // 3],
        "\n\n".join(reversed(HARBOUR.split("\n\n"))),
        f"OSTWICK (KPA) -- {HARBOUR}",
        f"{FOOTER}\n\n{HARBOUR}",
        HARBOUR.replace("delay", "waiting").replace("argued", "claimed").replace("winter", "the cold season"),
        HARBOUR.upper(),
    ],
    ids=["truncated", "reordered", "agency line", "boilerplate", "some synonyms", "capitals"],
)
def test_a_changed_copy_is_a_near_copy(copy: str) -> None:
    assert alike(HARBOUR, copy) == alike(copy, HARBOUR) == "words"


def test_the_same_form_with_other_facts_is_not() -> None:
    other = HARBOUR
    for old, new in {
        "Harrowgate": "Birkness", "Anna Lind": "Bruno Marle", "Tuesday": "Friday", "14": "9", "230": "75",
        "4,000": "1,200", "Skarholm": "Upwell", "Brand": "Corvin", "Ostwick": "Nairn", "March 2022": "June 2019",
        "40": "25", "Jonas Velt": "Tilda Orne",
    }.items():  # fmt: skip
        other = other.replace(old, new)
    assert alike(HARBOUR, other, cosine=0.99) == ""


def test_a_mention_in_a_longer_story_and_a_shared_background_are_not() -> None:
    background = HARBOUR.split("\n\n")[1]
    follow_up = f"{GLACIER}\n\n{background}"
    assert alike(HARBOUR, follow_up) == ""
    other = corpus(3, 1)[0].text[:900]
    assert alike(HARBOUR, f"{other}\n\n{HARBOUR}") == ""  # all of it, at the end of another story
    assert alike(HARBOUR, f"{HARBOUR}\n\n{other}") == "words"
    assert alike(background, f"{HARBOUR}\n\n{GLACIER}\n\n{FOOTER}") == ""  # too short beside it


def test_a_reworded_copy_is_told_by_its_meaning() -> None:
    words = HARBOUR.split(" ")
    reworded = " ".join(
        f"{w}ly" if n % 3 == 0 and w.islower() else w for n, w in enumerate(words)
    )  # a third of the words others, names and figures the same
    assert alike(HARBOUR, reworded, cosine=0.97) == "meaning"
    assert alike(HARBOUR, reworded, cosine=0.80) == ""


def test_shared_boilerplate_makes_no_near_copy_once_it_is_known_as_such(tmp_path: Path) -> None:
    chance = random.Random(2)
    short = [f"the {' '.join(chance.choices(WORDS, k=32))}." for _ in range(24)]
    articles = [article(f"n{n}", f"{text}\n\n{FOOTER}", f"Short {n}") for n, text in enumerate(short)]
    assert (
        built(tmp_path / "two", *articles[:2]).clustered == 1
    )  # mostly the same words, for all one can tell
    assert built(tmp_path / "all", *articles).clustered == 0


def test_scripts_without_spaces_are_compared_as_well() -> None:
    text = "市長は火曜日に新しい港を開いた。費用は二億三千万クローネで、一日四千人を運ぶと議会は述べた。"
    assert alike(text, f"速報　{text}") == "words"
    assert (
        alike(text, "氷河は一九八八年から三百十メートル後退したと研究者が学会誌で報告した。小屋は移される。")
        == ""
    )


@pytest.mark.parametrize("text", ["", "One.", "a b", "\n\n", "?" * 50, "x" * 5000, "word. " * 3000])
def test_odd_texts_have_prints(text: str) -> None:
    made = near.print_of(text)
    assert made.counts.sum() == len(made.shingles)
    assert len(made.sentences) == len(made.contexts)
    assert near.signatures([made, near.print_of(HARBOUR)]).shape == (2, near.PERMUTATIONS)
    assert near.likeness(made, made, 1.0).lengths <= 1.0


# ---- who represents them ----------------------------------------------------------------------


def test_the_earliest_represents_and_a_longer_one_of_the_same_day() -> None:
    heads = [
        Head("b", "1", DAY, characters=9),
        Head("a", "2", DAY, characters=5),
        Head("c", "3", None, characters=99),
    ]
    pairs = [Pair("1", "2", "words"), Pair("1", "3", "words"), Pair("2", "3", "words")]
    assert clusters_of(heads, pairs, NearRules()) == {"a": "b", "b": "b", "c": "b"}
    earlier = Head("z", "4", DAY - timedelta(1))
    more = [*pairs, *(Pair(n, "4", "words") for n in "123")]
    assert set(clusters_of([*heads, earlier], more, NearRules()).values()) == {"z"}


def test_a_page_that_names_another_sites_address_as_the_original_gives_way_to_it() -> None:
    url = "https://www.courier.example/harbour"
    copy, first = Head("copy", "1", DAY, url, "Gazette"), Head("first", "2", None, url, "Courier")
    assert clusters_of([copy, first], [Pair("1", "2", "words")], NearRules())["copy"] == "first"


def test_copies_are_like_their_representative_itself_not_only_like_one_another() -> None:
    heads = [Head("a", "1", DAY), Head("b", "2", DAY + timedelta(1)), Head("c", "3", DAY + timedelta(2))]
    chain = [Pair("1", "2", "words"), Pair("2", "3", "words")]
    assert clusters_of(heads, chain, NearRules()) == {"a": "a", "b": "a"}


def test_reworded_copies_are_of_about_the_same_day_or_of_an_unknown_one() -> None:
    pair = [Pair("1", "2", "meaning")]
    for day, together in ((DAY + timedelta(4), True), (DAY + timedelta(5), False), (None, True)):
        heads = [Head("a", "1", DAY), Head("b", "2", day)]
        assert bool(clusters_of(heads, pair, NearRules())) is together


# ---- in an index ------------------------------------------------------------------------------


def test_one_answers_and_names_the_others(tmp_path: Path) -> None:
    report = built(tmp_path, shortened(), wired(), original(), *corpus(4, 5))
    assert report.clustered == 2
    with Library.open(tmp_path) as library:
        assert found(library) & {"original", "wired", "shortened"} == {"original"}
        assert [copy.site for copy in library.also_in("original")] == ["Gazette", "Post"]
        assert [copy.id for copy in library.also_in("wired")] == ["original", "shortened"]
        assert library.also_in("a1") == ()
        assert {"original", "wired", "shortened"} <= {
            r.id for r in library.listing(query="ferry harbour").rows
        }


def test_the_next_one_answers_where_a_filter_leaves_the_first_out(tmp_path: Path) -> None:
    built(tmp_path, original(), wired(), shortened(), *corpus(4, 5))
    three = {"original", "wired", "shortened"}
    with Library.open(tmp_path) as library:
        for only, answers in (
            (ArticleFilter(sources=("Gazette", "Post")), {"wired"}),
            (ArticleFilter(since=DAY + timedelta(2)), {"shortened"}),
            (ArticleFilter(articles=("shortened", "wired")), {"wired"}),
            (ArticleFilter(sources=("Courier",)), {"original"}),
            (ArticleFilter(until=DAY + timedelta(9)), {"original"}),
        ):
            assert found(library, only=only) & three == answers, only
        hits = library.lexical("ferry harbour", 20, without=("original",))
        assert {hit.chunk_id.split(":")[0] for hit in hits} & three == {"wired"}


def test_a_removed_representative_hands_over_and_comes_back(tmp_path: Path) -> None:
    built(tmp_path, original(), wired(), shortened())
    remove_articles(tmp_path, ["original"])
    assert clusters(tmp_path) == {"wired": "wired", "shortened": "wired"}
    built(tmp_path, original(), wired(), shortened())
    assert set(clusters(tmp_path).values()) == {"original"}
    built(tmp_path, replace(original(), text=GLACIER), wired(), shortened())
    assert clusters(tmp_path) == {"wired": "wired", "shortened": "wired"}
    assert built(tmp_path, wired()).clustered == 0


def test_a_later_date_for_the_first_hands_over_without_embedding(tmp_path: Path) -> None:
    built(tmp_path, original(), wired())
    embedder = WordEmbedder()
    built(tmp_path, replace(original(), published=DAY + timedelta(3)), wired(), embedder=embedder)
    assert clusters(tmp_path) == {"original": "wired", "wired": "wired"}
    assert embedder.encoded == []


def test_an_unchanged_collection_is_unchanged_though_its_articles_are_clustered(tmp_path: Path) -> None:
    first = built(tmp_path, original(), wired())
    again = built(tmp_path, original(), wired())
    assert (again.unchanged, again.updated, again.clustered) == (2, 0, 1)
    assert again.manifest.revision == first.manifest.revision


def test_a_correction_is_no_copy_and_the_one_it_corrects_answers_for_its_copies(tmp_path: Path) -> None:
    corrected = replace(original(), id="corrected", external_id="corrected.md", corrects="original.md",
                        text=HARBOUR.replace("230", "280"), published=DAY + timedelta(5))  # fmt: skip
    built(tmp_path, replace(original(), published=DAY + timedelta(2)), wired(), corrected)
    assert clusters(tmp_path) == {"original": "original", "wired": "original"}
    with Library.open(tmp_path) as library:
        assert library.revised_by("original") == "corrected"
        assert "corrected" in found(library)


def test_an_index_written_before_there_were_prints_answers_and_is_filled_at_the_next_build(
    tmp_path: Path,
) -> None:
    built(tmp_path, original(), wired())
    with sqlite3.connect(tmp_path / CATALOG_FILE) as db:
        db.executescript(
            "DROP TABLE prints; DROP TABLE near_pairs; DELETE FROM meta WHERE key = 'near'; UPDATE articles SET cluster = ''"
        )
    db.close()
    with Library.open(tmp_path) as library:
        assert {"original", "wired"} <= found(library)
        assert library.also_in("original") == ()
    embedder = WordEmbedder()
    report = built(tmp_path, original(), wired(), embedder=embedder)
    assert (report.unchanged, report.clustered, embedder.encoded) == (2, 1, [])


def test_articles_removed_from_an_index_without_prints_leave_it_without(tmp_path: Path) -> None:
    built(tmp_path, original(), wired(), shortened(), near=NearRules(on=False))
    remove_articles(tmp_path, ["original"])
    assert clusters(tmp_path) == {}


def test_it_can_be_turned_off_and_on_again_without_embedding(tmp_path: Path) -> None:
    built(tmp_path, original(), wired())
    embedder = WordEmbedder()
    before = len(embedder.encoded)
    assert built(tmp_path, original(), wired(), near=NearRules(on=False), embedder=embedder).clustered == 0
    assert len(embedder.encoded) == before
    with Library.open(tmp_path) as library:
        assert {"original", "wired"} <= found(library)
    strict = NearRules(overlap=1.0, meaning=1.0)
    framed = wired()
    assert built(tmp_path, original(), framed, near=strict, embedder=embedder).clustered == 1
    reordered = replace(framed, text="\n\n".join(reversed(HARBOUR.split("\n\n"))))
    assert built(tmp_path, original(), reordered, near=strict, embedder=embedder).clustered == 0
    assert built(tmp_path, original(), reordered, embedder=embedder).clustered == 1
    assert built(tmp_path, original(), wired(), rebuild=True).clustered == 1


def test_a_build_that_dies_leaves_the_clusters_as_they_were(tmp_path: Path) -> None:
    built(tmp_path, original(), wired())
    before = clusters(tmp_path)
    with pytest.raises(Interrupted):
        built(tmp_path, wired(), shortened(), *corpus(5, 4), embedder=WordEmbedder(fail_after=3))
    assert clusters(tmp_path) == before
    built(tmp_path, wired(), shortened(), *corpus(5, 4))
    assert clusters(tmp_path) == {"wired": "wired", "shortened": "wired"}


# ---- the order in which articles come ---------------------------------------------------------


class Vectors:
    """A vector store of which nothing is asked: all vectors are staged."""

    def vectors(self, ids: Sequence[str], batch: int):
        assert not ids
        return iter(())


def applied(folder: Path, catalog: Catalog, put: Sequence[Article], remove: Sequence[str]) -> None:
    """What a build does to the catalog, without stores."""
    staging = Staging(folder, "test")
    embedder = WordEmbedder()
    for one in put:
        staging.put_article(one, "key")
        staging.put_chunks(
            one.id, [Chunk(f"{one.id}:{one.content_hash}", one.id, 0, one.text, 0, len(one.text))]
        )
        staging.put_vectors([(f"{one.id}:{one.content_hash}", one.id)], embedder.encode([one.text]))
    staging.flush()
    take = [one.id for one in put]
    copies = find_copies(catalog, staging, Vectors(), NearRules(), take=take, remove=remove)  # type: ignore[arg-type]
    settings_ = {
        "embedding_model": "",
        "weights_sha256": "",
        "dimension": "1",
        "chunk_size": "1",
        "overlap": "1",
    }
    catalog.commit(staging=staging.path, take=take, remove=remove, sources={"key": "key"}, settings=settings_,
                   shelves=Shelves(), copies=copies)  # fmt: skip
    staging.drop(take, ["key"])
    staging.close()


SHORT = [" ".join(one.text.split()[:25]) for one in corpus(9, 6)]
TEXTS = (
    HARBOUR, f"(Northern Wire) {HARBOUR}", HARBOUR[:430], f"{HARBOUR}\n\n{FOOTER}", HARBOUR.replace("the", "this"),
    GLACIER, f"{GLACIER} {SHORT[0]}", *(f"{text}\n\n{FOOTER} {FOOTER}" for text in SHORT),
)  # fmt: skip
CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.none() | st.integers(0, len(TEXTS) - 1), st.none() | st.integers(0, 9)
        ),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


def state(catalog: Catalog) -> tuple[dict[str, str], set[Pair], set[str]]:
    return {r.id: r.cluster for r in catalog.article_rows()}, set(catalog.near_pairs()), catalog.printed()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(CHANGES)
def test_any_changes_end_in_the_clusters_of_a_build_from_scratch(
    steps: list[list[tuple[int, int | None, int | None]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("long", "short")]
        for place in places:
            place.mkdir()
        one, other = (Catalog.create(place) for place in places)
        articles: dict[str, Article] = {}
        for step in steps:
            put: dict[str, Article] = {}
            gone: set[str] = set()
            for number, text, day in step:
                name = f"a{number}"
                put.pop(name, None)
                gone.discard(name)
                if text is not None:
                    when = None if day is None else DAY + timedelta(day)
                    put[name] = article(name, TEXTS[text], published=when)
                elif name in articles:
                    gone.add(name)
            articles = {name: a for name, a in articles.items() if name not in gone} | put
            applied(places[0], one, list(put.values()), sorted(gone))
        applied(places[1], other, list(articles.values()), [])
        assert state(one) == state(other)
        one.close()
        other.close()


def test_twenty_copies_of_one_story_are_one_cluster_however_they_are_framed(tmp_path: Path) -> None:
    lines = [" ".join(text.text.split()[:14]) for text in corpus(7, 20)]
    copies = [
        article(f"c{n}", f"{line}\n\n{HARBOUR}\n\nPaper {n}.", f"T {n}") for n, line in enumerate(lines)
    ]
    assert built(tmp_path, *copies, *corpus(8, 10)).clustered == 19


def test_signatures_agree_in_the_share_that_texts_have_in_common() -> None:
    half = np.arange(400, dtype=np.uint32)
    prints = [near.print_of(HARBOUR) for _ in range(2)]
    shared = [replace(prints[0], shingles=half), replace(prints[1], shingles=half + 200)]
    signed = near.signatures(shared)
    assert (signed[0] == signed[1]).mean() == pytest.approx(1 / 3, abs=0.12)


def test_two_short_notices_of_one_form_with_another_name_and_number_are_two_articles():
    texts = [
        f"The lighthouse of {town} was lit for the first time by {20 + n} keepers. It is made of granite."
        for n, town in enumerate(("Arle", "Brink"))
    ]
    one, other = map(print_of, texts)
    assert verdict(likeness(one, other, 0.99), NearRules()) == ""
