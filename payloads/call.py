"""Who calls an activity, and from which step: the second argument of every activity."""

import base64
import hashlib

from payloads.base import Payload


class Call(Payload):
    """The place in a run that an activity is called from.

    `effect_root` is the same through reset and continue-as-new; `step` is the step's static path
    (or its `key`), `iteration` the loop indices on the way to it, `release` the digest of the
    release whose catalogue the activity reads. `turn` counts how often a person has had the step
    tried; it is no part of the identity.
    """

    tenant: str = "main"
    effect_root: str
    step: str
    iteration: str = ""
    release: str = ""
    workflow: str = ""
    workflow_id: str = ""
    stream: str = ""
    actor: str = "system"
    turn: int = 1

    def key(self, line: str = "") -> str:
        """The identity of one effect: the same whenever this step is tried again.

        `line` tells the effects of one call apart (ETF and side, or an entry's number).
        20 base32 characters, which fits what most venues take as a client order id.
        """
        return _hashed(self.tenant, self.effect_root, self.step, self.iteration, line)

    def shared_key(self, activity: str, *about: str) -> str:
        """The identity of one effect that runs have in common: the same whichever run asks for it."""
        return _hashed(self.tenant, f"shared:{activity}", *about)


def _hashed(*parts: str) -> str:
    hashed = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(hashed).decode()[:20]
