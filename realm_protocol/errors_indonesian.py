"""The texts of the errors in Indonesian, by code, over the same fields as the English ones.

A `detail` or a reason is a sentence within a sentence, made where the error was. `PHRASES` has the
ones that people meet; what is not there, such as the words of an operating system, stays as it is.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

TEXTS: Mapping[str, str] = {
    # --- asked wrongly: the form
    "malformed": "Ini tidak sesuai dengan protokol: {detail}.",
    "unknown_command": (
        "Tidak ada perintah “{word}”. Maksud Anda “{nearest}”? `help` menampilkan semuanya."
    ),
    "wrong_arguments": "{detail} Cara pakai: {usage}",
    "invalid_address": (
        "“{value}” bukan alamat yang sah. Alamat ditulis nama@realm: huruf kecil, angka, titik,"
        " garis bawah, dan tanda hubung, masing-masing paling banyak 32 karakter."
    ),
    "invalid_name": (
        "“{value}” bukan nama yang sah. Pakai 1 sampai 32 huruf kecil, angka, titik, garis bawah,"
        " atau tanda hubung, diawali huruf atau angka."
    ),
    "invalid_key": (
        "“{value}” bukan kunci yang sah. Kunci terdiri dari 1 sampai 64 karakter ASCII tanpa spasi."
    ),
    "invalid_setting": "Setelan {setting} salah: {detail}.",
    "unknown_setting": "{file}: tidak ada setelan “{setting}”; yang terdekat “{nearest}”.",
    "empty_text": "Pesannya kosong. Tulis sesuatu untuk dikirim.",
    "text_not_unicode": "Pesan ini bukan teks UTF-8 yang sah. Isi biner dikirim sebagai file.",
    "text_too_long": (
        "Pesan ini {size} byte; batasnya {limit}. Kirim sebagian-sebagian, atau sebagai file."
    ),
    "request_too_large": "Permintaan ini {size} byte atau lebih; batasnya {limit} byte.",
    "request_head_too_large": "Alamat dan header permintaan melewati batas {limit} byte.",
    "request_too_slow": "Permintaan belum lengkap dalam {seconds} detik.",
    "frame_too_large": "Frame {size} byte melewati batas {limit} byte.",
    "version_mismatch": (
        "Server ini memakai protokol versi {wanted}, Anda versi {got}. Perbarui yang lebih lama."
    ),
    # --- asked wrongly: who you are
    "not_signed_in": "Anda belum masuk. Masuk dulu.",
    "wrong_password": "Kata sandi untuk {address} salah.",
    "session_ended": "Sesi ini sudah berakhir ({reason}). Masuk lagi.",
    "wrong_realm": "{address} terdaftar di lokasi {realm}. Masuk di sana.",
    "user_disabled": "Akun {address} dinonaktifkan. Hubungi operator lokasinya.",
    "registration_closed": (
        "Lokasi {realm} tidak menerima pendaftaran. Minta akun kepada operatornya."
    ),
    "password_too_short": "Kata sandi terlalu pendek: paling sedikit {minimum} karakter.",
    "password_too_long": "Kata sandi terlalu panjang: paling banyak {limit} byte.",
    "realm_key_invalid": (
        "Server pusat tidak mengenal kunci realm ini. Periksa file kuncinya, atau ganti kuncinya."
    ),
    "realm_already_linked": (
        "Realm {realm} sudah terhubung dan servernya menjawab. Hentikan server yang lain, atau"
        " ganti kuncinya bila itu bukan milik Anda."
    ),
    "foreign_sender": (
        "{address} bukan orang realm {realm}; realm ini tidak bisa bertindak atas namanya."
    ),
    "not_allowed": "Anda tidak boleh melakukan ini: {detail}.",
    "foreign_origin": "Layanan ini hanya menjawab komputer ini; {detail}.",
    # --- asked wrongly: what is there
    "user_not_found": "Tidak ada orang bernama {address}.",
    "group_not_found": "Tidak ada grup {group}.",
    "realm_not_found": "Tidak ada realm {realm}.",
    "realm_not_enrolled": (
        "Tidak ada realm {realm}, dan tidak ada yang menerima sambungan di {host}:{port}. Realm"
        " didaftarkan oleh operator server pusat."
    ),
    "conversation_not_found": "Anda tidak punya percakapan {conversation}.",
    "message_not_found": "Tidak ada pesan itu di percakapan ini.",
    "session_not_found": "Anda tidak punya sesi {session}.",
    "account_not_found": "{address} belum masuk di komputer ini. Masuk dulu.",
    "reader_not_found": "Tidak ada pembaca “{name}”. Membaca dengan nama itu akan membuatnya.",
    "file_not_found": "Tidak ada file {file_id} yang boleh Anda buka.",
    "upload_not_found": "Tidak ada unggahan {file_id} milik Anda. Mulailah lagi.",
    "transfer_not_found": "Tidak ada pengiriman {transfer}.",
    "route_not_found": "Tidak ada apa-apa di {path}.",
    "method_not_allowed": "{method} tidak bisa dipakai di {path}.",
    "ambiguous_name": "“{name}” bisa berarti {candidates}. Tulis alamat lengkapnya.",
    "user_exists": "{address} sudah ada. Pilih nama lain.",
    "group_exists": "Grup {group} sudah ada. Bergabunglah, atau pilih nama lain.",
    "realm_exists": "Realm {realm} sudah ada.",
    "realm_not_empty": (
        "Realm {realm} masih punya {people} orang. Nonaktifkan saja: realm remove {realm}"
        " --disable."
    ),
    "realm_disabled": "Realm {realm} dinonaktifkan oleh operator server pusat.",
    "name_reserved": (
        "Nama {name} tidak bisa dipakai: lobby untuk ruang terbuka, dan nama berawalan guest- untuk"
        " tamunya."
    ),
    "room_not_open": "Lokasi {realm} tidak punya ruang terbuka.",
    "group_closed": "{group} sudah ditutup: tidak ada yang bisa bergabung atau menulis di sana.",
    "not_for_guests": (
        "Tamu hanya bisa membaca dan menulis teks di ruang terbuka. Daftarlah untuk yang lain."
    ),
    "is_guest": "{address} adalah tamu, dan hanya bisa ditemui di ruang terbuka.",
    "invite_only": "Grup {group} khusus untuk yang diundang. Mintalah kepada salah satu adminnya.",
    "removed_from_group": (
        "Anda dikeluarkan dari grup {group}. Mintalah salah satu adminnya mengundang Anda lagi."
    ),
    "not_admin": "Hanya admin dan pemilik grup {group} yang boleh melakukan ini.",
    "not_owner": "Hanya pemilik grup {group} yang boleh melakukan ini.",
    "not_operator": "Hanya operator server pusat yang boleh melakukan ini.",
    "last_owner": (
        "Anda satu-satunya pemilik grup {group}. Jadikan orang lain pemilik terlebih dahulu."
    ),
    "member_not_found": "{address} tidak ada di grup {group}.",
    "already_member": "Anda sudah ada di grup {group}.",
    "not_taken": "Server pusat tidak menerima pesan ini: hanya terlihat di satu lokasi.",
    "not_member": "Anda tidak ada di grup {group}. Bergabung dulu.",
    "blocked": "{address} tidak menerima pesan dari Anda.",
    "too_many_readers": (
        "Akun ini sudah punya {limit} pembaca. Hapus satu yang tidak dipakai lagi."
    ),
    "too_many_realms": "Daftar Anda sudah berisi {limit} nama realm, sebanyak yang bisa dimuat.",
    "reader_in_use": (
        "Program lain sedang membaca sebagai “{name}”. Akhiri program itu, atau pilih nama lain."
    ),
    "place_not_handed_out": (
        "Pembaca “{name}” baru menerima pesan sampai tempat {handed}; tempat {place} belum bisa"
        " dinyatakan selesai."
    ),
    "transfer_cancelled": "Pengiriman {transfer} dibatalkan.",
    "key_conflict": (
        "Kunci “{key}” sudah dipakai untuk pesan lain. Setiap pesan punya kuncinya sendiri."
    ),
    "clear_text_refused": (
        "{host} bisa dihubungi dari komputer lain, dan kata sandi akan lewat tanpa enkripsi."
        " Berikan --tls-cert dan --tls-key, atau --allow-clear di belakang proxy yang memakai TLS."
    ),
    "address_in_use": (
        "{host}:{port} tidak bisa dipakai: {detail}. Hentikan pemakainya, atau pilih yang lain."
    ),
    "tls_unusable": "File TLS {files} tidak bisa dipakai: {detail}.",
    # --- asked wrongly: files
    "file_unreadable": "{path} tidak bisa dibaca: {detail}.",
    "file_too_large": "File ini {size} byte; batasnya {limit} byte.",
    "quota_exceeded": (
        "File Anda sudah {used} byte; ditambah {size} byte dari yang ini, jumlahnya melewati"
        " batas Anda, {limit} byte."
    ),
    "upload_offset_conflict": "Unggahan ini berlanjut dari byte {offset}, bukan dari byte {got}.",
    "upload_taken_over": (
        "Unggahan {file_id} berlanjut di permintaan yang lebih baru; yang ini sudah berakhir."
    ),
    "upload_protocol_mismatch": "Unggahan di sini memakai tus {wanted}, bukan {got}.",
    "range_not_satisfiable": "File ini {size} byte; rentang yang diminta ada di luarnya.",
    # --- try later
    "after_refused": (
        "Pesan sebelum ini menunggu dikirim lagi (kunci “{key}”); pesan ini menyusul sesudahnya."
    ),
    "rate_limited": "Terlalu banyak sekaligus. Coba lagi dalam {retry_after_seconds} detik.",
    "storage_full": ("Disk {server} penuh. Yang sudah diakui tetap aman; coba lagi nanti."),
    "too_many_uploads": (
        "Anda punya {limit} unggahan yang belum selesai. Selesaikan atau batalkan salah satunya."
    ),
    "too_many_guests": ("Ruang terbuka lokasi {realm} sudah berisi {limit} tamu. Coba lagi nanti."),
    "store_busy": "Basis data {server} sedang dipakai program lain. Coba lagi sebentar lagi.",
    "outbox_full": "Kotak keluar penuh ({limit} byte). Tunggu sampai sebagian terkirim.",
    "link_down": "Lokasi {realm} terputus dari server pusat sejak {since}. Coba lagi nanti.",
    "sign_in_needs_main": (
        "Lokasi {realm} terputus dari server pusat sejak {since}. Sampai tersambung lagi, hanya"
        " yang belum lama ini masuk di sana bisa masuk."
    ),
    "link_busy": "Sambungan lokasi {realm} sedang penuh. Coba lagi sebentar lagi.",
    "realm_unreachable": "Server lokasi di {url} tidak bisa dihubungi: {detail}.",
    "service_unreachable": "Layanan chat-cli tidak bisa dihubungi: {detail}.",
    "service_hangs": (
        "Layanan chat-cli berjalan sebagai proses {pid}, tetapi tidak menjawab. Tunggu sebentar,"
        " atau akhiri proses itu; yang sudah disimpannya tetap ada."
    ),
    "service_went_away": (
        "Layanan chat-cli berakhir sebelum menjawab. Yang sudah disimpannya tetap ada; periksa dulu"
        " apakah sudah dilakukan sebelum mengulanginya."
    ),
    "other_service_version": (
        "Layanan chat-cli yang berjalan versi {service}, perintah ini versi {command}. Hentikan"
        " dengan `chat-cli stop`; perintah berikutnya menjalankan yang benar, tidak ada yang"
        " hilang."
    ),
    "draining": "Server sedang berhenti. Coba lagi sebentar lagi.",
    "too_many_sign_ins": (
        "Terlalu banyak orang sedang masuk saat ini. Coba lagi dalam {retry_after_seconds} detik."
    ),
    "timed_out": (
        "Tidak ada jawaban dalam {seconds} detik. Mungkin tetap terlaksana; periksa sebelum"
        " mengulang."
    ),
    # --- our fault
    "internal_error": (
        "Terjadi kesalahan di server. Rinciannya ada di log, pada insiden {incident}."
    ),
    "file_damaged": (
        "Isi file {file_id} hilang atau tidak cocok dengan sidik jarinya. Kirim lagi filenya"
        " untuk memulihkannya."
    ),
    "store_damaged": "Basis data {path} rusak: {detail}. Pulihkan dari cadangan.",
    "store_locked": "Basis data {path} dipakai proses lain. Hentikan dulu proses itu.",
    "store_too_new": (
        "Basis data {path} dibuat oleh versi yang lebih baru (skema {found}). Perbarui program ini."
    ),
    "store_unwritable": (
        "{path} tidak bisa ditulisi: {detail}. Sediakan ruang di disk, atau beri program ini hak"
        " menulis di sana."
    ),
    "unknown_error": "Server menjawab dengan kesalahan yang tidak dikenal versi ini ({peer_code}).",
}

PHRASES: Mapping[str, str] = {
    # the text grammar
    "The line is empty.": "Barisnya kosong.",
    "WORD …; `help` lists the words.": "KATA …; `help` menampilkan semua kata.",
    "There are too many words.": "Katanya terlalu banyak.",
    "One space parts two words, not more.": "Dua kata dipisah satu spasi, tidak lebih.",
    "Only a text may hold line breaks.": "Hanya teks yang boleh berisi ganti baris.",
    "“{value}” is no number.": "“{value}” bukan angka.",
    "“{value}” is none of {choices}.": "“{value}” bukan salah satu dari {choices}.",
    "“{value}” is too much.": "“{value}” tidak perlu ada.",
    "{parameter} is missing.": "{parameter} belum ada.",
    "{parameter} is at most {most}.": "{parameter} paling besar {most}.",
    "At most {count} people can be named.": "Paling banyak {count} orang bisa disebut.",
    "{field}: String should have at most {limit} characters": (
        "{field}: paling banyak {limit} karakter"
    ),
    # why a file can't be read or saved
    "it has become shorter": "filenya menjadi lebih pendek",
    "its copy here is damaged": "salinannya di sini rusak",
    "another command fetches it": "perintah lain sedang mengambilnya",
    "there is no room for it": "tidak ada tempat untuknya",
    "a line carries no bytes; the route /files takes them": (
        "sebuah baris tidak memuat isi file; rute /files yang menerimanya"
    ),
    "a file comes as base64 text": "file dikirim sebagai teks base64",
    # why a session ended
    "signed out": "sudah keluar",
    "expired": "masa berlakunya habis",
    "password changed": "kata sandi diganti",
    "disabled": "dinonaktifkan",
    "a guest's time is over": "waktu tamu sudah habis",
    # what isn't allowed
    "you are signed in; the register route makes another account": (
        "Anda sudah masuk; rute register membuat akun lain"
    ),
    "you are signed in; the guest route makes another account": (
        "Anda sudah masuk; rute guest membuat akun lain"
    ),
    "this line is of another account; the login route signs in": (
        "baris ini untuk akun lain; rute login yang memasukkannya"
    ),
    "this needs a session": "ini hanya untuk yang sudah masuk",
    "a message needs a session": "mengirim pesan hanya untuk yang sudah masuk",
    "a group is made in one's own realm, {realm}": "grup dibuat di realm sendiri, {realm}",
    "an open room is its realm's": "ruang terbuka milik realm-nya",
    "this token opens another account": "token ini membuka akun lain",
    "this needs the service token": "ini memerlukan token layanan",
    # why something can't be reached
    "the connection was cut": "sambungannya terputus",
    "no connection yet": "belum tersambung",
    "Permission denied": "tidak ada izin",
    "Connection refused": "sambungan ditolak",
    "No space left on device": "disk penuh",
    "Read-only file system": "sistem file hanya bisa dibaca",
    "it was stopped": "layanan dihentikan",
    "what answers there speaks no HTTP": "yang menjawab di sana tidak memakai HTTP",
    "what answers there is no chat-cli service": "yang menjawab di sana bukan layanan chat-cli",
    "process {pid} does not answer": "proses {pid} tidak menjawab",
    "another command has been starting it for too long": (
        "perintah lain terlalu lama menjalankannya"
    ),
    "it did not start ({why}); its log is {log}": (
        "layanan tidak mau berjalan ({why}); log-nya {log}"
    ),
    "it said nothing": "tidak ada catatannya",
    "There is no program “{program}” that can be run.": (
        "Tidak ada program “{program}” yang bisa dijalankan."
    ),
    "it is closed": "sudah ditutup",
    # what is wrong with a setting
    "“{value}” is none of {choices}": "“{value}” bukan salah satu dari {choices}",
    "“{value}” is no number from {least} to {most}": (
        "“{value}” bukan angka dari {least} sampai {most}"
    ),
    "“{value}” is no number of {least} or more": "“{value}” bukan angka {least} atau lebih",
    "“{value}” is no whole number": "“{value}” bukan bilangan bulat",
    "“{value}” is no address": "“{value}” bukan alamat",
    "“{value}” is no name": "“{value}” bukan nama",
    "“{value}” is no path": "“{value}” bukan lokasi file",
    "“{value}” is no URL that begins with http:// or https://": (
        "“{value}” bukan URL yang diawali http:// atau https://"
    ),
    "no file {file}": "tidak ada file {file}",
    # whose disk, whose database
    "main server": "server pusat",
    "realm server": "server realm",
    "chat-cli service": "layanan chat-cli",
}


def phrase(english: Any) -> Any:
    """A sentence within an error's sentence; as it is where it is not a known one."""
    if not isinstance(english, str):
        return english  # a peer may put anything there
    if english in PHRASES:
        return PHRASES[english]
    for pattern, indonesian in _patterns():
        if found := pattern.fullmatch(english):
            said = {name: PHRASES.get(value, value) for name, value in found.groupdict().items()}
            return indonesian.format_map(said)
    return english


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The phrases that hold something, as what recognises them."""
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(english))), indonesian)
        for english, indonesian in PHRASES.items()
        if "{" in english
    ]
