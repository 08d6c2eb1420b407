"""Words that sentences are made of, and how much of them is said."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things, such as `1 member` and `1,204 members`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def shortened(text: str, most: int) -> str:
    """`text` without its middle where it is long, since what matters may stand at either end."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[len(text) - most // 2 :]}"
