"""`manage.py exportsettings`: the settings document, to the standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settingsapp import services
from settingsapp.exports import file_text
from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.schema.validation import InvalidSettingsError


class Command(BaseCommand):
    help = "Print the settings as a file: manage.py exportsettings > settings.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sub", help="Whose settings; not needed while there is only one identity.")

    def handle(self, *, sub: str | None, **options: Any) -> None:
        try:
            saved = services.read(only_identity(sub))
        except UnknownIdentityError as error:
            raise CommandError(str(error)) from None
        except InvalidSettingsError as error:
            raise CommandError(f"what is saved is no valid document: {error}") from None
        self.stdout.write(file_text(saved), ending="")
