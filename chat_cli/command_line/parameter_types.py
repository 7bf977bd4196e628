"""What a value on the command line may be, told in the language that is spoken when it is not."""

from collections.abc import Sequence

import click

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say


class Choice(click.ParamType[str]):
    """One of a few words."""

    name = "choice"

    def __init__(self, choices: Sequence[str]) -> None:
        self._choices = choices

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if value in self._choices:
            return str(value)
        listed = ", ".join(self._choices)
        raise click.BadParameter(say(texts.NO_CHOICE, value=value, choices=listed), ctx, param)


class Number(click.ParamType[float]):
    """A number within limits, whole unless it is of seconds."""

    name = "number"

    def __init__(self, least: int, most: int | None = None, *, whole: bool = True) -> None:
        self._least = least
        self._most = most
        self._whole = whole

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = int(str(value)) if self._whole else float(str(value))
        except ValueError as exc:
            raise click.BadParameter(say(texts.NO_NUMBER, value=value), ctx, param) from exc
        if number >= self._least and (self._most is None or number <= self._most):
            return number
        text = texts.TOO_SMALL if self._most is None else texts.OUT_OF_RANGE
        wrong = say(text, value=value, least=self._least, most=self._most)
        raise click.BadParameter(wrong, ctx, param)
