"""How certificates are checked, and which one we show."""

import ssl

import truststore

from server.errors import Refusal
from server.settings import Settings


def trust(settings: Settings | None) -> ssl.SSLContext:
    """Checks by the system's trust store, and by the operator's own files where set.

    Raises Refusal for a file that cannot be used.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings and settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise Refusal(f"Nothing was sent: DRUMBEAT_CA_FILE holds no certificates in PEM ({error}).") from error
    if settings and settings.client_cert:
        try:
            # Without a password OpenSSL would ask for one on the terminal, or on stdin.
            context.load_cert_chain(settings.client_cert, settings.client_key, password=_no_password)
        except (OSError, ValueError) as error:
            raise Refusal(
                "Nothing was sent: DRUMBEAT_CLIENT_CERT and DRUMBEAT_CLIENT_KEY are no certificate in PEM with its key "
                f"({error})."
            ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a passphrase; give one without")
