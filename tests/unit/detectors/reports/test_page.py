import base64
import hashlib

from detectors.reports.page import render_page, render_paragraph, render_picture, render_table

HOSTILE = '<img src=x onerror="alert(1)">&'
ESCAPED = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;"


def test_escapes_whatever_comes_from_data() -> None:
    drawn = [
        render_table([HOSTILE], [[HOSTILE]]),
        render_picture(b"png", name=HOSTILE, words=HOSTILE),
        render_paragraph(HOSTILE, HOSTILE),
        render_page(HOSTILE, []),
    ]

    for html in drawn:
        assert HOSTILE not in html
        assert ESCAPED in html


def test_a_page_may_load_nothing() -> None:
    page = render_page("Report", [])

    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_lets_its_own_script_run_and_no_other() -> None:
    page = render_page("Report", [], script="let x = 1;\n", style="b { color: red; }")

    digest = base64.b64encode(hashlib.sha256(b"let x = 1;\n").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "<script>let x = 1;\n</script>" in page
    assert "b { color: red; }</style>" in page
    assert "unsafe-inline" not in page.split("script-src")[1].split('"')[0]


def test_puts_words_left_and_figures_right() -> None:
    table = render_table(["kind", "images"], [["crack", 3]])

    assert '<td class="word">crack</td><td>3</td>' in table
