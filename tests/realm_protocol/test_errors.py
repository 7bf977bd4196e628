"""Errors: one tree, which every tier rebuilds from a code and fields."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol import errors_indonesian
from realm_protocol.errors import (
    AskedWrongly,
    OurFault,
    RateLimited,
    RealmchatError,
    SessionEnded,
    StoreUnwritable,
    TryLater,
    UnknownError,
    UserNotFound,
    WrongArguments,
    all_errors,
    rebuild,
)
from realm_protocol.grammar import parse_line
from realm_protocol.wire import pack, unpack_value
from realm_service import listening
from tests.realm_protocol.strategies import anything, texts

ERRORS = [error for error in all_errors() if error.__module__ == "realm_protocol.errors"]
SHARED = [*ERRORS, *(e for e in all_errors() if e.__module__ == listening.__name__)]
"""All that chat-cli's people can meet."""


def fields_of(error: type[RealmchatError]) -> list[str]:
    """The fields that its text is made from."""
    return [name for _, name, _, _ in string.Formatter().parse(error.text) if name]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_is_rebuilt_as_its_own_class(error: type[RealmchatError]) -> None:
    """Over a wire it is the same class, with the same fields and the same words."""
    made = error(**{name: f"<{name}>" for name in fields_of(error)})

    code, fields = unpack_value(pack([made.code, made.fields]))
    again = rebuild(code, fields)

    assert type(again) is error
    assert again.fields == made.fields
    assert again.message == made.message


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_says_its_fields(error: type[RealmchatError]) -> None:
    """Every field of the text stands in it; the text is a sentence."""
    message = error(**{name: f"<{name}>" for name in fields_of(error)}).message

    assert all(f"<{name}>" in message for name in fields_of(error))
    assert message[0] in string.ascii_uppercase + "“<"
    assert message[-1] in ".>"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_belongs_to_one_branch(error: type[RealmchatError]) -> None:
    """Whether to change something, to wait, or to call us is told by its class and its status."""
    branches = [b for b in (AskedWrongly, TryLater, OurFault) if issubclass(error, b)]

    assert len(branches) == 1
    assert re.fullmatch(r"[a-z][a-z0-9_]*", error.code)
    if branches == [AskedWrongly]:
        assert 400 <= error.status < 500
    if branches == [OurFault]:
        assert error.status >= 500


def test_codes_are_unique() -> None:
    """A code names one class for ever."""
    codes = [error.code for error in ERRORS]

    assert len(codes) == len(set(codes))


@given(texts, st.dictionaries(texts, anything, max_size=4))
def test_whatever_a_peer_says_becomes_an_error(code: str, fields: dict[str, object]) -> None:
    """Unknown codes, missing and strange fields: never anything but an error of ours."""
    error = rebuild(code, fields)

    assert isinstance(error, RealmchatError)
    assert error.message


def test_an_unknown_code_keeps_its_name_and_fields() -> None:
    """A newer peer's error can still be reported."""
    error = rebuild("made_tomorrow", {"size": 3})

    assert isinstance(error, UnknownError)
    assert error.fields == {"peer_code": "made_tomorrow", "size": 3}


def test_a_field_that_a_peer_left_out_is_a_question_mark() -> None:
    """An error about an error helps nobody."""
    assert rebuild("user_not_found", {}).message == "There is no person ?."


def test_the_json_has_code_message_and_fields() -> None:
    """The one shape of all HTTP routes; a field can't pose as the code."""
    assert UserNotFound(address="a@b").body() == {
        "error": {"code": "user_not_found", "message": "There is no person a@b.", "address": "a@b"}
    }
    assert RateLimited(code="forged").body()["error"]["code"] == "rate_limited"


def placeholders(text: str) -> set[str]:
    """The fields that a template names."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("error", SHARED, ids=lambda error: error.code)
def test_an_error_speaks_indonesian(error: type[RealmchatError]) -> None:
    """Every class has a text of its own in Indonesian, over the same fields."""
    text = errors_indonesian.TEXTS[error.code]

    assert placeholders(text) == set(fields_of(error))
    assert text != error.text
    assert error(**{name: f"<{name}>" for name in fields_of(error)}).message_in("id") == (
        text.format_map({name: f"<{name}>" for name in fields_of(error)})
    )


def test_no_indonesian_text_is_left_over() -> None:
    """A class that went takes its text with it."""
    assert errors_indonesian.TEXTS.keys() == {error.code for error in SHARED}


@pytest.mark.parametrize("english", errors_indonesian.PHRASES)
def test_a_phrase_keeps_what_it_holds(english: str) -> None:
    """What stands within an error's sentence is said in its language, with its own values."""
    fields = placeholders(english)
    indonesian = errors_indonesian.PHRASES[english]
    values = {name: f"<{name}>" for name in fields}

    assert placeholders(indonesian) == fields
    assert errors_indonesian.phrase(english.format_map(values)) == indonesian.format_map(values)


def test_a_whole_message_is_in_one_language() -> None:
    """The grammar's own sentences too; what nobody translated stays as it came."""
    with pytest.raises(WrongArguments) as refused:
        parse_line("history messi@surabaya many")

    assert refused.value.message_in("id") == (
        "“many” bukan angka. Cara pakai: history CONVERSATION [LIMIT [BEFORE]]"
    )
    assert refused.value.message_in("en") == refused.value.message
    assert StoreUnwritable(path="/x", detail="odd").message_in("id") == (
        "/x tidak bisa ditulisi: odd. Sediakan ruang di disk, atau beri program ini hak menulis di"
        " sana."
    )


@given(texts, st.dictionaries(texts, anything, max_size=4))
def test_whatever_a_peer_says_has_words_in_indonesian(code: str, fields: dict[str, object]) -> None:
    """Strange fields fit no phrase, and fail nothing."""
    assert rebuild(code, fields).message_in("id")
    assert SessionEnded(reason=fields, detail=fields).message_in("id")
