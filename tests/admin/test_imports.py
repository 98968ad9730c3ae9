"""Pasted tables: looked at first, refused by line and column, confirmed exactly as shown, all or nothing."""

from __future__ import annotations

import re
from html import unescape

import pytest

from petitions.documents import letters as documents
from petitions.flows import deliveries
from petitions.models import Letter, Paper, PaperSignature, Recipient
from tests.admin.posts import page
from tests.factories import make_letter

pytestmark = pytest.mark.django_db

HEADER = "name,role,e-mail\n"
GATES = {"way": "paper", "note": "Collected at the gates"}
CONFIRM = re.compile(r'name="confirmed"\s+value="([0-9a-f]{64})"')
RECIPIENTS = [("Erin Chief", "Chief executive"), ("Pat Person", "People")]


class Paster:
    """Somebody at the page: pastes, looks, confirms."""

    def __init__(self, client, letter: Letter, name: str = "recipients_import", **fields: str) -> None:
        self.client, self.path, self.fields = client, page(name, letter), fields
        self.digest, self.status, self.words, self.typed = "", 0, "", ""

    def look(self, pasted: str, **more: str) -> Paster:
        answer = self.client.post(self.path, {**self.fields, "pasted": pasted, **more})
        shown = answer.content.decode()
        found = CONFIRM.search(shown)
        self.digest = found[1] if found else ""
        kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown, re.S)
        self.typed = unescape(kept[1]) if kept else ""
        self.status, self.words = (
            answer.status_code,
            " ".join(re.sub(r"<[^>]+>", " ", unescape(shown)).split()),
        )
        return self

    def confirm(self, pasted: str) -> Paster:
        return self.look(pasted, confirmed=self.digest)


@pytest.fixture
def paster(as_owner, letter) -> Paster:
    return Paster(as_owner, letter)


@pytest.fixture
def copyist(as_owner, letter) -> Paster:
    return Paster(as_owner, letter, "paper_import", **GATES)


def people(letter: Letter) -> list[tuple[str, str]]:
    return list(letter.recipients.order_by("pk").values_list("name", "role"))


def test_recipients_are_looked_at_first_and_imported_when_confirmed(paster, letter):
    chief = letter.recipients.get(name="Erin Chief")
    same = letter.recipients.get(name="Pat Person")
    pasted = (
        f"{HEADER}Ada Lovelace,Engineer,ada@company.test\nErin Chief,Chair,{chief.address.upper()}\n"
        f"Pat Person,People,{same.address}\nAda L,,ADA@company.test\n"
    )

    paster.look(pasted)

    assert paster.status == 200
    for words in (
        "Would be added: 1 Line 2 Ada Lovelace",
        "Would be changed: 1 Line 3 Erin Chief",
        "Are there already, unchanged: 1 Line 4 Pat Person",
        "Left out: twice in the table: 1 Line 5 the same as line 2",
        "Import exactly this",
    ):
        assert words in paster.words
    assert people(letter) == RECIPIENTS

    assert paster.confirm(pasted).status == 303
    assert people(letter) == [("Erin Chief", "Chair"), ("Pat Person", "People"), ("Ada Lovelace", "Engineer")]
    chief.refresh_from_db()
    assert chief.address == chief.address.lower()
    event = letter.events.get(verb="recipients_imported")
    assert (event.object_id, event.actor.email) == ("2", "owner@example.org")

    again = paster.look(pasted)
    assert (again.status, again.digest) == (422, "")
    assert "There is nothing to import" in again.words


@pytest.mark.parametrize(
    "pasted",
    [
        "\ufeffname,role,e-mail\nAda,,ada@company.test",
        "E-Mail ,  ROLE,Name\nada@company.test,,Ada",
        "name;email\nAda;ada@company.test",
        "name\temail\r\nAda\tada@company.test\r\n",
        '\n\n"name","email"\n\n"Ada","ada@company.test"\n\n',
        "Nombre;Correo electrónico\nAda;ada@company.test",
        "name,email,state,verified,is_staff\nAda,ada@company.test,confirmed,1,1",
        "name,email\nAda,ada@company.test,,,\n,,\n",
    ],
)
def test_tables_of_every_make_are_read(paster, letter, pasted):
    assert paster.look(pasted).digest
    paster.confirm(pasted)
    assert people(letter)[2:] == [("Ada", "")]
    assert ("Columns that are not used: state, verified, is_staff" in paster.look(pasted).words) is (
        "is_staff" in pasted
    )


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (f"{HEADER}Ada,,ada@company.test\nBob,,not an address\n", "Line 3, e-mail: Please type an address"),
        (f"{HEADER},Engineer,ada@company.test", "Line 2, name: Please fill this in."),
        (f'{HEADER}"Ada\nLovelace",,ada@company.test\nBob,,x', "Line 2, name: Please leave out line breaks"),
        (f'{HEADER}"Ada\nLovelace",,ada@company.test\nBob,,x', "Line 4, e-mail: Please type an address"),
        (
            f"{HEADER}A\x00da,,ada@company.test",
            "Line 2, name: Please leave out line breaks and control characters.",
        ),
        (f"{HEADER}{'A' * 121},,ada@company.test", "Line 2, name: Ensure this value has at most 120"),
        (f"{HEADER}Ada,,ada@company.test,=1+1", "Line 2: This line has more cells than the first one."),
        (f'{HEADER}"Ada,,ada@company.test\n', "Line 2: A quotation mark is opened here"),
        (f'{HEADER}"Ada"x,,ada@company.test\n', "Line 2: A quotation mark is opened here"),
        (
            "Ada,,ada@company.test\n",
            "Line 1: The first line has to name the columns. Missing: name, e-mail.",
        ),
        ("name\nAda\n", "Line 1: The first line has to name the columns. Missing: e-mail."),
        ("name,Name,email\nAda,Bob,ada@company.test", "Line 1: Two columns have the name “Name”."),
        (HEADER, "Below the first line, which names the columns, there is nothing."),
        ("\n\n", "Please paste the table."),
        (HEADER + "".join(f"A,,a{n}@b.test\n" for n in range(199)), "Please name at most 200 recipients."),
        (HEADER + "Ada,,ada@company.test\n" * 1_001, "Line 1002: These are too many lines at once"),
        ("Zo\ufffd,\nname,email", "Line 1: This text is damaged. Please type it again."),
    ],
)
def test_what_cannot_be_used_is_told_by_line_and_column_and_stays_typed(paster, letter, pasted, said):
    paster.look(pasted)
    assert (paster.status, paster.digest) == (422, "")
    assert said in paster.words
    assert people(letter) == RECIPIENTS
    assert paster.typed == pasted


def test_nothing_pasted_and_too_much_are_said(paster):
    assert "Please paste the table." in paster.look("").words
    assert "at most 1 MB" in paster.look("é" * 500_001).words


def test_one_bad_line_among_many_keeps_all_out(paster, letter):
    lines = [f"Ada,,a{number}@company.test" for number in range(150)]
    lines[70] = "Ada,,nonsense"
    paster.look(HEADER + "\n".join(lines))
    assert "Line 72, e-mail" in paster.words
    assert paster.look(HEADER + "\n".join(lines), confirmed="0" * 64).status == 422
    assert people(letter) == RECIPIENTS


def test_another_text_or_another_letter_than_was_looked_at_is_not_imported(paster, letter, as_owner, owner):
    pasted = f"{HEADER}Ada,,ada@company.test\n"
    paster.look(pasted)
    looked = paster.digest

    changed = paster.look(f"{pasted}Bob,,bob@company.test\n", confirmed=looked)
    assert (changed.status, people(letter)) == (200, RECIPIENTS)
    assert "it is not what you looked at" in changed.words

    letter.recipients.create(name="Ada", address="ada@company.test")
    assert paster.look(pasted, confirmed=looked).status == 422
    other = make_letter(owner=owner)
    assert Paster(as_owner, other).look(pasted, confirmed=looked).status == 200
    assert other.recipients.count() == 2


def test_who_was_written_to_stays_as_written(paster, letter, owner):
    deliveries.deliver(letter, number=1, by=owner)
    chief = letter.recipients.get(name="Erin Chief")

    paster.look(f"{HEADER}Erin,Chair,{chief.address}\nAda,,ada@company.test")

    assert "Line 2, name: Erin Chief was written to and stays on the letter as before." in paster.words
    assert (paster.status, letter.recipients.count()) == (422, 2)
    assert "unchanged: 1" in paster.look(f"name,email\nErin Chief,{chief.address}\nAda,a@company.test").words


def test_a_formula_in_a_recipients_name_is_text(paster, letter):
    pasted = f'{HEADER}"=HYPERLINK(""x"")",,ada@company.test\n'
    paster.look(pasted)
    paster.confirm(pasted)
    assert letter.recipients.get(address="ada@company.test").name == '=HYPERLINK("x")'


def test_recipients_of_another_letter_are_not_touched(paster, letter, as_owner):
    foreign = make_letter().recipients.first()
    pasted = f"{HEADER}Mine,,{foreign.address}\n"
    paster.look(pasted)
    paster.confirm(pasted)
    assert Recipient.objects.get(pk=foreign.pk).name == foreign.name
    assert letter.recipients.filter(name="Mine").count() == 1


@pytest.mark.parametrize(("name", "may"), [("recipients_import", {"editor"}), ("paper_import", set())])
def test_who_may_import(letter, member, name, may):
    for role in ("reviewer", "editor"):
        client = member(letter, role)
        expected = 200 if role in may else 403
        assert client.get(page(name, letter)).status_code == expected
        assert Paster(client, letter, name, **GATES).look(f"{HEADER}Ada,,ada@company.test").status == expected


def test_names_from_paper_become_a_figure_of_their_own(copyist, letter, client):
    pasted = "role\tname\nNurse\tRosa Parks\n\tCesar Chavez\nnurse\tROSA PARKS\n"

    copyist.look(pasted)
    assert "Would be added: 2" in copyist.words
    assert "the same as line 2" in copyist.words
    assert not Paper.objects.exists()

    assert copyist.confirm(pasted).status == 303
    assert documents.papers_of(letter) == [{"number": 2, **GATES}]
    assert list(PaperSignature.objects.values_list("name", "role")) == [
        ("Rosa Parks", "Nurse"),
        ("Cesar Chavez", ""),
    ]
    assert letter.signatures.count() == 0
    assert letter.events.get(verb="paper_imported").object_id == str(letter.papers.get().pk)
    assert "Rosa Parks" in client.get(f"/letters/{letter.slug}/paper/").content.decode()

    assert "Exactly these names were imported before." in copyist.look(pasted).words
    assert letter.papers.count() == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("=cmd|' /C calc'!A0", "Line 3, name: Please start with a letter."),
        ("＝1+1", "Line 3, name: Please start with a letter."),
        ("a@b.test", "Line 3, name: Please leave out links and addresses."),
        ("Ro\x00sa", "Line 3, name: Please leave out control characters."),
        ("Ro\u202esa", "Line 3, name: Please leave out direction marks."),
        ("Zo\ufffd", "Line 3, name: This text is damaged. Please type it again."),
        ('"Rosa\nParks"', "Line 3, name: Please leave out control characters."),
    ],
)
def test_names_from_paper_are_refused_as_signers_would_be(copyist, name, said):
    assert said in copyist.look(f"name\nAda\n{name}\n").words
    assert copyist.status == 422
    assert not Paper.objects.exists()


def test_thousands_of_names_are_imported_at_once_and_too_many_are_not(copyist, letter):
    lines = [f"Ada,Nurse {number}\n" for number in range(10_001)]
    assert (
        "Line 10002: These are too many lines at once: at most 10000."
        in copyist.look("name,role\n" + "".join(lines)).words
    )

    pasted = "name,role\n" + "".join(lines[:2_000])
    assert "and 1,950 more" in copyist.look(pasted).words
    assert copyist.confirm(pasted).status == 303
    assert documents.papers_of(letter)[0]["number"] == 2_000
