"""The pages as HTML: plain documents without script, in which nothing of anybody else's is markup."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

from server.access import Variable
from server.hosting import KEYS_PATH
from server.web.vault.keeper import Shelf, Slot

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #888; margin-top: 1.5rem; }
label { display: block; margin: .75rem 0; }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .3rem; }
button { font: inherit; padding: .3rem 1rem; }
small { opacity: .75; }
.told { border-left: .3rem solid #888; padding-left: .75rem; }
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
# Forms lead to this host alone; the way to a provider is a link.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    # `no-referrer` would make browsers say `Origin: null` of our own forms (Fetch Standard), which tells nothing.
    "referrer-policy": "same-origin",
}


class Pages:
    """Makes the pages of one server. prefix: the path of its public address, where it has one."""

    def __init__(self, public_url: str, prefix: str) -> None:
        self._public_url = public_url
        self._root = f"{prefix}{KEYS_PATH}"

    def sign_in(self, token: str, ticket: str, provider: str | None, told: str = "", status: int = 200) -> HTMLResponse:
        """Where somebody shows who they are. token: the form's own. provider: its host, where people may go there."""
        fields = _hidden(token=token, ticket=ticket)
        way = ""
        if provider:
            query = f"?ticket={escape(ticket)}" if ticket else ""
            way = f'<p><a href="{self._root}/sign-in/provider{query}">Sign in at {escape(provider)}</a></p><p>Or:</p>'
        return self._page(
            "Sign in",
            f"""{_told(told)}
<p>Here you give Drumbeat your own keys of the systems that your assistant is to work with. First show that you are the
one it works for.</p>
{way}
<form method="post" action="{self._root}/sign-in">{fields}
<label>Your Drumbeat token <small>(the one that your assistant's settings have)</small>
<input type="password" name="drumbeat_token" autocomplete="off" required></label>
<button>Sign in</button>
</form>
<p><small>Type keys and tokens only where the address begins with {escape(self._public_url)}/.</small></p>""",
            status,
        )

    def signed_in(self, who: str, vendor: str) -> HTMLResponse:
        """What somebody sees who comes back from the provider: their browser shows its session from here on."""
        place = f"{self._root}#{escape(vendor)}" if vendor else self._root
        return self._page(
            "Signed in",
            f'<p>You are signed in as <b>{escape(who)}</b>.</p><p><a href="{place}">Go on to your keys</a></p>',
        )

    def keys(self, who: str, shelf: Shelf, tokens: dict[str, str], told: str = "", status: int = 200) -> HTMLResponse:
        """All vendors with their forms. tokens: of each form, by vendor, and of the way out under an empty name."""
        unreadable = (
            ""
            if shelf.readable
            else "What is kept for you cannot be read any more. What you enter now replaces all of it."
        )
        sections = "".join(self._section(slot, tokens[slot.vendor.name]) for slot in shelf.slots)
        return self._page(
            "Your keys",
            f"""{_told(told)}{_told(unreadable)}
<p>You are signed in as <b>{escape(who)}</b>. Drumbeat keeps your keys encrypted, uses them for your calls alone, and
shows them to nobody, you included. When you are done, go back to your assistant.</p>
{sections}
<section><form method="post" action="{self._root}/sign-out">{_hidden(token=tokens[""])}
<p><button>Sign out</button></p></form></section>""",
            status,
        )

    def problem(self, words: str, status: int) -> HTMLResponse:
        """What went wrong, and the way on."""
        return self._page("Not done", f'{_told(words)}<p><a href="{self._root}">Your keys</a></p>', status)

    def _section(self, slot: Slot, token: str) -> str:
        name, title = escape(slot.vendor.name), escape(slot.vendor.title)
        state = f"Kept: {escape(', '.join(slot.kept))}." if slot.kept else f"Needs {escape(' and '.join(slot.needs))}."
        form = f'<form method="post" action="{self._root}/{name}">{_hidden(token=token)}'
        forget = ""
        if slot.kept:
            forget = f'\n{form}<p><button name="action" value="forget">Delete the keys of {title}</button></p></form>'
        return f"""<section id="{name}"><h2>{title}</h2><p>{state}</p>
{form}
{_inputs(slot)}
<button name="action" value="keep">Save the keys of {title}</button></form>{forget}</section>
"""

    def _page(self, title: str, body: str, status: int = 200) -> HTMLResponse:
        return HTMLResponse(
            f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - Drumbeat</title><style>{STYLE}</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
""",
            status,
        )


def _inputs(slot: Slot) -> str:
    return "\n".join(_input(variable, variable.name in slot.kept) for variable in slot.variables)


def _input(variable: Variable, is_kept: bool) -> str:
    kind = "password" if variable.secret else "text"
    about = [variable.description, *_choices(variable), *(["kept; leave it empty to keep it"] if is_kept else [])]
    return (
        f"<label>{escape(variable.name)} <small>{escape('; '.join(about))}</small>"
        f'<input type="{kind}" name="{escape(variable.name)}" autocomplete="off"></label>'
    )


def _choices(variable: Variable) -> Iterable[str]:
    if variable.choices:
        yield f"one of {', '.join(variable.choices)}"
    if variable.default:
        yield f"without it {variable.default}"


def _hidden(**fields: str) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def _told(words: str) -> str:
    return f'<p class="told" role="status">{escape(words)}</p>' if words else ""
