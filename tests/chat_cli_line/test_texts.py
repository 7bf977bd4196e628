"""The catalogue of texts: none is missing in a language, and none stands outside of it."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import chat_cli.command_line
from chat_cli.command_line import texts
from chat_cli.command_line.texts import Text
from chat_cli.command_line.vocabulary import COMMANDS
from chat_cli.configuration import SETTINGS
from realm_protocol import errors_indonesian
from realm_protocol.command_table import Help

PACKAGE = Path(chat_cli.command_line.__file__).parent
CATALOGUE = {name: value for name, value in vars(texts).items() if isinstance(value, Text)} | {
    f"EXIT_MEANINGS.{name}": text for name, text in texts.EXIT_MEANINGS.items()
}

ALIKE = {
    "JSON Lines",  # names of things
    "realm",
    "group",
    "status",
    "server",
    "admin",
    "port",
}
"""Words that are the same in Indonesian, in lower case."""


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_text_is_there_in_both_languages(name: str) -> None:
    """With the same fields; the Indonesian one is no copy of the English one."""
    text = CATALOGUE[name]

    assert text.english.strip()
    assert text.indonesian.strip()
    assert fields_of(text.english) == fields_of(text.indonesian)
    assert fields_of(text.english_of_one) in (set(), fields_of(text.english))
    if text.english.lower() not in ALIKE and re.search("[a-z]{2}", _words(text.english)):
        assert text.english != text.indonesian


def test_one_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """English counts; Indonesian doesn't."""
    one, two = (texts.say(texts.UNSENT_ERASED, count=count) for count in (1, 2))

    assert one.startswith("1 message had")
    assert two.startswith("2 messages had")
    monkeypatch.setattr(texts, "_spoken", texts.Language.INDONESIAN)
    assert texts.say(texts.UNSENT_ERASED, count=1).startswith("1 pesan")


def _words(template: str) -> str:
    return re.sub(r"\{\w*\}", "", template)


def test_commands_and_settings_are_explained_in_both_languages() -> None:
    """Words, parameters, options and settings: what help, man pages and `config` say."""
    helps: list[Help | Text] = [setting.meaning for setting in SETTINGS.values()]
    for command in COMMANDS:
        helps.append(command.word.help)
        helps += [parameter.meaning for parameter in command.word.parameters]
        helps += [option.meaning for option in command.options]

    assert len(helps) > 100
    for said in helps:
        assert said.english != said.indonesian
        assert said.english.endswith(".") == said.indonesian.endswith(".")


# --- how the catalogue is used -------------------------------------------------------------------


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Each call that says a text of the catalogue by its name: where, the call, the name."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (name := _named_text(node)):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node, name


def _named_text(call: ast.Call) -> str | None:
    for argument in call.args:
        match argument:
            case ast.Attribute(value=ast.Name(id="texts"), attr=name) if name in CATALOGUE:
                return name
    return None


def test_every_text_gets_its_fields() -> None:
    """Wherever one is said, all that it holds is given, and nothing else."""
    seen = 0
    for place, call, name in calls():
        function = (
            call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        )
        given = {keyword.arg for keyword in call.keywords}
        if function not in ("say", "put_note", "note", "show") or None in given:
            continue
        seen += 1
        assert given == fields_of(CATALOGUE[name].english), place
    assert seen > 40


def test_every_text_is_said() -> None:
    """What nobody says any more leaves the catalogue."""
    used = "\n".join(
        path.read_text(encoding="utf-8") for path, _ in modules() if path.name != "texts.py"
    )

    assert [n for n in vars(texts) if n.isupper() and not re.search(rf"\b{n}\b", used)] == []


def test_no_words_stand_outside_the_catalogue() -> None:
    """What people read comes from the catalogue, the tables or an error."""
    sentences = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path, tree in modules()
        for line, text in _strings(tree)
        if re.search(r"[A-Za-z]{2,}[ ,]+[a-z]{2,} [a-z]{2,}", text) and not _is_no_text(text)
    ]

    assert sentences == []


def _strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts of a module, values in them as `{}`: no docstrings, helps or assertions."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                left_out.add(id(docstring))
            case ast.Call(func=ast.Name(id="Help" | "Text" | "_own" | "TypeError"), args=arguments):
                left_out |= {id(argument) for argument in arguments}
            case ast.JoinedStr(values=parts):
                left_out |= {id(part) for part in parts}
                shown = (p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
                if id(node) not in left_out:
                    yield node.lineno, "".join(map(str, shown))
            case ast.Constant(value=str(text)) if id(node) not in left_out:
                yield node.lineno, text


_OF_ERRORS = {re.sub(r"\{\w+\}", "{}", phrase) for phrase in errors_indonesian.PHRASES}


def _is_no_text(text: str) -> bool:
    """Scripts, examples, and what an error holds that has its Indonesian beside the errors."""
    return (
        "$" in text
        or "chat-cli send " in text
        or text.startswith("chat-cli ")
        or text in _OF_ERRORS
    )
