import pytest
import typer

from detectors.commands.evaluate import parse_names, parse_seeds


def test_a_list_wins_over_the_one_and_names_each_once() -> None:
    assert parse_seeds("0, 2,0", 7) == [0, 2]
    assert parse_names("padim,patchcore,padim", "other") == ["padim", "patchcore"]


def test_without_a_list_the_one_stands() -> None:
    assert (parse_seeds(None, 7), parse_names(None, None), parse_names(None, "padim")) == ([7], [None], ["padim"])


@pytest.mark.parametrize("seeds", ["", ",", "0,x", "-1", "1.5"])
def test_refuses_what_is_no_seed(seeds: str) -> None:
    with pytest.raises(typer.BadParameter, match="whole numbers"):
        parse_seeds(seeds, 0)


def test_refuses_a_list_without_a_name() -> None:
    with pytest.raises(typer.BadParameter, match="names no method"):
        parse_names(" ,", None)
