"""The proxies that requests go through, as the environment and the system name them."""

from urllib.request import getproxies


def proxies() -> dict[str, str]:
    """Their URLs by what they are for (`https`), and under `no` what goes past them."""
    return getproxies()
