from django.urls import include, path

from petitions.views import (
    health,
    invitations,
    letters,
    mailbox,
    proofs,
    receipts,
    reports,
    safety,
    signatures,
    subscriptions,
    takedowns,
    tokens,
    verify,
)

of_a_letter = [
    path("", letters.letter, name="letter"),
    path("letter.pdf", letters.letter_pdf, name="letter_pdf"),
    path("sign/", signatures.sign, name="sign"),
    path("code/", proofs.code, {"purpose": "sign"}, name="code"),
    path("code/again/", proofs.again, {"purpose": "sign"}, name="code_again"),
    path("signed/", signatures.signed, name="signed"),
    path("token/", tokens.issue, name="token"),
    path("token/done/", tokens.done, name="token_done"),
    path("token/offline/", tokens.offline, name="token_offline"),
    path("invitation/", invitations.sign, name="invitation"),
    path("invitation/token/", invitations.token, name="invitation_token"),
    path("redeem/", tokens.redeem, name="redeem"),
    path("verify/", verify.verify, name="verify"),
    path("signatures/", signatures.listing, name="signatures"),
    path("signatures/<uuid:pk>/takedown/", takedowns.ask, name="takedown"),
    path("follow/", subscriptions.follow, name="follow"),
    path("follow/code/", proofs.code, {"purpose": "follow"}, name="follow_code"),
    path("follow/code/again/", proofs.again, {"purpose": "follow"}, name="follow_code_again"),
]

urlpatterns = [
    path("", letters.home, name="home"),
    path("letters/<slug:slug>/", include(of_a_letter)),
    path("receipt/", receipts.receipt, name="receipt"),
    path("unsubscribe/<str:secret>/", subscriptions.unsubscribe, name="unsubscribe"),
    path("safety/", safety.safety, name="safety"),
    path("privacy/", safety.privacy, name="privacy"),
    path("abuse/", reports.abuse, name="abuse"),
    path("mailbox/", mailbox.index, name="mailbox"),
    path("mailbox/<str:key>/html/", mailbox.html_part, name="mailbox_html"),
    path("mailbox/<str:key>/attachments/<int:number>/", mailbox.attachment, name="mailbox_attachment"),
    path("healthz", health.alive, name="healthz"),
]
