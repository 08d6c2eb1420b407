"""Words that sentences are made of."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things, such as `1 member` and `1,204 members`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
