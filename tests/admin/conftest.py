from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from petitions.models import Letter, Membership
from tests.factories import make_draft, make_letter, make_user


@pytest.fixture
def owner(db) -> User:
    return make_user("owner@example.org")


@pytest.fixture
def as_owner(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def draft(owner: User) -> Letter:
    return make_draft(owner=owner)


@pytest.fixture
def letter(owner: User) -> Letter:
    return make_letter(owner=owner)


@pytest.fixture
def member():
    """A client of somebody with this role on this letter."""

    def sign_in(letter: Letter, role: str) -> Client:
        user = User.objects.create_user(f"{role}@example.org")
        Membership.objects.create(letter=letter, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return sign_in
