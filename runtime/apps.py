from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "runtime"
    verbose_name = "Runtime"

    def ready(self) -> None:
        from runtime import receivers, schedules
        from symbols import scanner

        receivers.connect()
        scanner.PLANNED[:] = [schedules.next_scan]
