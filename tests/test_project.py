"""Rules that a machine can check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.promises.defects import DEFECTS

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    {"crypto"},
    {"models"},
    {
        "cache",
        "counts",
        "limits",
        "pending",
        "recent",
        "invited",
        "subscribers",
        "rooms",
        "smtp",
        "mailserver",
        "codemail",
        "codes",
        "undelivered",
        "wire",
        "languages",
        "faults",
        "erasures",
        "holding",
    },
    {"forms", "documents"},
    {"mail"},
    {"circulars"},
    {"flows"},
    {"seeds"},
    {
        "backups",
        "embedded",
        "tasks",
        "admin",
        "api",
        "views",
        "comparison",
        "doctor",
        "management",
        "templatetags",
    },
    {"urls"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
# What we must not claim; more than words can say stands in docs/threats.md. Words of advertising have no place even
# where they are denied.
NEVER = [
    r"cannot find out",
    r"verified employees",
    r"impossible to fake",
    r"untrace?able|unhackable|tamper-?proof|unbreakable",
    r"zero[- ]knowledge",
    r"end-to-end encrypted",
    r"military[- ]grade|bank[- ]grade",
    r"blockchain",
    r"cannot be compelled",
    r"legally protected",
    r"\baudited\b",
    r"(100 ?%|completely) anonymous",
    r"safe on any device",
    r"(tu empresa|el jefe|nadie) (no )?(puede|podrá|podrán) (saber|enterarse|averiguar|descubrir) (que|si|quién)",
    r"(empleados|personas|firmantes|firmas) verificad[oa]s",
    r"imposible de (falsificar|rastrear|identificar|manipular)|irrastreable|infalsificable|a prueba de manip",
    r"(completamente|totalmente|100 ?%|absolutamente|plenamente) (anónim|segur|protegid)",
    r"anonimato (está )?garantizado|garantiza(mos)? (tu|el) anonimato",
    r"protegid[oa]s? (legalmente|por la ley)|cifrado de extremo a extremo|grado militar|conocimiento cero",
    r"tor te hace anónim|auditad[oa]",
]
# A sentence that denies one of these first is honest.
FORBIDDEN = [
    r"(employers?|company|they|nobody) (can ?not|can't|can never|will never) (find out|know|learn|see|trace)",
    r"verified (employees|people|signers|colleagues|staff)",
    r"(impossible|not possible) to (fake|forge|trace|identify)",
    r"can(not| never|'t) be (faked|traced|identified|compelled|forced|subpoenaed|hacked)",
    r"end[- ]to[- ]end( encrypt\w+)?",
    r"(legally|fully|completely|totally|absolutely) (protected|safe|secure)",
    r"(100 ?%|completely|fully|totally|truly|perfectly|guaranteed|absolutely) anonym\w+",
    r"anonymity is guaranteed|guarantees? (your )?anonymity",
    r"independently (checked|verified|reviewed)",
    r"safe (on any device|from work|at work|anywhere)",
    r"(we|this site) (do not|don't|never) stores? your (e-?mail|address)",
    r"no ip addresses? (is|are) (logged|stored|kept)|we (do not|don't|never) log ip",
    r"hash\w*,? (and )?(therefore|thus|so) anonym\w+",
    r"(permanently|irrevocably|irreversibly|completely) (deleted|erased|destroyed)",
    r"(key|keys) (is|are) provably (destroyed|gone)|proof that the key",
    r"(encrypted database|database is encrypted)",
    r"tor makes you anonymous",
    r"proves? that nobody was added",
    r"(too (big|large)|big enough|large enough) to (identify|find) you",
    r"your employer (will not|won't|cannot|can't) (notice|know|see|find)",
]
DENIALS = r"\b(not|no|nobody|never|nothing|neither|nor|without|against|cannot|refuses?|isn't|don't)\b"
PUBLIC = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "templates").rglob("*.*"),
    *(
        path
        for path in (ROOT / "static").rglob("*.*")
        if path.suffix in {".js", ".py", ".css", ".svg", ".txt"}
    ),
    *(ROOT / "petitions").rglob("*.py"),  # sentences of pages, mails and errors
    *(ROOT / "seeds").glob("*.toml"),
    *(ROOT / "locale").rglob("*.po"),
]


def claims(text: str) -> list[str]:
    """The sentences that claim it."""
    found = []
    for sentence in re.split(
        r"(?<=[.!?;:])\s|\n\s*\n|[{}<>|]", text.lower().replace('"\n"', "")
    ):  # as in .po files
        plain = " ".join(sentence.split())
        found += [plain for pattern in NEVER if re.search(pattern, plain)]
        for pattern in FORBIDDEN:
            match = re.search(pattern, plain)
            if match and not re.search(DENIALS, plain[: match.start()]):
                found.append(plain)
    return found


def sources():
    return sorted(path for path in (ROOT / "petitions").rglob("*.py") if "migrations" not in path.parts)


def layer_of(module: str) -> str:
    return [*module.split("."), ""][1]


def imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "petitions":
            for alias in node.names:
                yield node.module if "." in node.module else f"{node.module}.{alias.name}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    here = path.relative_to(ROOT / "petitions").with_suffix("").parts[0]
    if here not in HEIGHT:
        assert here in {"apps", "__init__"}
        return

    upward = [module for module in imports(path) if HEIGHT.get(layer_of(module), 0) > HEIGHT[here]]

    assert upward == []


def test_the_map_shows_the_layers_from_the_top():
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("| layer | what |")[1]
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines() if "`" in line]

    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == LAYERS[::-1]


def test_accounts_know_nothing_of_letters():
    assert [path.name for path in (ROOT / "accounts").glob("*.py") if "petitions" in path.read_text()] == []


def test_imports_stand_at_the_top():
    inside = [
        f"{path.name}:{node.lineno}"
        for path in [*sources(), *(ROOT / "accounts").glob("*.py"), *(ROOT / "config").glob("*.py")]
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert inside == []


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_claimed_that_is_not_so(path):
    assert claims(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "claim",
    [
        "Your employer cannot find out that you took part.",
        "450 verified employees have signed.",
        "It is impossible to fake.",
        "We cannot be compelled.",
        "End-to-end encrypted, with military-grade keys.",
        "Your signature is untraceable.",
        "We do not store your e-mail.",
        "No IP addresses are logged.",
        "It is hashed, therefore anonymous.",
        "Your data is permanently deleted.",
        "The encrypted database keeps you safe.",
        "You are safe on any device.",
        "Tor makes you anonymous.",
        "The log proves that nobody was added.",
        "Your team is too big to identify you.",
        "You are legally protected.",
        "The program was audited last year.",
        "You stay completely anonymous.",
        "Tu empresa no puede saber que firmaste.",
        "450 empleados verificados han firmado.",
        "Tu firma es totalmente anónima y está protegida por la ley.",
        "Es imposible de falsificar.",
        "Nobody can ever sign twice, and nothing is lost. Your employer won't notice.",
    ],
)
def test_such_claims_are_found(claim):
    assert len(claims(claim)) >= 1


@pytest.mark.parametrize(
    "sentence",
    [
        "We do not say that it is not possible to fake.",
        "Nobody has independently checked this program yet.",
        "450 distinct work mailboxes at example.com, by typed code; names are as typed, not checked.",
        "Your employer can see that a mail from us arrived.",
        "This is not the same as end to end.",
    ],
)
def test_honest_sentences_are_let_through(sentence):
    assert claims(sentence) == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_hashes_and_no_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert not re.search(r"https?:|--index|--find-links|@ ", text)
    assert all(
        "--hash=sha256:" in text.split(line, 1)[1][:400] for line in re.findall(r"^\S+==\S+", text, re.M)
    )


def test_templates_have_no_inline_style_or_script():
    pages = [path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts]
    inline = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", re.I)

    assert [str(path) for path in pages if inline.search(path.read_text(encoding="utf-8"))] == []


def test_every_variable_that_is_read_is_explained():
    read = set(
        re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text(encoding="utf-8"))
    )
    told = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))

    assert read - told == {"MAILBOX_SOCKET"}  # set by `up` for its own processes
    assert told - read == set()


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120


ROW = re.compile(r"^\| (P\d+) .*`([\w/]+\.py)::(\w+)`", re.M)


def promised() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))


def proofs() -> set[tuple[str, str, str]]:
    """Each test that is marked as the proof of a promise."""
    found = set()
    for path in (ROOT / "tests").glob("*/test_*.py"):
        if path.parent.name not in ("promises", "weather"):
            continue
        text = path.read_text(encoding="utf-8")
        everywhere = re.search(r"^pytestmark = .*promise\(\"(P\d+)\"\)", text, re.M)
        for marks, name in re.findall(r"((?:^@.*\n(?:[ )].*\n)*)*)^def (test_\w+)", text, re.M):
            number = re.search(r"promise\(\"(P\d+)\"\)", marks) or everywhere
            if number:
                found.add((number[1], f"tests/{path.parent.name}/{path.name}", name))
    return found


def test_every_promise_names_a_test_that_is_there_and_proves_it():
    assert [row for row in promised() if row not in proofs()] == []


def test_every_proof_stands_in_the_table():
    assert {number for number, _path, _name in proofs()} - {number for number, *_ in promised()} == set()


THREATS = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def threats() -> list[str]:
    table = THREATS.partition("## The table")[2].partition("\n## ")[0]
    return [row for row in table.splitlines() if row.startswith("| ")][2:]


def test_every_test_that_is_named_against_a_threat_exists():
    gone = [
        f"{path}::{name}"
        for path, name in NAMED.findall(THREATS)
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]

    assert gone == []


def test_no_threat_is_left_out():
    """Those that were written down before anything was built, and those that were found since."""
    assert [row.split(" | ")[0] for row in threats()] == [f"| T{number}" for number in range(1, 27)]
    assert {len(re.split(r"(?<!\\)\|", row)) for row in threats()} == {7}


def test_every_threat_has_a_test_or_is_said_to_be_open():
    open_ones = ("*not protected*", "*not built*")

    assert [
        row for row in threats() if not NAMED.search(row) and not any(word in row for word in open_ones)
    ] == []


def test_every_seeded_defect_still_has_its_place_in_the_code():
    """Only `make promises` puts them in; a change that moves a place is to see it at once."""
    lost = [
        defect.name
        for defect in DEFECTS
        if f"def {defect.test.rpartition('::')[2]}("
        not in (ROOT / defect.test.partition("::")[0]).read_text()
        or any((ROOT / path).read_text(encoding="utf-8").count(old) != 1 for path, old, _new in defect.edits)
    ]

    assert lost == []
