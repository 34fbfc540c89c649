"""The page that lies in a simulated case's folder."""

from __future__ import annotations

from typing import Any

_PAGE = """# A simulated case: {scenario}, size {size}, seed {seed}

**{fictional}**

{about}

| | |
| --- | --- |
| period | 2024-08-01 to {until} |
| people | {persons:,} |
| trips that arrived | {trips:,}, paid for by {obligations:,} families |
| payments | {movements:,}: {of_the_network:,} of the network, {innocent:,} innocent |
| payments to drivers | {driver_payments} |
| messages | {messages:,} |
| hawala payouts that went on as USDT | {same_money_pairs:,} |
| innocent look-alikes | {traps:,} |

- `evidence/`: what an investigator would be handed, with damage: rows missing, mistyped, written twice, cut off, in another
  calendar, on a wrong clock. `handover.toml` says what is known of each file, and whom the analyst holds for leaders.
{other}- `truth/`: the answer key. No connector reads it and `trails add` refuses it. Who looks at it before the analysis is done
  learns nothing about the analysis.
- `simulation.json`: how this was made, and the hash of every file. Without it a simulation is not finished.

```
trails run evidence -o CASE                # read, analyse, draw, report
trails evaluate CASE --truth .             # how much of it was right
```

The right answer: {answer}
"""


def describe_case(said: dict[str, Any]) -> str:
    """The page of a case, from what its marker states."""
    paid = ", ".join(f"{count} {state}" for state, count in said["driver_payments"].items()) or "none"
    other = "- `other/`: what trails has no connector for.\n" if said["scenario"] == "zvornik" else ""
    return _PAGE.format(**{**said, "driver_payments": paid, "other": other})
