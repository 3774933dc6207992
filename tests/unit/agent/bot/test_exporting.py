import pytest

from agent.bot.exporting import Wanted, take_export


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("anomalies per day last week as csv", "anomalies per day last week"),
        ("how many anomalies per day last week, as a CSV file?", "how many anomalies per day last week?"),
        ("list the anomalies of last week and export them to excel", "list the anomalies of last week"),
        ("show the open incidents as a spreadsheet", "show the open incidents"),
        ("export the anomalies of last week", "list the anomalies of last week"),
        ("csv of the worst anomalies of line-1", "list the worst anomalies of line-1"),
        ("can you export how many were found yesterday?", "how many were found yesterday?"),
        ("as csv", ""),
        ("export that", ""),
        ("Export it as CSV please", ""),
        ("download", ""),
    ],
)
def test_takes_the_words_about_a_file_out(text: str, asked: str) -> None:
    assert take_export(text) == Wanted(asked, is_file=True)


@pytest.mark.parametrize("text", ["how many in the table?", "show A-12", "anomalies of lot csv-1", "what is exported?"])
def test_leaves_other_questions_as_they_are(text: str) -> None:
    assert take_export(text) == Wanted(text, is_file=False)
