"""What a signer can do later, with the receipt and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from petitions import limits
from petitions.flows import receipts, signatures
from petitions.flows.signatures import Shown
from petitions.forms.signatures import AppearanceForm, ReceiptForm
from petitions.models import Appear, Letter, Signature, WaitingSignature
from petitions.views import errors


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "signatures/receipt.html", {"form": ReceiptForm()})
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return render(request, "signatures/receipt.html", {"form": form}, status=422)
    try:
        return _act(request, form.cleaned_data["receipt"])
    except receipts.NoSuchReceipt:
        form.add_error("receipt", _("No signature belongs to this receipt. Please compare each character."))
        return render(request, "signatures/receipt.html", {"form": form}, status=422)


def _act(request: HttpRequest, receipt: str) -> HttpResponse:
    act = request.POST.get("act")
    if act == "withdraw":
        receipts.withdraw(receipt)
        return _manage(request, receipt, done=_("Your signature is withdrawn and no longer counts."))
    if act == "change":
        return _appear(request, receipt, receipts.change, _("Your signature is changed."))
    if act == "return":
        return _appear(request, receipt, receipts.come_back, _("Your signature counts again."))
    return _manage(request, receipt)


def _appear(
    request: HttpRequest, receipt: str, flow: Callable[[str, Shown], None], done: str
) -> HttpResponse:
    form = AppearanceForm(request.POST)
    if not form.is_valid():
        return _manage(request, receipt, form=form, status=422)
    try:
        flow(receipt, Shown(**form.cleaned_data))
    except signatures.LetterNotOpen:
        form.add_error(
            None, _("The letter takes no more signatures: a line can be removed, but none can be added.")
        )
        return _manage(request, receipt, form=form, status=409)
    except receipts.DeclaredInvalid:
        form.add_error(
            None, _("The organizers declared this signature invalid. It cannot count while that stands.")
        )
        return _manage(request, receipt, form=form, status=409)
    return _manage(request, receipt, done=done)


def _manage(
    request: HttpRequest,
    receipt: str,
    *,
    form: AppearanceForm | None = None,
    done: str = "",
    status: int = 200,
) -> HttpResponse:
    signature = receipts.find(receipt)
    context = {
        "letter": signature.letter,
        "signature": signature,
        "is_waiting": isinstance(signature, WaitingSignature),
        "receipt": receipt,
        "form": form or AppearanceForm(initial=_as_typed(signature)),
        "delivered_note": _delivered_note(signature.letter),
        "can_return": signature.letter.can_be_signed(),
        "done": done,
    }
    return render(request, "signatures/manage.html", context, status=status)


def _as_typed(signature: Signature | WaitingSignature) -> dict[str, str]:
    if isinstance(signature, WaitingSignature) or not signature.is_named:
        return {"appear": Appear.ANONYMOUS}
    if signature.is_withdrawn:
        return {"appear": Appear.FULL}
    appear = Appear.FULL if signature.name else Appear.ROLE
    return {
        "appear": appear,
        "name": signature.name,
        "role": signature.role,
        "statement": signature.statement,
    }


def _delivered_note(letter: Letter) -> str:
    """Said before pressing: what was sent cannot be called back."""
    if not (letter.snapshots.exclude(first_body_at=None).exists() or letter.handovers.exists()):
        return ""
    return _("This letter was already delivered. What recipients received with it stays with them.")
