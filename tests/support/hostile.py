"""Files that nobody would write, made from ones that somebody would: random, mutated, and very large."""

import random
from collections.abc import Iterator
from pathlib import Path

from dsl.release import File, Folder
from tests.support.definitions import GOOD, METRICS, PEOPLE, TABLE, folder, small

SHIPPED = Path(__file__).parents[2] / "definitions"
MOST = 999_000
PIECES = (
    *(
        "${",
        "}",
        "{",
        "[",
        "]",
        ": ",
        "- ",
        "'",
        '"',
        " # ",
        "!",
        "&a ",
        "*a",
        "|",
        ">",
        "? ",
        "\n",
        "\n  ",
        ",",
    ),
    *("0", "-1", "1.5", "1e9", "true", "null", "~", "NO", "5%", "2026-02-30", "2bd", ">= 5 and < 3"),
    *("steps.", "input.", "vars.", "has(", ")", " ? ", "table('reviews', ", ".map(a, ", " and ", "%"),
    *(
        "call: ",
        "set: ",
        "choose: ",
        "try: ",
        "steps: ",
        "when: ",
        "wait: ",
        "receive: ",
        "finish: ",
        "fail: ",
    ),
    *(
        "repeat: ",
        "approve: ",
        "run: ",
        "triggers: ",
        "threshold: ",
        "subscribe: ",
        "table: ",
        "rows: ",
        "then: ",
    ),
    *(
        "é",
        "\t",
        "\r\n",
        "\u2028",
        "\x85",
        "\x00",
        "\ufeff",
        "9" * 30,
        "(" * 70,
        "a" * 200,
        "---\n",
        "%YAML 1.1\n",
    ),
)


def texts() -> dict[str, str]:
    """Good files by the name they go by in a folder: definitions as `workflow/…`, catalogue files bare."""
    found = {"workflow/good": GOOD, "workflow/small": small("- wait: 1d"), "reviews": TABLE}
    found |= {"metrics": METRICS, "people": PEOPLE}
    for path in sorted(SHIPPED.glob("workflows/*.yaml")):
        found[f"workflow/{path.stem}"] = path.read_text()
    for path in sorted(SHIPPED.glob("catalogue/*.yaml")):
        if path.stat().st_size < 6_000:
            found.setdefault(path.stem, path.read_text())
    return found


def mutations(count: int, seed: int) -> Iterator[Folder]:
    """So many folders, each with one file that was changed a few times; every tenth is noise alone."""
    chance, good = random.Random(seed), texts()
    for place in range(count):
        name = chance.choice(sorted(good))
        text = _noise(chance) if place % 10 == 0 else changed(good[name], chance)
        yield folder_with(name, text.encode("utf-8", "surrogatepass"))


def folder_with(name: str, content: bytes) -> Folder:
    """A folder with a file of that name among good ones."""
    if name.startswith("workflow/"):
        return Folder("", workflows=(File(f"{name}.yaml", "x", content),), catalogue=folder().catalogue)
    others = tuple(file for file in folder().catalogue if file.name != name)
    return Folder("", catalogue=(*others, File(f"catalogue/{name}.yaml", name, content)))


def _noise(chance: random.Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(60)))


def changed(text: str, chance: random.Random) -> str:
    """The text with a few pieces put in, cut out, doubled or moved."""
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(text) + 1)
        match chance.randrange(4):
            case 0:
                text = text[:start] + chance.choice(PIECES) + text[start:]
            case 1:
                text = text[:start] + text[start + chance.choice((1, 3, 20, 200)) :]
            case 2:
                end = start + chance.choice((5, 40, 400))
                text = text[:end] + text[start:end] + text[end:]
            case _:
                lines = text.split("\n")
                chance.shuffle(lines[: chance.randrange(len(lines)) + 1])
                first, last = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[first], lines[last] = lines[last], lines[first]
                text = "\n".join(lines)
    return text


def large() -> dict[str, Folder]:
    """Files of up to a megabyte, each hostile in its own way."""
    steps = small("")
    head = "workflow: small\nversion: 1\nsummary: x\n"
    rows = TABLE.split("rows:")[0] + "rows:\n"
    wide = "table: reviews\nsummary: x\ninputs: {" + ", ".join(f"c{n}: {{type: integer}}" for n in range(16))
    wide += "}\noutputs: {a: {type: boolean}}\nrows:\n"
    misspelt = "".join(f"- {{when: vars.nam_numbr_{n} > 2, wait: 1d}}\n" for n in range(300))
    workflows = {
        "one letter": "a" * MOST,
        "brackets": "[" * MOST,
        "quotes": '"' * MOST,
        "empty lines": "\n" * MOST,
        "keys": "".join(f"x{n}: 1\n" for n in range(90_000)),
        "steps": steps + "- wait: 1d\n" * 90_000,
        "chosen steps": steps
        + "".join(
            f"- choose: [{{when: input.amount > {n}, steps: [{{set: {{a{n}: 1}}}}]}}]\n" for n in range(480)
        ),
        "a long sum": steps + "- when: " + "a + " * 240_000 + "1\n  wait: 1d",
        "parentheses": steps + "- when: " + "(" * 900_000 + "\n  wait: 1d",
        "templates": steps + '- finish: {a: "' + "${ a }" * 160_000 + '"}',
        "names": steps + "- set:\n" + "".join(f"    name_number_{n}: 1\n" for n in range(15_000)) + misspelt,
        "signals": head
        + "signals:\n"
        + "".join(f"  signal_number_{n}: {{}}\n" for n in range(12_000))
        + "steps:\n"
        + "".join(f"- receive: sgnal_numbr_{n}\n" for n in range(500)),
        "an enum": head
        + "steps: [{wait: 1d}]\ninput: {properties: {a: {enum: ["
        + ", ".join(f"x{n}" for n in range(39_000))
        + "]}}}\n",
        "orders": steps
        + "- call: orders.submit\n  with: {portfolio_id: a, trades: ["
        + ", ".join(["{etf: VAS, side: buy, units: x}"] * 5_000)
        + "]}\n",
        "schedules": small(
            "- wait: 1d",
            "triggers: [" + ", ".join(["{schedule: 0 9 * * *, timezone: Nowhere}"] * 5_000) + "]",
        ),
    }
    tables = {
        "rows": rows
        + "".join(f"  - {{when: {{value: {n}}}, then: {{manager: true, days: 1}}}}\n" for n in range(499)),
        "overlaps": rows
        + "".join(
            f"  - {{when: {{value: '>= {n}'}}, then: {{manager: true, days: 1}}}}\n" for n in range(499)
        ),
        "values": rows
        + f"  - {{when: {{value: [{', '.join(map(str, range(35_000)))}]}}, then: {{manager: true, days: 1}}}}\n",
        "conditions": rows
        + f"  - {{when: {{value: '{'> 1 and ' * 110_000}> 2'}}, then: {{manager: true, days: 1}}}}\n",
        "columns": wide
        + "".join(
            "  - {when: {"
            + ", ".join(f"c{n}: [{(row * 7 + n) % 9}, {(row + n) % 11}]" for n in range(16))
            + "}, then: {a: true}}\n"
            for row in range(490)
        ),
    }
    found = {name: folder_with("workflow/x", text.encode()) for name, text in workflows.items()}
    return found | {f"table: {name}": folder_with("reviews", text.encode()) for name, text in tables.items()}
