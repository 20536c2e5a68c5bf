from django.apps import AppConfig


class SettingsAppConfig(AppConfig):
    name = "settingsapp"
    verbose_name = "Settings"

    def ready(self) -> None:
        from settingsapp import seats

        seats.follow_logins()
