"""allauth's forms for passkeys, in plain words."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey unless somebody says otherwise: it needs the device's own lock, and no code by mail any more."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.label, name.help_text = (
            _("Name"),
            _("So that you tell your devices apart, such as “private phone”."),
        )
        alone.initial, alone.label = True, _("Sign in with this device alone")
        alone.help_text = _(
            "The device then asks for its own lock (PIN, finger or face). Otherwise it is only asked for after the"
            " mailed code."
        )
