"""Names that have to be accepted, beside those of the corpus, whose numbers have gaps."""

from __future__ import annotations

from tests.weather.corpus import Case

ACCEPTED = {
    "what programs take for nothing": "Jennifer Null",
    "one letter": "X",
    "one word, two letters": "Ng",
    "a single name": "Suharto",
    "right to left, Arabic": "عبد الرحمن محمد",
    "right to left, Hebrew with a maqaf": "שרה בן־דוד",
    "two hyphens": "Anne-Marie Saint-Étienne",
    "a hyphen of its own character": "Jean\u2010Paul Roux",
    "an okina": "Kaʻiulani Kalākaua",
    "an apostrophe before a lower case letter": "N'Golo Kanté",
    "an apostrophe at the beginning": "'Aisha Rahman",
    "a sharp s": "Jörg Weiß",
    "ligatures": "Æsa ﬁnn Œuvrard",
    "a ligature that is a letter": "Ĳsbrand van Dĳk",
    "marks that have no composed form": "Adébáyọ̀ Ọlọ́runtọ́bi",
    "no case": "さくら 山田",
    "a character beyond the first plane": "𠮷田 太郎",
    "syllables of jamo": "김민준",
    "marks above and below": "สมชาย ใจดี",
    "vowel signs": "ஆறுமுகம் செல்வன்",
    "Cyrillic": "Юрий Ёлкин",
    "polytonic Greek": "Ἀριστοτέλης",
    "Ethiopic": "ኃይለ ሥላሴ",
    "a number behind it": "Louis Martin 2nd",
    "digits inside, as a register has it": "X Æ A-12",
    "initials without spaces": "J.R.R. Tolkien",
    "a nickname in quotes": "Zhang “Sam” Wei",
    "a word of SQL": "Drop Table",
    "120 characters": "Maria " + "Anastasia" * 12 + " Novak",
}
DECOMPOSED = ("Zoe\u0308 A\u030angstro\u0308m", "Zoë Ångström")

OK = {"status": [200, 201, 302, 303], "count_delta_after_confirm": 1, "mails": 1}
ON_FORMS = [
    Case(
        f"own-name-ok-{number:02}",
        "sign_form",
        f"must be accepted: {why}",
        {"name": {"text": name}},
        {"outcome": "accept", "stored": name} | OK,
    )
    for number, (why, name) in enumerate(ACCEPTED.items(), start=1)
] + [
    Case(
        "own-name-ok-00",
        "sign_form",
        "must be accepted: marks apart from their letters",
        {"name": {"text": DECOMPOSED[0]}},
        {"outcome": "accept_normalised", "stored": DECOMPOSED[1]} | OK,
    )
]
PLACES = [
    "list",
    "search",
    "organiser list",
    "api",
    "bundle",
    "csv",
    "pdf",
    "mail",
]  # on its page each is seen alone
EVERYWHERE = Case(
    "own-names",
    "names",
    "every name that has to be accepted, wherever names stand",
    {},
    {"outcome": "accept", "everywhere": PLACES},
)
CASES = [*ON_FORMS, EVERYWHERE]
