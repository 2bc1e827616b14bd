"""Articles found by their web address, however a page writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.addresses import spellings
from index.build import build_index
from index.library import Library
from index.schema import ArticleFilter
from tests.index.words import ListSource, WordEmbedder, article


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("addresses")
    articles = [
        article("fog", "Fog lay on the harbour.", url="https://www.example.org/news/fog/"),
        article("ferry", "The ferry sails at dawn.", url="http://example.org/item?id=7&page=2"),
        article("home", "Welcome to the harbour.", url="https://example.org"),
        article("plain", "No address here.", url=""),
        article("port", "The port is open.", url="http://localhost:8000/port.html"),
    ]
    build_index(place, [ListSource(articles)], embedder=WordEmbedder(), chunk_size=60)
    with Library.open(place) as opened:
        yield opened


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://www.example.org/news/fog/", "fog"),
        ("https://www.example.org/news/fog", "fog"),
        ("http://example.org/news/fog#comments", "fog"),
        ("HTTPS://Example.org/news/fog/?utm_source=mail&fbclid=1", "fog"),
        ("https://example.org:443/news/fog", "fog"),
        ("https://example.org/item?id=7&page=2", "ferry"),
        ("https://example.org/item?id=7&page=2&utm_campaign=x", "ferry"),
        ("https://example.org/", "home"),
        ("https://example.org/#news", "home"),
        ("http://localhost:8000/port.html", "port"),
        ("fog", "fog"),
        ("https://example.org/news/fogs", ""),
        ("https://example.org/News/fog", ""),
        ("https://example.org/item?id=8&page=2", ""),
        ("https://example.org/item", ""),
        ("https://other.example/news/fog", ""),
        ("http://localhost/port.html", ""),
        ("ftp://example.org/news/fog", ""),
        ("https://[", ""),
        ("", ""),
        ("nobody", ""),
        ("https://example.org/" + "a" * 3000, ""),
    ],
)
def test_an_article_is_found_by_any_spelling_of_its_address(library: Library, address: str, name: str):
    assert library.find(address) == name


def test_only_the_named_articles_are_searched(library: Library):
    vector = WordEmbedder().encode(["the harbour"])[0]
    only = ArticleFilter(articles=("fog", "nobody"))
    assert {hit.chunk_id.split(":")[0] for hit in library.dense(vector, 9, only=only)} == {"fog"}
    assert {hit.chunk_id.split(":")[0] for hit in library.lexical("harbour", 9, only=only)} == {"fog"}
    assert library.listing(only).total == library.overview(only=only).articles == 1
    assert library.dense(vector, 9, only=ArticleFilter(articles=("nobody",))) == []
    assert not only.admits(None, ("", ""), "")


@given(st.text(max_size=60) | st.from_regex(r"https?://[\w.:?&=%/#-]{0,50}", fullmatch=True))
def test_whatever_is_given_as_an_address_is_taken(text: str):
    found = spellings(text)
    assert not found or found[0] == text
    assert len(found) <= 26
