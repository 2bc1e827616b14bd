"""What is small talk, what asks about the collection, and what is a question to the articles."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.followup import standalone
from rag.longer import wish
from rag.schema import Turn
from rag.talk import asked_before, foreign, recognise

TODAY = date(2026, 6, 15)

TALK = {
    "greeting": """
        Hi | Hello! | hello there | Hey :) | Good morning | good evening! | Hi there, Footnote! | HELLO | test
        Hallo | Guten Tag! | Moin moin | Grüß Gott | Guten Abend | hallo zusammen | Servus
        ¡Hola! | Buenos días | buenas tardes | Buenas""",
    "thanks": """
        Thanks | thank you! | Thank you very much for your help. | ok thanks | Great, thanks! | Thanks, that helped a lot | thx | thank u | Many thanks
        Danke | Vielen Dank! | danke schön | Danke für die Hilfe | Super, danke! | Herzlichen Dank
        Gracias | ¡Muchas gracias! | muchas gracias por tu ayuda | Perfecto, gracias""",
    "fine": "OK | Okay. | great! | I see | Very interesting, ok | Alles klar | Sehr gut | Vale | Perfecto",
    "goodbye": """
        Bye | Goodbye! | Thanks, bye! | good night | See you later | That's all for now, thanks | Have a nice day!
        Tschüss | Auf Wiedersehen | Bis bald! | Danke und tschüss | Schönen Tag noch
        Adiós | ¡Hasta luego! | Gracias, adiós""",
    "wellbeing": "How are you? | Hi, how are you doing today? | How's it going? | Wie geht's? | Hallo, wie geht es Ihnen? | ¿Cómo estás? | Hola, ¿qué tal?",
    "identity": """
        Who are you? | What are you? | What's your name? | Are you a robot? | are you chatgpt | Are you a real person? | Who made you? | Hi! Who are you?
        Wer bist du? | Wer sind Sie? | Wie heißt du? | Bist du ein Mensch? | Bist du eine KI?
        ¿Quién eres? | ¿Cómo te llamas? | ¿Eres un robot?""",
    "abilities": """
        What can you do? | what can you do for me | How can you help me? | Help! | I need help | How do you work? | What kind of questions can I ask? | How does this work? | What can I do here?
        Was kannst du? | Was können Sie alles? | Wie kannst du mir helfen? | Hilfe | Wie funktioniert das?
        ¿Qué puedes hacer? | ¿En qué me puedes ayudar? | Ayuda | ¿Cómo funciona esto?""",
    "trust": "Are you sure? | How do you know that? | Can I trust you? | Bist du sicher? | ¿Estás seguro?",
    "count": """
        How many articles? | How many articles do you have? | how many articles are there in the collection | How many texts are in this index? | Can you tell me how many articles you have? | number of articles | How big is the collection?
        Wie viele Artikel? | Wie viele Artikel gibt es hier? | Wieviele Artikel hast du? | Wie viele Texte sind in der Sammlung?
        ¿Cuántos artículos hay? | Cuantos articulos tienes | ¿Cuántos artículos hay en la colección?""",
    "contents": """
        Which articles do you have? | What articles are there? | Show me all articles | List the articles | Summarise all articles | Give me an overview of your articles | Give me a summary | What do you have here? | What is in this collection?
        Welche Artikel gibt es? | Welche Artikel hast du? | Zeig mir alle Artikel | Fasse alle Artikel zusammen
        ¿Qué artículos hay? | Muéstrame los artículos | Resume los artículos""",
    "newest": """
        What is newest? | What's new? | whats new | What is the newest article? | which article is the latest | Show me the latest articles | Any news? | Is there anything new? | When was the last article published? | How up to date are you? | What happened last week? | What happened today? | What happened? | Give me a summary of the news
        Was gibt es Neues? | Was ist der neueste Artikel? | Zeig mir die neuesten Artikel | Wie aktuell bist du? | Was ist gestern passiert?
        ¿Qué hay de nuevo? | ¿Cuál es el artículo más reciente? | Muéstrame los últimos artículos | ¿Qué pasó ayer?""",
    "oldest": "What is the oldest article? | Which is the first article you have? | Welcher Artikel ist der älteste? | ¿Cuál es el artículo más antiguo?",
    "sources": """
        What are your sources? | Which sources do you have? | Where do you get your information from? | Where do the articles come from? | What are your answers based on?
        Welche Quellen gibt es? | Woher kommen die Artikel? | Was sind deine Quellen?
        ¿Qué fuentes tienes? | ¿De dónde sacas la información? | ¿Cuáles son tus fuentes?""",
    "topics": """
        Which topics do you have? | What topics are there? | What can I ask about? | What are the articles about? | what topics can I ask you about
        Welche Themen gibt es? | Was kann ich dich fragen? | Wovon handeln die Artikel?
        ¿Qué temas hay? | ¿De qué tratan los artículos? | ¿Qué te puedo preguntar?""",
    "period": """
        What period do the articles cover? | Which years do you cover? | How far back do the articles go? | How old are the articles? | When were the articles published? | From when are the articles?
        Welchen Zeitraum decken die Artikel ab? | Aus welchen Jahren stammen die Artikel? | Wie alt sind die Artikel?
        ¿Qué período cubren los artículos? | ¿De qué años son los artículos?""",
    "languages": "Which languages do you speak? | In which language are the articles? | Do you speak German? | Are there any articles in German? | Gibt es Artikel auf Deutsch? | ¿Hay artículos en español? | Sprichst du Deutsch? | ¿Hablas español?",
}  # fmt: skip

ON = {
    "Which articles do you have on the Panama Canal?": "the Panama Canal",
    "what articles are there about ozone": "ozone",
    "Do you have anything on Berlin?": "Berlin",
    "Do you have any articles about whale watching?": "whale watching",
    "articles on quantum knitting": "quantum knitting",
    "Show me all articles about the euro, please": "the euro",
    "What do you have on the Mona Lisa?": "the Mona Lisa",
    "Which articles mention Greece?": "Greece",
    "How many articles are there on marathons?": "marathons",
    "How many articles do you have about the moons of Saturn?": "the moons of Saturn",
    "Is there anything about tomatoes here?": "tomatoes",
    "I'm looking for articles on bridges": "bridges",
    "Can you find me something on Venice?": "Venice",
    "I want to read about bridges": "bridges",
    "What is the newest article on Russia?": "Russia",
    "Hi! Which articles do you have on the treaty?": "the treaty",
    "Welche Artikel hast du zur Elbphilharmonie?": "Elbphilharmonie",
    "Gibt es Artikel über Dresden?": "Dresden",
    "Hast du etwas über Brücken?": "Brücken",
    "Was hast du zum Thema Brände?": "Brände",
    "Wie viele Artikel gibt es über Paris?": "Paris",
    "¿Qué artículos tienes sobre la Tomatina?": "la Tomatina",
    "¿Hay algo sobre Bilbao?": "Bilbao",
    "Artículos sobre el euro": "el euro",
    "¿Cuántos artículos hay sobre Francia?": "Francia",
}

REAL = """
    How many articles of the treaty were changed? | Thanks to whom did the bridge open? | What is the newest member of the euro?
    Who are you voting for, asked the reporter? | How many articles does the treaty have? | How many articles are in the constitution?
    Which articles of the treaty deal with defence? | How many articles on fundamental rights are there in the constitution?
    Who thanked the mayor? | Do you have anything on your conscience, asked the judge? | How many stories are there? | How many papers did she publish? | What is the newest bridge in Dresden? | What's new in the treaty? | What can you do against malaria?
    How are you supposed to throw the tomatoes? | What is the name of the canal? | What is the latest estimate of plastic in the sea?
    Hello Kitty was created by whom? | Who said hello to the queen? | Good Friday falls on which day? | How old is the canal?
    Which sources of energy does Iceland use? | Which topics did the council discuss? | What period did the mayor serve?
    Where does the money come from? | Where do the bridge's stones come from? | Which languages are spoken in Spain?
    What happened in 1966? | What happened to the polar bear? | Who made the Mona Lisa famous? | Are you allowed to cross the bridge on foot?
    Who are the Best Party? | What are the sources of ocean plastic? | What is the oldest bridge? | When was the last train? | Okay, and who built it?
    Hi, when did the canal open? | Please tell me who stole the painting | Help for Berlin came from whom? | Does anything about the cause of the fire remain unclear?
    How many texts did the council adopt? | Which book was published in 2024? | Which articles of the treaty were written in 1957? | Which articles did the newspaper print about the theft? | How big is the collection of the Louvre?
    What is in the seed vault? | Great Britain? | Bye Bye Birdie | What is the first article of the constitution? | Is there anything about the accident that is unclear?
    How do you know that the moon is a moon? | Who made you cry, Gnarr was asked | Are you sure the bridge opened in 2000? | Which articles are sold on the market?
    Wie viele Artikel hat das Grundgesetz? | Wie viele Artikel des Vertrags wurden geändert? | Wer sind Sie, fragte der Richter? | Was gibt es Neues in Dresden?
    Danke wem wurde die Brücke gebaut? | Was kannst du gegen Malaria tun? | Welche Quellen hat der Rhein? | Was ist die älteste Brücke Dresdens? | Wie alt ist der Konzertsaal?
    Wie geht es dem Bürgermeister? | Welche Themen behandelte der Stadtrat? | Hallo Welt wurde wann geschrieben? | Woher kommen die Tomaten?
    ¿Cuántos artículos tiene la constitución? | ¿Quién eres tú para juzgar, preguntó el juez? | ¿Qué hay de nuevo en Bilbao? | ¿Cuántos artículos del tratado se cambiaron?
    ¿Qué puedes hacer con los tomates? | ¿Gracias a quién se abrió el puente? | ¿De dónde vienen los tomates? | ¿Qué fuentes de energía hay en España? | ¿Cómo está el museo?
"""  # fmt: skip


def _split(text: str) -> list[str]:
    return [one.strip() for line in text.strip().splitlines() for one in line.split(" | ")]


@pytest.mark.parametrize(
    ("kind", "said"), [(kind, said) for kind, all_ in TALK.items() for said in _split(all_)]
)
def test_talk_and_questions_about_the_collection_are_recognised(kind: str, said: str) -> None:
    found = recognise(said, asked_at=TODAY)
    assert found is not None
    assert (found.kind, found.subject) == (kind, "")


@pytest.mark.parametrize(("said", "subject"), ON.items())
def test_articles_on_a_subject_are_asked_for(said: str, subject: str) -> None:
    found = recognise(said, asked_at=TODAY)
    assert found is not None
    assert found.subject == subject


@pytest.mark.parametrize("question", _split(REAL))
def test_a_question_to_the_articles_is_never_swallowed(question: str) -> None:
    assert recognise(question, asked_at=TODAY) is None


@pytest.mark.parametrize(
    ("said", "language"),
    [("Hello", "en"), ("Hallo", "de"), ("Hola", "es"), ("Welche Themen gibt es?", "de"), ("¿Qué temas hay?", "es")],
)  # fmt: skip
def test_the_answer_is_in_the_language_of_the_phrase(said: str, language: str) -> None:
    found = recognise(said)
    assert found is not None
    assert found.language == language


@pytest.mark.parametrize(
    ("said", "kind", "since", "until"),
    [
        ("How many articles from 2024 do you have?", "count", date(2024, 1, 1), date(2024, 12, 31)),
        ("Which articles were published last week?", "contents", date(2026, 6, 8), date(2026, 6, 14)),
        ("What was published in 2024?", "contents", date(2024, 1, 1), date(2024, 12, 31)),
        ("How many articles were published in 2024?", "count", date(2024, 1, 1), date(2024, 12, 31)),
        ("Show me articles from last week", "contents", date(2026, 6, 8), date(2026, 6, 14)),
        ("Which articles do you have on the euro since 2022?", "on", date(2022, 1, 1), None),
        ("Wie viele Artikel aus dem Jahr 2024 gibt es?", "count", date(2024, 1, 1), date(2024, 12, 31)),
        ("What happened yesterday?", "newest", date(2026, 6, 14), date(2026, 6, 14)),
    ],
)
def test_the_days_asked_for_limit_the_articles(said, kind, since, until) -> None:
    found = recognise(said, asked_at=TODAY)
    assert found is not None
    assert (found.kind, found.since, found.until) == (kind, since, until)


def test_a_time_that_is_part_of_the_subject_stays_there() -> None:
    found = recognise("Which articles do you have on the revolution in 1989?", asked_at=TODAY)
    assert found is not None
    assert found.subject == "the revolution in 1989"
    assert found.since is None


def test_a_pronoun_means_what_was_asked_before() -> None:
    before = (Turn("When did the Panama Canal open?", "In 1914 [1]."),)
    found = recognise("Which articles do you have on it?", before)
    assert found is not None
    assert "Panama Canal" in found.subject
    assert recognise("Which articles do you have on it?") is None


@pytest.mark.parametrize(
    "question",
    ["Which is the newest?", "How does it work?", "Is that true?", "What happened?", "What article was published in 1937?",
     "Anything about the cost?", "Wer sind sie?", "Danke, und wer hat sie gebaut?"],
)  # fmt: skip
def test_what_leans_on_an_earlier_question_is_left_to_it(question: str) -> None:
    assert recognise(question, (Turn("Which bridges are there in Dresden?", "Nine [1]."),)) is None


def test_a_talk_goes_on_over_small_talk() -> None:
    history = (
        Turn("Hello", "Hello."),
        Turn("When did the Panama Canal open?", "In 1914 [1]."),
        Turn("Who built it?", "Engineers [1]."),
        Turn("Which articles do you have on it?", "1 article [1]."),
        Turn("Thanks!", "You are welcome."),
    )
    kept = asked_before(history)
    assert [turn.question for turn in kept] == [
        "When did the Panama Canal open?",
        "Who built it?",
        "Tell me about the Panama Canal",
    ]
    assert standalone("When did it close?", kept) == "When did the Panama Canal close?"


@pytest.mark.parametrize(
    ("question", "languages", "tongue"),
    [
        ("Wann wurde der Panamakanal eröffnet?", ["en"], "de"),
        ("¿Cuándo se abrió el canal de Panamá?", ["en", "de"], "es"),
        ("When did the canal open?", ["de"], "en"),
        ("When did the canal open?", ["en"], ""),
        ("Wann wurde der Panamakanal eröffnet?", ["en", "de"], ""),
        ("Wann wurde der Panamakanal eröffnet?", ["en", ""], ""),
        ("Die Hard release date", ["en"], ""),
        ("Was von der Leyen elected?", ["en"], ""),
        ("Who sang “Ich bin wie du und du bist wie ich”?", ["en"], ""),
        ("Los Angeles?", ["en"], ""),
    ],
)
def test_a_language_the_collection_does_not_speak(question: str, languages: list[str], tongue: str) -> None:
    assert foreign(question, languages) == tongue


@given(st.text(max_size=120), st.lists(st.text(max_size=60), max_size=3))
def test_any_text_is_read_without_an_error(question: str, before: list[str]) -> None:
    history = asked_before([Turn(text, text) for text in before])
    recognise(question, history, TODAY)
    recognise(f"articles on {question}", history, TODAY)
    for text in (question, f"Tell me about {question}", f"compare {question} and {question[::-1]}"):
        found = wish(text)
        assert found is None or all(subject.words for subject in found.subjects)
