"""Two articles disagree, or only seem to: one table of pairs, half of them no disagreement."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.schema import Article, Chunk
from rag import wording
from rag.conflict import Disagreement, disagreement, order, sentence
from rag.schema import Evidence, Passage

OLD, NEW = date(2023, 5, 2), date(2024, 10, 14)
_number = count()


def item(
    text: str,
    day: date | None = NEW,
    *,
    title: str = "",
    answer: str = "",
    sure: float = 0.9,
    before: str = "",
    score: float = 0.9,
    name: str = "",
    corrects: str = "",
    language: str = "en",
) -> Evidence:
    """A sentence of an article of its own; `answer` are its marked words, `before` what stands before it."""
    name = name or f"article-{next(_number)}"
    whole = f"{before} {text}" if before else text
    start = len(whole) - len(text)
    article = Article(
        name, name, title, "", whole, published=day, language=language, source="shelf", corrects=corrects
    )
    passage = Passage(Chunk(f"{name}:0", name, 0, whole, 0, len(whole)), article, 1.0, 1, "hybrid")
    mark = None
    if answer:
        at = start + text.index(answer)
        mark = (at, at + len(answer))
    return Evidence(passage, text, start, len(whole), score, mark, sure if mark else 0.0)


def pair(
    newer: str, older: str, *, titles: tuple[str, str] = ("", ""), language: str = "en"
) -> list[Evidence]:
    """Two sentences of two articles; words in [brackets] are the marked answer."""
    made = []
    for text, day, title in ((newer, NEW, titles[0]), (older, OLD, titles[1])):
        answer = text[text.index("[") + 1 : text.index("]")] if "[" in text else ""
        plain = text.replace("[", "").replace("]", "")
        made.append(item(plain, day, title=title, answer=answer, language=language))
    return made


DISAGREE = [
    # numbers
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 83 moons.", "146", "83"),
    ("How many moons does Saturn have?", "Saturn has 146 known moons.", "The planet Saturn has 83.", "146", "83"),
    ("how many moons does saturn have", "Saturn has 146 moons.", "Saturn has eighty-three moons.", "146", "eighty-three"),
    ("How many people died in the Lahaina fire?", "The fire in Lahaina killed 102 people.", "The fire in Lahaina killed 115 people.", "102", "115"),
    ("How many people died in the Lahaina fire?", "The death toll of the Lahaina fire is 102.", "In all, 115 people died in the Lahaina fire.", "102", "115"),
    ("How much did the Edinburgh tram line cost?", "The Edinburgh tram line cost 835.7 million pounds.", "The Edinburgh tram line cost 776 million pounds.", "835.7 million pounds", "776 million pounds"),
    ("How much did the bridge in Genoa cost?", "The bridge in Genoa cost €202m.", "The bridge in Genoa cost 150 million euros.", "€202m", "150 million euros"),
    ("How long is the Panama Canal?", "The Panama Canal is 82 kilometres long.", "The Panama Canal is 77 kilometres long.", "82 kilometres", "77 kilometres"),
    ("How long is the Panama Canal?", "The Panama Canal is 82 km long.", "The Panama Canal is 77 kilometres long.", "82 km", "77 kilometres"),
    ("How tall is the Eiffel Tower?", "The Eiffel Tower is 330 metres tall.", "The Eiffel Tower is 324 metres tall.", "330 metres", "324 metres"),
    ("How many seats does Berlin's new hall have?", "The new hall in Berlin has 2,100 seats and 12 boxes.", "The new hall in Berlin has 1,850 seats.", "2,100", "1,850"),
    ("What percentage of Icelanders voted?", "In the end 80.1 percent of Icelanders voted.", "In the end 67.7 percent of Icelanders voted.", "80.1 percent", "67.7 percent"),
    ("How many people live in Reykjavik?", "About 140,000 people live in Reykjavik.", "About 118,000 people live in Reykjavik.", "about 140,000", "about 118,000"),
    ("How many trams does Edinburgh have?", "Edinburgh has at least 40 trams.", "Edinburgh has 27 trams.", "at least 40", "27"),
    ("How many sirens stand on Maui?", "Maui has [80] sirens and 12 fire stations.", "Maui has [94] sirens and 10 fire stations.", "80", "94"),
    ("How many stops does the Leith tram line have?", "The Leith tram line, with 8 new stations in view, now has 23 stops.", "The Leith tram line has 15 stops.", "23", "15"),
    ("How many ships pass through the Suez Canal per day?", "Some 50 ships a day pass through the Suez Canal.", "Some 72 ships a day pass through the Suez Canal.", "some 50", "some 72"),
    ("What is the population of Tuvalu?", "The population of Tuvalu is 9,900.", "The population of Tuvalu is 11,200.", "9,900", "11,200"),
    ("How many members does NATO have?", "NATO has 32 members.", "NATO has 31 members.", "32", "31"),
    ("How much does a ticket to the Louvre cost?", "A ticket to the Louvre costs 22 euros.", "A ticket to the Louvre costs 17 euros.", "22 euros", "17 euros"),
    ("How fast can a cheetah run?", "A cheetah can run 104 km/h.", "A cheetah can run 120 km/h.", "104 km/h", "120 km/h"),
    ("How many people died in the Lahaina fire?", "The fire that destroyed the Hawaiian town of Lahaina on 8 August 2023 killed 102 people.", "The list of the dead of the Lahaina fire stands at 115.", "102", "115"),
    ("How many moons does Neptune have?", "Uranus has 28 moons and Neptune [16], after three were added.", "Uranus has 27 known moons and Neptune [14].", "16", "14"),
    # dates
    ("When was the Brenner treaty signed?", "The Brenner treaty was signed on 4 May 1999.", "The Brenner treaty was signed in March 1999.", "4 May 1999", "March 1999"),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened on 1 July 2000.", "The Oresund Bridge opened on 2 July 2000.", "1 July 2000", "2 July 2000"),
    ("When was the Oresund Bridge opened?", "The Oresund Bridge was opened in 2000.", "The Oresund Bridge was opened in July 1999.", "2000", "July 1999"),
    ("What year did Galileo discover the moons of Jupiter?", "Galileo discovered the moons of Jupiter in January 1610.", "Galileo discovered the moons of Jupiter in 1609.", "January 1610", "1609"),
    ("When will the tram to Leith open?", "The tram to Leith will open in June 2026.", "The tram to Leith will open in spring 2025.", "June 2026", "2025"),
    ("When was the Deutsche Mark introduced?", "The Deutsche Mark was introduced on [20 June 1948], before the blockade of 24 June 1948.", "The Deutsche Mark was introduced on [18 June 1948].", "20 June 1948", "18 June 1948"),
    # names
    ("Who is the mayor of Reykjavik?", "The mayor of Reykjavik is [Dagur Eggertsson].", "The mayor of Reykjavik is [Jón Gnarr].", "Dagur Eggertsson", "Jón Gnarr"),
    ("Who designed the Elbe Bridge?", "The Elbe Bridge was designed by [Kalina Novak].", "The Elbe Bridge was designed by [Otto Brandt].", "Kalina Novak", "Otto Brandt"),
    ("Who discovered the comet Halvorsen?", "It was [Edward Ashton] who discovered the comet Halvorsen.", "The comet Halvorsen was discovered by [Brett Gladman].", "Edward Ashton", "Brett Gladman"),
    ("Who acquired Instagram?", "[Facebook] acquired Instagram.", "[Apple] acquired Instagram.", "Facebook", "Apple"),
    ("Where was the painter Amara Diallo born?", "The painter Amara Diallo was born in [Senegal].", "The painter Amara Diallo was born in [Mali].", "Senegal", "Mali"),
    ("Which city hosted the Games in 2008?", "In 2008 [Beijing] hosted the Games.", "In 2008 [Osaka] hosted the Games.", "Beijing", "Osaka"),
    # denials
    ("Did the banyan tree survive the fire in Lahaina?", "The banyan tree survived the fire in Lahaina.", "The banyan tree did not survive the fire in Lahaina.", "yes", "no"),
    ("Is there a vaccine against Guinea worm?", "There is no vaccine against Guinea worm.", "There is a vaccine against Guinea worm.", "no", "yes"),
    ("Did Norway sign the Oslo treaty?", "Norway never signed the Oslo treaty.", "Norway signed the Oslo treaty.", "no", "yes"),
    ("Has Poland adopted the euro?", "Poland has adopted the euro.", "Poland has not adopted the euro.", "yes", "no"),
]  # fmt: skip

AGREE = [
    # the same said otherwise
    ("How many moons does Saturn have?", "Saturn has about 146 moons.", "Saturn has 146 moons."),
    ("How many moons does Saturn have?", "Saturn has five moons.", "Saturn has 5 moons."),
    ("How many people live in Kigali?", "1.2 million people live in Kigali.", "1,200,000 people live in Kigali."),
    ("How many people live in Kigali?", "About 1.2 million people live in Kigali.", "1,234,000 people live in Kigali."),
    ("How many people live in Kigali?", "More than a million people live in Kigali.", "1.2 million people live in Kigali."),
    ("How many people died in the Lahaina fire?", "102 people died in the Lahaina fire.", "At least 97 people died in the Lahaina fire."),
    ("How many people died in the Lahaina fire?", "102 people died in the Lahaina fire.", "Nearly 100 people died in the Lahaina fire."),
    ("How many people died in the Lahaina fire?", "102 people died in the Lahaina fire.", "Dozens of people died in the Lahaina fire."),
    ("How many people lost homes in Lahaina?", "12,000 people lost homes in Lahaina.", "Some 12,400 people lost homes in Lahaina."),
    ("What percentage of Icelanders voted?", "80.1 percent of Icelanders voted.", "80 percent of Icelanders voted."),
    ("How long is the Panama Canal?", "The Panama Canal is 82 kilometres long.", "The Panama Canal is 82,000 metres long."),
    # another unit, another thing, another place
    ("How long is the Panama Canal?", "The Panama Canal is 82 kilometres long.", "The Panama Canal is 51 miles long."),
    ("How much did the Genoa bridge cost?", "The Genoa bridge cost 202 million euros.", "The Genoa bridge cost 230 million dollars."),
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "Jupiter has 95 moons."),
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "The Minor Planet Center added 62 new moons of Saturn."),
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 62 more moons than was thought."),
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 24 regular moons."),
    ("How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 13 moons that are wider than 50 kilometres."),
    ("How many people died in the floods?", "In Germany 180 people died in the floods.", "In Belgium 40 people died in the floods."),
    ("How many people died in the Lahaina fire?", "The Lahaina fire killed 102 people.", "The Lahaina fire injured 67 people."),
    ("How many people died in the fire?", "The fire in Lahaina killed 102 people.", "The fire in Paradise killed 85 people."),
    ("How many people died in the Lahaina fire?", "102 people died in the Lahaina fire.", "The Lahaina fire destroyed 2,200 buildings."),
    ("How many people visit the Louvre?", "9 million people visit the Louvre a year.", "30,000 people visit the Louvre a day."),
    ("How many people work for Volvo?", "Volvo has 43,000 workers, 20,000 of them in Sweden.", "Between 20,000 and 45,000 people work for Volvo."),
    ("How many voters took part in the Paris vote?", "103,000 voters took part in the Paris vote and 1,300,000 did not.", "The Paris vote was on 4 February."),
    # times
    ("How many moons did Saturn have in 2023?", "Saturn has 274 moons.", "In 2023 Saturn had 145 moons."),
    ("How many moons did Saturn have in 2019?", "In 2023 Saturn had 145 moons.", "In 2019 Saturn had 82 moons."),
    ("How many stops did the Edinburgh line have when it opened?", "The Edinburgh line has 23 stops.", "The Edinburgh line has 15 stops."),
    ("How many moons does Saturn have?", "In 2009 Saturn had 62 moons.", "Saturn has 83 moons."),
    ("How many trams does Edinburgh have?", "Edinburgh has 27 trams.", "Edinburgh is expected to have 40 trams."),
    ("How many trams does Edinburgh have?", "Edinburgh has 27 trams.", "Edinburgh originally had 40 trams."),
    ("How many people were at the Oslo match?", "On Sunday 30,000 people were at the Oslo match.", "On Sunday 25,000 people were at the Oslo match."),
    # dates
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened on 1 July 2000.", "The Oresund Bridge opened in July 2000."),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "The Oresund Bridge opened on 1 July 2000."),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "The Oresund Bridge opened after 1998."),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "The Oresund Bridge was planned in 1991."),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "The tunnel at Drogden opened in 1999."),
    ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "Work on the Oresund Bridge began in 1995, and it opened in July 2000."),
    ("When did the flood hit Passau?", "The flood hit Passau on 10 October 2024.", "The flood hit Passau on 28 April 2023."),
    ("When is the Tomatina festival?", "The Tomatina festival is on 28 August 2024.", "The Tomatina festival is on 30 August 2023."),
    # names
    ("Who is the president?", "The president is [Joe Biden].", "The president is [Biden]."),
    ("Who designed the hall in Hamburg?", "The hall in Hamburg was designed by [Jacques Herzog and Pierre de Meuron].", "The hall in Hamburg was designed by [Herzog & de Meuron]."),
    ("Who found the comet?", "[Edward Ashton and Brett Gladman] found the comet.", "[Brett Gladman] found the comet."),
    ("Who declared the emergency in Geneva?", "[The World Health Organization] declared the emergency in Geneva.", "[WHO] declared the emergency in Geneva."),
    ("Who won the Oslo marathon?", "[Anna Berg] won the Oslo marathon.", "[Ida Holm] won the Oslo marathon."),
    ("Who led the airlift to Berlin?", "[William Tunner] led the airlift to Berlin after Joseph Smith.", "[Joseph Smith] led the airlift to Berlin."),
    ("Where was the painter Amara Diallo born?", "Amara Diallo, the painter, was born in [Dakar].", "The painter Amara Diallo was born in [Senegal]."),
    ("Where is the Guggenheim?", "The Guggenheim is in [Bilbao].", "The Guggenheim is in [New York]."),
    # denials
    ("Did the banyan tree survive the fire?", "The banyan tree survived the fire.", "The banyan tree was planted in 1873 and not watered."),
    ("Did Norway sign the Oslo treaty?", "Norway did not only sign the Oslo treaty but pay for it.", "Norway signed the Oslo treaty."),
    ("Did Norway sign the Oslo treaty?", "Norway may not sign the Oslo treaty.", "Norway signed the Oslo treaty."),
    ("Did Norway sign the Oslo treaty?", "Norway did not sign the Oslo treaty in 1997.", "Norway signed the Oslo treaty in 2001."),
    # what a reader would laugh at
    ("How many moons does Jupiter have?","Saturn has 146 moons, Jupiter 95.","Jupiter has 95 moons."),
    ("How many moons does Jupiter have?","Saturn has 146 moons, Jupiter 95.","Jupiter has 92 of the 240 moons."),
    ("How many moons does Saturn have?","Saturn is one of eight planets with moons.","Saturn has 146 moons."),
    ("How old is Joe Biden?","Joe Biden is 81 years old.","Joe Biden is 80 years old."),
    ("Who signed the treaty between Russia and Iran?","[Vladimir Putin] signed the treaty between Russia and Iran.","[Masoud Pezeshkian] signed the treaty between Russia and Iran."),
    ("Where did the earthquake strike?","The earthquake struck in [Turkey].","The earthquake struck in [Syria]."),
    ("Is the bridge in Genoa open?","The bridge in Genoa is not open to lorries.","The bridge in Genoa is open."),
    ("Is the bridge in Genoa open?","The bridge in Genoa is not open.","The bridge in Genoa is open to cyclists."),
    ("How many people were killed in the Kharkiv attack?","The Kharkiv attack killed 12 people.","The Kharkiv attack killed 12 and injured 30."),
    ("How many people were killed in the Kharkiv attack?","The Kharkiv attack killed 12 people.","The Kharkiv attack killed at least 10, including 3 children."),
    ("How many people were killed in the Kharkiv attack?","The Kharkiv attack killed 12 people.","Officials said 10 to 12 people were killed in the Kharkiv attack."),
    ("How many people were killed in the Kharkiv attack?","The Kharkiv attack killed 12 people, among them a boy, 9.","The Kharkiv attack killed a dozen people."),
    ("What is the unemployment rate in Spain?","In March the unemployment rate in Spain was 12.3 percent.","In February the unemployment rate in Spain was 12.8 percent."),
    ("What was Tesla's revenue?","Tesla's third-quarter revenue was $6.3 billion.","Tesla's fourth-quarter revenue was $7.4 billion."),
    ("How many seats does the hall in Hamburg have?","The great hall in Hamburg has 2,100 seats.","The small hall in Hamburg has 550 seats."),
    ("How many goals did Messi score?","On 3 May Messi scored 2 goals.","On 9 June Messi scored 3 goals."),
    ("How many countries are members of NATO?","NATO has 32 member countries.","23 of NATO's 32 member countries spend two percent."),
    ("How many people live in Paris?","About 2.1 million people live in Paris.","12 million people live in greater Paris."),
    ("When did Etna erupt?","Etna erupted on 3 May 2021.","Etna erupted on 2 June 2002."),
    ("When was Marie Curie born?","Marie Curie was born in Warsaw in 1867 and died in 1934.","Marie Curie, born in 1867, died in 1934."),
    ("When was Marie Curie born?","Marie Curie was born in 1867.","Pierre Curie was born in 1859."),
    ("When did the war in Kosovo end?","The war in Kosovo ended in June 1999.","The war in Kosovo began in 1998."),
    ("When did the war in Kosovo end?","The war in Kosovo ended in June 1999.","The war in Kosovo lasted from 1998 to 1999."),
    ("Who wrote Emma?","Emma was written by [Jane Austen].","[Austen] wrote Emma."),
    ("Who built the Panama Canal?","[Ferdinand de Lesseps] tried to build the Panama Canal.","The [United States] built the Panama Canal."),
    ("Who runs Apple?","[Tim Cook] runs Apple.","[Cook's] team runs Apple."),
    ("Who ordered the Berlin blockade?","[Joseph Stalin] ordered the Berlin blockade.","The [Soviet Union] ordered the Berlin blockade."),
    ("Where was Ada Berg born?","Ada Berg was born in [Manhattan].","Ada Berg was born in [New York City]."),
    ("Where is the headquarters of the WHO?","The WHO has its headquarters in [Geneva].","The WHO has its headquarters in [Switzerland]."),
    ("Did Turkey approve the Swedish bid?","Turkey has not yet approved the Swedish bid, officials said on Monday.","Turkey approved the Swedish bid in January 2024."),
    ("How many Grand Slam titles has Djokovic won?","Djokovic has won 24 Grand Slam titles.","At Wimbledon Djokovic won his 23rd Grand Slam title."),
    ("How many storeys has the tower in Dubai?","The tower in Dubai has 163 storeys.","The tower in Dubai, 828 metres high, was built in 2010."),
    ("How much does a ticket to the Louvre cost?","A ticket to the Louvre costs 22 euros.","A ticket to the Louvre costs 17 euros for students."),
    ("How much money has been pledged for Notre-Dame?","846 million euros have been pledged for Notre-Dame.","Bernard Arnault pledged 200 million euros for Notre-Dame."),
    ("How many troops did Russia send to Ukraine?","Russia sent 190,000 troops to Ukraine.","North Korea sent 11,000 troops to Russia for the war in Ukraine."),
    ("How many people died in the Berlin airlift?","101 people died in the Berlin airlift.","31 Americans died in the Berlin airlift."),
    ("How many people died in the Berlin airlift?","101 people died in the Berlin airlift.","39 British people died in the Berlin airlift."),
    ("How many times has France used its veto?","France has used its veto 18 times.","Russia has used its veto 120 times, France 18 times."),
    ("How long did the siege of Leningrad last?","The siege of Leningrad lasted 872 days.","The siege of Leningrad lasted almost 900 days."),
    ("How long did the siege of Leningrad last?","The siege of Leningrad lasted 872 days.","The siege of Leningrad lasted two and a half years."),
    ("How high is Mont Blanc?","Mont Blanc is 4,805.59 metres high.","Mont Blanc is 4,806 metres high."),
    ("How high is Mont Blanc?","Mont Blanc is 4,806 metres high.","Mont Blanc's glacier lies 1,900 metres high."),
    ("How many wolves live in Germany?","In 2023 there were 209 wolf packs in Germany.","1,600 wolves live in Germany."),
    ("When will the Brenner tunnel open?","The Brenner tunnel will open in 2032.","The Brenner tunnel was to open in 2016."),
    ("Who is the head of the IMF?","[Kristalina Georgieva], the head of the IMF, spoke to [Christine Lagarde].","The head of the IMF is [Georgieva]."),
    # nothing to compare
    ("How many moons does Saturn have?", "Saturn has rings.", "Saturn has 83 moons."),
    ("Why was the tank too weak?", "The tank held 5 tonnes.", "The tank held 7 tonnes."),
    ("???", "Saturn has 146 moons.", "Saturn has 83 moons."),
    ("How many?", "Saturn has 146 moons.", "Saturn has 83 moons."),
]  # fmt: skip


@pytest.mark.parametrize("better_first", [True, False])
@pytest.mark.parametrize(("question", "newer", "older", "newer_says", "older_says"), DISAGREE)
def test_two_articles_disagree(
    question: str, newer: str, older: str, newer_says: str, older_says: str, better_first: bool
) -> None:
    items = pair(newer, older)
    found = disagreement(question, items if better_first else items[::-1])
    assert found is not None
    assert (found.newer, found.older) == tuple(items)
    assert (found.newer_says, found.older_says) == (newer_says, older_says)
    assert found.years == ("", "")
    assert "disagree" in sentence(found)


@pytest.mark.parametrize("better_first", [True, False])
@pytest.mark.parametrize(("question", "newer", "older"), AGREE)
def test_what_only_seems_to_disagree(question: str, newer: str, older: str, better_first: bool) -> None:
    items = pair(newer, older)
    assert disagreement(question, items if better_first else items[::-1]) is None


@pytest.mark.parametrize(
    ("language", "question", "newer", "older", "said"),
    [
        ("de", "Wie viel kostete die Elbphilharmonie?", "Die Elbphilharmonie kostete 866 Millionen Euro.", "Die Elbphilharmonie kostete 789 Millionen Euro.", "Die Artikel widersprechen sich: Der neuere (14. Oktober 2024) nennt 866 Millionen Euro, der ältere (2. Mai 2023) nennt 789 Millionen Euro."),
        ("de", "Wie viel kostete die Elbphilharmonie?", "Die Elbphilharmonie kostete rund 866 Millionen Euro.", "Die Elbphilharmonie kostete 866,3 Millionen Euro.", ""),
        ("de", "Wie viele Plätze hat der Große Saal?", "Der Große Saal hat 2100 Plätze.", "Der Große Saal hat 2.100 Plätze.", ""),
        ("de", "Wann wurde die Brücke in Dresden eröffnet?", "Die Brücke in Dresden wurde am 26. August 2013 eröffnet.", "Die Brücke in Dresden wurde im August 2013 eröffnet.", ""),
        ("es", "¿Quién diseñó el puente de Bilbao?", "[Frank Gehry] diseñó el puente de Bilbao.", "[Santiago Calatrava] diseñó el puente de Bilbao.", "Los artículos no coinciden: el más reciente (14 de octubre de 2024) dice Frank Gehry, el anterior (2 de mayo de 2023) dice Santiago Calatrava."),
        ("es", "¿Cuántos habitantes tiene Bilbao?", "Bilbao tiene 346.000 habitantes.", "Bilbao tiene unos 350.000 habitantes.", ""),
        ("es", "¿Cuándo se inauguró el museo de Bilbao?", "El museo de Bilbao se inauguró el 18 de octubre de 1997.", "El museo de Bilbao se inauguró en octubre de 1997.", ""),
        ("fr", "Combien de lunes a Saturne ?", "Saturne a 146 lunes.", "Saturne a 83 lunes.", ""),
    ],
)  # fmt: skip
def test_german_and_spanish(language: str, question: str, newer: str, older: str, said: str) -> None:
    found = disagreement(question, pair(newer, older, language=language), language)
    assert (sentence(found, language) if found else "") == said


def test_a_development_names_its_years_and_the_later_one_leads() -> None:
    items = pair("By the end of 2023 Saturn had 145 moons.", "In 2019 Saturn had 82 moons.")
    found = disagreement("How many moons does Saturn have?", items[::-1])
    assert found is not None
    assert found.years == ("2023", "2019")
    assert sentence(found) == (
        "The articles speak of different times: the newer one (14 October 2024) says 145 for 2023, "
        "the older one (2 May 2023) says 82 for 2019."
    )
    assert sentence(found, "de").startswith("Die Artikel sprechen von verschiedenen Zeiten:")
    back = pair("In 2009 Saturn had 62 moons.", "In 2019 Saturn had 82 moons.")
    assert disagreement("How many moons does Saturn have?", back) is None


def test_an_older_article_that_speaks_of_an_earlier_year() -> None:
    items = pair("Saturn has 146 moons.", "In 2019 Saturn had 82 moons.")
    found = disagreement("How many moons does Saturn have?", items)
    assert found is not None
    assert found.years == ("", "2019")


def test_who_is_the_newer_without_dates() -> None:
    question, a, b = "How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 83 moons."
    undated = disagreement(question, [item(a, None, score=0.8), item(b, None, score=0.9)])
    assert undated is not None
    assert undated.newer.text == b
    assert sentence(undated) == "The articles disagree: one says 83, another says 146."
    half = disagreement(question, [item(a, None), item(b, OLD)])
    assert half is not None
    assert half.newer.text == b
    assert sentence(half) == "The articles disagree: the one of 2 May 2023 says 83, an undated one says 146."
    same = disagreement(question, [item(a, OLD), item(b, OLD)])
    assert same is not None
    assert same.newer.text == a
    assert sentence(same) == "The articles disagree: one says 146, the other says 83 (both of 2 May 2023)."
    corrected = disagreement(question, [item(a, OLD, name="old"), item(b, OLD, name="new", corrects="old")])
    assert corrected is not None
    assert corrected.newer.text == b


def test_a_denial_in_a_sentence() -> None:
    items = pair("Norway never signed the Oslo treaty.", "Norway signed the Oslo treaty.")
    found = disagreement("Did Norway sign the Oslo treaty?", items)
    assert found is not None
    assert found.what == "denial"
    assert sentence(found).endswith(
        "the newer one (14 October 2024) says no, the older one (2 May 2023) says yes."
    )
    assert "dice que no" in sentence(found, "es")
    assert "sagt nein" in sentence(found, "de")


@pytest.mark.parametrize(
    ("question", "newer", "older", "what"),
    [
        ("How many moons does Saturn have?", "Saturn has 146 moons.", "Saturn has 83 moons.", "number"),
        ("When did the Oresund Bridge open?", "The Oresund Bridge opened in 2000.", "The Oresund Bridge opened in 1999.", "date"),
        ("Who designed the Elbe Bridge?", "[Kalina Novak] designed the Elbe Bridge.", "[Otto Brandt] designed the Elbe Bridge.", "name"),
    ],
)  # fmt: skip
def test_what_it_is_about(question: str, newer: str, older: str, what: str) -> None:
    found = disagreement(question, pair(newer, older))
    assert found is not None
    assert found.what == what


def test_one_article_does_not_disagree_with_itself() -> None:
    items = [item("Saturn has 146 moons.", name="a"), item("Saturn has 83 moons.", OLD, name="a")]
    assert disagreement("How many moons does Saturn have?", items) is None
    assert disagreement("How many moons does Saturn have?", items[:1]) is None
    assert disagreement("How many moons does Saturn have?", []) is None


def test_the_newest_of_several_leads() -> None:
    texts = (
        ("Saturn has 83 moons.", OLD),
        ("Saturn has 145 moons.", NEW),
        ("Saturn has 274 moons.", date(2025, 3, 20)),
    )
    items = [item(text, day) for text, day in texts]
    found = disagreement("How many moons does Saturn have?", items)
    assert found is not None
    assert found.newer_says == "274"
    assert order(items, found) == [items[2], items[0], items[1]]
    assert order(items[:2], found) == [items[2], items[0], items[1]]


def test_a_sentence_that_begins_with_it_leans_on_the_one_before() -> None:
    title = "Trams in Edinburgh"
    question = "How many stops does the Edinburgh tram line have?"
    line = item("It has 15 stops.", OLD, title=title, before="The new line runs to York Place.")
    extension = item("It has eight stops.", OLD, title=title, before="The extension leads to the harbour.")
    now = item("The tram line now has 23.", title=title)
    found = disagreement(question, [now, line])
    assert found is not None
    assert (found.newer_says, found.older_says) == ("23", "15")
    assert disagreement(question, [now, extension]) is None


def test_a_name_of_the_title_is_not_lent_to_another_subject() -> None:
    question = "How many moons does Saturn have?"
    other = item("Jupiter now stands at 95 known moons.", title="Saturn has 274 moons")
    assert disagreement(question, [item("Saturn has 83 moons.", OLD), other]) is None


def test_the_marked_words_decide_among_several_numbers() -> None:
    question = "How many people died in the Lahaina fire?"
    older = item("The Lahaina fire killed 115 people.", OLD)
    text = "In the Lahaina fire 102 people died, not 115 people as first said."
    assert disagreement(question, [item(text), older]) is None  # it tells of both
    elsewhere = item("In the Lahaina fire 2,200 buildings burned and people died.", answer="2,200")
    assert disagreement(question, [elsewhere, older]) is None


def test_broken_marks_and_offsets_are_passed_over() -> None:
    from dataclasses import replace

    question = "How many moons does Saturn have?"
    newer, older = pair("Saturn has 146 moons.", "Saturn has 83 moons.")
    for mark in ((-5, -1), (9, 3), (0, 0), (0, 10_000)):
        found = disagreement(question, [replace(newer, answer=mark, answer_score=1.0), older])
        assert found is not None
    assert disagreement(question, [replace(newer, start=10**6, end=10**6 + 5), older]) is not None


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Saturn  has\nmoons", 80, "Saturn has moons"),
        ("a\u202eb\u200bc\x00d\u2028e", 80, "abc d e"),
        ("one two three four", 12, "one two…"),
        ("x" * 50, 10, "x" * 10 + "…"),
        ("\ud800", 10, ""),
        ("", 10, ""),
    ],
)
def test_plain_text_is_one_short_clean_line(text: str, most: int, expected: str) -> None:
    assert wording.plain(text, most) == expected


PIECES = st.lists(
    st.sampled_from(
        """How many When Who Where Is not never moons does Saturn have has had 146 83 1,200,000 1.2 million about more than
        in 2019 on 2 May 2023 Joe Biden was is to from and , . ; ( ) - – % $ € 5 km half a hundred one two twenty ² ٣
        ¿Cuándo mil millones Wie viele Millionen no’t 's 99999999999999999999 1.2.3,4 31 February""".split()
    ),
    max_size=30,
).map(" ".join)
TEXTS = st.one_of(st.text(max_size=120), PIECES)


@given(
    TEXTS,
    TEXTS,
    TEXTS,
    st.sampled_from(["en", "de", "es", "fr", "", "xx"]),
    st.tuples(st.integers(-2, 40), st.integers(-2, 40)),
)
def test_no_text_breaks_it(question: str, one: str, other: str, language: str, mark: tuple[int, int]) -> None:
    from dataclasses import replace

    items = [
        replace(item(one, language=language), answer=mark, answer_score=0.9),
        item(other, OLD, language=""),
    ]
    found = disagreement(question, items, language)
    if found is not None:
        assert isinstance(found, Disagreement)
        assert found.newer_says != ""
        for shown in ("en", "de", "es", "fr"):
            assert "\n" not in sentence(found, shown)
        assert len(order(items, found)) == 2
