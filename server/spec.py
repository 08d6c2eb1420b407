"""How a vendor declares itself: `Vendor`, its `Toolset`s, and one async function a tool.

    retros = teamoclock.toolset("retros", "A team's retrospectives: columns, notes, votes.")

    @retros.read(resource="retros/{retro_id}")
    async def get_retro(api: TeamOClock, retro_id: RetroId) -> Retro:
        '''One retrospective with its notes, votes and action items.'''
        return await api.get("/retro/{}", retro_id, returns=Retro)

The function is the only source of the tool's schema (signature), description (docstring) and name
(vendor + function); the decorator is the only place that says what it may do. Nothing here imports
a vendor: `server.publish` collects these declarations into the file that the server starts from.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from server.access import Access, Variable
from server.apps import App
from server.errors import Refusal
from server.restore import Undo

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True)
class Completes:
    """Marks an argument whose values come from a list tool: `Completes("list_retros", "id")`.

    With `names` (other fields of the list's rows: a slug, a name) or `page`, the argument takes these as
    well, and the page's address in the vendor's own pages; they become the id before the tool is called.
    page: an expression whose one group is the id or a name, in the path of such an address.
    ids: an expression for what is surely an id, so that the list need not be asked; without it the list is
    asked at every call (it is cached), as is right where the vendor has an empty answer for an unknown name.
    kind: what the object is called in a refusal.
    newest: the list has the newest first, and the word `latest` is taken for its first row; among: for the first whose
    field has this value, past those that have one of `past`, and a row with any other value is refused.
    by: the call's arguments that narrow the list down for that.
    """

    tool: str
    field: str
    names: tuple[str, ...] = ()
    page: str | None = None
    ids: str | None = None
    kind: str = ""
    newest: bool = False
    among: tuple[str, str] | None = None
    past: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def resolves(self) -> bool:
        """Whether names, addresses or a word for the newest are taken for ids."""
        return bool(self.names or self.page or self.newest)


@dataclass(frozen=True)
class Offers:
    """Marks an argument with values that are worth offering where it is completed; others are taken as well."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Sensitive:
    """Marks an argument that is or carries a secret: masked in the journal and in dry runs.

    Of an object or a list only what stands under `value` or the name of a secret counts.
    """


@dataclass(frozen=True)
class Preview:
    """What a destructive call is about to take away, read live from the vendor.

    what: one line that a person recognises: kind, name, id, size.
    name: the object's own name, which a far-reaching call makes the person type.
    lost: what no undo brings back ("its notes and votes"); None where all of it can come back.
    before: the object as it is now, for the journal and for undo.
    unseen: what was not looked at, from the call's `Reach`; no vendor's preview sets it.
    """

    what: str
    name: str
    lost: str | None = None
    before: Any = None
    unseen: str | None = None


Fields = TypeVar("Fields", bound=Mapping[str, Any])


def changes(fields: Fields) -> Fields:
    """The fields of an update, nulls that empty one among them. Raises Refusal where it would change nothing."""
    if not fields:
        raise Refusal("Nothing was sent: say what to change.")
    return fields


@dataclass(frozen=True)
class Declaration:
    """One tool as declared. `server.publish` turns it into its published form."""

    function: Callable[..., Awaitable[Any]]
    toolset: "Toolset"
    access: Access
    title: str
    everyday: bool = False
    idempotent: bool = True
    permission: str | None = None
    cached: bool = True
    resource: str | None = None
    preview: Callable[..., Awaitable[Preview]] | None = None
    before: Callable[..., Awaitable[Any]] | None = None
    undo: Undo | None = None
    asks: Callable[..., Awaitable[str | None]] | None = None
    type_the_name: bool = False
    gateway: bool = False

    @property
    def name(self) -> str:
        """The tool's name on the wire: vendor, underscore, function."""
        return f"{self.toolset.vendor.name}_{self.function.__name__}"

    @property
    def reference(self) -> str:
        """Where the function is: `module:function`."""
        return f"{self.function.__module__}:{self.function.__name__}"


@dataclass(frozen=True)
class Toolset:
    """A group of a vendor's tools that an operator can turn on or off as one."""

    vendor: "Vendor"
    name: str
    about: str
    tools: dict[str, Declaration] = field(default_factory=dict, compare=False, repr=False)

    def read(
        self,
        *,
        everyday: bool = False,
        resource: str | None = None,
        permission: str | None = None,
        cached: bool = True,
        title: str | None = None,
    ) -> Callable[[F], F]:
        """Declare a tool that changes nothing.

        everyday: listed by default. resource: the path under the vendor's scheme at which the same
        answer can be attached to a chat, `retros/{retro_id}`, or an address with a scheme of its own.
        permission: the vendor's name of what the credentials must be allowed, for the error that says so.
        cached: False for what changes by the second, such as a running build.
        """
        return self._declare(
            Access.READ, title, everyday=everyday, resource=resource, permission=permission, cached=cached
        )

    def write(
        self,
        *,
        idempotent: bool = False,
        before: Callable[..., Awaitable[Any]] | None = None,
        undo: Undo | None = None,
        asks: Callable[..., Awaitable[str | None]] | None = None,
        everyday: bool = False,
        permission: str | None = None,
        title: str | None = None,
    ) -> Callable[[F], F]:
        """Declare a tool that creates or changes something and, as a rule, loses nothing of note.

        idempotent: a second identical call has no further effect. before: reads the object as it is
        now, as a `Preview` (called with those of the tool's arguments that it names). undo: takes the
        change back. asks: says what a call would lose for ever, or None; given the api, what `before` read
        and those arguments that it names. Where it says something a person is asked, as for a destructive tool.
        """
        return self._declare(
            Access.WRITE,
            title,
            idempotent=idempotent,
            before=before,
            undo=undo,
            asks=asks,
            everyday=everyday,
            permission=permission,
        )

    def destructive(
        self,
        preview: Callable[..., Awaitable[Preview]],
        *,
        undo: Undo | None = None,
        type_the_name: bool = False,
        idempotent: bool = True,
        everyday: bool = False,
        permission: str | None = None,
        title: str | None = None,
    ) -> Callable[[F], F]:
        """Declare a tool that takes something away, and so needs a person's consent.

        preview: shows what is about to be lost (called with those of the tool's arguments that it
        names). undo: brings back what the vendor can bring back, given the api and a `Change`; its
        docstring says what does and what does not come back, and is what a person reads before it
        runs. type_the_name: so far-reaching that the person has to type the object's name.
        """
        return self._declare(
            Access.DESTRUCTIVE,
            title,
            preview=preview,
            undo=undo,
            type_the_name=type_the_name,
            idempotent=idempotent,
            everyday=everyday,
            permission=permission,
        )

    def gateway(self, access: Access, *, title: str | None = None) -> Callable[[F], F]:
        """Declare a tool that carries out calls of other tools up to `access`, each with its own guard."""
        return self._declare(access, title, everyday=True, idempotent=access is Access.READ, gateway=True)

    def _declare(self, access: Access, title: str | None, **options: Any) -> Callable[[F], F]:
        def declare(function: F) -> F:
            name = function.__name__
            if name in self.tools:
                raise ValueError(f"{self.vendor.name}.{self.name} declares {name} twice")
            words = title or name.replace("_", " ").capitalize()
            self.tools[name] = Declaration(function, self, access, f"{self.vendor.title}: {words}", **options)
            return function

        return declare


@dataclass(frozen=True)
class Vendor:
    """One system that Drumbeat speaks to.

    requires: the variables without which it is off; a tuple inside means any one of them.
    api: the `server.http.Api` subclass that knows its authentication, envelopes and error bodies.
    sandbox: `module:factory` of its stand-in, see `server.sandbox`.
    needs: the vendors that a package asks of, which has none of these itself: it is on where one of them is, its
    `api` is `server.http.Apis`, and it alone may import several.
    apps: the pages that it shows in the chat.
    """

    name: str
    title: str
    about: str
    variables: tuple[Variable, ...]
    requires: tuple[str | tuple[str, ...], ...]
    api: type[Any]
    sandbox: str = ""
    needs: tuple[str, ...] = ()
    apps: tuple[App, ...] = ()
    toolsets: dict[str, Toolset] = field(default_factory=dict, compare=False, repr=False)

    def toolset(self, name: str, about: str) -> Toolset:
        """Open a toolset; its decorators declare this vendor's tools."""
        if name in self.toolsets:
            raise ValueError(f"{self.name} has a toolset {name} already")
        self.toolsets[name] = Toolset(self, name, about)
        return self.toolsets[name]

    def tool(self, function: str) -> Declaration:
        """The tool that `function` declares."""
        return next(toolset.tools[function] for toolset in self.toolsets.values() if function in toolset.tools)

    @property
    def base_url_variable(self) -> str:
        """The variable that holds the address of the vendor's API; empty where it has none of its own."""
        return next((variable.name for variable in self.variables if variable.kind == "url"), "")
