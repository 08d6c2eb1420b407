"""The package as a user installs it, next to packages of others that have the same names as ours inside."""

import ensurepip
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from mcp import Client, StdioServerParameters

from server import __version__
from tests.conftest import text

ROOT = Path(__file__).parents[1]
BUILD = "import sys, hatchling.build as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, run without any path of this source tree."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module", params=["wheel", "editable"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    return folder / run(sys.executable, "-c", BUILD, request.param, folder, cwd=ROOT)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment with somebody else's `server` and `tools`."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home)
    scripts = home / "bin"
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    ZipFile(pip).extractall(home)  # out of it Python would compile it at every start
    packages = Path(run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home))
    # The dependencies are those of the running environment; its own .pth files do not count there.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    for name in ("server", "tools"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text("OWNER = 'somebody else'\n")
    return scripts


@pytest.fixture(scope="module")
def installed(wheel: Path, environment: Path) -> Path:
    """The scripts of that environment with Drumbeat, installed by the pip that Python brings."""
    options = ("--quiet", "--no-deps", "--no-index", "--force-reinstall", "--no-compile")
    run(environment / "python", environment.parent / "pip", "install", *options, wheel, cwd=environment)
    return environment


def test_wheel_puts_one_package_at_the_top(wheel: Path) -> None:
    names = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    top = {name for name in names if not name.endswith((".dist-info", ".pth"))}
    assert top <= {"drumbeat_mcp"}


def test_wheel_carries_the_font_and_the_page(wheel: Path) -> None:
    if "editable" not in str(wheel):
        names = set(ZipFile(wheel).namelist())
        files = ("pictures/Inter.otf", "pictures/Inter-LICENSE.txt", "app/delivery.html", "app/delivery.js")
        assert {f"drumbeat_mcp/tools/insights/{file}" for file in files} <= names


def test_names_of_others_stay_theirs(installed: Path) -> None:
    program = "import server, tools; print(server.OWNER, '/', tools.OWNER)"
    assert run(installed / "python", "-c", program, cwd=installed) == "somebody else / somebody else"


def test_command_says_the_version_of_the_project(installed: Path) -> None:
    for command in ([installed / "drumbeat"], [installed / "python", "-m", "drumbeat_mcp"]):
        assert run(*command, "--version", cwd=installed) == f"drumbeat {__version__}"


@pytest.mark.anyio
async def test_installed_command_answers_a_call(installed: Path) -> None:
    command = StdioServerParameters(command=str(installed / "drumbeat"), env={"DRUMBEAT_SANDBOX": "1"}, cwd=installed)
    async with Client(command) as client:
        assert "buddy_list_pipelines" in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("teamoclock_list_action_items", {"team": "platform"})
    assert not result.is_error
    assert "Platform" in text(result)
