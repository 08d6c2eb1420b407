"""What the files in `deploy/` name is there: files, settings, paths; and the image's command and health check work."""

import re
import urllib.request
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from server import __version__
from server.changes.journal import sink_of
from server.changes.sinks import Followed
from server.cli.parser import parser
from server.settings import load
from server.transports.http import DRAIN_SECONDS
from tests.deploy.conftest import DEPLOY, ROOT, dockerfile
from tests.replicas.processes import servers
from tests.vendors import Vendors
from tests.web.conftest import hashed

TOKENS = f"ann:read:{hashed('ann')}"
SEALING = "k" * 32


def read(name: str) -> list[Any]:
    return list(YAML(typ="safe").load_all((DEPLOY / name).read_text(encoding="utf-8")))


def test_the_image_is_made_of_what_is_there() -> None:
    sources = [word for line in dockerfile().all("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_what_builds_the_package_is_pinned_by_hash_as_all_that_it_runs_with() -> None:
    (build, *_) = dockerfile().all("RUN")
    for command in re.findall(r"pip (?:install|wheel) [^&]*", build):
        assert "--require-hashes" in command or "--no-deps" in command
    assert "--no-build-isolation" in build
    known = set((ROOT / "requirements.lock").read_text(encoding="utf-8").replace(" \\", "").split("\n"))
    locked = (DEPLOY / "build.lock").read_text(encoding="utf-8").replace(" \\", "").strip().split("\n")
    assert locked[0].startswith("hatchling==")
    assert [line for line in locked if line not in known and ";" not in line] == []
    assert any("--hash=sha256:" in line for line in locked)


def test_what_the_image_keeps_lies_on_volumes_of_the_user_who_writes_it(vendors: Vendors) -> None:
    made = dockerfile()
    own = dict(re.findall(r"(DRUMBEAT_\w+)=(\S+)", " ".join(made.all("ENV"))))
    settings = load(own, vendors.catalogue.vendors)
    assert made.arguments("VOLUME") == [settings.journal, str(settings.vault_dir)]
    (folders,) = re.findall(r"install --directory --owner drumbeat --mode 700 (.*)", "\n".join(made.all("RUN")))
    assert folders.split() == made.arguments("VOLUME")


def test_the_images_command_serves_its_health_check_and_ends_when_told_to(tmp_path: Path) -> None:
    made = dockerfile()
    command = made.arguments("ENTRYPOINT") + made.arguments("CMD")
    assert (command[0], command[-1]) == ("drumbeat", "8000")
    environment = {"HOME": str(tmp_path), "DRUMBEAT_JOURNAL": str(tmp_path), "DRUMBEAT_TOKENS": TOKENS}
    with servers(environment, 1, [*command[1:-1], "0"]) as [url]:
        port = url.rpartition(":")[2]
        _, _, check = made.arguments(r"HEALTHCHECK .* CMD")
        assert "127.0.0.1:8000/healthz" in check
        exec(check.replace("8000", port))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as ready:
            assert ready.status == 200


def environments() -> dict[str, dict[str, str]]:
    """The settings that each file gives a server, with what its user has to say."""
    (composed,) = read("compose.yaml")
    said = {"PUBLIC_HOST": "drumbeat.example.com", "DRUMBEAT_SEALING_KEYS": SEALING, "DRUMBEAT_TOKENS": TOKENS}
    # The file that its users write is handed to the server as a whole.
    (named,) = re.findall(r"\.env with (.*) and the vendors' keys", (DEPLOY / "compose.yaml").read_text())
    assert set(named.split(", ")) == set(said)
    settings = said | {
        name: re.sub(r"\$\{(\w+).*?\}", lambda found: said[found[1]], value)
        for name, value in composed["services"]["drumbeat"]["environment"].items()
    }
    deployment = next(each for each in read("kubernetes/drumbeat.yaml") if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    secret = {"DRUMBEAT_REDIS_URL": "rediss://user:password@redis:6379/0", "DRUMBEAT_SEALING_KEYS": SEALING}
    secret["DRUMBEAT_TOKENS"] = TOKENS
    return {"compose": settings, "kubernetes": secret | {each["name"]: each["value"] for each in container["env"]}}


def test_one_follower_of_the_same_image_writes_the_journal_of_all_servers(vendors: Vendors) -> None:
    (composed,) = read("compose.yaml")
    drumbeat, journal = (composed["services"][name] for name in ("drumbeat", "journal"))
    deployment, follower = (each for each in read("kubernetes/drumbeat.yaml") if each["kind"] == "Deployment")
    (server,), (container,) = (each["spec"]["template"]["spec"]["containers"] for each in (deployment, follower))
    assert (journal["build"], container["image"]) == (drumbeat["build"], server["image"])
    assert follower["spec"]["replicas"] == 1
    for command in (journal["command"].split(), container["args"]):
        assert parser().parse_args(command).action == "follow"
    own = journal["environment"]
    assert own.items() <= drumbeat["environment"].items()
    assert {each["name"] for each in container["env"]} == set(own)
    assert isinstance(sink_of(load(own, vendors.catalogue.vendors)), Followed)


@pytest.mark.parametrize("file", ["compose", "kubernetes"])
def test_the_settings_are_ones_that_a_server_takes(file: str, vendors: Vendors) -> None:
    settings = load(environments()[file], vendors.catalogue.vendors)
    assert settings.redis_url
    assert settings.journal == "redis"
    assert settings.sealing_keys
    assert settings.public_url == "https://drumbeat.example.com"


def test_caddy_comes_from_the_address_that_is_trusted_and_nobody_else_is_given_it() -> None:
    (composed,) = read("compose.yaml")
    services, (inside,) = composed["services"], composed["networks"]["inside"]["ipam"]["config"]
    caddy = services["caddy"]["networks"]
    assert set(caddy) & set(services["drumbeat"]["networks"]) == {"inside"}
    address = ip_address(caddy["inside"]["ipv4_address"])
    assert services["drumbeat"]["environment"]["DRUMBEAT_TRUSTED_PROXIES"] == str(address)
    assert address in ip_network(inside["subnet"])
    assert address not in ip_network(inside["ip_range"])


def test_the_image_of_this_version_is_what_is_built_and_run() -> None:
    deployment = next(each for each in read("kubernetes/drumbeat.yaml") if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"drumbeat:{__version__}"
    page = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
    assert set(re.findall(r"drumbeat:[\d.]+\d", page)) == {container["image"]}


def test_each_server_knows_how_many_there_are() -> None:
    (composed,) = read("compose.yaml")
    deployment = next(each for each in read("kubernetes/drumbeat.yaml") if each["kind"] == "Deployment")
    replicas = {"compose": composed["services"]["drumbeat"]["deploy"]["replicas"]}
    replicas["kubernetes"] = deployment["spec"]["replicas"]
    assert {file: int(own["DRUMBEAT_REPLICAS"]) for file, own in environments().items()} == replicas


def test_servers_stop_only_after_they_had_time_to_answer_what_is_under_way() -> None:
    (composed,) = read("compose.yaml")
    assert int(composed["services"]["drumbeat"]["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS
    deployment = next(each for each in read("kubernetes/drumbeat.yaml") if each["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > DRAIN_SECONDS + before
