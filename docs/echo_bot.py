"""A bot that says back what people write to it: python docs/echo_bot.py bot@surabaya

Kill it at any moment and start it again: each message is answered, and answered once.
"""

import asyncio
import sys

import chat_cli.client
from chat_cli.client import AccountClient, Message
from realm_protocol.errors import AskedWrongly

SAID = "You said: "


async def main(address: str) -> None:
    async with chat_cli.client.connect() as chat:
        me = chat.account(address)
        async with me.reader("echo") as messages:
            async for message in messages:
                private = message.reply_to == message.sender != address
                # Two bots that answer each other would never end.
                if private and not message.text.startswith(SAID):
                    await answer(me, message)


async def answer(me: AccountClient, message: Message) -> None:
    try:
        await me.send(message.sender, SAID + message.text, key=message.answer_key("echo"))
    except AskedWrongly as refused:
        # They have blocked us, or said 64 KiB: asking again would stop us at this message.
        print(f"{message.sender}: {refused.message}", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
