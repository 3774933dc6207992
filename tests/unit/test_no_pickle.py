"""Nothing in the tree reads or writes a pickle, or what is known to run code or corrupt memory when it is read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agent.assistant.windows import language
from config.yaml_file import read_yaml

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agent", "config", "detectors", "storage")
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"}
CALLS = {
    "read_index": "faiss reads into memory what a file says",
    "write_index": "an index is made anew from a bundle",
    "load_local": "LangChain's FAISS unpickles",
    "SQLAlchemyJobStore": "APScheduler's store unpickles",
    "read_pickle": "pandas unpickles",
    "eval": "text is data",
    "exec": "text is data",
    "unsafe_load": "YAML that makes objects",
    "full_load": "YAML that makes objects",
}
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy", ".npz", ".faiss", ".index", ".bin", ".onnx"}
# The one such file that is ever read: its sha256 is pinned, its tensors alone are read, and it is converted once.
TORCH_LOAD = "detectors/weight_tensors.py"

# Where YAML is read by a loader of its own choice, and the name of that loader there: each is asked below.
SAFE_LOADERS = {"config/yaml_file.py": "_PlainLoader", "agent/assistant/windows/language.py": "loader"}


def sources() -> list[Path]:
    return [ROOT / "oddspot.py", *(file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_reads_nothing_that_runs_code(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not set(imports(tree)) & MODULES
    for name, call in calls(tree):
        last = name.rpartition(".")[2]
        is_method_of_ours = last in {"eval", "exec"} and "." in name  # a torch network's mode
        assert last not in CALLS or is_method_of_ours, f"{name}: {CALLS.get(last)}"
        keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert keywords.get("allow_pickle", "False") == "False"
        assert keywords.get("pickle_fallback", "False") == "False"
        assert keywords.get("shell", "False") == "False"
        if name == "torch.load":
            assert str(file.relative_to(ROOT)) == TORCH_LOAD
            assert keywords["weights_only"] == "True"
        if name == "yaml.load":
            assert keywords["Loader"] == SAFE_LOADERS.get(str(file.relative_to(ROOT))), "only where a safe loader is"
        assert name not in {"torch.save", "np.load", "numpy.load", "np.save"}, name


def test_no_pickle_lies_in_the_tree() -> None:
    rooms = [ROOT / room for room in (*ROOMS, "tests")]
    found = [file for room in rooms for file in room.rglob("*") if file.suffix in PICKLES]

    assert [str(file.relative_to(ROOT)) for file in found if "node_modules" not in file.parts] == []


def test_the_one_exception_is_pinned() -> None:
    text = (ROOT / TORCH_LOAD).read_text(encoding="utf-8")

    assert text.index("!= PACKAGED_SHA256") < text.index("torch.load(")


def test_yaml_makes_no_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "!!python/object/apply:os.getcwd []"
    (tmp_path / "hostile.yaml").write_text(hostile, encoding="utf-8")
    monkeypatch.setattr(language, "WORDS", tmp_path)

    with pytest.raises(yaml.YAMLError):
        read_yaml(hostile)
    with pytest.raises(yaml.YAMLError):
        language.read_words("hostile")
