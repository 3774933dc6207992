from pathlib import Path

from tests.servers.postgres_programs import Programs, newest_folder


def install(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl"):
        (folder / name).touch()
    return folder


def test_takes_the_newest_version_that_is_whole(tmp_path: Path) -> None:
    old, new = install(tmp_path / "9.6" / "bin"), install(tmp_path / "17" / "bin")
    broken = tmp_path / "18" / "bin"
    broken.mkdir(parents=True)

    assert newest_folder([old, new, broken]) == new


def test_says_so_when_there_are_none(tmp_path: Path) -> None:
    assert newest_folder([tmp_path]) is None


def test_runs_as_another_user_only_where_one_is_named(tmp_path: Path) -> None:
    assert Programs(tmp_path, None).command("initdb", "-N") == [str(tmp_path / "initdb"), "-N"]
    runuser, *rest = Programs(tmp_path, "postgres").command("initdb")
    assert Path(runuser).name == "runuser"
    assert rest == ["-u", "postgres", "--", str(tmp_path / "initdb")]
