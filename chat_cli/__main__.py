"""The entry of `chat-cli`: the console script, and `python -m chat_cli`."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    # What is imported stays: looking for garbage in it would cost 5 ms of each command. What the
    # command itself does is looked after again.
    gc.disable()
    from chat_cli.command_line import program

    program.main()


if __name__ == "__main__":
    main()
