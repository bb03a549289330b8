"""Everybody who was to use the cluster did, to the end: each client had a write acknowledged, and no thread of the run
broke off. What was not asked proves nothing."""
from __future__ import annotations

from chaos.evidence import Evidence, Finding
from chaos.history import OK

NAME = "all clients took part"


def check(evidence: Evidence) -> Finding:
    served = {
        operation.client for operation in evidence.operations if operation.outcome == OK and operation.action != "read"
    }
    users = [client.name for client in evidence.clients if client.must_be_served]
    unserved = [name for name in users if name not in served]
    examples = [f"{client.name} {client.problem}" for client in evidence.clients if client.problem]
    examples += [f"{name}: no write was acknowledged" for name in unserved]
    if not users:
        examples.append("there was none")
    return Finding(NAME, not examples, f"{len(users) - len(unserved)} of {len(users)} served", examples)
