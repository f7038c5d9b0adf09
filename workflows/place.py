"""Where a step stands in its definition, and in which turn of which loop."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A step's position, three ways.

    `runtime` names the turn of every loop (`steps[3].for_each[2].steps[0]`) and is what people see;
    `static` leaves the turns out and `iteration` holds them alone, so that together they identify
    an effect however often its loop runs.
    """

    runtime: str = ""
    static: str = ""
    iteration: str = ""

    def child(self, block: str, index: int) -> "Place":
        """The step at `index` of the list `block` inside this place."""
        return self._joined(f"{block}[{index}]", f"{block}[{index}]")

    def turn(self, loop: str, index: int) -> "Place":
        """The turn `index` of this place's loop."""
        inner = self._joined(f"{loop}[{index}]", f"{loop}[]")
        turns = f"{self.iteration}.{index}" if self.iteration else str(index)
        return Place(inner.runtime, inner.static, turns)

    def _joined(self, runtime: str, static: str) -> "Place":
        if not self.runtime:
            return Place(runtime, static, self.iteration)
        return Place(f"{self.runtime}.{runtime}", f"{self.static}.{static}", self.iteration)
