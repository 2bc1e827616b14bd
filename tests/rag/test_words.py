import pytest

from rag import words as w


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("five ships and 1,000 men", {"5", "1000"}),
        ("1.000.000 Euro", {"1000000"}),
        ("3.5 percent in 2024", {"3.5", "2024"}),
        ("no figures here", set()),
    ],
)
def test_numbers_are_found_in_digits_and_words(text: str, expected: set[str]) -> None:
    assert w.numbers(text) == expected


def test_names_are_capitalised_words_inside_a_sentence() -> None:
    assert w.names("Yesterday the Kremlin told NATO about Iran.") >= {"kremlin", "nato", "iran"}
    assert "yesterday" not in w.names("Yesterday it rained.")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("¿Cuándo vuelve el tren nocturno?", set()),
        ("¿Quién dirige Rieles del Norte?", {"rieles", "norte"}),
        ("¡Hola! ¿Qué dijo Marín?", {"marín"}),
        ("„Wann öffnet die Brücke?“", {"brücke"}),
    ],
)
def test_the_mark_before_a_question_makes_no_name_of_its_first_word(question: str, found: set[str]) -> None:
    assert w.names(question) == found


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Was sagte Rohr?", "de"),
        ("Was kostet das Brot?", "de"),
        ("Was it Rohr?", "en"),
        ("¿Cuántos maquinistas faltan?", "es"),
        ("Tide tables?", "en"),
    ],
)
def test_the_language_of_a_short_question_is_known_by_how_it_asks(question: str, language: str) -> None:
    assert w.spoken(question) == language


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the canal open?", "when"),
        ("In what year was it sold?", "when"),
        ("How many moons has Saturn?", "number"),
        ("Who built it?", "who"),
        ("Where was he born?", "where"),
        ("Why was it closed?", "why"),
        ("Did the treaty include a clause?", "yes-no"),
        ("Describe the canal", ""),
    ],
)
def test_the_kind_of_answer_a_question_asks_for(question: str, kind: str) -> None:
    assert w.wanted_kind(question) == kind


def test_negation_is_seen_in_words_and_contractions() -> None:
    assert w.negation("It wasn't signed.")
    assert w.negation("Russia would not defend Iran.")
    assert w.negating("Both sides left out the clause.")
    assert not w.negation("It was noted and signed.")


def test_possessives_and_typographic_apostrophes_fold_to_the_same_word() -> None:
    assert w.content_stems("Iran’s regime") == w.content_stems("Iran regime")


def test_stems_join_forms_of_a_word() -> None:
    assert w.stem("opened") == w.stem("opening")
    assert w.stem("3rd") == "3"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("defence", "defense"),
        ("colour", "color"),
        ("neighbouring", "neighboring"),
        ("kilometres", "kilometers"),
        ("centre", "center"),
        ("organised", "organized"),
        ("organisation", "organization"),
        ("analysed", "analyzed"),
        ("travelled", "traveled"),
        ("cancelling", "canceling"),
        ("programmes", "programs"),
        ("grey", "gray"),
        ("aluminium", "aluminum"),
        ("harbour", "harbor"),
    ],
)
def test_british_and_american_spellings_are_one_word(british: str, american: str) -> None:
    assert w.stem(british) == w.stem(american)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hour", "or"),
        ("four", "for"),
        ("tour", "tor"),
        ("prise", "prize"),
        ("rise", "rize"),
        ("wise", "wize"),
        ("tree", "ter"),
    ],
)
def test_words_that_only_look_so_stay_apart(one: str, other: str) -> None:
    assert w.stem(one) != w.stem(other)


@pytest.mark.parametrize(
    "family",
    [
        "call called calling calls",
        "kill killed killing",
        "fall falling falls",
        "sell selling",
        "revise revision revised",
        "televise television",
        "colour colours coloured colouring colourful color colorful",
        "neighbour neighbouring neighbor neighbors",
        "organise organised organising organize organized",
        "travel travelled traveled travelling",
        "program programs programmed programme programmes",
    ],
)
def test_the_forms_of_a_word_stay_together(family: str) -> None:
    assert len({w.stem(word) for word in family.split()}) == 1
