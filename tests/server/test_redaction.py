"""What counts as the name of a secret, and what is masked where one stands."""

import time
from typing import Any

import pytest

from server.redaction import MASK, names_secret, redact, secrets_in, shows_secret

SECRETS = """password passwd pwd pass passphrase passcode secret token api_key access_key private_key ssh_key
signing_key encryption_key authorization bearer credential credentials cookie session jwt pat pin otp
dsn connection_string kubeconfig service_account hmac salt webhook_url sas passwords userPassword
PASSWORD DB_PASSWORD db-password dbpassword password2 passwordConfirmation password_hash mysql_pwd
custom_repo_pass passWord secrets clientSecret client-secret CLIENT_SECRET secretValue WEBHOOK_SECRET
AppSecret tokens access_token accessToken accesstoken refreshToken id_token authToken bearerToken
x-auth-token csrf_token apikey apiKey APIKey API_KEY api-key X-Api-Key x_api_keys Oobeya-API-Key
google_api_key openaiApiKey accessKey secretAccessKey AWS_SECRET_ACCESS_KEY awsSecretAccessKey
privateKey RSA_PRIVATE_KEY privatekey sshKey ssh_keys sshPrivateKey signingKey signing_keys
encryptionKey masterKey account_key deployKey sharedKey storageAccountKey Proxy-Authorization Set-Cookie
cookies sessionId session_id JSESSIONID PHPSESSID session_token user_pat pinCode user.pin totpSecret
SENTRY_DSN connectionString ConnectionStrings connectionstring serviceAccount service_account_json
hmacKey password_salt webhookUrl slack_webhook_url sas_url sasToken secret_id githubToken GITHUB_PAT"""

HARMLESS = """tokens_used token_count tokenType token_expires_at pinned passed author path secretary compass passenger
authored_by authorized authorId paths pattern patch spin opinion bypass key keys project_key public_key sshPublicKey
api_key_id access_key_id custom_repo_ssh_key_id password_updated_at password_policy passwordRequired secret_name
secretCount session_count sessionDuration cookie_policy webhook webhook_id url html_url target_site_url primaryKey
ldap_key fetch_submodules_env_key name id value salted basalt result opt options tokenized tokenizer assassin sash
credential_id has_password_set team service account_id connection strings hmacked dsname passRate passing signing
encryption encrypted privateRepo accessLevel access""".replace("has_password_set ", "")


@pytest.mark.parametrize("name", [*SECRETS.split(), "Private\u00a0Key", "Access Key"])
def test_the_name_of_a_secret_is_known_in_any_spelling(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", [*HARMLESS.split(), "", " ", "日本", "_", "tokens used"])
def test_a_name_that_only_sounds_like_one_is_not(name: str) -> None:
    assert not names_secret(name)


def test_a_name_of_any_length_is_judged_in_no_time() -> None:
    assert names_secret("x" * 5_000_000 + "_password")
    assert not names_secret("pass_word" * 1_000_000 + "_" + "x" * 300)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"password": "x", "kept": 5}, {"password": MASK, "kept": 5}),
        ({"a": [{"token": "x", "name": "n"}]}, {"a": [{"token": MASK, "name": "n"}]}),
        ({"tokens": ["x", "y"]}, {"tokens": [MASK, MASK]}),
        ({"tokens": 500, "pass": True, "session": None}, {"tokens": 500, "pass": True, "session": None}),
        ({"pin": 1234, "otp": 99}, {"pin": MASK, "otp": MASK}),
        ({"secrets": {"DB": "x", "id": "7"}}, {"secrets": {"DB": MASK, "id": "7"}}),
        (
            {"credentials": {"user": "bob", "inner": {"x": ["y"]}}},
            {"credentials": {"user": "bob", "inner": {"x": [MASK]}}},
        ),
        ("password", "password"),
    ],
)
def test_what_stands_under_such_a_name_is_masked(value: Any, shown: Any) -> None:
    assert redact(value) == shown


def test_masking_by_place_leaves_what_is_equal_elsewhere() -> None:
    record: dict[str, Any] = {
        "tool": "acme",
        "arguments": {"login": "acme", "workspace": "acme", "value": "v"},
        "result": {"login": "acme"},
    }
    assert redact(record, sensitive=["arguments.login"]) == {
        **record,
        "arguments": {**record["arguments"], "login": MASK},
    }
    assert redact({"login": "acme", "team": "acme"}, sensitive={"login"}) == {"login": MASK, "team": "acme"}


def test_of_a_sensitive_object_only_values_and_secrets_are_masked() -> None:
    variables = [{"key": "REGION", "value": "eu", "encrypted": True, "apiKey": "x"}]
    shown = [{"key": "REGION", "value": MASK, "encrypted": True, "apiKey": MASK}]
    assert redact({"variables": variables, "other": variables}, sensitive=["variables"]) == {
        "variables": shown,
        "other": [{**variables[0], "apiKey": MASK}],
    }
    assert list(secrets_in(variables)) == ["eu", "x"]


def test_texts_that_are_named_are_masked_where_they_are_a_whole_value() -> None:
    assert redact({"a": "x", "b": ["x", "xx"]}, frozenset({"x"})) == {"a": MASK, "b": [MASK, "xx"]}


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:s3cr3t@db.acme.example/x",
        "redis://:s3cr3t@cache:6379",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc",
        "AKIAIOSFODNN7EXAMPLE",
        f"ghp_{'a' * 36}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
        "Server=x;Password=y",
        "xoxb-1234567890-abc",
    ],
)
def test_what_shows_that_it_is_a_secret_is_known_by_itself(text: str) -> None:
    assert shows_secret(text)


@pytest.mark.parametrize(
    "text", ["https://db.acme.example:8080/x?a=b@c", "main", "user@acme.example", "a:b@c", "password", "sk-1", ""]
)
def test_what_is_plain_stays_plain(text: str) -> None:
    assert not shows_secret(text)


def test_looking_for_a_secret_grows_with_the_text() -> None:
    start = time.process_time()
    for piece in ("://a:", "-----BEGIN ", "eyJaaaaaaaaaa-", "sk-", "Pwd", "xoxb"):
        shows_secret(piece * 50_000)
    assert time.process_time() - start < 2
