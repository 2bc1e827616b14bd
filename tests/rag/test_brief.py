"""Which brief answers a reader gets to see: words of the cited sentence, of the kind asked for, neither denied nor doubted."""

from __future__ import annotations

import pytest

from rag import brief

OPENED = "The Sandbar Canal was opened to ships on 15 August 1914 by President Alma Reyes."
COST = "Officials said the canal had cost 302 million dollars, and critics estimated twice as much."


def told(draft: str, cited: str, question: str, title: str = "The Sandbar Canal") -> str:
    """What is shown, or why nothing is."""
    found = brief.extract(draft, cited, question)
    if found is None:
        return "no extract"
    verdict = brief.verdict(found, cited, question, title=title)
    return found.shown if verdict.ok else verdict.reason


@pytest.mark.parametrize(
    ("draft", "question", "shown"),
    [
        ("15 August 1914.", "When was the Sandbar Canal opened to ships?", "15 August 1914."),
        ("president Alma Reyes", "Who opened the Sandbar Canal?", "President Alma Reyes."),
        ("Opened to ships.", "What was done when it was opened to ships?", "it only repeats the question"),
        ("By President Alma Reyes.", "When was the Sandbar Canal opened?", "it holds no date"),
        ("President Alma Reyes.", "How many locks has the Sandbar Canal?", "it holds no number"),
        ("15 August 1914.", "Was the Sandbar Canal opened in 1914?", "it says neither yes nor no"),
        ("15 August 1914.", "When did Napoleon die on Saint Helena?", "it does not speak of what was asked"),
        ("16 August 1914.", "When was the Sandbar Canal opened?", "no extract"),
        (
            "5 August 1914.",
            "When was the Sandbar Canal opened?",
            "no extract",
        ),  # not the end of another number
        ("", "When was the Sandbar Canal opened?", "no extract"),
    ],
)
def test_a_brief_answer_stands_in_the_sentence_and_is_of_the_kind_asked_for(
    draft: str, question: str, shown: str
) -> None:
    assert told(draft, OPENED, question) == shown


@pytest.mark.parametrize(
    ("cited", "draft", "question", "shown"),
    [
        ("The canal was not opened in 1913, but a year later.", "1913", "When was the canal opened?", "the cited words deny it"),
        ("The canal was not opened in 1913.", "1913", "When was the canal not opened?", "1913."),
        ("The canal, never popular, opened in 1914.", "1914", "When was the canal opened?", "the cited words deny it"),
        ("The canal was planned to open in 1910.", "1910", "When was the canal opened?", "the cited words do not say it for certain"),
        ("The canal will probably open in 2031.", "2031", "When will the canal open?", "2031."),
        ("Ice pellets form when warm air is caught.", "Ice pellets", "What forms when warm air is caught?", "Ice pellets."),
        ("The canal was dug in the 1820s.", "the 1820s", "When was the canal dug?", "The 1820s."),
        ("It has two locks.", "Two", "How many locks has the canal?", "Two."),
        ("It has almost twice as many locks.", "Almost twice as many", "How many locks has the canal?", "it holds no number"),
        ("The U.S. bought the canal.", "The U.S.", "Who bought the canal?", "The U.S."),
        ("Short rain is called a shower.", "A shower", "When rain is short, what is it called?", "A shower."),
        ("When frost comes, the canal is closed.", "When frost comes", "When is the canal closed?", "When frost comes."),
    ],
)  # fmt: skip
def test_what_the_clause_denies_or_doubts_is_no_answer(
    cited: str, draft: str, question: str, shown: str
) -> None:
    assert told(draft, cited, question, title="The canal") == shown


@pytest.mark.parametrize(
    ("cited", "draft", "shown"),
    [
        ("The canal holds more than 70,000 fish.", "70,000", "More than 70,000."),
        ("The canal was rebuilt after 1850.", "1850", "After 1850."),
        ("Attacks were highest between 2005 and 2010.", "2005 and 2010", "Between 2005 and 2010."),
        ("Attacks were highest between 2005 and 2010.", "2005", "2005."),
        ("It cost about $5 million.", "5 million", "About $5 million."),
        ("Mehr als 12 Schleusen hat der Kanal.", "12 Schleusen", "Mehr als 12 Schleusen."),
        ("El canal se abrió después de 1914.", "1914", "Después de 1914."),
        ("It was opened in 1914.", "1914", "1914."),
        ("The plastic is spread over 171 trillion pieces.", "171 trillion pieces", "171 trillion pieces."),
        ("She spoke before 12 people.", "12 people", "12 people."),
        ("After the war came Alma Reyes.", "Alma Reyes", "Alma Reyes."),
    ],
)
def test_a_figure_keeps_the_words_that_limit_it(cited: str, draft: str, shown: str) -> None:
    found = brief.extract(draft, cited)
    assert found is not None
    assert found.shown == shown


TEA = "A cup of black tea holds about 47 milligrams of caffeine, a cup of green tea about 28, and a cup of coffee about 96."
KING = "The king survived because he had left the city after mass, and never slept in a house again."


@pytest.mark.parametrize(
    ("cited", "draft", "question", "shown"),
    [
        ("The fires burned for six days.", "six", "How long did the fires burn?", "Six days."),
        ("The fires burned for six and a half years.", "six", "How long did the fires burn?", "Six and a half years."),
        ("The fires burned for 5 minutes 30 seconds.", "5", "How long did the fires burn?", "5 minutes 30 seconds."),
        ("The fires burned for two or three days.", "three", "How long did the fires burn?", "Two or three days."),
        ("Es brannte sechs Tage lang.", "sechs", "Wie lange brannte es?", "Sechs Tage."),
        ("The winds hit the town at 12 miles per hour.", "12", "How fast were the winds that hit the town?", "12 miles per hour."),
        ("Drying at about 90 degrees stops it.", "90", "How hot is the tea when drying stops it?", "About 90 degrees."),
        ("The show cost 300 despite promises.", "300", "How much did the show cost?", "300."),
        ("The show cost $5 million.", "5 million", "How much did the show cost?", "$5 million."),
        ("Two beavers built 13 dams in the valley.", "13", "How many dams did the beavers build in the valley?", "13."),
        (KING, "the city", "Why did the king survive?", "Because he had left the city after mass."),
        ("The king left because repairs cost 1,200 euros a day.", "repairs", "Why did the king leave?", "Because repairs cost 1,200 euros a day."),
        ("The king stayed because the train left at 10:30.", "the train", "Why did the king stay?", "Because the train left at 10:30."),
        ("The king, because of whom all came, stayed for lack of money.", "lack of money", "Why did the king stay?", "Lack of money."),
        ("The king left because of a leak and his men moved to Oslo.", "a leak", "Why did the king leave?", "Because of a leak."),
        ("Der König ging, weil er krank war.", "krank", "Warum ging der König?", "Weil er krank war."),
        ("The king survived the quake in a tent.", "a tent", "Why did the king survive?", "it gives no reason"),
        ("The king left for lack of money.", "lack of money", "Why did the king leave?", "Lack of money."),
        ("The king resigned over corruption.", "corruption", "Why did the king resign?", "Corruption."),
        ("Lightning caused the fire.", "Lightning", "What caused the fire?", "Lightning."),
        ("The battery ferry Tora made her first crossing.", "battery", "What is the ferry called?", "it describes and does not name"),
        ("The battery ferry Tora made her first crossing.", "Tora", "What is the ferry called?", "Tora."),
        ("On Monday a neighbour called the police.", "a neighbour", "Who called the police?", "A neighbour."),
        (TEA, "coffee", "Which has more caffeine, green tea or black tea?", "a comparison is left to the sentence"),
        ("The tower is older than the bridge.", "the bridge", "Which is older, the bridge or the tower?", "a comparison is left to the sentence"),
        ("The fine for dogs is 20 euros.", "20 euros", "What is the fine for dogs, cats or birds?", "20 euros."),
        ("Wild tea was shown to Bruce by the Singpho people in 1823.", "Singpho people", "Who showed Bruce wild tea?", "The Singpho people."),
        ("The roof of the red house fell.", "red", "Which house's roof fell?", "Red."),
        ("It was lost by the French and German navies.", "French", "Who lost it?", "French."),
        ("Beijing described the ban as a “relic of the Cold War”.", "Cold War", "What did Beijing call the ban?", "Relic of the Cold War."),
        ('"It is long," said Lind, who called the ban "a relic".', "a relic", "What did Lind call the ban?", "A relic."),
        ("A president serves a term of four years.", "four years", "How long is a term of the president?", "Four years."),
        ("The firm is to pay a $27bn (£14bn) tax bill.", "£14bn", "How big is the firm's tax bill?", "$27bn (£14bn)."),
        ("The embargo is to end in the next six months.", "the next six months", "When is the embargo to end?", "The next six months."),
        ("On 1 November 1755 the quake struck Lisbon.", "1755", "When did the quake strike Lisbon?", "1 November 1755."),
        ("The quake struck Lisbon on November 1, 1755.", "1755", "When did the quake strike Lisbon?", "November 1, 1755."),
        ("On 1 November 1755 the quake struck Lisbon.", "1755", "In what year did the quake strike Lisbon?", "1755."),
        ("The battle lasted from 3 to 9 June 1944.", "1944", "When did the battle last?", "1944."),
        ("The battle lasted six days and two weeks later all left.", "six", "How long did the battle last?", "Six days."),
        ("The battle lasted two to three weeks.", "three weeks", "How long did the battle last?", "Two to three weeks."),
        ("The cost of the bridge rose from 310 million to 365 million crowns.", "365 million crowns", "How much is the cost of the bridge?", "365 million crowns."),
        ("The cost of the bridge rose from 310 million to 365 million crowns.", "310 million", "How much is the cost of the bridge?", "the cited words say that it changed"),
        ("The bridge cost 300 euros a year ago.", "300", "How much did the bridge cost?", "300 euros."),
        ("Die Brücke kostete 5 Millionen Euro.", "5 Millionen", "Wie viel kostete die Brücke?", "5 Millionen Euro."),
        ("Am 2. April 2007 wurde der Grundstein gelegt.", "2007", "Wann wurde der Grundstein gelegt?", "2. April 2007."),
        ("The dam will be removed by the end of 2023.", "2023", "When was the dam removed?", "the cited words only say that it will be"),
        ("The dam will be removed by the end of 2023.", "2023", "When will the dam be removed?", "By the end of 2023."),
        ("The council decided that ferries will be free.", "ferries will be free", "What did the council decide?", "Ferries will be free."),
        ("The delay of the flight is due to strikes.", "strikes", "Why was the flight delayed?", "Due to strikes."),
    ],
)  # fmt: skip
def test_a_brief_answer_is_a_whole_answer_to_its_question(
    cited: str, draft: str, question: str, shown: str
) -> None:
    assert told(draft, cited, question) == shown


def test_a_little_word_is_an_answer_where_the_evidence_model_marked_it_too() -> None:
    cited, question = "On the map the first axis points up.", "Where does the first axis point on the map?"
    found = brief.extract("up", cited)
    assert found is not None
    assert brief.verdict(found, cited, question, agreed=True).ok
    assert not brief.verdict(found, cited, question, agreed=False).ok
    first = brief.extract("the first axis", cited)
    assert first is not None
    assert not brief.verdict(first, cited, question, agreed=True).ok


def test_who_said_it_is_kept_or_the_sentence_stands_beside_it() -> None:
    question = "How much did the canal cost?"
    bare = brief.extract("302 million dollars", COST)
    assert bare is not None
    assert not brief.plain(bare, COST, question)
    named = brief.extract("According to Officials, 302 million dollars", COST)
    assert named is not None
    assert named.shown == "According to Officials, 302 million dollars."
    assert brief.extract("According to Napoleon, 302 million dollars", COST) is None


@pytest.mark.parametrize(
    ("cited", "draft", "question"),
    [
        ("The library holds some 12,000 books.", "12", "How many books does the library hold?"),
        ("The library holds some 12,000 books.", "000 books", "How many books does the library hold?"),
        ("About 1.2 million people live there.", "2 million", "How many people live there?"),
        ("It cost 18 million euros.", "18", "How much did it cost?"),
        ("It was -5 degrees in Oslo.", "5 degrees", "How cold was it in Oslo?"),
        ("Anna Holt was told by Mark Reed that 12 people died.", "According to Anna Holt, 12 people", "How many died?"),
        ("Critics of Reed said the bank is sound.", "According to Reed, sound", "How is the bank?"),
    ],
)  # fmt: skip
def test_half_a_figure_and_another_speaker_are_no_extract(cited: str, draft: str, question: str) -> None:
    assert told(draft, cited, question) == "no extract"


@pytest.mark.parametrize(
    ("cited", "draft", "question"),
    [
        ("It is not true, as some claim, that the bridge opened in 1900.", "1900", "When did the bridge open?"),
        ("None of Berlin, Hamburg or Munich hosted the games.", "Hamburg", "Which city hosted the games?"),
        ("The law does not apply to Berlin and Hamburg.", "Hamburg", "Where does the law apply?"),
        ("France signed the treaty in 1920.", "France", "Which country did not sign the treaty?"),
        ("Reed won the final in Rome.", "Reed", "Who lost the final in Rome?"),
        ("The bridge opened in 1962.", "1962", "When was the bridge closed?"),
        ("The toll of the Harrow ferry is 18 million euros.", "18 million euros", "Who owns the Harrow ferry?"),
        ("Weder Kohl noch Schmidt gründete die Stadt.", "Kohl", "Wer gründete die Stadt?"),
    ],
)  # fmt: skip
def test_the_right_words_for_the_opposite_question_are_not_shown(
    cited: str, draft: str, question: str
) -> None:
    found = brief.extract(draft, cited)
    assert found is not None
    language = "de" if "Stadt" in cited else "en"
    assert not brief.verdict(found, cited, question, language=language).ok


@pytest.mark.parametrize(
    ("cited", "draft", "question", "alone"),
    [
        (OPENED, "15 August 1914", "When was the Sandbar Canal opened?", True),
        ("According to the police, 310 people were evacuated.", "310 people", "How many people were evacuated?", False),
        ("The bridge cost 40 million euros, the mayor said.", "40 million euros", "How much did the bridge cost?", False),
        ("If parliament agrees, the bridge opens in 2030.", "2030", "When does the bridge open?", False),
        ("The former mayor Holt opened the bridge.", "Holt", "Who opened the bridge?", False),
        (COST, "302 million dollars", "How much did officials say the canal cost?", True),
        (TEA, "about 96", "How much caffeine is in a cup of coffee?", False),
        (TEA, "about 47 milligrams", "How much caffeine is in a cup of black tea?", True),
        ("The striker could be out for six weeks.", "six weeks", "How long will the striker be out?", False),
    ],
)  # fmt: skip
def test_an_answer_stands_alone_only_where_the_whole_sentence_says_it_plainly(
    cited: str, draft: str, question: str, alone: bool
) -> None:
    found = brief.extract(draft, cited)
    assert found is not None
    assert brief.plain(found, cited, question) is alone


@pytest.mark.parametrize(
    ("word", "question", "cited", "fits"),
    [
        ("Yes", "Was the Sandbar Canal opened to ships in 1914?", OPENED, True),
        ("No", "Was the Sandbar Canal opened to ships in 1914?", OPENED, False),
        ("Yes", "Was the Sandbar Canal opened to ships in 1915?", OPENED, False),
        ("No", "Was the Sandbar Canal opened to ships on 15 August 1915?", OPENED, True),
        ("Yes", "Was the Sandbar Canal opened by Napoleon?", OPENED, False),
        ("No", "Was the Sandbar Canal opened by Napoleon?", OPENED, False),
        ("Yes", "Is the old canal safe?", "The old canal is not safe.", False),
        ("No", "Is the old canal safe?", "The old canal is not safe.", True),
        ("Yes", "Is the old canal safe?", "The old canal may be safe.", False),
        ("Yes", "Is the old canal safe?", "Reed said the old canal is safe.", False),
        ("Yes", "Did the price of the canal rise?", "The price of the canal fell.", False),
        ("No", "Do herons eat frogs?", OPENED, False),
        ("No", "Did Reed win the race in Italy?", "Reed won the race in Rome.", False),
        ("No", "Did Mark Reed win the race?", "Reed won the race in Rome.", False),
        ("No", "Is the museum open on 3 May?", "The museum is open every day in May.", False),
        ("Yes", "Did Holt beat Reed in the final?", "Reed beat Holt in the final.", False),
        ("Yes", "Did Iran invade Russia in 1941?", "Russia invaded Iran in 1941.", False),
        ("Yes", "Is the old bridge open?", "The old bridge was open until 1990.", False),
        ("Yes", "Is the old bridge open?", "The old bridge was open.", False),
        ("Yes", "Did all workers strike in May?", "Some workers went on strike in May.", False),
        ("Yes", "Did the fire destroy the library?", "The fire nearly destroyed the library.", False),
        ("Yes", "Is the canal 77 km long?", "The canal is 77 miles long.", False),
        ("No", "Is the canal route 80 kilometres long?", "The canal route is 77 kilometres long.", True),
    ],
)
def test_yes_and_no_fit_what_the_sentence_says(word: str, question: str, cited: str, fits: bool) -> None:
    assert (brief.wrong_word(word, question, cited) == "") is fits


def test_yes_and_no_are_told_from_their_reason() -> None:
    assert brief.yes_no("Yes, the canal was opened in 1914.") == ("Yes", "The canal was opened in 1914.")
    assert brief.yes_no("No: it closed.") == ("No", "It closed.")
    assert brief.yes_no("Nobody, they say.") == ("", "Nobody, they say.")


def test_an_answer_agrees_with_the_words_the_evidence_model_marked() -> None:
    found = brief.extract("August 1914", OPENED)
    assert found is not None
    place = OPENED.index("15 August 1914")
    assert not brief.agrees(found, (place, place + len("15 August 1914")), OPENED), "a figure of it is lost"
    assert brief.agrees(found, (place + 3, place + len("15 August 1914")), OPENED)
    assert not brief.agrees(found, (OPENED.index("Alma"), OPENED.index("Alma") + 4), OPENED)
    assert not brief.agrees(found, None, OPENED)
