"""What breaks, and what has to hold all the same: engines killed, stopped and continued, stores that are away.

Each test has a Redis server of its own, since it kills, freezes or empties it.
"""
