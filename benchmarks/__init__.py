"""How fast realmchat is: real server processes, raw protocol clients, and a floor to compare with.

`python -m benchmarks` runs all of it. Nothing here is a test: figures depend on the machine, so
each one is shown beside the floor's, which was taken in the same go.
"""
