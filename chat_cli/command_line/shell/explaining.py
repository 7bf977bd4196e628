"""Help on the words of the shell, which are not quite those of the command line."""

from chat_cli.command_line.output import put
from chat_cli.command_line.shell.words import SHELL_WORDS
from chat_cli.command_line.texts import say
from realm_protocol.command_table import Word
from realm_protocol.grammar import find_word


def put_help(name: str | None) -> None:
    """All words with what they do; of one, what its parameters mean. Raises `UnknownCommand`."""
    if name is not None:
        for line in _explained(find_word(name, SHELL_WORDS)):
            put(line)
        return
    words = list(dict.fromkeys(SHELL_WORDS.values()))
    width = max(len(word.name) for word in words)
    for word in words:
        put(f"  {word.name:<{width}}  {say(word.help)}")


def _explained(word: Word) -> list[str]:
    lines = [word.usage, f"  {say(word.help)}"]
    width = max((len(parameter.name) for parameter in word.parameters), default=0)
    lines += [
        f"  {parameter.name.upper():<{width}}  {say(parameter.meaning)}"
        for parameter in word.parameters
    ]
    if word.aliases:
        lines.append(f"  = {', '.join(word.aliases)}")
    return lines
