"""A browser as far as the page of keys can tell: cookies, forms, and what it says of where a form came from."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie

import httpx


class _Forms(HTMLParser):
    """The forms of a page: each one's address and hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((told["action"], {}))
        elif tag == "input" and told["type"] == "hidden":
            self.forms[-1][1][told["name"]] = told["value"]


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    """The forms of a page: where each leads, and its hidden fields."""
    return _Forms(page).forms


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the first form that leads to `action`."""
    return next(hidden for address, hidden in forms(page) if address == action)


@dataclass
class Browser:
    """Keeps cookies by name, and follows nothing by itself."""

    site: str
    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._send("GET", path, headers)

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form; headers win over what a browser would say."""
        async with httpx.AsyncClient(verify=False) as http:
            content = http.build_request("POST", self.site, data=form).content
        told = {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._send("POST", path, told, content)

    async def _send(self, method: str, path: str, headers: dict[str, str], content: bytes = b"") -> httpx.Response:
        shown = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        told = {name.replace("_", "-"): value for name, value in headers.items() if value}
        async with httpx.AsyncClient(verify=False) as http:
            response = await http.request(
                method, f"{self.site}{path}", headers={"Cookie": shown} | told, content=content
            )
        for line in response.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                assert cookie["secure"]
                assert cookie["httponly"]
                assert cookie["path"] == "/"
                assert not cookie["domain"]
                if cookie["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = cookie.value
        return response

    async def sign_in(self, token: str, ticket: str = "") -> httpx.Response:
        """Open the page, by a link where there is a ticket, and show who we are; what that is answered with."""
        page = await self.get(f"/keys?ticket={ticket}" if ticket else "/keys")
        return await self.post("/keys/sign-in", {**fields(page.text, "/keys/sign-in"), "drumbeat_token": token})

    async def save(self, vendor: str, **values: str) -> httpx.Response:
        """Fill in a vendor's form on the page of keys and send it."""
        page = await self.get("/keys")
        return await self.post(f"/keys/{vendor}", {**fields(page.text, f"/keys/{vendor}"), "action": "keep", **values})

    async def delete(self, vendor: str) -> httpx.Response:
        page = await self.get("/keys")
        return await self.post(f"/keys/{vendor}", {**fields(page.text, f"/keys/{vendor}"), "action": "forget"})
