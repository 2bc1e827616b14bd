"""Lines of the page around an article: planted ones are taken out, what an article says stays."""

from __future__ import annotations

import pytest

from index import furniture
from index.clean import clean_text
from index.furniture import is_biography

BEFORE = "The harbour was closed on Monday after the storm tore two cranes from their rails."
AFTER = "Repairs will take until the spring, the port authority said in a statement."

PLANTED = [
    # captions and credits
    "Photograph: Jo Doe/Example Agency",
    "Photo: Jo Doe",
    "Foto: dpa",
    "Bild: Ann Lee/Example",
    "Crédit photo : Jo Doe",
    "Image caption, The cranes lie on their sides",
    "Image source, Getty Images",
    "The cranes on Monday. Photograph: Jo Doe/AFP/Getty Images",
    "A crane driver looks at the wreck of his crane in the basin on Tuesday. (AP Photo/Jo Doe)",
    "Two cranes lie in the basin on Monday. (Photo by Ann Lee/Getty Images)",
    "A drone picture shows the basin, Jan. 4, 2022. Jo Doe/Reuters",
    "Hide caption",
    "Enlarge this image",
    "1 / 12",
    # live blogs, as they are and rewritten
    "12:04 GMT",
    "12.04 BST",
    "10:15 a.m. ET",
    "Updated at 12.04 GMT",
    "5m ago",
    "2 hours ago",
    "Key events",
    "Show key events only",
    "Present key occasions solely",
    "Please turn on JavaScript to use this feature",
    "Filters BETA",
    "Key events (12)",
    "Copied to clipboard",
    "Load more updates",
    "Newest first",
    "vor 5 Minuten",
    # paywalls
    "Subscribe to continue reading",
    "This article is for subscribers only",
    "Already a subscriber? Log in",
    "You have 2 free articles remaining this month",
    "Start your free trial",
    "Create a free account to read this article",
    "To proceed studying, sign in",
    "Dieser Artikel ist nur für Abonnenten",
    "Article réservé aux abonnés",
    "Il vous reste 80 % de cet article à lire.",
    "Contenido exclusivo para suscriptores",
    # comments, as they are and rewritten
    "Leave a comment",
    "Go away a remark",
    "Join the conversation",
    "Be a part of the dialog",
    "12 comments",
    "Comments (12)",
    "View all comments",
    "What do you think? Let us know in the comments below.",
    "Be the first to comment",
    "Kommentar schreiben",
    "Laisser un commentaire",
    "Deja un comentario",
    # cookies
    "Accept all cookies",
    "Manage cookie preferences",
    "We value your privacy",
    "Alle akzeptieren",
    "Cookie-Einstellungen",
    "Wir verwenden Cookies, um Inhalte zu personalisieren und die Zugriffe auf unsere Website zu analysieren.",
    "Mit der Nutzung unserer Website stimmen Sie dem zu.",
    "Tout accepter",
    "Continuer sans accepter",
    "Nous utilisons des cookies pour améliorer votre expérience sur notre site.",
    "Ce site utilise des cookies.",
    "Aceptar todas las cookies",
    "Utilizamos cookies propias y de terceros para mejorar nuestros servicios.",
    "Si continúa navegando, acepta su uso.",
    # newsletters in other languages
    "Melden Sie sich hier für unseren Newsletter an.",
    "Abonnieren Sie unseren Newsletter und verpassen Sie nichts.",
    "Inscrivez-vous à notre newsletter pour recevoir l'essentiel de l'actualité.",
    "Suscríbete a nuestro boletín y recibe cada mañana lo más importante.",
    # other stories
    "Lesen Sie auch: Der Hafen von gestern",
    "Mehr zum Thema",
    "Lire aussi : Le port d'hier",
    "À lire aussi",
    "Te puede interesar",
    "Lea también: El puerto de ayer",
    "Associated: What the cranes cost",
    "DON'T MISS",
    "Related stories",
    "WATCH: Cranes fall into the basin",
    # sharing
    "Auf Facebook teilen",
    "Partager sur Twitter",
    "Compartir en Facebook",
    "Share this text",
    "Copy link",
    # the rest
    "Published 18 November 2019",
    "Last updated: 18 November 2019 12:04 GMT",
    "Reporting by Jo Doe and Ann Lee; editing by Bo Ek",
    "Reading time: 4 minutes",
    "Order Reprints",
    "Anzeige",
    "Publicité",
    "Publicidad",
]

KEPT = [
    "Photographs of the cranes were shown in court on Monday.",
    "The photo, taken by Jo Doe, shows the basin.",
    "The picture by Ann Lee was sold for nine million euros.",
    "Bild sprach mit dem Kranführer.",
    "The image of the harbour has suffered, said the mayor.",
    "At 12:04 GMT the first crane fell.",
    "12:04 GMT: the first crane falls into the basin",
    "January 4, 2022",
    "THURSDAY, APRIL 21, 2016",
    "8:46 a.m.",
    "Five minutes ago the harbour was reopened, the port authority said.",
    "Key events in the life of the harbour were the fire of 1842 and the flood of 1962.",
    "Subscribers to continue reading the paper numbered 40,000.",
    "The article is for subscribers of the journal, the library said.",
    "Comments by the minister angered the dock workers.",
    "Join the conversation, the professor told her students, or leave the room.",
    "The share of the port in the company fell to 12%.",
    "Share prices rose by 4% after the announcement.",
    "Print media lost a third of their readers.",
    "Alle akzeptieren das Urteil, sagte der Bürgermeister.",
    "Die Firma hatte Cookies ohne Zustimmung gesetzt, teilte die Behörde mit.",
    "La société utilise des cookies sans consentement, a indiqué la CNIL.",
    "Wir verwenden Stahl aus Schweden.",
    "Publicité mensongère : la société a été condamnée à une amende.",
    "Related party transactions were reported to the regulator.",
    "Most read the letter twice before they signed it.",
    "Watch: the word comes from the watch on board a ship.",
    "Credit: the bank gave it freely, and that was the error.",
    "More stories were told of the flood than of the fire.",
    "Reading time was cut by a third in primary schools.",
    "Reported by the crew as lost, the anchor was found in the basin.",
    "Read more than one report before you decide.",
    "Newsletters were printed on a press in the cellar.",
    "Themen der Sitzung waren der Hafen und die Brücke.",
    "Summary",
    "Background",
    "What happened next",
    "Beta",
    "Live music returned to the harbour on Friday",
    "Jo Doe, who writes for the paper, saw the crane fall.",
    "***",
]


@pytest.mark.parametrize("line", PLANTED)
def test_a_line_of_the_page_does_not_become_evidence(line: str) -> None:
    assert clean_text(f"{BEFORE}\n\n{line}\n\n{AFTER}") == f"{BEFORE}\n\n{AFTER}"


@pytest.mark.parametrize("line", KEPT)
def test_what_an_article_says_is_kept(line: str) -> None:
    assert clean_text(f"{BEFORE}\n\n{line}\n\n{AFTER}") == f"{BEFORE}\n\n{line}\n\n{AFTER}"


def test_headlines_below_the_announcement_of_other_stories_go_with_it() -> None:
    related = "Related stories\nCranes fall in the north\nThe harbour that never slept\nFive ports in trouble"
    assert clean_text(f"{BEFORE}\n\n{related}\n\n{AFTER}") == f"{BEFORE}\n\n{AFTER}"
    assert clean_text(f"{BEFORE}\n{AFTER}\n\nRead next\nCranes fall in the north") == f"{BEFORE}\n{AFTER}"


def test_a_heading_after_a_single_such_line_stays() -> None:
    text = f"{BEFORE}\n\nRelated stories\n\nWhat happens to the cranes\n\n{AFTER}"
    assert clean_text(text) == f"{BEFORE}\n\nWhat happens to the cranes\n\n{AFTER}"


def test_who_wrote_it_goes_from_the_end_and_stays_where_the_article_is_about_them() -> None:
    bio = "Jo Doe is a staff reporter at the Harbour Weekly, covering ships and ports."
    assert clean_text(f"{BEFORE}\n\n{AFTER}\n\n{bio}") == f"{BEFORE}\n\n{AFTER}"
    assert (
        clean_text(f"{BEFORE}\n\n{bio}\n\n{AFTER} It did so twice.\n\nThe end.\n\nOf it.\n\nAll.").count(bio)
        == 1
    )
    about = f"Doe fell into the basin on Monday.\n\n{AFTER}\n\n{bio}"
    assert clean_text(about) == about
    assert not is_biography("Ann Lee is the mayor of the town.", "")
    assert not is_biography("Ann Lee was fined for covering the sign of a shop.", "")


def test_a_live_blog_reads_as_its_posts() -> None:
    page = (
        "Key events\n\nShow key events only\n\nPlease turn on JavaScript to use this feature\n\n12:04 GMT\n\n"
        f"{BEFORE}\n\nShare\n\nUpdated at 12.10 GMT\n\n11:40 GMT\n\n{AFTER}\n\nCopied to clipboard\n\nLoad more updates"
    )
    assert clean_text(page) == f"{BEFORE}\n\n{AFTER}"


def test_lines_that_announce_other_stories_are_each_looked_past_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    is_headline = furniture.is_headline
    monkeypatch.setattr(furniture, "is_headline", lambda line: (looked.append(line), is_headline(line))[1])

    def looks(count: int) -> int:
        looked.clear()
        clean_text("The canal is 98 kilometres long.\n\n" + "Read more\n\n" * count)
        return len(looked)

    assert 0 < looks(400) < 3 * looks(200)
