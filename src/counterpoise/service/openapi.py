"""`python -m counterpoise.service.openapi`: writes what describes the API; the dashboard's types come from it."""

from __future__ import annotations

import json
import sys

from counterpoise.service.app import build_router


def document() -> str:
    """`/openapi.json` as text that changes only where the API does."""
    return json.dumps(build_router().openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
