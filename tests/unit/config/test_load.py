"""Settings from a file and the environment."""

from pathlib import Path

import pytest
import yaml

from config.load import ConfigError, load_settings
from config.settings import Settings
from config.template import settings_template


def write(folder: Path, content: object) -> Path:
    file = folder / "oddspot.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return file


def test_works_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings(environ={})

    assert settings.storage.data_dir == tmp_path / "oddspot-data"
    assert settings.database_url == f"sqlite:///{tmp_path}/oddspot-data/oddspot.db"


def test_reads_paths_from_where_the_file_stands(tmp_path: Path) -> None:
    file = write(tmp_path, {"sources": {"line-1": {"path": "in"}}, "storage": {"data_dir": "d"}})

    settings = load_settings(file, environ={})

    assert settings.sources["line-1"].path == tmp_path / "in"
    assert settings.storage.data_dir == tmp_path / "d"


def test_prefers_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, {"time_zone": "UTC", "alerts": {"join_minutes": 5}})
    environ = {
        "ODDSPOT_CONFIG": str(file),
        "ODDSPOT__TIME_ZONE": "Europe/Berlin",
        "ODDSPOT__ALERTS__JOIN_MINUTES": "7.5",
        "ODDSPOT__STORAGE__DATA_DIR": str(tmp_path / "x"),
    }

    settings = load_settings(environ=environ)

    assert settings.time_zone == "Europe/Berlin"
    assert settings.alerts.join_minutes == 7.5
    assert settings.storage.data_dir == tmp_path / "x"


def test_reads_a_secret_from_a_file_and_never_shows_it(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("xoxb-very-secret\n", encoding="utf-8")

    settings = load_settings(environ={"ODDSPOT__SLACK__BOT_TOKEN_FILE": str(secret)})

    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.get_secret_value() == "xoxb-very-secret"
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in settings.model_dump_json()


@pytest.mark.parametrize(("given", "read"), [("#line-1", "#line-1"), ("C0123", "C0123"), ("12345", "12345")])
def test_reads_any_text_from_the_environment_as_it_stands(given: str, read: str) -> None:
    assert load_settings(environ={"ODDSPOT__SLACK__CHANNEL": given}).slack.channel == read


def test_keeps_a_password_of_digits_as_it_stands() -> None:
    environ = {"ODDSPOT__SOURCES__CAM__URL": "http://u:secret@cam", "ODDSPOT__SOURCES__CAM__KIND": "snapshot"}

    settings = load_settings(environ=environ | {"ODDSPOT__SOURCES__CAM__PASSWORD": "00123"})

    password = settings.sources["cam"].password
    assert password is not None
    assert password.get_secret_value() == "00123"
    assert settings.sources["cam"].url == "http://u:secret@cam"
    assert "secret@" not in settings.model_dump_json()


def test_sets_one_webhooks_secret_from_a_file_by_its_place(tmp_path: Path) -> None:
    good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    (tmp_path / "secret").write_text(good + "\n", encoding="utf-8")
    hooks = [{"url": f"https://{name}.example.com/", "secret": "whsec_"} for name in ("a", "b")]
    file = write(tmp_path, {"webhooks": [hooks[0] | {"secret": good}, hooks[1]]})

    settings = load_settings(file, environ={"ODDSPOT__WEBHOOKS__1__SECRET_FILE": str(tmp_path / "secret")})

    assert [one.secret.get_secret_value() for one in settings.webhooks] == [good, good]
    with pytest.raises(ConfigError, match="24 to 64"):
        load_settings(file, environ={"ODDSPOT__WEBHOOKS__0__NAME": "mes"})


def test_reads_alarm_addresses_from_a_file_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("mailtos://u:p@example.com\njsons://example.com/hook\n", encoding="utf-8")

    settings = load_settings(environ={"ODDSPOT__ALARMS__URLS_FILE": str(tmp_path / "urls")})

    assert [url.get_secret_value().split(":")[0] for url in settings.alarms.urls] == ["mailtos", "jsons"]


def test_finds_a_source_whatever_its_case(tmp_path: Path) -> None:
    file = write(tmp_path, {"sources": {"Line1": {"path": "x"}}})

    settings = load_settings(file, environ={"ODDSPOT__SOURCES__LINE1__MODE": "batch"})

    assert {name: source.mode for name, source in settings.sources.items()} == {"Line1": "batch"}


def test_unsets_a_key_by_an_empty_value() -> None:
    assert load_settings(environ={"ODDSPOT__ASSISTANT__MODEL": ""}).assistant.model is None


def test_takes_the_plain_slack_names_where_nothing_else_is_said() -> None:
    environ = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "ODDSPOT__SLACK__APP_TOKEN": "xapp-2"}

    slack = load_settings(environ=environ).slack

    assert slack.bot_token is not None
    assert slack.app_token is not None
    assert (slack.bot_token.get_secret_value(), slack.app_token.get_secret_value()) == ("xoxb-1", "xapp-2")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"sauces": {}}, "sauces"),
        ({"alerts": {"join_minutes": -1}}, "alerts.join_minutes"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"sources": {"line-1": {"kind": "folder"}}}, "needs `path`"),
        ({"sources": {"a b": {"path": "x"}}}, "a b"),
        ({"slack": {"api_url": "http://evil.example/api/"}}, "https"),
        ({"detector": {"preset": "best"}}, "detector.preset"),
        ({"sources": {"a": {"path": "x", "schedule": {"cron": "boo"}}}}, "five cron fields"),
        ({"sources": {"a": {"path": "x", "schedule": {"cron": "0 6 * * 1-5"}}}}, "name the weekdays"),
        ({"sources": {"a": {"path": "x", "capture": {"name_pattern": "(x"}}}}, "regular expression"),
        ({"shifts": {"starts": ["25:99"]}}, "time of day"),
        ("a: [", "cannot be read"),
        ("- 1", "keys and values"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(ConfigError, match=r"oddspot\.yaml") as caught:
        load_settings(write(tmp_path, content), environ={})

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"slack": {"bot_token": ["xoxb-oops"]}},
        {"slack": {"bot_tokn": "xoxb-oops"}},
        {"slack": "xoxb-oops"},
        {"sources": {"a": {"path": "x", "pass": "xoxb-oops"}}},
        "slack:\n  bot_token: @xoxb-oops\n",
    ],
)
def test_never_shows_a_bad_secret(tmp_path: Path, content: object) -> None:
    file = write(tmp_path, content)

    with pytest.raises(ConfigError) as caught:
        load_settings(file, environ={})

    assert "xoxb-oops" not in str(caught.value)


def test_refuses_a_file_that_is_named_but_gone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no settings file .*gone\.yaml"):
        load_settings(tmp_path / "gone.yaml", environ={})


def test_writes_a_template_that_equals_the_defaults_and_one_source(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, settings_template()), environ={})

    assert list(settings.sources) == ["line-1"]
    assert settings.alerts == Settings().alerts
    assert settings.slack == Settings().slack


def test_explains_every_key_in_the_template() -> None:
    template = settings_template()
    for section in Settings.model_fields.values():
        assert section.description is not None
        fields = getattr(section.annotation, "model_fields", {})
        for name, field in fields.items():
            assert f"# {name}:" in template
            assert f"# {field.description}" in template


def test_explains_what_a_rule_and_a_webhook_may_say() -> None:
    lines = settings_template().splitlines()

    at = lines.index("# routes: []")
    assert lines[at + 1] == "# Each may say:"
    assert "#   quiet - When nothing is posted." in lines
    assert "#     hours - Clock times in the source's zone, as 22:00-06:00." in lines
    assert "#   secret - whsec_ and base64 of 24 to 64 random bytes; or ODDSPOT__WEBHOOKS__0__SECRET_FILE." in lines


def test_loads_the_template_with_every_default_uncommented(tmp_path: Path) -> None:
    lines = settings_template().splitlines()
    keys = [text.replace("# ", "", 1) if text.lstrip("# ").split(":")[0].isidentifier() else text for text in lines]
    kept = [text for text in keys if not text.lstrip().startswith("#") and text.strip()]
    file = write(tmp_path, "\n".join(kept))

    parsed = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert parsed["alerts"]["join_minutes"] == Settings().alerts.join_minutes


def test_knows_what_an_image_of_each_source_may_cost() -> None:
    settings = Settings.model_validate(
        {
            "limits": {"max_pixels": 1000},
            "sources": {"a": {"path": "x", "bit_depth": 12, "limits": {"max_pixels": 50}}, "b": {"path": "y"}},
        },
    )

    assert [settings.limits_of(name).max_pixels for name in ("a", "b", "elsewhere")] == [50, 1000, 1000]
    assert [settings.bit_depth_of(name) for name in ("a", "b", "elsewhere")] == [12, None, None]


def test_knows_each_sources_own_zone_channel_and_detector() -> None:
    settings = Settings.model_validate(
        {
            "time_zone": "Europe/Berlin",
            "sources": {
                "a": {"path": "x", "time_zone": "Asia/Tokyo", "channel": "#a", "detector": {"preset": "fast"}},
                "b": {"path": "y"},
            },
        },
    )

    assert [settings.zone_of(name) for name in ("a", "b", None)] == ["Asia/Tokyo", "Europe/Berlin", "Europe/Berlin"]
    assert [settings.channel_of(name) for name in ("a", "b")] == ["#a", "#oddspot"]
    assert [settings.detector_of(name).preset for name in ("a", "b")] == ["fast", "default"]


def test_a_disk_is_told_of_before_nothing_more_is_taken_in(tmp_path: Path) -> None:
    file = write(tmp_path, {"storage": {"disk_warn_share": 0.97, "disk_stop_share": 0.9}})

    with pytest.raises(ConfigError, match=r"disk_warn_share 0\.97 must be less than disk_stop_share 0\.9"):
        load_settings(file, environ={})


@pytest.mark.parametrize("clock", ["17:00", "'17:00'", "00:30"])
def test_takes_a_time_of_day_as_it_is_written(tmp_path: Path, clock: str) -> None:
    file = write(tmp_path, f"reports: {{at: {clock}}}\nshifts: {{starts: [{clock}]}}\n")
    wanted = clock.strip("'")

    settings = load_settings(file, environ={"ODDSPOT__ALERTS__AUDIT_TIME": "17:00"})

    assert (settings.reports.at, settings.shifts.starts, settings.alerts.audit_time) == (wanted, (wanted,), "17:00")


def test_takes_times_of_day_in_a_list_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings(environ={"ODDSPOT__SHIFTS__STARTS": "[06:00, 17:30]"})

    assert settings.shifts.starts == ("06:00", "17:30")


@pytest.mark.parametrize("clock", ["1020", "7:05", "24:00", "noon", "17", "06:60"])
def test_refuses_what_is_no_time_of_day(tmp_path: Path, clock: str) -> None:
    with pytest.raises(ConfigError, match="is not a time of day, as 06:00"):
        load_settings(write(tmp_path, f"reports: {{at: {clock}}}\n"), environ={})


def test_refuses_a_source_that_is_given_twice(tmp_path: Path) -> None:
    text = "sources:\n  line-1: {path: a}\n  line-2: {path: b}\n  line-1: {path: c}\n"

    with pytest.raises(ConfigError, match=r"the key of line 2 is given again in line 4, column 3"):
        load_settings(write(tmp_path, text), environ={})


def test_lets_a_key_stand_beside_the_one_it_takes_over_from(tmp_path: Path) -> None:
    text = (
        "sources:\n  line-1: &one {path: a, channel: x}\n  line-2: &two {<<: *one, path: b}\n"
        "  line-3: {<<: *two, path: c}\n"
    )

    settings = load_settings(write(tmp_path, text), environ={})

    assert [source.path.name for source in settings.sources.values() if source.path] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retention.normal_days", ".inf"),
        ("retention.anomaly_days", "1e9"),
        ("alerts.join_minutes", ".nan"),
        ("alerts.resolve_minutes", "1e12"),
        ("detector.train_seconds", ".inf"),
    ],
)
def test_refuses_a_time_without_end(tmp_path: Path, key: str, value: str) -> None:
    section, name = key.split(".")

    with pytest.raises(ConfigError, match=rf"Setting {key} in oddspot.yaml: Input should be .*finite|less than"):
        load_settings(write(tmp_path, f"{section}: {{{name}: {value}}}\n"), environ={})
