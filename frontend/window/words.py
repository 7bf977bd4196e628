"""Every text that a person reads in the window, in English and in Indonesian.

Errors have their texts with their classes, in `realm_protocol`; the words of commands are in the
command table.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}


class Text(NamedTuple):
    """`one` is the English form for n = 1, where it differs; Indonesian has one form."""

    english: str
    indonesian: str
    one: str = ""


TEXTS: Mapping[str, Text] = {
    # --- before anything
    "listen": Text("Use with a screen reader", "Pakai dengan pembaca layar"),
    # --- signing in
    "sign_in": Text("Sign in", "Masuk"),
    "create_account": Text("Create account", "Buat akun"),
    "address": Text("Address", "Alamat"),
    "address_hint": Text("name@site", "nama@lokasi"),
    "password": Text("Password", "Kata sandi"),
    "show_password": Text("Show password", "Tampilkan kata sandi"),
    "hide_password": Text("Hide password", "Sembunyikan kata sandi"),
    "site_server": Text("Server of the site", "Server lokasi"),
    "site": Text("Site", "Lokasi"),
    "another_server": Text("Another server…", "Server lain…"),
    "site_connected": Text("connected", "terhubung"),
    "site_cut_off": Text("cut off from main", "terputus dari server pusat"),
    "site_unanswering": Text("can't be reached", "tidak dapat dihubungi"),
    "site_usual": Text("The usual site of this machine", "Lokasi bawaan komputer ini"),
    "full_name": Text("Full name", "Nama lengkap"),
    "country": Text("Country", "Negara"),
    "sign_out": Text("Sign out", "Keluar"),
    "add_account": Text("Add an account", "Tambah akun"),
    "back_to_chats": Text("Back to the chats", "Kembali ke chat"),
    "wrong_password": Text("Wrong address or password.", "Alamat atau kata sandi salah."),
    "site_unreachable": Text(
        "Can't reach the site. Check the network or choose another site.",
        "Lokasi tidak dapat dihubungi. Periksa jaringan atau pilih lokasi lain.",
    ),
    "address_needed": Text("Write your address.", "Isi alamat Anda."),
    "password_needed": Text("Write your password.", "Isi kata sandi Anda."),
    "as_guest": Text("Guest", "Tamu"),
    "guest_name": Text("Your name", "Nama Anda"),
    "guest_name_needed": Text("Write a name.", "Isi nama Anda."),
    "enter_room": Text("Enter the open room", "Masuk ke ruang terbuka"),
    "guest_over": Text(
        "Your time as a guest is over. Enter again with a name, or sign in.",
        "Waktu Anda sebagai tamu sudah habis. Masuk lagi sebagai tamu, atau dengan akun Anda.",
    ),
    "session_over": Text(
        "You were signed out. Sign in again; unsent messages are kept.",
        "Sesi Anda berakhir. Masuk lagi; pesan yang belum terkirim tetap tersimpan.",
    ),
    # --- chat-cli and the link
    "service_away": Text(
        "The realmchat service isn't running on this machine.",
        "Layanan realmchat di komputer ini tidak berjalan.",
    ),
    "start_it": Text("Start it", "Jalankan"),
    "connected": Text("Connected", "Terhubung"),
    "reconnecting": Text("Reconnecting…", "Menyambungkan kembali…"),
    "cut_off": Text(
        "Site {realm} is cut off from main since {time} · {n} messages waiting."
        " Chat within the site goes on.",
        "Lokasi {realm} terputus dari server pusat sejak {time} · {n} pesan menunggu."
        " Chat di dalam lokasi tetap berjalan.",
        "Site {realm} is cut off from main since {time} · 1 message waiting."
        " Chat within the site goes on.",
    ),
    "site_away": Text(
        "Can't reach site {realm} since {time} · {n} messages saved on this device."
        " They go out by themselves.",
        "Lokasi {realm} tidak terhubung sejak {time} · {n} pesan tersimpan di perangkat ini dan"
        " akan terkirim otomatis.",
        "Can't reach site {realm} since {time} · 1 message saved on this device."
        " It goes out by itself.",
    ),
    "cut_off_short": Text(
        "Cut off since {time} · {n} waiting\nChat within the site goes on",
        "Terputus sejak {time} · {n} menunggu\nChat di lokasi tetap berjalan",
    ),
    "site_away_short": Text(
        "No connection since {time} · {n} saved\nWhat you write goes out later",
        "Tanpa koneksi sejak {time} · {n} tersimpan\nPesan Anda akan terkirim nanti",
    ),
    "hide": Text("Hide", "Sembunyikan"),
    # --- the list
    "chats": Text("Chats", "Chat"),
    "which": Text("Which {name}?", "{name} yang mana?"),
    "search": Text("Search", "Cari"),
    "new_chat": Text("New chat", "Chat baru"),
    "new_group": Text("New group", "Grup baru"),
    "no_chats": Text("No chats yet.", "Belum ada chat."),
    "choose_chat": Text("Choose a chat", "Pilih chat"),
    "choose_chat_hint": Text("Ctrl+K finds one", "Tekan Ctrl+K untuk mencari"),
    "unread": Text("{n} unread", "{n} belum dibaca"),
    "online": Text("online", "online"),
    "offline": Text("offline", "offline"),
    "presence_unknown": Text("status unknown", "status tidak diketahui"),
    "last_seen": Text("last seen {time}", "terakhir dilihat {time}"),
    "draft": Text("Draft:", "Draf:"),
    "you": Text("You", "Anda"),
    "account_menu": Text("Account {name}", "Akun {name}"),
    "show_more": Text("Show more", "Tampilkan lagi"),
    # --- messages
    "messages": Text("Messages", "Pesan"),
    "message_to": Text("Message {name}", "Tulis pesan ke {name}"),
    "message_narrow": Text("Message", "Tulis pesan"),
    "composer_cut_off": Text(
        "Cut off: your message is kept and sent later",
        "Koneksi terputus: pesan disimpan dan dikirim nanti",
    ),
    "composer_cut_off_narrow": Text("Sent later", "Dikirim nanti"),
    "send": Text("Send", "Kirim"),
    "today": Text("Today", "Hari ini"),
    "yesterday": Text("Yesterday", "Kemarin"),
    "new_messages": Text("New messages", "Pesan baru"),
    "first_new": Text("{n} new", "{n} pesan baru"),
    "newest": Text("Newest", "Pesan terbaru"),
    "newest_count": Text("Newest · {n}", "Pesan terbaru · {n}"),
    "mark_read": Text("Mark as read", "Tandai sudah dibaca"),
    "no_messages": Text("No messages yet. Say hello to {name}.", "Belum ada pesan. Sapa {name}!"),
    "is_typing": Text("{name} is typing…", "{name} sedang mengetik…"),
    "are_typing": Text("{n} people are typing…", "{n} orang sedang mengetik…"),
    "saved": Text("Saved on this device", "Tersimpan di perangkat ini"),
    "at_realm": Text("At your site, waiting for main", "Di lokasi Anda, menunggu server pusat"),
    "at_main": Text("Sent", "Terkirim"),
    "delivered": Text("Delivered", "Tersampaikan"),
    "read": Text("Read", "Dibaca"),
    "refused": Text("Not sent: {reason}", "Tidak terkirim: {reason}"),
    "withdrawn": Text("Seen at this site only: {reason}", "Hanya terlihat di lokasi ini: {reason}"),
    "edit_again": Text("Edit and send again", "Ubah lalu kirim lagi"),
    "copy": Text("Copy", "Salin"),
    "copied": Text("Copied", "Disalin"),
    "message_info": Text("Message info", "Info pesan"),
    "message_actions": Text("Message actions", "Tindakan pesan"),
    "number": Text("Number {seq}", "Nomor {seq}"),
    "no_number": Text("No number yet", "Belum ada nomor"),
    "written": Text("Written {time}", "Ditulis {time}"),
    "stored": Text("At main {time}", "Sampai di server pusat {time}"),
    "got_by": Text("Delivered to {n} of {of}", "Tersampaikan ke {n} dari {of} orang"),
    "read_by": Text("Read by {n} of {of}", "Dibaca oleh {n} dari {of} orang"),
    "show_all": Text("Show all ({size})", "Tampilkan semua ({size})"),
    "file": Text("File {name}", "File {name}"),
    "image": Text("Image {name}", "Gambar {name}"),
    "attach": Text("Attach files", "Lampirkan file"),
    "save": Text("Save", "Simpan"),
    "open": Text("Open", "Buka"),
    "open_link": Text("Open {url}", "Buka {url}"),
    "retry": Text("Try again", "Coba lagi"),
    "remove": Text("Remove", "Hapus"),
    "image_broken": Text("The image can't be shown.", "Gambar tidak dapat ditampilkan."),
    "file_reading": Text("Reading the file, {p} %", "Membaca file, {p}%"),
    "file_waiting": Text("Waiting…", "Menunggu…"),
    "file_waits_for_link": Text(
        "Waiting for the link, {p} % done", "Menunggu koneksi, {p}% selesai"
    ),
    "file_checking": Text("Checking…", "Memeriksa…"),
    "file_cancelled": Text("Cancelled", "Dibatalkan"),
    "file_unreadable": Text(
        "The file can't be read any more. Choose it again.",
        "File tidak dapat dibaca lagi. Pilih ulang filenya.",
    ),
    "seconds_left": Text("{n} s left", "sisa {n} detik"),
    "minutes_left": Text("{n} min left", "sisa {n} menit"),
    "too_long": Text(
        "{size} of 64 KiB. Shorten it or send it as a file.",
        "{size} dari 64 KiB. Persingkat atau kirim sebagai file.",
    ),
    "nearly_full": Text("{size} of 64 KiB", "{size} dari 64 KiB"),
    # --- commands
    "unknown_command": Text(
        "Unknown command {word}; nothing was sent.",
        "Perintah {word} tidak dikenal; tidak ada yang dikirim.",
    ),
    "send_as_text": Text("Send as text", "Kirim sebagai teks"),
    "only_you": Text("Only you see this", "Hanya Anda yang melihat ini"),
    "done": Text("Done.", "Selesai."),
    "told_chats": Text("{n} chats", "{n} chat", "1 chat"),
    "told_messages": Text("{n} messages", "{n} pesan", "1 message"),
    "told_unsent": Text("{n} unsent", "{n} belum terkirim"),
    "told_online": Text("{n} people online", "{n} orang online", "1 person online"),
    "told_read": Text("read up to number {n}", "dibaca sampai nomor {n}"),
    "told_port": Text("port {n}", "port {n}"),
    "told_since": Text("since {time}", "sejak {time}"),
    "told_signed_in": Text("signed in {time}", "masuk {time}"),
    "told_joined": Text("you are in it", "Anda anggotanya"),
    "told_closed": Text("closed", "ditutup"),
    "told_here": Text("this device", "perangkat ini"),
    "told_called": Text("you call it {names}", "Anda menyebutnya {names}"),
    "told_blocked": Text("blocked", "diblokir"),
    "told_unblocked": Text("not blocked", "tidak diblokir"),
    "not_here": Text(
        "This window has no such command. Signing in and out is in the account menu.",
        "Perintah itu tidak ada di jendela ini. Masuk dan keluar ada di menu akun.",
    ),
    # --- groups and people
    "group_name": Text("Name of the group", "Nama grup"),
    "group_name_needed": Text("Write a name for the group.", "Isi nama grup."),
    "create": Text("Create", "Buat"),
    "join_group": Text("Join group", "Gabung ke grup"),
    "leave_group": Text("Leave group", "Keluar dari grup"),
    "leave_sure": Text(
        "Leave {name}? You can join again if it is open.",
        "Keluar dari {name}? Anda dapat bergabung lagi bila grupnya terbuka.",
    ),
    "left_group": Text("You left this group.", "Anda sudah keluar dari grup ini."),
    "put_out": Text("You were removed from this group.", "Anda dikeluarkan dari grup ini."),
    "group_closed": Text(
        "This group is closed: it can be read and left.",
        "Grup ini sudah ditutup: Anda hanya bisa membaca atau keluar.",
    ),
    "room_closed": Text(
        "This room is closed: it can be read and left.",
        "Ruang ini sudah ditutup: Anda hanya bisa membaca atau keluar.",
    ),
    "invite": Text("Invite", "Undang"),
    "invite_whom": Text("Name of a person", "Nama orang"),
    "rename_group": Text("Rename", "Ganti nama"),
    "shown_name": Text("Name, or nothing", "Nama, boleh kosong"),
    "to_open": Text("Open to everybody", "Buka untuk semua"),
    "to_invited": Text("Only by invitation", "Khusus undangan"),
    "invite_only": Text("Entered by invitation only", "Hanya untuk yang diundang"),
    "member_actions": Text("Role of {name}", "Peran {name}"),
    "make_owner": Text("Make owner", "Jadikan pemilik"),
    "make_admin": Text("Make admin", "Jadikan admin"),
    "make_member": Text("Make member", "Jadikan anggota biasa"),
    "hand_over": Text("Hand over the group", "Serahkan grup"),
    "hand_over_sure": Text(
        "Make {name} the owner of {group}? You stay in it as an admin.",
        "Jadikan {name} pemilik {group}? Anda tetap di dalamnya sebagai admin.",
    ),
    "remove_member": Text("Remove from the group", "Keluarkan dari grup"),
    "remove_member_sure": Text(
        "Remove {name} from {group}? Only an invitation lets them in again.",
        "Keluarkan {name} dari {group}? Ia hanya bisa masuk lagi bila diundang.",
    ),
    "members": Text("{n} members", "{n} anggota", "1 member"),
    "details": Text("Info", "Info"),
    "mute": Text("Mute", "Bisukan"),
    "unmute": Text("Unmute", "Bunyikan"),
    "muted": Text("muted", "dibisukan"),
    "role_owner": Text("owner", "pemilik"),
    "role_admin": Text("admin", "admin"),
    "guest": Text("guest", "tamu"),
    "room": Text("open room", "ruang terbuka"),
    "open_room": Text(
        "Open room: anyone can join, everything is recorded.",
        "Ruang terbuka: siapa pun bisa bergabung dan semua pesan direkam.",
    ),
    "message_to_room": Text("Recorded · message {name}", "Direkam · tulis pesan ke {name}"),
    "message_narrow_room": Text("Recorded message", "Pesan direkam"),
    "jump_hint": Text("Person, group, site", "Orang, grup, lokasi"),
    "people_at": Text("People at {realm}", "Orang di {realm}"),
    "groups": Text("Groups", "Grup"),
    "nothing_found": Text("Nothing found for “{q}”.", "Tidak ada hasil untuk “{q}”."),
    "place_among": Text("{n} of {of}", "{n} dari {of}"),
    "search_scope": Text(
        "Searches what this device has.", "Hanya mencari pesan yang ada di perangkat ini."
    ),
    "change_created": Text("{who} created the group", "{who} membuat grup ini"),
    "change_joined": Text("{who} joined", "{who} bergabung"),
    "change_added": Text("{by} added {who}", "{by} menambahkan {who}"),
    "change_entered": Text("{who} entered", "{who} masuk"),
    "change_left": Text("{who} left", "{who} keluar"),
    "change_removed": Text("{by} removed {who}", "{by} mengeluarkan {who}"),
    "change_renamed": Text(
        "{by} named the group “{display_name}”", "{by} menamai grup ini “{display_name}”"
    ),
    "change_unnamed": Text("{by} took the group's name away", "{by} menghapus nama grup ini"),
    "change_closed": Text(
        "{by} closed the group; it can be read and left",
        "{by} menutup grup ini; anggota hanya bisa membaca atau keluar",
    ),
    "change_reopened": Text("{by} opened the group again", "{by} membuka kembali grup ini"),
    "change_to_owner": Text("{by} made {who} an owner", "{by} menjadikan {who} pemilik"),
    "change_to_admin": Text("{by} made {who} an admin", "{by} menjadikan {who} admin"),
    "change_to_member": Text("{by} made {who} a member", "{by} menjadikan {who} anggota biasa"),
    "change_to_open": Text(
        "{by} opened the group to everybody", "{by} membuka grup ini untuk semua orang"
    ),
    "change_to_invited": Text(
        "{by} let in only who is invited from now on",
        "{by} membatasi grup ini untuk yang diundang saja",
    ),
    # --- settings and dialogs
    "settings": Text("Settings", "Pengaturan"),
    "theme": Text("Theme", "Tema"),
    "theme_system": Text("System", "Ikuti sistem"),
    "theme_light": Text("Light", "Terang"),
    "theme_dark": Text("Dark", "Gelap"),
    "language": Text("Language", "Bahasa"),
    "text_size": Text("Text size", "Ukuran teks"),
    "density": Text("Density", "Kerapatan"),
    "comfortable": Text("Comfortable", "Lega"),
    "compact": Text("Compact", "Rapat"),
    "motion": Text("Motion", "Gerakan"),
    "motion_full": Text("Usual", "Biasa"),
    "motion_reduced": Text("Reduced", "Dikurangi"),
    "keys": Text("Keyboard", "Pintasan keyboard"),
    "key_jump": Text("Find a chat, person or group", "Cari chat, orang, atau grup"),
    "key_search": Text("Search messages", "Cari pesan"),
    "key_chat": Text("Chat before, after", "Chat sebelumnya, berikutnya"),
    "key_unread": Text("Unread chat before, after", "Chat belum dibaca sebelumnya, berikutnya"),
    "key_first_new": Text("First new message", "Pesan baru pertama"),
    "key_newest": Text("Newest message", "Pesan terbaru"),
    "key_messages": Text(
        "Messages, from an empty field: ↑ ↓, C copies, I tells more, M opens the menu",
        "Pesan, dari kolom kosong: ↑ ↓, C untuk menyalin, I untuk info, M untuk menu",
    ),
    "key_send": Text("Send, new line", "Kirim, baris baru"),
    "key_shut": Text("Shut; back to writing", "Tutup; kembali menulis"),
    "key_regions": Text("Next part of the window", "Bagian jendela berikutnya"),
    "key_list": Text("This list", "Daftar ini"),
    "close": Text("Close", "Tutup"),
    "cancel": Text("Cancel", "Batal"),
    "back": Text("Back", "Kembali"),
    "arrived": Text("New message from {name}", "Pesan baru dari {name}"),
}

_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus"),
        *("September", "Oktober", "November", "Desember"),
    ),
}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
}


class Words:
    """The texts in one language: `words("unread", n=3)`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str, /, **fields: Any) -> str:
        text = TEXTS[name]
        if self.language == "id":
            return text.indonesian.format(**fields)
        form = text.one if text.one and fields.get("n") == 1 else text.english
        return form.format(**fields)

    def month(self, number: int) -> str:
        return _MONTHS[self.language][number - 1]

    def weekday(self, number: int) -> str:
        """Monday is 0."""
        return _DAYS[self.language][number]
