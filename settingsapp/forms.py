"""The form on which the settings are edited."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django_jsonform.exceptions import JSONSchemaValidationError
from django_jsonform.forms.fields import JSONFormField

from settingsapp import jsonform
from settingsapp.models import UserSettings
from settingsapp.schema import strict_json
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.drafts import validate_for
from settingsapp.schema.secrets import holds_secrets, without_secrets
from settingsapp.schema.validation import LONGEST_DOCUMENT, InvalidSettingsError, read_saved


class DocumentField(JSONFormField):  # type: ignore[misc]
    """The document as a form. Cleans to a SettingsDocument; its problems appear under their fields."""

    def __init__(self, **options: Any) -> None:
        self.base: dict[str, Any] = {}
        """The document that the form was filled from, as JSON."""
        super().__init__(schema=jsonform.form_schema, **options)

    def prepare_value(self, value: Any) -> Any:
        # After an error the form shows what was typed, which has the form's shape already.
        return value if isinstance(value, str) else strict_json.encode(jsonform.to_form(value))

    def bound_data(self, data: Any, initial: Any) -> Any:
        # As text, unless it is such that the page could not show it.
        try:
            typed = strict_json.decode_object(data, LONGEST_DOCUMENT)
        except (strict_json.MalformedJsonError, TypeError):
            return initial
        # The identity is the form's own; an identity's name may look like a secret.
        shown = without_secrets(typed) | ({"sub": self.base["sub"]} if "sub" in self.base else {})
        return data if shown == typed else strict_json.encode(shown)

    def has_changed(self, initial: Any, data: Any) -> bool:
        # What counts as a change is the service's to say.
        return True

    def clean(self, value: Any) -> SettingsDocument:
        if not isinstance(value, str) or not value.strip():
            raise ValidationError("The form came without its content: load the page again.", code="required")
        try:
            shown = strict_json.decode_object(value, LONGEST_DOCUMENT)
        except strict_json.MalformedJsonError as error:
            raise ValidationError(f"The settings can't be read: {error.located}.", code="invalid") from None
        try:
            document = validate_for(jsonform.from_form(shown, self.base), self.base["sub"], read_saved(self.base))
        except InvalidSettingsError as error:
            errors = jsonform.error_map(error.problems)
            self.add_error(errors)
            raise JSONSchemaValidationError(_told(error), error_map=errors) from None
        return document


class RawDocumentField(forms.CharField):
    """The document as text, for one that a form can't show. Cleans to a SettingsDocument."""

    widget = forms.Textarea(attrs={"rows": 30, "class": "vLargeTextField", "spellcheck": "false"})
    sub = ""
    """The identity whose document it is."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def bound_data(self, data: Any, initial: Any) -> Any:
        # A secret that was typed is not sent back in a page.
        return initial if isinstance(data, str) and holds_secrets(data) else data

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True

    def clean(self, value: Any) -> Any:
        try:
            return validate_for(strict_json.decode_object(super().clean(value), LONGEST_DOCUMENT), self.sub, None)
        except strict_json.MalformedJsonError as error:
            raise ValidationError(f"The settings can't be read: {error.located}.", code="invalid") from None
        except InvalidSettingsError as error:
            raise ValidationError(_told(error), code="invalid") from None


def _told(error: InvalidSettingsError) -> list[str]:
    return [f"{problem.path}: {problem.message}" if problem.path else problem.message for problem in error.problems]


# Generic for the type checker alone.
if TYPE_CHECKING:
    SettingsModelForm = forms.ModelForm[UserSettings]
else:
    SettingsModelForm = forms.ModelForm


class SettingsForm(SettingsModelForm):
    """The document, and the version that the form was filled from."""

    settings: forms.Field = DocumentField(label="")
    base_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = UserSettings
        fields = ("settings",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("settings")
        if isinstance(field, DocumentField):
            # Complete, also where the saved one is from before a field was there.
            field.base = self.initial["settings"] = read_saved(self.instance.shown).as_json()
        self.initial["base_version"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        base = cleaned.get("base_version")
        if base is not None and base != self.instance.version:
            raise ValidationError(
                f"Somebody has saved version {self.instance.version} since you opened version {base}. Nothing of yours "
                "is lost: it stands below. Open the settings in another tab to see theirs; to save yours over it, "
                "change the field again there.",
                code="stale",
            )
        return cleaned

    def _post_clean(self) -> None:
        """The row is written by the settings service alone, so nothing is put onto the instance here."""


class DamagedSettingsForm(SettingsForm):
    """For what is saved and is no valid document, through an edit of the database: it can be put right here."""

    settings = RawDocumentField(label="Settings (JSON)")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("settings")
        if isinstance(field, RawDocumentField):
            field.sub = self.instance.identity.sub
            field.help_text = format_html(
                "<strong>What is saved is no valid settings document. Put right what is wrong and save:</strong>"
                "<ul>{}</ul>",
                format_html_join("", "<li>{}</li>", ((told,) for told in self._wrong())),
            )

    def _wrong(self) -> list[str]:
        try:
            read_saved(self.instance.settings)
        except InvalidSettingsError as error:
            return _told(error)
        return []


def form_for(row: UserSettings) -> type[SettingsForm]:
    """Return the form on which what is saved can be edited, whatever it is."""
    try:
        read_saved(row.settings)
    except InvalidSettingsError:
        return DamagedSettingsForm
    return SettingsForm
