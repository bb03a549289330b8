"""What an acknowledgement promises (P1): when a write that was answered may not be lost by any failover.

With `write_acks` of 1 and more every answer says so. Without, only that of a WAIT which as many replicas answered as
every later master must have heard: half of the nodes. Others are held to the same, since that is the comparison.
"""
from __future__ import annotations

from chaos.history import OK, Operation
from chaos.scenario import Shape


def enough(shape: Shape) -> int:
    """Of replicas, for a WAIT to promise anything."""
    return max(shape.write_acks, shape.nodes // 2)


def to_acknowledge(shape: Shape) -> int:
    """Of replicas, where a WAIT after each write is what acknowledges it: as many as Onggi's write-acks ask for."""
    return max(1, shape.write_acks)


def settle(operation: Operation, shape: Shape) -> None:
    """Once its outcome is known."""
    waited = operation.waited is not None and operation.waited >= enough(shape)
    operation.durable = operation.action != "read" and operation.outcome == OK and (shape.write_acks > 0 or waited)
