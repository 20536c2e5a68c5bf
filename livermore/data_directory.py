"""The one directory that Livermore writes to: database, Valkey's files, the generated key, logs."""

import os
import secrets
from pathlib import Path

from livermore.environment import SHORTEST_SECRET_KEY, BadEnvironmentError

SECRET_KEY_FILE = "secret-key"


def secret_key_in(data_dir: Path) -> str:
    """Return the secret key kept in `data_dir`, generated on first use and readable by its owner alone.

    Raises BadEnvironmentError where the directory can't be used.
    """
    path = data_dir / SECRET_KEY_FILE
    try:
        key = _kept_or_new(data_dir, path)
    except OSError as error:
        raise BadEnvironmentError(
            "LIVERMORE_DATA_DIR",
            f"{data_dir} can't be used ({error.strerror}); name a directory that this user may write to",
        ) from None
    if len(key) < SHORTEST_SECRET_KEY:
        raise BadEnvironmentError(
            "LIVERMORE_DATA_DIR",
            f"{path} holds no secret key; delete the file to have a new one, which signs everybody out",
        )
    return key


def _kept_or_new(data_dir: Path, path: Path) -> str:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    candidate = data_dir / f"{SECRET_KEY_FILE}.{os.getpid()}"
    if not path.exists():
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            # A link fails where a rename would overwrite: of two first starts at once, one key wins.
            path.hardlink_to(candidate)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()
