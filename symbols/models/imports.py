"""What an import did, as far as its undo needs to know."""

from django.db import models

from settingsapp.models import Identity


class WatchlistImport(models.Model):
    """A file that was imported into a watchlist."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="watchlist_imports")
    version = models.PositiveIntegerField(null=True, help_text="The version of the settings that it made, if it did")
    imported_at = models.BigIntegerField(help_text="ms UTC")
    imported_by = models.CharField(max_length=150, blank=True)
    added = models.PositiveIntegerField(help_text="So many symbols came onto the watchlist")
    changed = models.PositiveIntegerField(help_text="So many that were there were changed")
    made = models.JSONField(default=list, help_text="The categories that it made")
    joined = models.JSONField(default=list, help_text="Which category each symbol came into: [[category, symbol], ...]")
    undone_at = models.BigIntegerField(null=True, help_text="ms UTC")
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=["identity", "version"], name="import_of_a_version")]

    def __str__(self) -> str:
        return f"Import {self.pk}"
