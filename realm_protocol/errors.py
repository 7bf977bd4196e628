"""The one tree of errors, shared by every tier and every surface.

    RealmchatError
    ├── AskedWrongly   the asker must change something; repeating it changes nothing
    ├── TryLater       right, but not now; the same request may succeed later
    └── OurFault       a defect or a broken store on our side

An error is a stable `code`, an HTTP `status` and named fields; its text is made from the fields.
Over a wire it travels as code and fields, and `rebuild` gives the receiver the same class.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

_by_code: dict[str, type["RealmchatError"]] = {}


class RealmchatError(Exception):
    """Base of all. `text` is a template over the fields of the error."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    text: ClassVar[str] = "Something went wrong."

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            _by_code[cls.code] = cls

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """What was wrong and what to do, in one English sentence or two."""
        return self.text.format_map(_Fields(self.fields))

    def message_in(self, language: str) -> str:
        """The message in `en` or `id`; English where there is no other."""
        if language != "id":
            return self.message
        # Here, because most processes speak English only.
        from realm_protocol import errors_indonesian

        text = errors_indonesian.TEXTS.get(self.code, self.text)
        said = {
            name: errors_indonesian.phrase(value) if name in _SPOKEN else value
            for name, value in self.fields.items()
        }
        return text.format_map(_Fields(said))

    def body(self) -> dict[str, Any]:
        """The JSON that every HTTP route answers: `{"error": {"code", "message", …fields}}`."""
        return {"error": {**self.fields, "code": self.code, "message": self.message}}


_SPOKEN = frozenset({"detail", "reason", "server", "usage"})
"""Fields that hold words of ours, which the language of a message is asked of too."""


class _Fields(dict[str, Any]):
    """A field that a newer or older peer left out shows as a question mark, never as a crash; one
    that holds several values, as people write them.
    """

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def __missing__(self, key: str) -> str:
        return "?"


class AskedWrongly(RealmchatError):
    """The asker must change something."""

    status = 400


class TryLater(RealmchatError):
    """Right, but not now. A sender keeps the message and offers it again."""

    status = 503


class OurFault(RealmchatError):
    """A defect or a broken store; the log of the server that answered has more."""

    status = 500


def rebuild(code: str, fields: Mapping[str, Any]) -> RealmchatError:
    """The error that a peer answered, as the same class; an unknown code becomes `UnknownError`."""
    known = _by_code.get(code)
    if known is None:
        return UnknownError(peer_code=code, **{k: v for k, v in fields.items() if k != "peer_code"})
    return known(**fields)


def all_errors() -> list[type[RealmchatError]]:
    """Every error with a code, by code: for the docs page and the tests."""
    return [_by_code[code] for code in sorted(_by_code)]


# --- asked wrongly: the form ---------------------------------------------------------------------


class MalformedMessage(AskedWrongly):
    code = "malformed"
    text = "This is not what the protocol asks for: {detail}."


class UnknownCommand(AskedWrongly):
    code = "unknown_command"
    text = "There is no command “{word}”. Did you mean “{nearest}”? `help` lists them all."


class WrongArguments(AskedWrongly):
    code = "wrong_arguments"
    text = "{detail} Usage: {usage}"


class InvalidAddress(AskedWrongly):
    code = "invalid_address"
    text = (
        "“{value}” can't be an address. An address is name@realm: lower-case letters, digits, dot,"
        " underscore and hyphen, at most 32 characters each."
    )


class InvalidName(AskedWrongly):
    code = "invalid_name"
    text = (
        "“{value}” can't be a name. Use 1 to 32 lower-case letters, digits, dot, underscore or"
        " hyphen, beginning with a letter or digit."
    )


class InvalidKey(AskedWrongly):
    code = "invalid_key"
    text = "“{value}” can't be a key. A key is 1 to 64 printable ASCII characters without spaces."


class InvalidSetting(AskedWrongly):
    code = "invalid_setting"
    text = "The setting {setting} is wrong: {detail}."


class UnknownSetting(AskedWrongly):
    code = "unknown_setting"
    text = "{file}: there is no setting “{setting}”; the nearest is “{nearest}”."


class EmptyText(AskedWrongly):
    code = "empty_text"
    text = "The message is empty. Write something to send."


class TextNotUnicode(AskedWrongly):
    code = "text_not_unicode"
    text = "The message is not valid UTF-8 text. Binary content is sent as a file."


class TextTooLong(AskedWrongly):
    code = "text_too_long"
    status = 413
    text = "The message has {size} bytes; the limit is {limit}. Send it in parts, or as a file."


class RequestTooLarge(AskedWrongly):
    code = "request_too_large"
    status = 413
    text = "The request has {size} bytes or more; the limit is {limit} bytes."


class RequestHeadTooLarge(AskedWrongly):
    code = "request_head_too_large"
    status = 431
    text = "The address and headers of the request are over the limit of {limit} bytes."


class RequestTooSlow(AskedWrongly):
    code = "request_too_slow"
    status = 408
    text = "The request was not there whole within {seconds} s."


class FrameTooLarge(AskedWrongly):
    code = "frame_too_large"
    status = 413
    text = "A frame of {size} bytes is over the limit of {limit} bytes."


class VersionMismatch(AskedWrongly):
    code = "version_mismatch"
    status = 426
    text = "This server speaks protocol version {wanted}, you speak {got}. Upgrade the older side."


# --- asked wrongly: who you are ------------------------------------------------------------------


class NotSignedIn(AskedWrongly):
    code = "not_signed_in"
    status = 401
    text = "You are not signed in. Sign in first."


class WrongPassword(AskedWrongly):
    code = "wrong_password"
    status = 401
    text = "Wrong password for {address}."


class SessionEnded(AskedWrongly):
    code = "session_ended"
    status = 401
    text = "This session has ended ({reason}). Sign in again."


class WrongRealm(AskedWrongly):
    code = "wrong_realm"
    status = 403
    text = "{address} is at home in realm {realm}. Sign in there."


class UserDisabled(AskedWrongly):
    code = "user_disabled"
    status = 403
    text = "{address} has been disabled. Ask the operator of the realm."


class RegistrationClosed(AskedWrongly):
    code = "registration_closed"
    status = 403
    text = "Realm {realm} takes no registrations. Ask its operator for an account."


class PasswordTooShort(AskedWrongly):
    code = "password_too_short"
    text = "The password is too short: at least {minimum} characters."


class PasswordTooLong(AskedWrongly):
    code = "password_too_long"
    text = "The password is too long: at most {limit} bytes."


class RealmKeyInvalid(AskedWrongly):
    code = "realm_key_invalid"
    status = 401
    text = "The main server does not know this realm key. Check the key file, or rotate the key."


class RealmAlreadyLinked(AskedWrongly):
    code = "realm_already_linked"
    status = 409
    text = (
        "Realm {realm} is linked already and its server answers. Stop the other server, or rotate"
        " the key if it isn't yours."
    )


class ForeignSender(AskedWrongly):
    code = "foreign_sender"
    status = 403
    text = "{address} is not a person of realm {realm}; this realm can't act for them."


class NotAllowed(AskedWrongly):
    code = "not_allowed"
    status = 403
    text = "You may not do this: {detail}."


class ForeignOrigin(AskedWrongly):
    code = "foreign_origin"
    status = 403
    text = "This service answers this machine only; {detail}."


# --- asked wrongly: what is there ----------------------------------------------------------------


class UserNotFound(AskedWrongly):
    code = "user_not_found"
    status = 404
    text = "There is no person {address}."


class GroupNotFound(AskedWrongly):
    code = "group_not_found"
    status = 404
    text = "There is no group {group}."


class RealmNotFound(AskedWrongly):
    code = "realm_not_found"
    status = 404
    text = "There is no realm {realm}."


class RealmNotEnrolled(AskedWrongly):
    code = "realm_not_enrolled"
    status = 404
    text = (
        "There is no realm {realm}, and none listens at {host}:{port}. Realms are enrolled by"
        " operators of the main server."
    )


class ConversationNotFound(AskedWrongly):
    code = "conversation_not_found"
    status = 404
    text = "You have no conversation {conversation}."


class MessageNotFound(AskedWrongly):
    code = "message_not_found"
    status = 404
    text = "There is no such message in this conversation."


class SessionNotFound(AskedWrongly):
    code = "session_not_found"
    status = 404
    text = "You have no session {session}."


class AccountNotFound(AskedWrongly):
    code = "account_not_found"
    status = 404
    text = "{address} is not signed in on this machine. Sign in first."


class ReaderNotFound(AskedWrongly):
    code = "reader_not_found"
    status = 404
    text = "There is no reader “{name}”. Reading under a name makes it."


class FileNotFound(AskedWrongly):
    code = "file_not_found"
    status = 404
    text = "There is no file {file_id} that you may open."


class UploadNotFound(AskedWrongly):
    code = "upload_not_found"
    status = 404
    text = "There is no upload {file_id} of yours. Begin it again."


class TransferNotFound(AskedWrongly):
    code = "transfer_not_found"
    status = 404
    text = "There is no transfer {transfer}."


class RouteNotFound(AskedWrongly):
    code = "route_not_found"
    status = 404
    text = "There is nothing at {path}."


class MethodNotAllowed(AskedWrongly):
    code = "method_not_allowed"
    status = 405
    text = "{method} is not possible at {path}."


class AmbiguousName(AskedWrongly):
    code = "ambiguous_name"
    status = 409
    text = "“{name}” could be {candidates}. Write the full address."


class UserExists(AskedWrongly):
    code = "user_exists"
    status = 409
    text = "{address} exists already. Choose another name."


class GroupExists(AskedWrongly):
    code = "group_exists"
    status = 409
    text = "A group {group} exists already. Join it, or choose another name."


class RealmExists(AskedWrongly):
    code = "realm_exists"
    status = 409
    text = "A realm {realm} exists already."


class RealmNotEmpty(AskedWrongly):
    code = "realm_not_empty"
    status = 409
    text = "Realm {realm} has {people} people. Disable it instead: realm remove {realm} --disable."


class RealmDisabled(AskedWrongly):
    code = "realm_disabled"
    status = 403
    text = "Realm {realm} has been disabled by the operator of the main server."


class NameReserved(AskedWrongly):
    code = "name_reserved"
    status = 409
    text = (
        "The name {name} is reserved: lobby is for open rooms, and what begins with guest- for"
        " their guests."
    )


class RoomNotOpen(AskedWrongly):
    code = "room_not_open"
    status = 404
    text = "Realm {realm} has no open room."


class GroupClosed(AskedWrongly):
    code = "group_closed"
    status = 403
    text = "{group} is closed: nobody can join or write there."


class NotForGuests(AskedWrongly):
    code = "not_for_guests"
    status = 403
    text = "A guest can read and write texts in the open room only. Register to do more."


class IsGuest(AskedWrongly):
    code = "is_guest"
    status = 403
    text = "{address} is a guest, who can be met in the open room only."


class InviteOnly(AskedWrongly):
    code = "invite_only"
    status = 403
    text = "Group {group} is for those who are invited. Ask one of its admins."


class RemovedFromGroup(AskedWrongly):
    code = "removed_from_group"
    status = 403
    text = "You were removed from group {group}. Ask one of its admins to invite you again."


class NotAdmin(AskedWrongly):
    code = "not_admin"
    status = 403
    text = "Only admins and owners of group {group} may do this."


class NotOwner(AskedWrongly):
    code = "not_owner"
    status = 403
    text = "Only owners of group {group} may do this."


class NotOperator(AskedWrongly):
    code = "not_operator"
    status = 403
    text = "Only operators of the main server may do this."


class LastOwner(AskedWrongly):
    code = "last_owner"
    status = 409
    text = "You are the only owner of group {group}. Make somebody else an owner first."


class MemberNotFound(AskedWrongly):
    code = "member_not_found"
    status = 404
    text = "{address} is not in group {group}."


class AlreadyMember(AskedWrongly):
    code = "already_member"
    status = 409
    text = "You are in group {group} already."


class NotMember(AskedWrongly):
    code = "not_member"
    status = 403
    text = "You are not in group {group}. Join it first."


class NotTaken(AskedWrongly):
    code = "not_taken"
    status = 409
    text = "The main server did not take this message: it was seen at one site only."


class Blocked(AskedWrongly):
    code = "blocked"
    status = 403
    text = "{address} takes no messages from you."


class TooManyReaders(AskedWrongly):
    code = "too_many_readers"
    status = 409
    text = "This account has {limit} readers already. Remove one that nobody uses any more."


class TooManyRealms(AskedWrongly):
    code = "too_many_realms"
    status = 409
    text = "Your list has {limit} names of realms, which is the most that it can have."


class ReaderInUse(AskedWrongly):
    code = "reader_in_use"
    status = 409
    text = "Another program reads as “{name}” at this moment. End it, or choose another name."


class PlaceNotHandedOut(AskedWrongly):
    code = "place_not_handed_out"
    status = 409
    text = (
        "Reader “{name}” has been given messages up to place {handed}; place {place} can't be"
        " acknowledged yet."
    )


class TransferCancelled(AskedWrongly):
    code = "transfer_cancelled"
    status = 409
    text = "Transfer {transfer} was cancelled."


class KeyConflict(AskedWrongly):
    code = "key_conflict"
    status = 409
    text = "The key “{key}” was used for another message. A key belongs to one message for ever."


# --- asked wrongly: files ------------------------------------------------------------------------


class FileUnreadable(AskedWrongly):
    code = "file_unreadable"
    text = "{path} can't be read: {detail}."


class FileTooLarge(AskedWrongly):
    code = "file_too_large"
    status = 413
    text = "The file has {size} bytes; the limit is {limit} bytes."


class QuotaExceeded(AskedWrongly):
    code = "quota_exceeded"
    status = 413
    text = (
        "Your files have {used} bytes; with the {size} bytes of this one they would pass your limit"
        " of {limit} bytes."
    )


class UploadOffsetConflict(AskedWrongly):
    code = "upload_offset_conflict"
    status = 409
    text = "The upload goes on at byte {offset}, not at byte {got}."


class UploadTakenOver(AskedWrongly):
    code = "upload_taken_over"
    status = 409
    text = "Upload {file_id} goes on in a newer request; this one is over."


class UploadProtocolMismatch(AskedWrongly):
    code = "upload_protocol_mismatch"
    status = 412
    text = "Uploads speak tus {wanted} here, not {got}."


class RangeNotSatisfiable(AskedWrongly):
    code = "range_not_satisfiable"
    status = 416
    text = "The file has {size} bytes; the range that was asked for lies outside."


# --- try later -----------------------------------------------------------------------------------


class AfterRefused(TryLater):
    code = "after_refused"
    status = 409
    text = "A message before this one waits to be sent again (key “{key}”); this one follows it."


class RateLimited(TryLater):
    code = "rate_limited"
    status = 429
    text = "Too many at once. Try again in {retry_after_seconds} s."


class StorageFull(TryLater):
    code = "storage_full"
    status = 507
    text = "The disk of the {server} is full. What was acknowledged is safe; try again later."


class TooManyUploads(TryLater):
    code = "too_many_uploads"
    status = 429
    text = "You have {limit} unfinished uploads. Finish or cancel one first."


class TooManyGuests(TryLater):
    code = "too_many_guests"
    status = 429
    text = "The open room of realm {realm} has {limit} guests already. Try again later."


class StoreBusy(TryLater):
    code = "store_busy"
    text = "The database of the {server} is held by another program. Try again in a moment."


class OutboxFull(TryLater):
    code = "outbox_full"
    status = 507
    text = "The outbox is full ({limit} bytes). Wait until some of it was sent."


class LinkDown(TryLater):
    code = "link_down"
    text = "Realm {realm} has no link to the main server since {since}. Try again later."


class SignInNeedsMain(LinkDown):
    code = "sign_in_needs_main"
    text = (
        "The realm {realm} has had no link to the main server since {since}. Until it has, only"
        " those can sign in who have done so there lately."
    )


class LinkBusy(TryLater):
    code = "link_busy"
    text = "The link of realm {realm} is full. Try again in a moment."


class RealmUnreachable(TryLater):
    code = "realm_unreachable"
    text = "The realm server at {url} can't be reached: {detail}."


class ServiceUnreachable(TryLater):
    code = "service_unreachable"
    text = "The chat-cli service can't be reached: {detail}."


class ServiceHangs(TryLater):
    code = "service_hangs"
    text = (
        "The chat-cli service runs as process {pid}, but does not answer. Wait a moment, or end"
        " that process; what it has saved is kept."
    )


class ServiceWentAway(TryLater):
    code = "service_went_away"
    text = (
        "The chat-cli service ended before it answered. What it had saved is kept; look whether it"
        " was done before you repeat it."
    )


class OtherServiceVersion(TryLater):
    code = "other_service_version"
    text = (
        "The chat-cli service that runs is version {service}, this command is {command}. Stop it"
        " with `chat-cli stop`; the next command starts the right one, and nothing is lost."
    )


class ServerDraining(TryLater):
    code = "draining"
    text = "The server is stopping. Try again in a moment."


class TooManySignIns(TryLater):
    code = "too_many_sign_ins"
    status = 429
    text = "Too many people are signing in at this moment. Try again in {retry_after_seconds} s."


class TimedOut(TryLater):
    code = "timed_out"
    status = 504
    text = "No answer within {seconds} s. It may still have been done; look before you repeat it."


# --- our fault -----------------------------------------------------------------------------------


class InternalError(OurFault):
    code = "internal_error"
    text = "Something went wrong in the server. Its log has more, under incident {incident}."


class FileDamaged(OurFault):
    code = "file_damaged"
    text = (
        "The bytes of file {file_id} are missing, or not those of its checksum. Sending the file"
        " again mends it."
    )


class StoreDamaged(OurFault):
    code = "store_damaged"
    text = "The database {path} is damaged: {detail}. Restore a backup."


class StoreLocked(OurFault):
    code = "store_locked"
    status = 503
    text = "The database {path} is in use by another process. Stop that one first."


class StoreTooNew(OurFault):
    code = "store_too_new"
    text = "The database {path} was made by a newer version (schema {found}). Upgrade this program."


class StoreUnwritable(OurFault):
    code = "store_unwritable"
    text = (
        "{path} can't be written: {detail}. Make room on the disk, or give this program the right"
        " to write there."
    )


class UnknownError(OurFault):
    code = "unknown_error"
    text = "The peer answered an error that this version doesn't know ({peer_code})."
