"""The command palette: every key of the screen as a command, and jobs by their number."""

from __future__ import annotations

from functools import partial

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from models.names import is_id
from tui.screens.help import acts, place


class Acts(Provider):
    """What the keys do, found by its name; and `1041` or `job 1041` opens that job."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for active in self._acts():
            title = active.binding.description
            yield DiscoveryHit(title, partial(self._run, active), help=self._help(active))
        for title, help_text, callback, *_ in self.app.get_system_commands(self.screen):
            yield DiscoveryHit(title, callback, help=help_text)

    async def search(self, query: str) -> Hits:
        """What matches."""
        number = query.lower().removeprefix("job").strip(" #/")
        if is_id(number):
            from tui.screens.job import JobScreen

            yield Hit(
                1.0,
                f"Open job {int(number)}",
                partial(self.app.push_screen, JobScreen(int(number))),
                help=f"waybill job show {int(number)}",
            )
        matcher = self.matcher(query)
        for active in self._acts():
            title = active.binding.description
            if (score := matcher.match(title)) > 0:
                found = matcher.highlight(title)
                yield Hit(score, found, partial(self._run, active), help=self._help(active))
        for title, help_text, callback, *_ in self.app.get_system_commands(self.screen):
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), callback, help=help_text)

    def _acts(self) -> list[ActiveBinding]:
        """What the screen's keys do, moving about aside."""
        firsts = [several[0] for several in acts(self.screen.active_bindings)]
        return [active for active in firsts if place(active) != "moving"]

    def _help(self, active: ActiveBinding) -> str:
        key = self.app.get_key_display(active.binding)
        return f"{key}  {active.tooltip}" if active.tooltip else key

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)
