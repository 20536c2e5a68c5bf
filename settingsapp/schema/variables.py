"""Names of environment variables: the document holds where a secret is kept, never the secret.

No message repeats what was written: it may be the secret itself, pasted into the wrong field.
"""

import re
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")

# Whoever may edit the document must not be able to make the engine use (or reveal the presence of) what protects
# the server itself.
PROTECTED_NAMES: Final = frozenset(
    {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PATH", "HOME", "USER", "SHELL", "PWD", "HOSTNAME", "KUBECONFIG"}
)
PROTECTED_PREFIXES: Final = (
    *("DJANGO_", "LIVERMORE_", "PYTHON", "LD_", "DYLD_", "SSH_", "SSL_", "REQUESTS_", "CURL_"),
    *("AWS_", "AZURE_", "GOOGLE_", "GCP_", "GCLOUD_", "CLOUDSDK_", "OCI_", "ALIBABA_", "DIGITALOCEAN_", "DO_"),
    *("PG", "POSTGRES", "MYSQL_", "REDIS", "VALKEY_", "DOCKER_", "KUBERNETES_", "VAULT_", "GITHUB_", "GITLAB_"),
)

LONGEST_WORD_OF_A_NAME = 24


def is_protected(name: str) -> bool:
    """Tell whether a variable belongs to the server; environments on some systems ignore case, so this does."""
    capitals = name.upper()
    return capitals in PROTECTED_NAMES or capitals.startswith(PROTECTED_PREFIXES)


def _looks_like_a_secret(text: str) -> bool:
    # Keys are long runs of letters and digits; names are words joined by underscores.
    longest = max(text.split("_"), key=len)
    return len(longest) > LONGEST_WORD_OF_A_NAME or (
        len(longest) >= 16 and any(c.isdigit() for c in longest) and any(c.isalpha() for c in longest)
    )


def _variable_name(text: str) -> str:
    if not text:
        return text
    if not _NAME.fullmatch(text) or _looks_like_a_secret(text):
        raise ValueError(
            "write the name of an environment variable here, such as COINBASE_API_KEY, never the secret itself; "
            "if this was a secret, consider it exposed and replace it"
        )
    if is_protected(text):
        raise ValueError("this variable belongs to the server; choose one of its own for this purpose")
    return text


VariableName: TypeAlias = Annotated[str, AfterValidator(_variable_name)]
"""An environment variable's name; empty where there is none."""
