"""Which events go to which channel."""

from typing import Final, Literal, TypeAlias, get_args

from pydantic import Field

from settingsapp.schema.section import Section
from settingsapp.schema.variables import VariableName

Event: TypeAlias = Literal["signals", "position_limits", "errors", "engine_state", "settings_changes"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)


class Channels(Section):
    """Where one kind of event goes, among the channels of the profile's notification preferences."""

    discord: bool = Field(True, title="Discord", description="Send to Discord, where the profile lists discord.")
    email: bool = Field(True, title="Email", description="Send by email, where the profile lists email.")
    push: bool = Field(True, title="Push", description="Send a push message, where the profile lists push.")


class Notifications(Section):
    """Refines the profile's list of channels, event by event, and says where email and push messages go."""

    email_url_environment_variable: VariableName = Field(
        "",
        title="Email URL's variable",
        description="The name of the environment variable that holds where emails go, as apprise writes it: "
        "mailtos://user:password@mail.example.com?to=me@example.com. Never the URL itself.",
    )
    push_url_environment_variable: VariableName = Field(
        "",
        title="Push URL's variable",
        description="The name of the environment variable that holds where push messages go, as apprise writes it: "
        "ntfys://topic, pover://user@token or tgram://bot/chat. Never the URL itself.",
    )

    signals: Channels = Field(
        default_factory=Channels,
        title="Trading signals",
        description="Crossovers, momentum shifts, levels and reversals.",
    )
    position_limits: Channels = Field(
        default_factory=Channels, title="Position limits", description="Stop loss and take profit."
    )
    errors: Channels = Field(
        default_factory=Channels, title="Errors", description="What goes wrong in the engine or with an exchange."
    )
    engine_state: Channels = Field(
        default_factory=Channels, title="Engine state", description="Started, paused, resumed, switched or offline."
    )
    settings_changes: Channels = Field(
        default_factory=Channels, title="Changes of settings", description="A new version of this document."
    )
