from email.utils import parseaddr

from django.apps import AppConfig
from django.conf import settings
from django.core.mail.utils import DNS_NAME
from django.forms import Field
from django.utils.translation import gettext_lazy as _


class PetitionsConfig(AppConfig):
    name = "petitions"
    verbose_name = _("Letters")

    def ready(self) -> None:
        """Forms speak plainly; mail servers are told the sender's domain, never the name of this machine."""
        Field.default_error_messages["required"] = _("Please fill this in.")
        DNS_NAME._fqdn = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
