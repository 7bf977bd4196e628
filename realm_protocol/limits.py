"""Sizes that every tier agrees on, in bytes unless the name says otherwise."""

PROTOCOL_VERSION = 1

TEXT_LIMIT = 64 * 1024
CLIENT_FRAME_LIMIT = 1024 * 1024

LINK_FRAME_LIMIT = 64 * 1024
"""A link frame is closed once it has this much; a lone message may pass it by its envelope."""
LINK_READ_LIMIT = 1024 * 1024
"""What one link frame may have at most before the link is cut as broken."""
LINK_SOCKET_LIMIT = 256 * 1024
LINK_UNACKNOWLEDGED_LIMIT = 8 * 1024 * 1024
LINK_EVENTS_LIMIT = 16 * 1024 * 1024

SESSION_UNSENT_LIMIT = 1024 * 1024
SESSION_UNANSWERED_SENDS = 256

PAGE_MESSAGES = 500
"""Most messages in one answer to `FetchMessages`."""
PAGE_BYTES = 48 * 1024
"""An answer to `FetchMessages` stops after this much (it always holds at least one message)."""
NEW_DEVICE_MESSAGES = 200

DISPLAY_NAME_LIMIT = 128
PASSWORD_LIMIT = 1024
HEADS_PER_EVENT = 100

FILE_LIMIT = 1024 * 1024 * 1024
"""Of one file, where the operator of main sets no other limit."""
FILE_NAME_LIMIT = 255
PREVIEW_LIMIT = 4096
"""Of the small picture that travels with the message of an image."""
UNFINISHED_UPLOAD_HOURS = 24
"""An upload that has got nothing for so long ends."""
UNSENT_FILE_DAYS = 14
"""A whole file that no message has named for so long is forgotten."""
UNFINISHED_UPLOADS = 64
"""Of one person at a time."""

GUESTS_AT_ONCE = 1000
"""Of one realm in its open room."""
GUEST_SECONDS = 7 * 24 * 3600
"""The longest time that a guest may be let in for."""
