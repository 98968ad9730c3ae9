import socket
from pathlib import Path

import pytest

from petitions.documents.mailhtml import inline


def test_styles_move_onto_elements_and_at_rules_stay() -> None:
    dark = "@media (prefers-color-scheme: dark) { p { color: white !important } }"
    html = inline(f"<style>p {{ color: red }} {dark}</style><p>a</p>")

    assert '<p style="color: red;">a</p>' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "color: white !important" in html


def test_style_sheet_of_the_machine_is_not_read(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.css"
    sheet.write_text("p { color: red }")

    for address in (sheet.as_uri(), str(sheet), f"file://localhost{sheet}"):
        assert "red" not in inline(f'<link rel="stylesheet" href="{address}"><p>a</p>')
        assert "red" not in inline(f"<style>@import url({address});</style><p>a</p>")


def test_style_sheet_of_the_network_is_not_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/sheet.css"
        html = inline(f'<link rel="stylesheet" href="{address}"><style>@import "{address}";</style><p>a</p>')
        with pytest.raises(TimeoutError):
            canary.accept()

    assert "<p>a</p>" in html
