"""One signed-in account: its file, its connection to the realm, and what it decides.

It knows no HTTP: routes call `Account`.
"""
