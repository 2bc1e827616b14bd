"""Clean text: one normal form, no promotion as evidence, and the article's own sentences untouched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.clean import clean_line, clean_text, unwrap

BEFORE = "The harbour was closed on Monday after the storm tore two cranes from their rails."
AFTER = "Repairs will take until the spring, the port authority said in a statement."

PROMOTION = [
    # marks, and what stands between them
    "skip past newsletter promotion",
    "after newsletter promotion",
    "skip past bulletin publicity",
    "after publication advancement",
    "Skip advert",
    "jump over the mailing commercial",
    # sign-up
    "Sign up to our morning email and never miss a story",
    "Sign up for the Harbour Weekly newsletter, delivered to your inbox every Friday",
    "Join our every day mailing",
    "Signal up for our day by day e-newsletter and get the highest tales despatched to your inbox",
    "Subscribe today for unlimited access to our journalism",
    "Get our free daily briefing straight to your inbox.",
    "Want more stories like this? Subscribe to our weekly digest here.",
    "Our evening bulletin tells you what happened and why it matters",
    "CLIMATE NEWSLETTER: Sign up here for the latest on our warming planet",
    "You can unsubscribe from our newsletter at any time",
    # legal notices
    "Privacy Notice: Newsletters may contain info about charities, online ads, and content funded by outside parties.",
    "Privateness Discover: Mailings could comprise particulars of charities and on-line commercials.",
    "For more information see our Privacy Policy.",
    "We use Google reCaptcha to protect our website and the Google Privacy Policy and Terms of Service apply.",
    "This site is shielded by reCAPTCHA and the Google Privateness Coverage and Phrases of Service apply.",
    "By continuing to use this site you agree to our use of cookies.",
    "We use cookies to personalise content and ads and to analyse our traffic.",
    "Copyright 2024 Harbour Media. All rights reserved. This material may not be published or redistributed.",
    "We may earn a commission if you buy through affiliate links on this page.",
    # the publication's channels and money
    "Follow us on Facebook, Instagram and YouTube",
    "Follow Jo Doe on Twitter: @jodoe_harbour",
    "Contact the reporter at jdoe@example.org or follow her on Twitter @jodoe_harbour.",
    "Download our app from the App Store or Google Play to get breaking news alerts",
    "Support our journalism by becoming a member today",
    "Listen to our podcast on Spotify or wherever you get your podcasts",
    # furniture of the page
    "Advertisement",
    "ADVERTISEMENT",
    "Story continues below advertisement",
    "Article continues after this ad",
    "Read more:",
    "Read more: Five harbours that never reopened",
    "Related: What the cranes cost",
    "Most popular",
    "Recommended for you",
    "Share on Facebook",
    "Share this article via email",
    "Continue reading",
    "Listen to this article",
    "5 min read",
]

KEPT = [
    # about newsletters and subscriptions
    "The newspaper launched a newsletter for commuters in 2019 and had 40,000 subscribers within a year.",
    "Readers who subscribe to a print edition are on average 61 years old, the survey found.",
    "The magazine lost half of its subscriptions after the price rose to nine euros a month.",
    "She wrote in her newsletter that the company had ignored three warnings.",
    "The newsletter was founded by two former teachers and is delivered every Friday.",
    "Parents can sign up for the swimming course at the town hall until the end of June.",
    "Details on how to sign up to receive food parcels can be found at the library.",
    "The union said members would receive an email with the ballot paper on Thursday.",
    "“Sign up to our newsletter and you will get a free umbrella,” the advertisement promised.",
    # about advertising and promotion
    "The club won promotion to the first division on the last day of the season.",
    "Her promotion to captain was announced after the match against Ghana.",
    "Advertising revenue fell by 12% in the third quarter.",
    "After promotion in 2008 the club spent four seasons in the top flight.",
    "The advertisement was banned because it showed a child on a railway line.",
    "Ad sales at the broadcaster rose for the first time in five years.",
    # about privacy, cookies and terms
    "Google changed its privacy policy in 2012 and merged the data of sixty services.",
    "The regulator said the privacy policy and the terms of service apply to children too.",
    "Under the directive, websites must obtain consent before cookies are stored on a device.",
    "The court ruled that a ticked box is no consent to cookies.",
    "Bake the cookies for twelve minutes and let them cool on a rack.",
    "Privacy campaigners sued the company in Dublin.",
    "Researchers trained a network that solves a captcha in under a second.",
    "The terms and conditions of the loan were published by the ministry.",
    # words of the filter in other meanings
    "Children who read more books at home did better in the test.",
    "Read more slowly, the teacher told them, and you will remember more.",
    "Follow the river upstream for two hours and the valley opens.",
    "The prime minister follows 200 accounts on Twitter and posts every day.",
    "Shareholders share the risk with the state.",
    "The story continues in the archives of Lisbon, where the letters lie.",
    "Our galaxy contains at least 100 billion stars.",
    "We use cookies as bait, the ranger said, because bears like sugar.",
    "The app was downloaded two million times before it was withdrawn from the App Store.",
    "Visitors must download the health app before they arrive at the airport.",
    "Support for independent journalism has shrunk in eleven countries.",
    "Consumers with questions can call 800-555-0142 or email info@example.org for a refund.",
    "The most popular name for girls was Emma.",
    "Skip lists were invented in 1989 and are used in databases.",
    "The briefing lasted ten minutes; no questions were allowed.",
    "All rights reserved to the states were listed in an annex of the treaty.",
    "After publication the author was arrested.",
    "Sign up for the course with the same email as your library account.",
    "Sign up for the course with the same email as your library account",
    "To get started, simply record what you eat each day in a journal or app.",
    "If you want to opt out of the payments, you can do so on the tax portal.",
    "If you are a customer, you can download the app for free in the App Store.",
]  # fmt: skip


@pytest.mark.parametrize("line", PROMOTION)
def test_promotion_between_paragraphs_does_not_become_evidence(line: str) -> None:
    assert clean_text(f"{BEFORE}\n\n{line}\n\n{AFTER}") == f"{BEFORE}\n\n{AFTER}"


@pytest.mark.parametrize("sentence", KEPT)
def test_what_an_article_says_is_kept(sentence: str) -> None:
    for text in (sentence, f"{BEFORE}\n{sentence}\n{AFTER}", f"{BEFORE} {sentence} {AFTER}"):
        assert clean_text(text) == text


def test_a_block_between_two_marks_goes_whole_even_where_its_lines_look_harmless() -> None:
    block = "skip previous mailing promotion\nThe world before breakfast\nFree\nafter mailing promotion"
    assert clean_text(f"{BEFORE}\n{block}\n{AFTER}") == f"{BEFORE}\n{AFTER}"


def test_marks_far_apart_do_not_take_the_article_between_them() -> None:
    story = "\n".join(f"On day {day} the water stood at {day} metres above the quay." for day in range(1, 20))
    assert clean_text(f"skip past newsletter promotion\n{story}\nafter newsletter promotion") == story


def test_a_promotional_sentence_inside_a_paragraph_goes_alone() -> None:
    text = f"{BEFORE} Sign up for our free daily newsletter here. {AFTER}"
    assert clean_text(text) == f"{BEFORE} {AFTER}"


def test_a_whole_article_about_newsletters_survives() -> None:
    text = (
        "Newsletters came back in the 2010s. Publishers found that a reader who signs up for a bulletin is four "
        "times as likely to buy a subscription.\n\nCritics say the privacy policy of many services is vague. In "
        "2021 one service apologised after it had sent every subscriber's address to an advertiser.\n\n"
        "“We asked people to join our mailing list and they did,” said one editor, who left the paper in 2022."
    )
    assert clean_text(text) == text


def test_a_column_that_speaks_to_its_readers_loses_only_the_offer() -> None:
    column = (
        "You have seen the crane from your window. We walked there on Sunday. Our guide showed us the broken rail. "
        "You could hear the sea below."
    )
    assert clean_text(f"{column} Sign up for our weekly newsletter here.") == column


def test_the_normal_form() -> None:
    raw = "\ufeffCafe\u0301\u00a0au\u200b lait\t\tnow\r\n\r\n\r\n\r\nNext\u202e line \x00here\x07 \rEnd\u2028.\ud800 "
    assert clean_text(raw) == "Café au lait now\n\nNext line here\nEnd\n."


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا بالعالم، هذا نص عربي.",
        "می‌خواهم",
        "क्‍ष",
        "👩‍👩‍👧 families 🏳️‍🌈",
        "Ελληνικά",
        "漢字かな交じり文。",
        "naïve — “ça va”",
    ],
)
def test_other_scripts_and_emoji_are_left_alone(text: str) -> None:
    assert clean_text(text) == text


def test_a_title_is_one_line() -> None:
    assert clean_line("  A\ntitle\u00a0 in\r\nlines\u200b ") == "A title in lines"


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)
FRAGMENTS = st.lists(
    st.sampled_from([*PROMOTION, *KEPT, "\n", "\n\n", " ", ". ", "\u200d", "“", '"', "skip ad", "after ad promo", "İ", "ß"]),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=max(300, settings().max_examples))
@given(st.one_of(ANY_TEXT, FRAGMENTS))
@example("a\u200d\u0301\u200db")
@example(" \u200b \n \u200b\n\n\n")
@example("\ud800\udc00")
def test_cleaning_never_fails_and_twice_is_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    assert "\n\n\n" not in once
    assert "\r" not in once
    once.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        " " * 1_000_000,
        "a" * 1_000_000,
        "\n" * 1_000_000,
        "." * 1_000_000,
        "“" * 1_000_000,
        "follow " * 150_000,
        "sign up " * 120_000,
        "skip past " * 100_000,
        "we use cookies " * 60_000,
        "ب" + "\u200d" * 1_000_000 + "ب",
        "a" + "\u0301\u0316" * 500_000,
    ],
    ids=lambda text: repr(text[:10]),
)
@pytest.mark.timeout(60)
def test_a_megabyte_of_one_thing_does_not_hang(text: str) -> None:
    assert len(clean_text(text)) <= len(text)


def test_a_hundred_thousand_lines() -> None:
    lines = [f"Reading {number} was {number * 3} metres." for number in range(100_000)]
    assert clean_text("\n".join(lines)).count("\n") == 99_999


def test_text_wrapped_at_a_fixed_width_reads_as_sentences_again() -> None:
    wrapped = (
        "The harbour of the old town was closed on Monday after the storm\n"
        "had torn two cranes from their rails and thrown them into the\n"
        "basin, where they lie on their sides.\n\nA second paragraph."
    )
    assert unwrap(wrapped).split("\n\n")[0].count("\n") == 0
    assert "the storm had torn" in unwrap(wrapped)


@pytest.mark.parametrize(
    "text",
    [
        "A rose\nis a rose\nis a rose",
        "- the first item of a list that is quite long, as lists go\n- the second item of it, just as long as that\n- three",
        "One paragraph, told on one line only, however long that line may become in the end.",
        "The first sentence stands on its own line here.\nThe second sentence does so as well, you see.\nAnd the third.",
    ],
)
def test_verse_lists_and_single_lines_stay_as_they_are(text: str) -> None:
    assert unwrap(text) == text
