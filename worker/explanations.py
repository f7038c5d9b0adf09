"""What the codes of problems mean."""

from dsl.codes import CODES
from dsl.near import nearest
from worker.errors import UnknownId


def explanation(code: str) -> dict[str, str]:
    """One code explained: `code`, `severity`, `title`, `explanation`, `wrong`, `right`.

    UnknownId names a near code when there is none of this name.
    """
    wanted = code.strip().upper()
    found = CODES.get(wanted)
    if found is None:
        # Letters that look like digits are the likeliest slip.
        near = nearest(wanted.translate(str.maketrans("OIL", "011")), CODES)
        hint = f"did you mean {near}?" if near else f"codes are {min(CODES)} to {max(CODES)}"
        raise UnknownId(f"there is no code {code}; {hint}", name="UnknownCode")
    return {
        "code": found.id,
        "severity": found.severity,
        "title": found.title,
        "explanation": found.explanation,
        "wrong": found.wrong,
        "right": found.right,
    }
