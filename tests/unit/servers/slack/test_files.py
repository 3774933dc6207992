import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.servers.slack import LocalSlack

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def image_of(file_id: str) -> dict[str, object]:
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": "heatmap of A-1"}


def test_shows_type_and_shares_only_after_a_while() -> None:
    with LocalSlack(file_delay_seconds=0.3) as slack:
        client = WebClient(slack.bot_token, base_url=slack.api_url)
        root = client.chat_postMessage(channel="#oddspot", text="A-1")
        uploaded = client.files_upload_v2(
            file=PNG, filename="a.png", channel=root["channel"], thread_ts=root["ts"], alt_txt="heatmap"
        )
        at_once = client.files_info(file=uploaded["file"]["id"])["file"]
        slack.wait_for(lambda: slack.files[0].is_ready)
        later = client.files_info(file=uploaded["file"]["id"])["file"]

    assert (at_once["mimetype"], at_once["shares"]) == ("", {})
    assert later["mimetype"] == "image/png"
    share = later["shares"]["public"][slack.channel.id][0]
    assert share["thread_ts"] == root["ts"]
    assert slack.messages("oddspot")[1].files == [uploaded["file"]["id"]]
    assert (slack.files[0].content, slack.files[0].alt_text) == (PNG, "heatmap")


def test_refuses_a_picture_whose_upload_is_not_complete(slack: LocalSlack, client: WebClient) -> None:
    slack.workspace.file_delay_seconds = 0.3
    root = client.chat_postMessage(channel="#oddspot", text="A-1")
    uploaded = client.files_upload_v2(file=PNG, filename="a.png", channel=root["channel"], thread_ts=root["ts"])
    picture = [image_of(uploaded["file"]["id"])]

    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=root["channel"], ts=root["ts"], text="A-1", blocks=picture)
    slack.wait_for(lambda: slack.files[0].is_ready)
    client.chat_update(channel=root["channel"], ts=root["ts"], text="A-1", blocks=picture)

    assert error.value.response["error"] == "invalid_blocks"
    assert slack.messages("oddspot")[0].blocks[0]["slack_file"] == {"id": uploaded["file"]["id"]}


def test_gives_the_bytes_to_the_holder_of_the_token_only(slack: LocalSlack, client: WebClient) -> None:
    uploaded = client.files_upload_v2(file=PNG, filename="a.png", channel=slack.channel.id)
    slack.wait_for(lambda: slack.files[0].is_ready)
    url = client.files_info(file=uploaded["file"]["id"])["file"]["url_private_download"]

    assert httpx.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}).content == PNG
    assert httpx.get(url).headers["content-type"].startswith("text/html")


def test_refuses_to_complete_what_was_never_uploaded(client: WebClient) -> None:
    promised = client.files_getUploadURLExternal(filename="a.png", length=72)

    with pytest.raises(SlackApiError) as error:
        client.files_completeUploadExternal(files=[{"id": promised["file_id"], "title": "a"}])

    assert error.value.response["error"] == "file_not_found"


def test_hands_over_a_file_somebody_shared(slack: LocalSlack, client: WebClient) -> None:
    message = slack.direct_message("is this odd?", files=[("part.png", PNG)])

    shown = client.conversations_history(channel=message.channel)["messages"][0]["files"][0]

    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    assert shown["mimetype"] == "image/png"
    assert httpx.get(shown["url_private_download"], headers=headers).content == PNG
