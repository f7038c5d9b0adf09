"""The one workflow class: receives every type, loads its plan, and answers people while it runs."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, FailureError

from dsl.plan import Plan
from dsl.plan_reader import read_plan
from dsl.values import fill_and_check
from workflows import attributes, carried, safety, subscriptions
from workflows.approvals import Approval, Refusal
from workflows.calls import Caller
from workflows.interpreter import Interpreter
from workflows.mailbox import Mailbox, Message, misfit
from workflows.outcomes import StepFailed, step_failed
from workflows.place import Place

LOAD_TIMEOUT = timedelta(seconds=30)


class Refused(ApplicationError):
    """An update that a validator turned away: nothing of it enters history."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message, type=type, non_retryable=True)


@workflow.defn(dynamic=True)
class KronosRun:
    """Runs whatever definition its workflow type names."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.early: list[tuple[str, Any]] = []
        self.interpreter: Interpreter | None = None
        self.release = ""
        self.ended: dict[str, Any] | None = None

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Any:
        given = _decode(args[0]) if args else {}
        link = _link(args)
        state = _state(args)
        if state is not None:
            self.mailbox = carried.mailbox_of(state)
            link = state
        plan, caller = await self._load(link)
        attributes.first(plan, caller.tenant)
        given, problems = fill_and_check(plan.input, given if given is not None else {})
        if problems:
            raise self._fail(
                StepFailed("InvalidInput", "; ".join(map(str, problems)), "", where=problems[0].path)
            )
        self.interpreter = Interpreter(plan, caller, self.mailbox, given, int(link.get("depth", 0)))
        if state is not None:
            carried.take_up(self.interpreter, state)
        for name, payload in self.early:
            self._deliver(name, payload)
        # No `finally` here or below: it would also run when an idle run leaves the worker's cache.
        output: Any = None
        ending: BaseException | None = None
        try:
            await subscriptions.subscribe(plan, caller, self.interpreter.scope.roots, self._take)
            output = await self.interpreter.run()
            self.ended = {"state": "completed", "output": output, "error": None}
        except StepFailed as error:
            ending = self._fail(error)
        except asyncio.CancelledError as error:
            self.ended = {"state": "cancelled", "output": None, "error": None}
            ending = error
        await subscriptions.unsubscribe(plan, caller, failed=isinstance(ending, ApplicationError))
        await self._report_signals(caller)
        await workflow.wait_condition(workflow.all_handlers_finished)
        if ending is not None:
            raise ending
        return output

    async def _load(self, link: dict[str, Any]) -> tuple[Plan, Caller]:
        """The newest release's plan, kept in history, so that the run stays with it whatever is published."""
        info = workflow.info()
        root = link.get("effect_root") or info.first_execution_run_id
        caller = Caller(root, info.workflow_type)
        call = caller.identity(Place(static="release", runtime="release"))
        asked = {"workflow": info.workflow_type, "release": link.get("release", "")}
        try:
            loaded = await workflow.execute_local_activity(
                "runs.load_release",
                args=[asked, call.model_dump(mode="python")],
                start_to_close_timeout=LOAD_TIMEOUT,
                activity_id="release",
                summary=f"Load the release of {info.workflow_type}",
            )
        except FailureError as error:
            raise self._fail(step_failed(error, "")) from error
        self.release = caller.release = loaded["release"]
        caller.tenant = loaded["tenant"]
        return read_plan(loaded["plan"], loaded["plan_digest"]), caller

    def _fail(self, error: StepFailed) -> ApplicationError:
        self.ended = {"state": "failed", "output": None, "error": error.as_value()}
        return error.as_failure()

    # Messages from outside. The handlers exist before the plan is loaded; until then updates are
    # refused as NotReady and raw signals are kept.

    @workflow.signal(dynamic=True)
    async def receive_signal(self, name: str, args: Sequence[RawValue]) -> None:
        payload = _decode(args[0]) if args else {}
        if self.interpreter is None:
            self.early.append((name, payload))
        else:
            self._deliver(name, payload)

    @workflow.update(dynamic=True)
    async def receive_update(self, name: str, args: Sequence[RawValue]) -> Any:
        message = _decode(args[0])
        if self.interpreter is None:
            await workflow.wait_condition(lambda: self.interpreter is not None)
        run = self._ready()
        if name == "signal":
            fresh = self.mailbox.put(self._message(run.plan, message))
            return {"accepted": True, "duplicate": not fresh}
        if name == "approve":
            approval = self._approval(message)
            approval.decide(message, workflow.now())
            return {"step": approval.step or approval.path, "decision": message["decision"]}
        held = self._held(message.get("step"))
        try:
            await safety.retry(run, held, *_retrying(message))
        except StepFailed as error:
            raise Refused(error.type, error.message) from error
        return {"retried": held.path}

    @receive_update.validator
    def check_update(self, name: str, args: Sequence[RawValue]) -> None:
        message = _decode(args[0]) if args else None
        if not isinstance(message, dict):
            raise Refused("InvalidUpdate", f"the update `{name}` needs one JSON object")
        if name == "signal" and self.interpreter is None and _is_reset():
            return  # it was accepted before the reset: to refuse it now would lose it
        run = self._ready()
        if name == "signal":
            self._message(run.plan, message)
        elif name == "retry":
            self._held(message.get("step"))
            _retrying(message)
        elif name == "approve":
            self._approval(message)
        else:
            raise Refused("UnknownUpdate", f"no update is called `{name}`; there are: approve, retry, signal")

    @workflow.query(dynamic=True)
    def answer_query(self, name: str, args: Sequence[RawValue]) -> Any:
        if name != "status":
            raise ApplicationError(f"no query is called `{name}`; there is: status", type="UnknownQuery")
        return self.status()

    def status(self) -> dict[str, Any]:
        """The run as `kronos status` shows it."""
        info = workflow.info()
        run = self.interpreter
        ended = self.ended or {"state": self._state(), "output": None, "error": self._open_error()}
        return {
            "workflow_id": info.workflow_id,
            "workflow": info.workflow_type,
            "version": run.plan.version if run else None,
            "release": self.release,
            "state": ended["state"],
            "live": True,
            "current_steps": [step.id or step.path for step in run.progress.current()] if run else [],
            "waits_for": run.progress.waits_for if run else None,
            "steps": run.progress.listing(run.plan.steps) if run else [],
            "output": ended["output"],
            "error": ended["error"],
            "path": run.progress.finished if run else [],
            "undone": run.progress.undone if run else [],
            "approvals": [approval.as_json() for approval in run.approvals.values()] if run else [],
            "upgrade": {"stays": run.stays} if run and run.stays else None,
            "retries": run.retries if run else [],
            "signals_rejected": self.mailbox.rejected,
            "signals_unread": [message.name for message in self.mailbox.unread],
        }

    def _state(self) -> str:
        run = self.interpreter
        if run is None:
            return "running"
        if run.phase != "running":
            return run.phase
        if run.holds:
            return "held"
        current = run.progress.current()
        return "waiting" if current and all(step.state == "waiting" for step in current) else "running"

    def _open_error(self) -> dict[str, Any] | None:
        holds = list(self.interpreter.holds.values()) if self.interpreter else []
        return holds[0].error.as_value() if holds else None

    def _ready(self) -> Interpreter:
        if self.interpreter is None:
            raise Refused("NotReady", "the run has not loaded its definition yet; try again in a moment")
        return self.interpreter

    def _held(self, step: object) -> Any:
        """The failed step that waits for a person; by default the only one."""
        holds = self._ready().holds
        for held in holds.values():
            if step is None or step in (held.path, held.step_id):
                return held
        names = ", ".join(held.step_id or held.path for held in holds.values()) or "none"
        raise Refused(
            "NothingHeld", f"no step {step or ''} waits for a retry; held: {names}".replace("  ", " ")
        )

    def _approval(self, message: dict[str, Any]) -> Approval:
        """The open approval that an update decides; refused when it cannot."""
        open_ones = self._ready().approvals.values()
        step = message.get("step")
        asked = [one for one in open_ones if step in (one.step, one.path)] if step is not None else []
        # Turns that overlap ask under one id; what was shown tells them apart.
        shown = [one for one in asked if one.digest == message.get("digest")]
        found = next(iter(shown or asked), None)
        if found is None:
            names = ", ".join(one.step or one.path for one in open_ones) or "none"
            raise Refused("NothingOpen", f"no approval `{step}` is open in this run; open: {names}")
        try:
            found.check(message)
        except Refusal as refusal:
            raise Refused(refusal.type, str(refusal)) from refusal
        return found

    def _message(self, plan: Plan, given: dict[str, Any]) -> Message:
        """The message that an update brings, its defaults filled in; refused when it cannot be taken."""
        name, id, payload = str(given.get("name")), given.get("id"), given.get("payload", {})
        if not isinstance(id, str | None):
            raise Refused("InvalidUpdate", "the `id` of a signal must be text")
        if reason := misfit(plan.signals, name, payload):
            raise Refused("SignalRejected", reason)
        filled, _ = fill_and_check(plan.signals[name], payload)
        message = Message(name, filled, id)
        if self.mailbox.conflicts(message):
            raise Refused(
                "SignalConflict",
                f"a signal with the id `{id}` and other content was accepted before; "
                "send what is new under an id of its own",
            )
        return message

    def _deliver(self, name: str, payload: Any) -> None:
        """A raw signal cannot be refused: one that does not fit is put aside and shown."""
        plan = self._ready().plan
        reason = misfit(plan.signals, name, payload)
        if reason:
            self.mailbox.reject(name, reason)
            return
        filled, _ = fill_and_check(plan.signals[name], payload)
        self.mailbox.put(Message(name, filled))

    def _take(self, name: str, payload: Any, event_id: str) -> None:
        """An event that came before the run subscribed to it, counted once by its id."""
        try:
            message = self._message(self._ready().plan, {"name": name, "payload": payload, "id": event_id})
        except Refused as refusal:
            self.mailbox.reject(name, refusal.message)
        else:
            self.mailbox.put(message)

    async def _report_signals(self, caller: Caller) -> None:
        """What no `receive` ever saw goes to the log, so that nothing is lost without a word."""
        place = Place(static="signals", runtime="signals")
        for index, rejected in enumerate(self.mailbox.rejected):
            call = caller.identity(place, part=f"/rejected{index}")
            given = {"fact": "SignalRejected", "data": rejected}
            await caller.internal("events.record", given, call, "Record SignalRejected")
        for index, message in enumerate(self.mailbox.unread):
            call = caller.identity(place, part=f"/unread{index}")
            given = {"fact": "SignalUnread", "data": {"signal": message.name}}
            await caller.internal("events.record", given, call, "Record SignalUnread")


def _state(args: Sequence[RawValue]) -> dict[str, Any] | None:
    """What this run handed to itself when it continued as new; from anyone else it is not believed."""
    if len(args) > 1 and workflow.info().continued_run_id is not None:
        state = _decode(args[1])
        return state if isinstance(state, dict) else None
    return None


def _retrying(message: dict[str, Any]) -> tuple[str, str]:
    """Who has a step run again, and how they are known; without a name it is the system's user."""
    by, identity = message.get("by", "system"), message.get("identity")
    method = identity.get("method") if isinstance(identity, dict) else None
    if not isinstance(by, str) or not by or not isinstance(method, str | None):
        raise Refused("InvalidUpdate", "`by` names the person who retries")
    return by, method or ("declared" if "by" in message else "system")


def _is_reset() -> bool:
    """Whether this run goes on from a reset; the server sends again what came after that point."""
    info = workflow.info()
    return info.run_id != info.original_execution_run_id


def _decode(value: RawValue) -> Any:
    return workflow.payload_converter().from_payload(value.payload)


def _link(args: Sequence[RawValue]) -> dict[str, Any]:
    """What a parent tells its child; from anyone else it is not believed."""
    if len(args) > 1 and workflow.info().parent is not None:
        link = _decode(args[1])
        return link if isinstance(link, dict) else {}
    return {}
