"""The addresses of a letter's own pages in the workspace."""

from __future__ import annotations

from typing import Any

from petitions.admin import (
    deliveries,
    delivering,
    domains,
    events,
    handovers,
    invalidations,
    invitations,
    life,
    papers,
    previews,
    responses,
    reviews,
    signatures,
    takedowns,
    updates,
)
from petitions.admin.pages import address


def of_a_letter() -> list[Any]:
    return [
        address("preview/", previews.page, "preview"),
        address("preview/mail/", previews.mail, "preview_mail"),
        address("preview/mail/html/", previews.mail_html, "preview_mail_html"),
        address("preview/letter.pdf", previews.pdf, "preview_pdf"),
        address("open/", life.open_for_signing, "open"),
        address("correct/", life.correct, "correct"),
        address("close/", life.close, "close"),
        address("deliver/", delivering.deliver, "deliver"),
        address("deliver/test/", delivering.test_mail, "test_mail"),
        address("deliveries/", deliveries.listing, "deliveries"),
        address("deliveries/now/", deliveries.now, "deliveries_now"),
        address("deliveries/pause/", deliveries.pause, "deliveries_pause"),
        address("deliveries/resume/", deliveries.resume, "deliveries_resume"),
        address("deliveries/<int:delivery>/", deliveries.one, "delivery"),
        address("deliveries/<int:delivery>/cancel/", deliveries.cancel, "delivery_cancel"),
        address("deliveries/<int:delivery>/decide/", deliveries.decide, "delivery_decide"),
        address("snapshots/<int:snapshot>/cancel/", deliveries.cancel_rest, "snapshot_cancel"),
        address("signatures/", signatures.listing, "signatures"),
        address("signatures/hide/", reviews.hide, "hide"),
        address("review/", reviews.queue, "review"),
        address("invalidations/", invalidations.listing, "invalidations"),
        address("invalidations/begin/", invalidations.begin, "invalidations_begin"),
        address("invalidations/<int:number>/", invalidations.one, "invalidation"),
        address("invalidations/<int:number>/undo/", invalidations.undo, "invalidation_undo"),
        address("signatures/<uuid:signature>/statement/", signatures.statement, "signature_statement"),
        address("signatures/<uuid:signature>/pin/", signatures.pin, "signature_pin"),
        address("takedowns/", takedowns.listing, "takedowns"),
        address("takedowns/<int:takedown>/decide/", takedowns.decide, "takedown_decide"),
        address("domains/<int:domain>/lift/", domains.lift, "domain_lift"),
        address("events/", events.of_a_letter, "events"),
        address("invitations/", invitations.sheets, "invitations"),
        address("invitations/void/", invitations.void, "invitations_void"),
        address("paper/", papers.listing, "papers"),
        address("paper/<int:paper>/", papers.one, "paper"),
        address("paper/<int:paper>/remove/", papers.remove, "paper_remove"),
        address("paper/<int:paper>/names/<int:name>/remove/", papers.remove_name, "paper_name_remove"),
        address("handovers/", handovers.record, "handovers"),
        address("handovers/<int:handover>/back/", handovers.take_back, "handover_take_back"),
        address("updates/", updates.post, "updates"),
        address("responses/", responses.record, "responses"),
        address("responses/<int:response>/hide/", responses.hide, "response_hide"),
        address("responses/<int:response>/show/", responses.show, "response_show"),
    ]
