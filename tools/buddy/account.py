"""The owner of the token."""

from tools.buddy import buddy
from tools.buddy.api import Buddy
from tools.buddy.models import User

account = buddy.toolset("account", "Whose token is in use.")


@account.read(permission="USER_INFO")
async def get_user(api: Buddy) -> User:
    """The user whose token is in use."""
    return await api.get("/user", returns=User)
