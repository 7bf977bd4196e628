"""The window of one signed-in account: draws its state, and does what is clicked, typed or pressed.

What it knows is `live`'s; how it looks is `views`'. Here the two are tied.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import flet as ft

from frontend.asides import Asides
from frontend.attaching import Attaching
from frontend.detailing import Detailing
from frontend.file_gate import FileGate
from frontend.keyboard import Keyboard
from frontend.live import LiveAccount
from frontend.outside import Outside
from frontend.preferences import Preferences
from frontend.reading import Reading
from frontend.service.shapes import Conversation, Message
from frontend.views.composer import Composer
from frontend.views.conversation_list import ConversationList
from frontend.views.doing import Doings
from frontend.views.frame import Frame
from frontend.views.look import Sizes
from frontend.views.manner import Deeds, Manner
from frontend.views.message_pane import MessagePane
from frontend.views.still import show_changes
from frontend.window import governing, layout, listing, markdown, uploads
from frontend.window.focus import Focus
from frontend.window.heading import head_of, hint_of
from frontend.window.identity import is_guest
from frontend.window.state import AccountState, History, ordered
from frontend.window.strip import LASTING, HeardLink, Strip
from frontend.window.words import Words
from frontend.writing import Writing
from realm_protocol.errors import RealmchatError
from realm_protocol.names import Address, private_conversation

_TICK_SECONDS = 2.0
_LOADING_SECONDS = 5.0
_PATIENCE_SECONDS = 0.3
_GATHERING_SECONDS = 0.02
"""A message comes with other events, and with what is asked anew because of it."""
_SAYING_SECONDS = 3.0
_LIST_ROUTE, _CHAT_ROUTE = "/", "/chat/"


class Chatting:
    """Made when somebody signs in; `close` ends it."""

    def __init__(
        self,
        page: ft.Page,
        live: LiveAccount,
        *,
        clock: Callable[[], datetime],
        preferences: Preferences,
        outside: Outside,
        gate: FileGate | None,
    ) -> None:
        self.page = page
        self.live = live
        self.clock = clock
        self.keyboard = Keyboard(self)
        self.asides = Asides(self)
        self.detailing = Detailing(self)
        self.outside = outside
        self.opened: str | None = None
        self._strip = Strip()
        self._has_waited = False
        self._is_begun = True
        self._said_at = -_SAYING_SECONDS
        self._heard = HeardLink()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._of_page = contextvars.copy_context()
        self._drawing = False
        self.writing = Writing(self)
        self.reading = Reading(self)
        self.attaching = Attaching(self, gate)
        self._deeds = Deeds(
            self.copy,
            self.asides.show_info,
            self.writing.edit,
            self.asides.show_all,
            self._follow,
            self.attaching.deeds,
        )
        now = asyncio.get_running_loop().time
        focus = Focus(now)
        self.list = ConversationList(
            self.open, more=self.changed, covered=self._is_covered, focus=focus
        )
        self.pane = MessagePane(
            self._deeds,
            older=self._load_older,
            moved=self._moved,
            all_read=self.reading.read_all,
            reach=self._reach,
            entered=self._entered,
            tab_within=self.keyboard.tab_in_text,
            covered=self._is_covered,
            focus=focus,
        )
        self.composer = Composer(
            entered=self.writing.entered,
            changed=self.writing.typed,
            known=self.writing.known,
            pasted=self.attaching.pasted,
            choice=self.attaching.choice(),
            now=now,
            guest=is_guest(live.state.me),
            focus=focus,
            say=self.outside.say,
        )
        self.frame = Frame(self._doings(), self.list, self.pane, self.composer)
        self.restyle(preferences)

    def _doings(self) -> Doings:
        return Doings(
            search=self.asides.show_search,
            new_chat=self.asides.show_jump,
            new_group=self.asides.new_group,
            settings=self.outside.settings,
            keys=self.asides.show_keys,
            add_account=self.outside.add_account,
            sign_out=self.outside.sign_out,
            switch=self.outside.switch,
            details=self.detailing.toggle,
            back=self._leave_chat,
            start_service=self.outside.start_service,
            hide_strip=self._hide_strip,
            in_menu=self.keyboard.in_menu,
            say=self.outside.say,
        )

    # --- drawing ---------------------------------------------------------------------------------

    def restyle(self, preferences: Preferences) -> None:
        """Language or sizes changed."""
        self.words = Words(preferences.language)
        self.sizes = Sizes(preferences.text_size, preferences.density == "compact")
        still = preferences.motion == "reduced"
        self.list.restyle(self.sizes, self.words, still=still)
        self.composer.restyle(self.sizes, self.words)
        self.frame.restyle(self.sizes, self.words)
        self.pane.restyle(still=still)
        show_changes(self.frame.control)

    def _begin_waiting(self) -> None:
        """For an answer; only when it takes a while, that is shown."""
        self._has_waited = False
        self.spawn(self._wait())

    async def _wait(self) -> None:
        await asyncio.sleep(_PATIENCE_SECONDS)
        self._has_waited = True
        self.changed()

    async def _look_at_link_again(self) -> None:
        await asyncio.sleep(LASTING.total_seconds())
        self.changed()

    def changed(self) -> None:
        """The state is another: drawn once for all that the next moment brings."""
        if not self._drawing:
            self._drawing = True
            self.spawn(self._draw_soon())

    async def _draw_soon(self) -> None:
        await asyncio.sleep(_GATHERING_SECONDS)
        self._drawing = False
        if self.outside.is_shown(self):
            self.draw()
        self.reading.consider()
        if self.live.state.ended:
            await self.outside.ended(self)

    def draw(self) -> None:
        """Everything of the window, from the state; each part tells the page what it changed."""
        now, state = self.clock(), self.live.state
        narrow = self.layout.narrow
        link = listing.link_words(state, self.words, now)
        if self._strip.see(link.state, now):
            self.spawn(self._look_at_link_again())
        if told := self._heard.news_of(link):
            self.outside.say(told)
        conversation = state.find(self.opened)
        self.detailing.draw(conversation)
        self.frame.arrange(self.layout, chat_open=self.opened is not None)
        self.frame.draw_accounts(
            state.me, state.initials_of(state.me), self.outside.others(state.me)
        )
        self.frame.draw_link(link, hidden=not self._strip.is_shown(now))
        self.list.draw(
            listing.list_rows(state, self.opened, self.words, now, self.list.longest),
            known=state.listed,
            waiting=self._has_waited,
            has_more=len(state.conversations) > self.list.longest,
        )
        self._begin()
        if conversation is not None:
            head = head_of(state, conversation, self.words, now)
            self.frame.draw_head(head, narrow=narrow, link=link)
            self._draw_messages(conversation)
            typing = listing.typing_words(state, conversation.conversation, self.words)
            self.frame.draw_typing(typing)
            cut = link.state in ("cut_off", "unreachable", "away")
            self.composer.hint(hint_of(head, self.words, cut=cut, narrow=narrow))
            self.composer.shut(governing.shut_words(conversation, self.words))
        unread = self.outside.total_unread()
        title = f"({unread}) realmchat" if unread else "realmchat"
        if self.page.title != title:
            self.page.title = title
            self.page.update()

    def take_focus(self) -> None:
        """Its window was put there, and the focus is on nothing: at the list, once it is known."""
        if self.opened is not None:
            self._focus_composer()
        else:
            self._is_begun = False
            self._begin()

    def _begin(self) -> None:
        """Unless something has been begun by then."""
        if not self._is_begun and self.live.state.listed:
            self._is_begun = True
            if self.opened is None and not self._is_covered():
                self.spawn(self.list.begin())

    def _draw_messages(self, conversation: Conversation) -> None:
        state = self.live.state
        history = state.histories.get(conversation.conversation, History())
        manner = Manner(
            self.words,
            self.sizes,
            state.me,
            conversation.kind,
            self.layout.narrow,
            self.clock(),
            linked=state.link is not None and state.link.state == "up",
            people=state.people,
        )
        going = uploads.of_conversation(state, conversation.conversation)
        name = listing.title_of(state, conversation)
        empty = self.words("no_messages", name=name)
        self.pane.draw(history, going, manner, empty, conversation.unread)
        self.pane.wait(not history.loaded and not history.messages and self._has_waited)

    @property
    def layout(self) -> layout.Layout:
        return layout.layout_of(self.page.width or 1280, details=self.detailing.is_beside)

    # --- conversations ---------------------------------------------------------------------------

    async def open(self, name: str, *, at_place: bool = True) -> None:
        """Show a conversation where it was left, or its newest messages; `at_place`: unless one of
        them is gone to. The one that is open stays as it is.
        """
        conversation = self.live.state.find(name)
        if conversation is None:
            return
        if name == self.opened and at_place:
            self._focus_composer()
            return
        self._leave_draft()
        if self.opened is not None and self.opened != name:
            self.live.shut(self.opened)
        self.opened = name
        self._begin_waiting()
        self.live.open(name)
        self.pane.open(
            name,
            conversation.read if conversation.unread else None,
            (self.page.height or 700) - 170,
            at_place=at_place,
        )
        self.frame.hide_card()
        self.composer.open(self.live.state.drafts.get(name, ""))
        self.draw()
        self.reading.consider()
        if at_place:
            self.spawn(self.pane.settle())
        if self.layout.narrow:
            self.page.navigate(_CHAT_ROUTE + name)
        self._focus_composer()

    def _is_covered(self) -> bool:
        return self.asides.dialog is not None

    def _focus_composer(self) -> None:
        """Not on a phone, where half of the window would be keys then: from the list, which has
        gone, the keys go on to the messages there.
        """
        by_keys = self.list.has_focus
        self.list.leave()
        self.pane.choice.leave()
        if not self.layout.narrow:
            self.composer.focus()
        elif by_keys:
            self.spawn(self.pane.choice.focus())

    def _leave_draft(self) -> None:
        if self.opened is not None:
            self.live.keep_draft(self.opened, self.composer.text)

    async def _leave_chat(self) -> None:
        """Back to the list."""
        self.page.navigate(_LIST_ROUTE)
        self._show_list()

    def _show_list(self) -> None:
        """The keys, where they are used, go to the chat that was open."""
        self._leave_draft()
        left, self.opened = self.opened, None
        self.draw()
        if left is not None and self.keyboard.is_used:
            self.spawn(self.list.focus(left))

    async def routed(self, route: str) -> None:
        """The browser went back or forward, as one does in a narrow window."""
        name = route.removeprefix(_CHAT_ROUTE) if route.startswith(_CHAT_ROUTE) else None
        if not self.layout.narrow or name == self.opened:
            return
        if name is None:
            self._show_list()
        else:
            await self.open(name)

    async def open_person(self, address: str) -> None:
        me = Address.parse(self.live.state.me)
        name = private_conversation(me, Address.parse(address))
        begun = Conversation(name, "private", address, "member", 0, 0, 0, None)
        self.live.begin(begun)
        await self.open(name)

    async def open_when_listed(self, name: str) -> None:
        """A group that was just made or joined; its head was there before the answer."""
        await self.tried(self.live.read_list())
        await self.open(name)

    async def step(self, by: int, unread_only: bool) -> None:
        """The chat before or after the open one, in the order of the list."""
        rows = [
            one.conversation
            for one in ordered(self.live.state)
            if not unread_only or one.unread or one.conversation == self.opened
        ]
        if not rows:
            return
        at = rows.index(self.opened) if self.opened in rows else -1
        await self.open(rows[(at + by) % len(rows)])

    # --- the place among the messages ------------------------------------------------------------

    async def _moved(self) -> None:
        self.draw()
        self.reading.consider()

    async def _load_older(self) -> None:
        if self.opened is not None:
            self.spawn(self.live.load_older(self.opened))

    async def _reach(self, seq: int) -> None:
        """Hold everything from a message on, as far as it can be had and drawn."""
        if self.opened is not None:
            await self.live.until(self._is_loaded, _LOADING_SECONDS)
            await self.live.load_back_to(self.opened, seq)
        self.draw()

    def _is_loaded(self, state: AccountState) -> bool:
        return state.histories.get(self.opened or "", History()).loaded

    def arrived(self, message: Message) -> None:
        """Said to a screen reader, of many only now and then; the screen shows them anyway. An own
        one that was refused is always said.
        """
        if message.sender == self.live.state.me:
            self.outside.say(listing.state_words(message, self.words))
            return
        now = asyncio.get_running_loop().time()
        if now - self._said_at >= _SAYING_SECONDS:
            self._said_at = now
            name = self.live.state.told_of(message.sender)
            is_seen = self.opened is not None and not self._is_covered()
            say = self.frame.say if is_seen else self.outside.say
            say(self.words("arrived", name=name))

    # --- writing ---------------------------------------------------------------------------------

    async def answering(self) -> None:
        """Somebody answers: what was new isn't any more, and the newest is seen."""
        self.pane.end_new_line()
        if not self.pane.at_bottom or self.pane.is_going:
            await self.pane.to_newest()

    async def _entered(self, message: Message) -> None:
        """Enter on a message."""
        if markdown.is_long(message.text):
            await self.asides.show_all(message)
        else:
            await self.asides.show_info(message)

    # --- messages --------------------------------------------------------------------------------

    async def copy(self, message: Message) -> None:
        await ft.Clipboard().set(message.text)
        self.outside.toast(self.words("copied"))

    async def _follow(self, url: str) -> None:
        if markdown.may_open(url):
            await ft.UrlLauncher().launch_url(url)

    # --- other -----------------------------------------------------------------------------------

    async def _hide_strip(self) -> None:
        """The button has gone with it, and the focus would be nowhere."""
        self._strip.hide()
        self.changed()
        self._focus_composer()

    async def asked(self, question: Awaitable[Any]) -> Any:
        """The answer; None when there is none, and then the person is told why."""
        try:
            return await question
        except RealmchatError as error:
            told = error.message_in(self.words.language)
            if self.opened is None:
                self.outside.toast(told)
            else:
                self.frame.show_card(self.words("only_you"), [told], [])
            return None

    async def tried(self, deed: Awaitable[Any]) -> None:
        await self.asked(deed)

    def start(self) -> None:
        self._begin_waiting()
        self.spawn(self.live.run())
        self.spawn(self._watch_time())

    async def _watch_time(self) -> None:
        """Who stopped writing said nothing of it."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.live.forget_typing()

    def close(self) -> None:
        self.attaching.close()
        for task in self._tasks:
            task.cancel()

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        # Some of what is drawn asks for its page, whoever told of the change.
        task = asyncio.get_running_loop().create_task(work, context=self._of_page)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
