"""`python -m chat_cli`: the console script, for starting the service with this interpreter."""

from chat_cli.command_line.program import main

main()
