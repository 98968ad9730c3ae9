"""Forms that share their fields share nothing that somebody typed."""

from __future__ import annotations

from petitions.forms.proofs import CodeForm


def test_what_one_typed_stands_in_no_other_form():
    wrong, right, empty = CodeForm({"code": "<wrong>"}), CodeForm({"code": "abcd-2345"}), CodeForm()

    del wrong.fields["code"]
    assert wrong.is_valid()
    wrong = CodeForm({"code": "<wrong>"})

    assert (wrong.is_valid(), right.is_valid()) == (False, True)
    assert right.cleaned_data == {"code": "ABCD2345"}
    assert not empty.errors
    assert "wrong" not in str(empty["code"]) + str(right["code"])
    assert 'aria-invalid="true"' in str(wrong["code"])
    assert "aria-invalid" not in str(empty["code"]) + str(right["code"])
