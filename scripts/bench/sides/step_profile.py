"""Where the time of a training step goes, by what PyTorch's profiler sees of its operations."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile

OTHER = "other"

# The first pattern that an operation's name matches says what it is. The autograd engine's own entries are named after the
# operation whose gradient they compute; their own time is that of freeing what was saved for it.
KINDS: list[tuple[str, re.Pattern[str]]] = [
    (kind, re.compile(pattern))
    for kind, pattern in [
        ("convolutions, backward", r"conv\w*_backward|ConvolutionBackward"),
        ("convolutions, forward", r"conv"),
        ("max-pools, backward", r"max_pool\w*_backward|MaxPool\w*Backward"),
        ("max-pools, forward", r"max_pool"),
        ("BatchNorm", r"batch_norm|BatchNorm"),
        ("ReLU", r"relu|clamp_min|threshold|ReluBackward"),
        ("concatenations", r"aten::cat$|CatBackward"),
        # Where the four branches of an Inception module meet again.
        ("sums of gradients", r"aten::add_$"),
        ("optimizer", r"sgd|SGD"),
        ("linear layers", r"aten::(addmm|mm|linear)$|AddmmBackward"),
        ("copies, casts, zeros", r"aten::(copy_|_to_copy|to|clone|fill_|zero_|contiguous)$|ToCopyBackward"),
    ]
]


def kind_of(operation: str) -> str:
    return next((kind for kind, pattern in KINDS if pattern.search(operation)), OTHER)


def time_by_kind(step: Callable[[], float], steps: int, device: str) -> dict[str, Any]:
    """Milliseconds of one step and of each kind of operation in it, means over `steps`; `step` returns its own milliseconds."""
    # Otherwise the profiler writes a line to the terminal whenever it starts and stops.
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    # What an operation's kernels take on the device, else what it takes here less what it calls.
    own = "self_device_time_total" if device == "cuda" else "self_cpu_time_total"
    with profile(activities=activities) as profiled:
        ms = sum(step() for _ in range(steps)) / steps
    kinds = {kind: 0.0 for kind, _ in KINDS} | {OTHER: 0.0}
    for event in profiled.key_averages():
        if event.device_type.name == "CPU":
            kinds[kind_of(event.key)] += getattr(event, own) / 1000 / steps
    return {"ms": ms, "kinds": kinds}
