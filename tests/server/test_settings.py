import json
import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access import Access, Variable
from server.catalogue import Catalogue, PublishedVendor
from server.errors import ConfigurationError
from server.settings import Settings, load, sandboxed
from server.vendor_settings import VendorSettings
from tests.thorough import examples

ACME = PublishedVendor(
    name="acme",
    title="Acme",
    about="anvils",
    variables=(
        Variable("ACME_ACCOUNT", "Account", sandbox="coyote"),
        Variable("ACME_KEY", "Key", sandbox="beep", secret=True),
        Variable("ACME_TOKEN", "Token", secret=True),
        Variable("ACME_REGION", "Region", default="eu", choices=("eu", "us")),
        Variable("ACME_BASE_URL", "Address", default="https://api.acme.test/v1", kind="url"),
    ),
    requires=("ACME_ACCOUNT", ("ACME_KEY", "ACME_TOKEN")),
    base_url_variable="ACME_BASE_URL",
    sandbox="nowhere:Nothing",
    toolsets={},
)
FULL = {"ACME_ACCOUNT": "coyote", "ACME_KEY": "s3cr3t-beep"}
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40).filter(
    lambda value: not (value.startswith("${") and value.endswith("}"))
)


def acme(**environment: str) -> VendorSettings:
    return load({**FULL, **environment}, [ACME]).vendors["acme"]


def refusal(environment: dict[str, str], vendors: tuple[PublishedVendor, ...] = (ACME,)) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(environment, vendors)
    message = str(caught.value)
    assert "\n" not in message
    return message


def credentials(vendor: PublishedVendor) -> dict[str, str]:
    """One way to turn a vendor on: the first variable of each group that it requires."""
    chosen = [group if isinstance(group, str) else group[0] for group in vendor.requires]
    named = {variable.name: variable for variable in vendor.variables}
    return {
        name: "https://vendor.example" if named[name].kind == "url" else (named[name].choices or ("value",))[0]
        for name in chosen
    }


def test_every_vendor_is_off_without_its_variables(catalogue: Catalogue) -> None:
    assert load({"PATH": "/bin", "HOME": "/root"}, catalogue.vendors).vendors == {}


def test_every_vendor_is_on_with_what_it_requires_and_no_other_vendor_is(catalogue: Catalogue) -> None:
    for vendor in (vendor for vendor in catalogue.vendors if not vendor.needs):
        assert list(load(credentials(vendor), catalogue.vendors).vendors) == [vendor.name]


def test_a_half_configured_vendor_names_every_missing_variable_in_one_line(catalogue: Catalogue) -> None:
    for vendor in catalogue.vendors:
        whole = credentials(vendor)
        for left_out in whole if len(whole) > 1 else ():
            message = refusal({k: v for k, v in whole.items() if k != left_out}, catalogue.vendors)
            assert vendor.title in message
            assert left_out in message.split(" is set, ")[1]
            assert all(name in message.split(" is set, ")[0] for name in whole if name != left_out)


@pytest.mark.parametrize(
    ("environment", "lacking"),
    [
        ({"ACME_ACCOUNT": "coyote"}, "ACME_KEY or ACME_TOKEN is missing"),
        ({"ACME_TOKEN": "t"}, "ACME_ACCOUNT is missing"),
        ({"ACME_REGION": "us"}, "ACME_ACCOUNT and ACME_KEY or ACME_TOKEN is missing"),
        ({"ACME_BASE_URL": "https://elsewhere.test"}, "ACME_ACCOUNT and ACME_KEY or ACME_TOKEN is missing"),
    ],
)
def test_what_is_missing_is_told_with_its_alternatives(environment: dict[str, str], lacking: str) -> None:
    message = refusal(environment)
    assert lacking in message
    assert f"{next(iter(environment))} is set" in message


@pytest.mark.parametrize("unset", ["", "   ", "\t\n", "${user_config.acme_key}", " ${ACME_KEY} "])
def test_an_empty_value_and_an_unfilled_placeholder_are_not_set(unset: str) -> None:
    assert load(dict.fromkeys(("ACME_ACCOUNT", "ACME_KEY", "DRUMBEAT_ACCESS"), unset), [ACME]) == Settings()
    assert "ACME_KEY or ACME_TOKEN is missing" in refusal({"ACME_ACCOUNT": "coyote", "ACME_KEY": unset})


@pytest.mark.parametrize("value", ["$", "${", "a${B}c", "$ACME"])
def test_a_value_that_merely_looks_like_a_placeholder_is_kept(value: str) -> None:
    assert acme(ACME_KEY=value).get("ACME_KEY") == value


def test_values_equal_to_their_defaults_do_not_turn_a_vendor_on(catalogue: Catalogue) -> None:
    defaults = {v.name: v.default for vendor in (*catalogue.vendors, ACME) for v in vendor.variables if v.default}
    assert "ACME_BASE_URL" in defaults
    assert load(defaults, (*catalogue.vendors, ACME)).vendors == {}


def test_surrounding_space_is_dropped_and_defaults_fill_in() -> None:
    vendor = acme(ACME_KEY="  spaced \n")
    assert vendor.get("ACME_KEY") == "spaced"
    assert vendor.get("ACME_REGION") == "eu"
    assert vendor.get("ACME_TOKEN") is None
    assert vendor.base_url == "https://api.acme.test/v1"


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://acme.test/deep/prefix/", "https://acme.test/deep/prefix"),
        ("https://acme.test/deep/prefix", "https://acme.test/deep/prefix"),
        ("https://acme.test:8443", "https://acme.test:8443"),
        ("http://localhost:8080/x/", "http://localhost:8080/x"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.8.9.1:1", "http://127.8.9.1:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_keeps_its_prefix_and_loses_its_trailing_slash(given_url: str, kept: str) -> None:
    assert acme(ACME_BASE_URL=given_url).base_url == kept


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.8.9.1:1", "http://[::1]:8080"])
def test_a_provider_on_this_machine_may_be_reached_by_http_as_a_vendor_may(url: str) -> None:
    assert load({"DRUMBEAT_OAUTH_ISSUER": url}, []).oauth_issuer == url


@pytest.mark.parametrize(
    "url",
    ["http://acme.test", "http://10.0.0.1", "http://192.168.1.1/x", "http://localhost.evil.test", "http://0.0.0.0"],
)
def test_http_beyond_this_machine_needs_the_operators_word(url: str) -> None:
    message = refusal({**FULL, "ACME_BASE_URL": url})
    assert "ACME_BASE_URL" in message
    assert "DRUMBEAT_ALLOW_HTTP" in message
    assert acme(ACME_BASE_URL=url, DRUMBEAT_ALLOW_HTTP="1").base_url == url
    assert "ACME_BASE_URL" in refusal({**FULL, "ACME_BASE_URL": url, "DRUMBEAT_ALLOW_HTTP": "0"})


@pytest.mark.parametrize(
    "url",
    [
        "https://bob:hunter2@acme.test",
        "https://hunter2@acme.test",
        "https://:hunter2@acme.test",
        "https://acme.test?key=hunter2",
        "https://acme.test/#hunter2",
        "acme.test/hunter2",
        "ftp://acme.test/hunter2",
        "https:///hunter2",
        "file:///hunter2",
        "https://[hunter2",
        "https://acme.test:hunter2/",
        "https://acme.test/hunter2\u00e9",
    ],
)
def test_a_url_that_is_not_plain_is_refused_without_repeating_it(url: str) -> None:
    message = refusal({**FULL, "ACME_BASE_URL": url})
    assert "ACME_BASE_URL" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("value", ["two\nlines", "caf\u00e9", "nul\x00", "esc\x1b[0m", "\u200bzero"])
def test_a_credential_that_no_header_can_carry_is_refused_by_its_name_only(value: str) -> None:
    message = refusal({**FULL, "ACME_KEY": value})
    assert "ACME_KEY" in message
    assert value not in message


def test_a_choice_is_closed() -> None:
    assert acme(ACME_REGION="us").get("ACME_REGION") == "us"
    assert re.search(r"ACME_REGION .*eu, us", refusal({**FULL, "ACME_REGION": "mars"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRUMBEAT_ACCESS", "everything"),
        ("DRUMBEAT_ACCESS", "READ-ONLY"),
        ("DRUMBEAT_CONFIRM", "maybe"),
        ("DRUMBEAT_DESTRUCTIVE_PER_MINUTE", "0"),
        ("DRUMBEAT_DESTRUCTIVE_PER_MINUTE", "many"),
        ("DRUMBEAT_DESTRUCTIVE_PER_SESSION", "-3"),
        ("DRUMBEAT_SANDBOX", "maybe"),
        ("DRUMBEAT_ALLOW_HTTP", "perhaps"),
    ],
)
def test_a_bad_value_of_our_own_names_the_variable(name: str, value: str) -> None:
    assert refusal({name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "Yes", "on", " on "])
def test_a_flag_is_on_in_the_usual_spellings(word: str) -> None:
    assert load({"DRUMBEAT_SANDBOX": word}, []).sandbox is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off", "", "${user_config.sandbox}"])
def test_a_flag_is_off_in_the_usual_spellings(word: str) -> None:
    assert load({"DRUMBEAT_SANDBOX": word}, []).sandbox is False


def test_access_levels_are_read_as_they_are_named() -> None:
    assert {word: load({"DRUMBEAT_ACCESS": word}, []).access for word in ("read", "write", "destructive")} == {
        "read": Access.READ,
        "write": Access.WRITE,
        "destructive": Access.DESTRUCTIVE,
    }
    assert load({}, []).access is Access.DESTRUCTIVE


def test_the_sandbox_needs_no_credentials_and_ignores_half_configured_vendors() -> None:
    loaded = load({"DRUMBEAT_SANDBOX": "1", "ACME_ACCOUNT": "coyote"}, [ACME])
    assert loaded.vendors["acme"].base_url == "http://127.0.0.1/acme"
    on = sandboxed(loaded, [ACME], "http://127.0.0.1").vendors["acme"]
    assert on.base_url == "http://127.0.0.1/acme"
    assert on.get("ACME_KEY") == "beep"


@pytest.mark.parametrize("account", [True, False])
@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("token", [True, False])
def test_missing_says_exactly_what_has_no_value_yet(account: bool, key: bool, token: bool) -> None:
    names = {"ACME_ACCOUNT": account, "ACME_KEY": key, "ACME_TOKEN": token}
    lacks = ACME.missing([name for name, is_set in names.items() if is_set])
    assert ("ACME_ACCOUNT" in lacks) is not account
    assert ("ACME_KEY or ACME_TOKEN" in lacks) is not (key or token)


@examples(150)
@given(secret=SECRETS, other=SECRETS)
def test_no_credential_shows_in_any_form_of_the_settings(secret: str, other: str) -> None:
    secret, other = f"<{secret}>", f"<{other}>"
    loaded = load({**FULL, "ACME_KEY": secret, "ACME_TOKEN": other}, [ACME])
    vendor = loaded.vendors["acme"]
    forms = [repr(loaded), str(loaded), repr(loaded.model_dump()), str(loaded.model_dump(mode="json"))]
    forms += [loaded.model_dump_json(), json.dumps(loaded.model_dump(mode="json")), repr(vendor), vendor.place]
    assert [form for form in forms if secret in form or other in form] == []
    assert vendor.secrets == [secret, other]
    assert (vendor.get("ACME_KEY"), vendor.get("ACME_TOKEN")) == (secret, other)


@examples(60)
@given(secret=SECRETS)
def test_no_credential_shows_when_the_configuration_is_refused(secret: str) -> None:
    secret = f"<{secret}>"
    with pytest.raises(ConfigurationError) as caught:
        load({"ACME_KEY": secret}, [ACME])
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_place_names_the_account_and_the_address_but_no_credential() -> None:
    *said, digest = acme().place.split()
    assert set(said) == {"https://api.acme.test/v1", "coyote", "eu"}
    assert digest.isalnum()


def test_another_credential_is_another_place() -> None:
    assert acme().place != acme(ACME_KEY="another").place


def test_a_variable_that_no_vendor_declares_is_an_error() -> None:
    with pytest.raises(KeyError):
        acme().get("ACME_KEI")


def test_a_time_zone_that_does_not_exist_is_an_error_that_names_its_variable() -> None:
    with pytest.raises(ConfigurationError, match=r"DRUMBEAT_TIMEZONE: .*Europe/Berlin"):
        load({"DRUMBEAT_TIMEZONE": "Mars/Olympus"}, ())
