"""The catalogue: one row for each instrument that an exchange has, or had."""

from django.db import models

from symbols.instruments import Instrument


class CatalogueEntry(models.Model):
    """An instrument as it was last read. It is marked when it is delisted, never deleted."""

    exchange = models.CharField(max_length=40)
    symbol = models.CharField(max_length=64)
    unified = models.CharField(max_length=80)
    base = models.CharField(max_length=40)
    quote = models.CharField(max_length=40)
    active = models.BooleanField(default=True)
    price_step = models.FloatField(null=True)
    amount_step = models.FloatField(null=True)
    listed_at = models.BigIntegerField(null=True)
    last_price = models.FloatField(null=True)
    change_24h = models.FloatField(null=True)
    volume_24h = models.FloatField(null=True)
    bid = models.FloatField(null=True)
    ask = models.FloatField(null=True)
    priced_at = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "instrument"
        constraints = [models.UniqueConstraint(fields=["exchange", "symbol"], name="one_entry_an_instrument")]

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"

    def as_instrument(self) -> Instrument:
        return Instrument(
            exchange=self.exchange,
            symbol=self.symbol,
            unified=self.unified,
            base=self.base,
            quote=self.quote,
            active=self.active,
            price_step=self.price_step,
            amount_step=self.amount_step,
            listed_at=self.listed_at,
            last_price=self.last_price,
            change_24h=self.change_24h,
            volume_24h=self.volume_24h,
            bid=self.bid,
            ask=self.ask,
            priced_at=self.priced_at,
        )


class CatalogueRefresh(models.Model):
    """How an exchange's instruments were last read; one who reads holds the row for a while."""

    exchange = models.CharField(max_length=40, primary_key=True)
    begun_at = models.BigIntegerField(null=True, help_text="When the reading that is going on began, ms UTC")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=40, blank=True)
    read_at = models.BigIntegerField(null=True, help_text="When they were last read whole, ms UTC")
    tried_at = models.BigIntegerField(null=True, help_text="When the last reading ended, ms UTC")
    problem = models.CharField(max_length=300, blank=True, help_text="Why the last one failed; empty where it did not")
    instruments = models.PositiveIntegerField(default=0)
    appeared = models.PositiveIntegerField(default=0)
    delisted = models.PositiveIntegerField(default=0)
    revision = models.PositiveBigIntegerField(default=0, help_text="Counts the changes of what is known")

    def __str__(self) -> str:
        return self.exchange
