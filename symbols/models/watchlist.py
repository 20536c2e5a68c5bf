"""What is known of the symbols of a watchlist beside the settings: since when, by whom, and in which categories."""

from django.db import models
from django.db.models.functions import Lower

from settingsapp.models import Identity
from symbols.category_names import LONGEST


class Colour(models.TextChoices):
    """What a category can be painted with; the pages' stylesheets know the names."""

    GREY = "grey"
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    PURPLE = "purple"


class Category(models.Model):
    """A tag for symbols."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="categories")
    name = models.CharField(max_length=LONGEST)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.GREY)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "categories"
        constraints = [models.UniqueConstraint("identity", Lower("name"), name="one_category_a_name")]

    def __str__(self) -> str:
        return self.name


class CategorisedSymbol(models.Model):
    """A symbol, qualified, in a category; also while it is not on the watchlist, so that it comes back as it was."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="members")
    symbol = models.CharField(max_length=104)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["category", "symbol"], name="once_in_a_category")]

    def __str__(self) -> str:
        return f"{self.symbol} in {self.category}"


class TrackedSymbol(models.Model):
    """Since when a symbol, qualified, has been on a watchlist, and how it came there."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="tracked_symbols")
    symbol = models.CharField(max_length=104)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150, blank=True)
    way = models.CharField(max_length=16, help_text="By which way: admin, api, command, import, proposal, system")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["identity", "symbol"], name="tracked_once")]

    def __str__(self) -> str:
        return self.symbol
