"""The process's inference runtime, OpenVINO on the CPU, and how many threads everything may use."""

import sys
from functools import cache
from typing import Any

import faiss
import openvino

# Two one-thread processes on two cores would share one core if each pinned its thread to the first.
PROPERTIES = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False, "INFERENCE_PRECISION_HINT": "f32"}


@cache
def core() -> openvino.Core:
    """Return the one runtime of this process."""
    runtime = openvino.Core()
    # A mapped file that somebody cuts short would end the process.
    runtime.set_property({"ENABLE_MMAP": False})
    return runtime


def use_threads(threads: int) -> None:
    """Let each library use so many threads; torch too, where it is loaded."""
    core().set_property("CPU", {"INFERENCE_NUM_THREADS": threads})
    faiss.omp_set_num_threads(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


def threads_in_use() -> int:
    """Return how many threads were asked for."""
    threads: int = faiss.omp_get_max_threads()
    return threads


def compile_graph(model: Any) -> openvino.CompiledModel:
    """Compile a model, or the file of one, for the CPU: float32, but for what the model itself rounds to 8 bits."""
    return core().compile_model(model, "CPU", PROPERTIES)


def name_of_runtime(precision: str = "float32") -> str:
    """Name the runtime and its precision, for people."""
    return f"OpenVINO {openvino.__version__.split('-')[0]}, {precision}"
