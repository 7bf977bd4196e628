"""Running realmchat: `realmchat up` for one machine, systemd units and examples for several.

It starts the other console scripts and speaks with them over the wire; it imports no tier.
"""
