"""Taking files in, resumable and checked: as main does, and a realm while main is away."""
