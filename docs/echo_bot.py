"""A bot that says back what people write to it: python docs/echo_bot.py bot@surabaya

Kill it at any moment and start it again: each message is answered, and answered once.
"""

import asyncio
import sys

import chat_cli.client


async def main(address: str) -> None:
    async with chat_cli.client.connect() as chat:
        me = chat.account(address)
        async with me.reader("echo") as messages:
            async for message in messages:
                # Answering groups, or itself, two bots would never end.
                if message.sender != address and message.reply_to == message.sender:
                    key = message.answer_key("echo")
                    await me.send(message.sender, f"You said: {message.text}", key=key)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
