from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.servers.slack import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as server:
        yield server


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    handlers = [RateLimitErrorRetryHandler(max_retry_count=1)]
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[*handlers], timeout=5)
