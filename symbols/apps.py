from django.apps import AppConfig


class SymbolsConfig(AppConfig):
    name = "symbols"
    verbose_name = "Symbols"

    def ready(self) -> None:
        from symbols import receivers

        receivers.connect()
