"""Makes an account that may write letters, and prints a link to sign in with once."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse

from accounts.models import SignInLink, User


class Command(BaseCommand):
    help = "Makes an account that may write letters, and prints a link that signs it in once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--operator", action="store_true", help="look after the whole site as well")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        try:
            validate_email(options["email"].strip())
        except ValidationError:
            raise CommandError("Please give an e-mail address, like name@example.com.") from None
        user = User.objects.create_organizer(options["email"], is_operator=options["operator"])
        if not user.is_active:
            raise CommandError(f"The account {user.email} is switched off.")
        minutes = int(SignInLink.LIFETIME.total_seconds() // 60)
        link = settings.SITE_URL + reverse("sign_in_link", args=[SignInLink.issue(user)])
        may = "may write letters and is an operator" if user.is_superuser else "may write letters"
        self.stdout.write(f"{user.email} {may}. This link signs in once, within {minutes} minutes:")
        self.stdout.write(link)
