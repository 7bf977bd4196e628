"""What the command lines of all programs share: `--version`, and flags that are settings."""

from typing import Any

import typer

from realm_service.version import VERSION


def version_option(program: str) -> Any:
    """The option `--version` of a program."""

    def show(asked: bool) -> None:
        if asked:
            typer.echo(f"{program} {VERSION}")
            raise typer.Exit

    return typer.Option("--version", callback=show, is_eager=True, help="Print the version.")


def flag(settings: Any, name: str) -> Any:
    """The flag of a setting, described where the setting is. `settings` is its pydantic class."""
    field = settings.model_fields[name]
    told = isinstance(field.default, str | int | float) and field.default is not False
    shown = f" [{field.default}]" if told else ""
    words = "--" + name.replace("_", "-")
    return typer.Option(words, help=f"{field.description}{shown}", show_default=False)
