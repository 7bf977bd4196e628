"""Line listeners: older programs' text protocols over plain TCP, spoken as a client of the realm.

`framing`, `words`, `base64_text` and `inboxes` decide and do no I/O; `inner_client` is a session
within this process; `carried` is a file on its way; `deeds`, `file_deeds`, `mesin` and `kelompok5`
say what each word does; `connections` acts.
"""
