"""One person counts once and one code acts once, however often, at once and in whatever spelling it is tried."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from petitions import counts
from petitions.crypto import typed
from petitions.flows import proofs, signatures
from petitions.models import Appear, Mark, Signature, WaitingSignature
from tests.factories import make_letter
from tests.promises.races import spread, together
from tests.promises.signers import Browser, Inbox, Signer, asked, is_acknowledged, typing
from tests.promises.sizes import sized

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(sized(300, 3000)),
]

CLIENTS = 64


@pytest.mark.promise("P2")
def test_fifty_requests_of_one_person_at_once_count_once(web, figures):
    letter, people = make_letter(), sized(5, 100)

    for person in range(people):
        papers = [
            asked(letter, f"Person{person}+{tag}@example.test", name=f"Signer {person}") for tag in range(5)
        ]
        answers = together(typing(web.url, letter, paper) for paper in papers * 10)
        thanked = {number % 5 for number, answer in enumerate(answers) if is_acknowledged(answer)}
        assert (len(thanked), {answer.status for answer in answers}) == (1, {303, 422})

    names = sorted(Signature.objects.values_list("name", flat=True))
    figures(people=people, requests=people * 50, signatures=len(names))
    assert names == sorted(f"Signer {person}" for person in range(people))
    assert (counts.recount(letter).total, Mark.objects.count()) == (people, people)


DOMAINS = [
    "b\u00fccher.test",
    "B\u00dcCHER.test",
    "bu\u0308cher.test",
    "\uff42\u00fccher.test",
    "xn--bcher-kva.TEST",
]


def spelled(person: int, tag: str, chance: random.Random) -> tuple[str, str]:
    """One mailbox in any case and any form of its domain: as typed, and as mailed."""
    local = "".join(chance.choice([letter, letter.upper()]) for letter in f"person{person}{tag}")
    return f"{local}@{chance.choice(DOMAINS)}", f"{local}@xn--bcher-kva.test"


@pytest.mark.promise("P2")
def test_as_many_signatures_as_people_however_they_spell_themselves(web, mails, figures):
    letter, inbox = make_letter(domains=("xn--bcher-kva.test",)), Inbox(mails)
    attempts, seed = sized(60, 10_000), random.getrandbits(32)
    chance, people = random.Random(seed), attempts * 4 // 5
    twice = chance.sample(range(people), attempts - people)
    signers = [
        Signer(web.url, letter.get_absolute_url(), inbox, f"Signer {person}", *spelled(person, tag, chance))
        for tag, chosen in (("", range(people)), ("+again", twice))
        for person in chosen
    ]
    chance.shuffle(signers)

    limit = time.monotonic() + sized(120, 2400)
    assert set(spread([partial(signer.sign_at_last, limit) for signer in signers], clients=CLIENTS)) == {None}

    thanked = sorted(signer.name for signer in signers if signer.is_acknowledged)
    refused, unanswered = sum(s.is_refused for s in signers), sum(s.unanswered for s in signers)
    names = sorted(Signature.objects.values_list("name", flat=True))
    figures(seed=seed, attempts=attempts, people=people, signatures=len(names), unanswered=unanswered)
    assert names == thanked
    assert (names, refused) == (sorted(f"Signer {person}" for person in range(people)), attempts - people)


@pytest.mark.promise("P3")
def test_one_code_acts_once(web, figures):
    letter, rounds = make_letter(), sized(4, 40)

    for turn in range(1, rounds + 1):
        paper = asked(letter, f"person{turn}@example.test", name=f"Signer {turn}")
        answers = together(typing(web.url, letter, paper) for _ in range(50))
        assert {answer.status for answer in answers} <= {303, 422}
        assert any(map(is_acknowledged, answers))
        assert counts.recount(letter).total == turn

    figures(rounds=rounds, posts=rounds * 50, signatures=Signature.objects.count())


@pytest.mark.promise("P3")
@pytest.mark.parametrize("use", ["consume", "sign"])
def test_of_fifty_who_use_up_one_code_at_once_one_does(use, many_connections, figures):
    """The mark would stop a second signature as well, so each brings another one: this is the code's own lock."""
    letter, rounds = make_letter(), sized(3, 50)

    for turn in range(rounds):
        pending, code = proofs.challenge(letter, purpose="sign", address=f"person{turn}@example.test")
        everybody = [
            replace(pending, mark=secrets.token_hex(32), receipt=typed.new_receipt()) for _ in range(50)
        ]
        acts = {
            "consume": [partial(proofs.consume, one) for one in everybody],
            "sign": [partial(signatures.sign, letter, one, code) for one in everybody],
        }
        outcomes = together(acts[use])
        assert Counter(map(type, outcomes)) == {type(None): 1, proofs.CodeUsed: 49}
        signed = turn + 1 if use == "sign" else 0
        assert WaitingSignature.objects.count() + counts.recount(letter).total == signed

    figures(rounds=rounds, tries=rounds * 50, used=rounds)


@pytest.mark.promise("P3")
def test_confirming_and_withdrawing_at_once_agree(web, figures):
    """Three confirm while one withdraws; then three withdraw, now that there is something to withdraw."""
    letter, rounds, withdrawn = make_letter(), sized(20, 200), 0

    for turn in range(rounds):
        appear = [Appear.FULL, Appear.ANONYMOUS][turn % 2]
        paper = asked(letter, f"person{turn}@example.test", name="Ada Lovelace", appear=appear)
        is_withdrawn = confirmed_and_withdrawn(web.url, letter, paper, withdrawals=1)
        stands = "withdrawn" if is_withdrawn else {"full": "published", "anonymous": "waiting"}[appear]
        assert (states(paper), counts.recount(letter).total) == ([stands], int(stands == "published"))
        assert confirmed_and_withdrawn(web.url, letter, paper, withdrawals=3)
        assert (states(paper), counts.recount(letter).total) == (["withdrawn"], 0)
        withdrawn += is_withdrawn

    figures(rounds=rounds, withdrawn_in_the_first_race=withdrawn, disagreed=0)


def confirmed_and_withdrawn(url, letter, paper, *, withdrawals):
    """Whether a withdrawal was answered as done; whoever came before the signature was told so."""
    confirming = [typing(url, letter, paper) for _ in range(3)]
    fields = {"receipt": paper.receipt, "act": "withdraw"}
    withdrawing = [
        partial(Browser(url, paper.cookies).post, "/receipt/", **fields) for _ in range(withdrawals)
    ]
    answers = together(confirming + withdrawing)
    assert {answer.status for answer in answers[:3]} <= {303, 422}
    assert {answer.status for answer in answers[3:]} <= {200, 422}
    assert any(map(is_acknowledged, answers[:3]))
    return any(answer.status == 200 for answer in answers[3:])


def states(paper):
    """Where the signature with this receipt stands: one place, when all is well."""
    mine = {"receipt_hash": typed.digest(paper.receipt)}
    waiting = ["waiting"] * WaitingSignature.objects.filter(**mine).count()
    return waiting + list(Signature.objects.filter(**mine).values_list("state", flat=True))
