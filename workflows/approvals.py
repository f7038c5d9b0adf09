"""Approvals: who is asked, what they are shown, and when the run may go on."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from dsl import plan as p
from payloads import plain_json
from workflows import moments, standing
from workflows.frame import Frame
from workflows.outcomes import StepFailed

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter

APPROVE, REJECT = "approve", "reject"
# Behind a local activity a replay can be some milliseconds later than the run was: with none left there
# would be no timer, and the history would not fit.
SHORTEST = timedelta(milliseconds=1)


class Refusal(Exception):
    """Why a decision is not taken: a name and a sentence."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


@dataclass(slots=True)
class Approval:
    """An approval that is open: what is shown, who may decide, and what was decided so far."""

    step: str | None
    path: str
    role: str
    quorum: int
    show: Any
    definition: str
    run_id: str
    eligible: tuple[str, ...]
    barred: tuple[str, ...]
    deadline: datetime
    decisions: list[dict[str, Any]] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """Of what is decided on. The run is part of it: a decision never counts in one that goes on from
        a reset or as new, however alike what it shows."""
        asked = {
            "definition": self.definition,
            "step": self.path,
            "show": self.show,
            "run": self.run_id,
        }
        return plain_json.digest(asked)

    @property
    def shown(self) -> bool:
        """Everybody decided on what this run shows, nobody on what it did before it was reset."""
        return self.digests == {self.digest}

    @property
    def rejected(self) -> bool:
        """One person said no."""
        return any(decision["decision"] == REJECT for decision in self.decisions)

    @property
    def decided(self) -> bool:
        """Nobody's word is needed any more."""
        return self.rejected or len(self.decisions) >= self.quorum

    def check(self, message: dict[str, Any]) -> None:
        """Refusal when this decision cannot be taken."""
        by, decision = message.get("by"), message.get("decision")
        if decision not in (APPROVE, REJECT):
            raise Refusal("InvalidUpdate", f"`decision` is {APPROVE} or {REJECT}")
        if not isinstance(by, str) or not by:
            raise Refusal("InvalidUpdate", "`by` names the person who decides")
        if self.decided:
            raise Refusal("NothingOpen", f"{self.name} is decided already")
        # What was taken before a reset is replayed under another run's id: it was held against that one's.
        if message.get("digest") != self.digest and not workflow.unsafe.is_replaying():
            raise Refusal(
                "DigestMismatch",
                f"{self.name} shows something else than what was decided on; look at it again, "
                "and decide with the digest that is shown now",
            )
        if by in self.barred:
            raise Refusal("FourEyes", f"{by} cannot decide {self.name}: a second person has to")
        if (role := message.get("role")) not in (self.role, None):
            raise Refusal("NotEligible", f"{self.name} is decided as {self.role}, not as {role}")
        if by not in self.eligible:
            may = ", ".join(sorted(set(self.eligible) - set(self.barred)))
            raise Refusal(
                "NotEligible", f"{by} cannot decide {self.name} as {self.role}; {may or 'nobody'} can"
            )
        if any(made["by"] == by for made in self.decisions):
            raise Refusal("AlreadyDecided", f"{by} has decided {self.name} already")

    def decide(self, message: dict[str, Any], now: datetime) -> None:
        """Take a decision that was checked."""
        self.digests.add(message["digest"])
        self.decisions.append(
            {
                "by": message["by"],
                "decision": message["decision"],
                "role": self.role,
                "comment": message.get("comment"),
                "at": now,
                "identity": message.get("identity") or {"subject": message["by"], "method": "declared"},
            }
        )

    @property
    def name(self) -> str:
        """The step, for people."""
        return f"the approval `{self.step or self.path}`"

    def as_json(self) -> dict[str, Any]:
        """The approval as `status` shows it."""
        return {
            "step": self.step,
            "path": self.path,
            "role": self.role,
            "quorum": self.quorum,
            "show": self.show,
            "digest": self.digest,
            "eligible": [one for one in self.eligible if one not in self.barred],
            "decisions": self.decisions,
            "deadline": self.deadline,
        }


async def approve(run: "Interpreter", step: p.Approve, frame: Frame) -> Any:
    """Ask, and go on only when enough people approve; what else happens ends in a branch of its own."""
    path = frame.place.runtime
    taken = run.returned.branch(path, ("on_reject", "on_timeout"))
    if taken is not None:
        known = run.returned.level(path) or {}
        return await _not_approved(run, step, frame, taken, known["decided"])
    approval = await _open(run, step, frame)
    run.approvals[path] = approval
    run.wait(path, f"approval by {step.role}")
    try:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: approval.decided,
                timeout=max(approval.deadline - run.now(), SHORTEST),
                timeout_summary=f"Deadline for the approval by {step.role}"[:120],
            )
    finally:
        del run.approvals[path]  # also when another branch failed: nobody is asked any more
    run.resume(path)
    return await _go_on(run, step, frame, approval)


async def _go_on(run: "Interpreter", step: p.Approve, frame: Frame, approval: Approval) -> Any:
    last = approval.decisions[-1] if approval.decisions else None
    if last is not None:
        await _record(run, approval, frame)
    decided = {
        "decision": last["decision"] if last is not None and approval.decided else "timeout",
        "by": last["by"] if last else None,
        "role": step.role,
        "comment": last["comment"] if last else None,
        "at": last["at"] if last else run.now(),
        "digest": approval.digest,
    }
    if approval.decided and not approval.rejected:
        await standing.keep(run, step, frame, shown=approval.shown)
        return decided
    return await _not_approved(run, step, frame, "on_reject" if approval.rejected else "on_timeout", decided)


async def _not_approved(
    run: "Interpreter", step: p.Approve, frame: Frame, name: str, decided: dict[str, Any]
) -> Any:
    """Goes on only where the branch asks again, and is approved there."""
    run.levels[frame.place.runtime] = lambda: {"decided": decided}
    await run.block(step.on_reject if name == "on_reject" else step.on_timeout, frame, name)
    return decided


async def _open(run: "Interpreter", step: p.Approve, frame: Frame) -> Approval:
    place, show = frame.place, run.render(step.show, frame)
    barred = run.evaluate(step.four_eyes, frame) if step.four_eyes is not None else None
    names = tuple(map(str, barred)) if isinstance(barred, list) else (str(barred),) if barred else ()
    deadline = await moments.after(run, step.within, step, frame)
    given = {"role": step.role, "show": show, "stream": run.caller.stream}
    identity = run.caller.identity(place, part="/approve")
    opened = await run.caller.once("approvals.open", given, identity, f"Ask {step.role} to approve")
    eligible = tuple(opened["eligible"])
    free = [one for one in eligible if one not in names]
    if len(free) < step.quorum:
        raise StepFailed(
            "NobodyCanApprove",
            f"{step.quorum} of role {step.role} must approve, {len(free)} can; see the catalogue's people",
            place.runtime,
        )
    return Approval(
        step=step.id,
        path=place.runtime,
        role=step.role,
        quorum=step.quorum,
        show=show,
        definition=run.plan.digest,
        run_id=workflow.info().run_id,
        eligible=eligible,
        barred=names,
        deadline=deadline,
    )


async def _record(run: "Interpreter", approval: Approval, frame: Frame) -> None:
    """The decisions, as a fact; comments stay in the run, since they may be personal."""
    made = [
        {key: decision[key] for key in ("by", "decision", "at", "identity")}
        for decision in approval.decisions
    ]
    data = {"step": approval.step or approval.path, "role": approval.role, "digest": approval.digest}
    # A run that was reset asks anew; what is decided then is a fact of its own, told apart by its digest.
    given = {"fact": "ApprovalDecided", "data": {**data, "decisions": made}, "line": approval.digest}
    identity = run.caller.identity(frame.place, part="/decided")
    await run.caller.internal("events.record", given, identity, f"Record the decision of {approval.role}")
