"""P8: what a company's mail scanner does with a code or an address signs nothing, and the code still works."""

from __future__ import annotations

import re
import uuid

import pytest

from petitions import rooms
from petitions.flows import responses
from petitions.models import Mark, Publication, Response, ResponseDraft, Signature, WaitingSignature
from petitions.rooms import Answer
from tests.factories import make_letter, sign
from tests.promises.scanner import Scanner
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def letter(mails):
    return make_letter()


@pytest.fixture
def address():
    """New in every test: the scanner asks for codes too, and they may arrive when the next test has begun."""
    return f"ada.{uuid.uuid4().hex}@example.test"


@pytest.fixture(params=["full", "anonymous"])
def asker(web, letter, address, request):
    """Somebody who asked for a code and has not typed it yet."""
    visitor = Visitor(web.url)
    shown = {"appear": request.param, "name": "Ada Lovelace", "role": "", "statement": ""}
    assert visitor.post(f"{letter.get_absolute_url()}sign/", address=address, **shown).url.endswith("/code/")
    return visitor


def everything(letter):
    """Where a scanner can begin that knows the site: all pages of a letter, listed or not."""
    pages = (
        "",
        "sign/",
        "code/",
        "code/again/",
        "signed/",
        "token/",
        "token/offline/",
        "redeem/",
        "follow/code/",
    )
    return [letter.get_absolute_url() + page for page in pages] + ["/", "/receipt/"]


def stored():
    return Mark.objects.count(), Signature.objects.count(), WaitingSignature.objects.count()


@pytest.mark.promise("P8")
def test_opening_every_address_signs_nothing_and_the_code_still_works(web, mails, letter, address, asker):
    code = mails.code(address)
    scanner = Scanner(web.url)

    scanner.open_everything(*everything(letter), *re.findall(r"https?://\S+", str(mails.to(address)[0])))

    assert len(scanner.opened) > 10
    assert stored() == (0, 0, 0)
    assert asker.post(f"{letter.get_absolute_url()}code/", code=code).url.endswith("/signed/")
    assert stored()[0] == 1


@pytest.mark.promise("P8")
def test_submitting_every_form_signs_nothing_and_the_code_still_works(web, mails, letter, address, asker):
    """It read the mail: it knows the address and the code, and lacks only the asker's cookie."""
    code = mails.code(address)
    somebody = sign(letter, "Grace Hopper")
    before = stored()
    scanner = Scanner(web.url, code=code, address=address, appear="full", name="Scan Ner", blinded="A" * 512)

    scanner.submit_everything(*everything(letter))

    submitted = dict(scanner.submitted)
    path = f"{web.url}{letter.get_absolute_url()}"
    assert {f"{path}sign/", f"{path}token/", f"{path}redeem/", f"{web.url}/receipt/"} <= set(submitted)
    assert submitted[f"{path}sign/"] == 200  # it was sent on to the page for the code
    assert stored() == before
    assert Signature.objects.get().state == "published", somebody
    assert asker.post(f"{path}code/", code=code).url.endswith("/signed/")
    assert stored()[0] == before[0] + 1


@pytest.fixture
def recipient(letter):
    """Somebody who keeps a draft in their room."""
    found = letter.recipients.select_related("letter").first()
    responses.save_draft(found, [Answer(None, "refused", "No.")])
    return found


def answered():
    return Publication.objects.count(), Response.objects.count()


def pages_of_the_room(recipient):
    pages = ("", "preview/", "code/", "code/again/", "published/")
    return [f"/answer/{rooms.secret(recipient)}/{page}" for page in pages]


@pytest.mark.promise("P8")
def test_opening_every_address_of_a_room_publishes_nothing_and_the_code_still_does(web, mails, recipient):
    start, preview, code, *_rest = pages_of_the_room(recipient)
    asker = Visitor(web.url)
    seen = re.search(r'name="seen" value="(\w+)"', asker.get(preview).text)[1]
    assert asker.post(preview, seen=seen).url.endswith("/code/")
    typed = mails.code(recipient.address)
    scanner = Scanner(web.url)

    scanner.open_everything(start, *pages_of_the_room(recipient))

    assert len(scanner.opened) > 10
    assert (answered(), ResponseDraft.objects.count()) == ((0, 0), 1)
    assert asker.post(code, code=typed).url.endswith("/published/")
    assert answered() == (1, 1)


@pytest.mark.promise("P8")
def test_submitting_every_form_of_a_room_publishes_nothing(web, mails, recipient):
    """It read the mail: it knows the room and a code that somebody else asked for, and fills in what it finds."""
    preview = pages_of_the_room(recipient)[1]
    asker = Visitor(web.url)
    seen = re.search(r'name="seen" value="(\w+)"', asker.get(preview).text)[1]
    asker.post(preview, seen=seen)
    scanner = Scanner(web.url, code=mails.code(recipient.address))

    scanner.submit_everything("/", *pages_of_the_room(recipient))

    submitted = [action.removeprefix(web.url) for action, _status in scanner.submitted]
    assert {*pages_of_the_room(recipient)[:2]} <= {*submitted}
    assert answered() == (0, 0)
