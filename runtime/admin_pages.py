"""The admin's pages about the engine that belong to no model."""

from typing import Final

from runtime import admin_chart, admin_commands, admin_control, admin_positions, admin_rollback
from settingsapp.admin_page import AdminPage

PAGES: Final = (
    AdminPage("control/", "control", admin_control.control_page, admin_control.TITLE),
    AdminPage("chart/", "chart", admin_chart.chart_page, admin_chart.TITLE),
    AdminPage("commands/", "commands", admin_commands.command_history, admin_commands.TITLE),
    AdminPage("commands/record/", "command", admin_commands.command),
    AdminPage("commands/rollback/", "command_rollback", admin_rollback.roll_back),
    AdminPage("positions/", "positions", admin_positions.positions_page, admin_positions.TITLE),
)
