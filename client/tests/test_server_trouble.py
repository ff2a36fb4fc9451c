"""Whatever the server does, the user gets one sentence and an exit code, and no trouble."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ant_process import ANT, Home, Ran
from ant_stub import (
    KEY,
    Handler,
    Reply,
    Server,
    Stub,
    answers,
    error,
    refuses,
    sends_events,
    sends_raw,
    stalls,
    streams,
)

from aniate.address import parse
from aniate.dial import Dial

_PAGE = b"<html><script>alert(1)</script>Sign in to the hotel's network</html>"
_DEEP = b"[" * 700 + b"]" * 700
_START = b'event: start\ndata: {"request_id": "r", "model": "m"}\n\n'


@pytest.mark.parametrize(
    ("reply", "code", "sentence"),
    [
        (refuses(500, "internal", "Something broke.", "Try later."), 1, "ant: Something broke.\nTry later.\n"),
        (refuses(503, "unavailable", "The model is loading."), 1, "ant: The model is loading.\n"),
        (refuses(401, "not_authenticated", "This key was revoked."), 4, "ant: This key was revoked.\nLog in with"),
        (refuses(429, "limit_reached", "Too many.", retry_after="30"), 5, "ant: Too many.\nTry again in 30 s.\n"),
        (refuses(429, "limit_reached", "Too many.", retry_after="3600"), 5, "Try again in 60 minutes.\n"),
        (refuses(402, "limit_reached", "No credit.", "Upgrade."), 5, "ant: No credit.\nUpgrade.\n"),
        (refuses(404, "not_found", "There is no model nosuch."), 1, "ant: There is no model nosuch.\n"),
        (answers(500, "text/html", _PAGE), 1, "answered 500 and gave no reason."),
        (answers(429, "text/plain", b"slow down", retry_after="5"), 5, "Try again in 5 s."),
        (answers(200, "text/html", _PAGE), 1, "does not seem to be an Aniate server: it answered with text/html."),
        (answers(404, "text/html", _PAGE), 1, "does not seem to be an Aniate server: it answered 404."),
        (answers(200, "application/json", b"{}"), 1, "does not seem to be an Aniate server"),
        (answers(302, "text/html", b"", location="https://evil.example/"), 1, "redirects to https://evil.example/;"),
        (sends_raw(b"SSH-2.0-OpenSSH_9.2\r\n"), 1, "does not speak HTTP."),
        (sends_raw(b"HTTP/1.1 banana\r\n\r\n"), 1, "does not speak HTTP."),
        (sends_raw(b""), 1, "closed the connection before it answered."),
        (sends_raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), 1, "compressed"),
        (sends_events(b"event: delta\ndata: {not json}\n\n"), 1, "can't be understood (delta)."),
        (sends_events(b"event: delta\ndata: [1]\n\n"), 1, "can't be understood (delta)."),
        (sends_events(b'event: delta\ndata: {"text": 5}\n\n'), 1, "can't be understood (text)."),
        (answers(429, "text/plain", b"x", retry_after="9" * 5000), 5, "answered 429 and gave no reason.\n"),
        (sends_raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"), 1, "does not speak HTTP."),
        (answers(500, "application/json", b'{"error": {"message": %b}}' % _DEEP), 1, "gave no reason."),
        (sends_events(b'event: error\ndata: {"code": %b}\n\n' % _DEEP), 1, "could not finish the answer."),
        (sends_events(b"\x00\xff" * 999), 1, "broke off"),
        (sends_events(_START), 1, "broke off"),
    ],
)
def test_one_sentence_and_the_exit_code(reply: Reply, code: int, sentence: str, user: Home, stub: Stub) -> None:
    stub.reply = reply
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    assert ran.err.startswith("ant: ")
    assert len(ran.err.splitlines()) <= 2
    assert len(stub.questions) == 1


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_a_date_is_told_as_the_time_until_then(form: str, user: Home, stub: Stub) -> None:
    date = time.strftime(form, time.gmtime(time.time() + 3_590))
    stub.reply = refuses(429, "limit_reached", "Too many.", retry_after=date)
    assert user.run("ask", "hi", TZ="Asia/Tokyo").err == "ant: Too many.\nTry again in 60 minutes.\n"


def test_of_the_usage_only_what_is_known_is_told(user: Home, stub: Stub) -> None:
    usage = b'event: usage\ndata: {"input_tokens": 3, "estimated": true, "output_tokens": %b, "x": %b}\n\n'
    stub.reply = sends_events(_START, usage % (_DEEP, _DEEP), b'event: done\ndata: {"finish_reason": "stop"}\n\n')
    ran = user.run("ask", "--json", "hi")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["usage"] == {"input_tokens": 3, "estimated": True}


@pytest.mark.parametrize("value", [_DEEP, b"5", b"null"])
def test_a_strange_account_is_no_account(value: bytes, user: Home, stub: Stub) -> None:
    stub.account = answers(200, "application/json", b'{"email": %b, "workspace": "w"}' % value)
    ran = user.run("whoami")
    assert (ran.code, ran.out) == (1, "")
    assert "what it answered is no account" in ran.err


def test_an_error_after_the_beginning_keeps_what_came(user: Home, stub: Stub) -> None:
    part = b'event: delta\ndata: {"text": "Half an "}\n\n'
    failure = (
        b"event: error\ndata: " + json.dumps(error("upstream_failed", "The model died.", "Again?")["error"]).encode()
    )
    stub.reply = sends_events(_START, part, failure + b"\n\n")
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out, ran.err) == (1, "Half an \n", "ant: The model died.\nAgain?\n")


def test_a_limit_reached_in_the_middle_has_the_exit_code_of_a_limit(user: Home, stub: Stub) -> None:
    stub.reply = sends_events(_START, b'event: error\ndata: {"code": "limit_reached", "message": "Enough."}\n\n')
    assert user.run("ask", "hi").code == 5


@pytest.mark.parametrize("end", [b"", b"5\r\nhel", b"zz\r\n", b"5\r\nhello!!"])
def test_a_stream_that_is_cut_keeps_what_came(end: bytes, user: Home, stub: Stub) -> None:
    part = _START + b'event: delta\ndata: {"text": "Half"}\n\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    stub.reply = sends_raw(head + b"%x\r\n%b\r\n" % (len(part), part) + end)
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out) == (1, "Half\n")
    assert "answer" in ran.err
    assert ran.err.count("\n") == 1


def test_silence_is_bounded(user: Home, stub: Stub) -> None:
    stub.reply = stalls("Half")
    assert user.run("config", "set", "timeout", "0.3").code == 0
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out) == (1, "Half\n")
    assert "said nothing for 0.3 s" in ran.err
    assert stub.client_left.wait(5)


def test_keep_alives_are_no_silence(user: Home, stub: Stub) -> None:
    def reply(handler: Handler) -> None:
        handler.begin()
        for _ in range(8):
            time.sleep(0.1)
            handler.chunk(b": keep-alive\n\n")
        handler.event("delta", {"text": "Late."})
        handler.end()

    stub.reply = reply
    user.run("config", "set", "timeout", "0.5")
    assert user.run("ask", "hi").out == "Late.\n"


def test_a_redirect_is_not_followed_and_no_key_goes_there(user: Home, stub: Stub) -> None:
    other = Stub()
    with Server(other):
        stub.reply = answers(307, "text/plain", b"", location=other.url + "/v1/chat")
        ran = user.run("ask", "hi")
    assert (ran.code, other.connections) == (1, 0)
    assert "not followed" in ran.err


def test_events_and_fields_of_a_newer_server_are_passed_over(user: Home, stub: Stub) -> None:
    def reply(handler: Handler) -> None:
        handler.begin()
        handler.chunk(b"event: thought\ndata: not even json\n\n")
        handler.event("delta", {"text": "Yes.", "mood": "good"})
        handler.end()

    stub.reply = reply
    assert user.run("ask", "hi").out == "Yes.\n"


def test_what_a_server_says_can_not_drive_the_terminal(user: Home, stub: Stub) -> None:
    stub.reply = refuses(500, "\x1b[2J", "Bad\x1b]0;title\x07\nant: all is well", "\u202ehint\x9b31m")
    ran = user.run("ask", "hi")
    assert ran.err == "ant: Bad␛]0;title ant: all is well\nhint31m\n"


def test_a_refused_connection_is_told_at_once(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        home.log_in(f"http://127.0.0.1:{taken.getsockname()[1]}")
        ran, took_s = _timed(home)
    assert (ran.code, ran.out) == (1, "")
    assert "can't be reached: connection refused." in ran.err
    assert took_s < 2


def test_a_host_that_does_not_answer_is_given_up_in_two_seconds(home: Home) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:  # the kernel drops further packets of a queue that is full
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        home.log_in(f"http://127.0.0.1:{full.getsockname()[1]}")
        ran, took_s = _timed(home)
        for filler in fillers:
            filler.close()
    assert ran.code == 1
    assert "it did not answer in time." in ran.err
    assert 1 < took_s < 2  # the bound of 2 s stands in the specification; ours is 1.5 s and the start of python


# In a network of its own, whose one resolver never answers; that is what a machine without network is like.
_NO_NETWORK = """
import fcntl, os, socket, struct, subprocess, sys, time
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x49))
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
before = time.monotonic()
done = subprocess.run(sys.argv[2:], capture_output=True, text=True, stdin=subprocess.DEVNULL)
print(repr((done.returncode, done.stderr, time.monotonic() - before)))
"""


def test_without_network_it_is_told_in_two_seconds(home: Home, tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody make a network of their own")
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:5\n")
    done = subprocess.run(
        [*alone, sys.executable, "-c", _NO_NETWORK, str(resolv), *ANT, "ask", "hi"],
        env={**home.environ, "ANT_TOKEN": KEY}, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    code, err, took_s = eval(done.stdout)
    assert code == 1
    assert "https://api.aniate.com can't be reached: its name could not be looked up in time." in err
    assert took_s < 2


# Each such address fails before a packet leaves, which `connect` says at once.
@pytest.mark.parametrize("url", ["https://255.255.255.255", "https://[fe80::1]"])
def test_an_address_without_a_way_there_is_told(url: str, home: Home) -> None:
    ran = home.run("ask", "--host", url, "hi", ANT_TOKEN=KEY)
    assert (ran.code, ran.out) == (1, "")
    assert f"{url} can't be reached: " in ran.err
    assert any(reason in ran.err for reason in _NO_WAY), ran.err


_NO_WAY = (
    "network is unreachable", "permission denied", "invalid argument", "no route to host",
    "cannot assign requested address", "address family not supported",
)  # fmt: skip


def test_a_second_address_is_tried_where_the_first_has_no_way(stub: Stub) -> None:
    port = int(stub.url.rpartition(":")[2])
    dial = Dial(parse(stub.url), 2)
    dial.close()
    dial._waiting = [(socket.AF_INET, ("255.255.255.255", port)), (socket.AF_INET, ("127.0.0.1", port))]
    connected = dial.finish()
    assert connected.getpeername() == ("127.0.0.1", port)
    connected.close()


def _timed(home: Home) -> tuple[Ran, float]:
    before = time.monotonic()
    ran = home.run("ask", "hi")
    return ran, time.monotonic() - before


def test_a_name_with_two_addresses_is_tried_at_both(home: Home, stub: Stub) -> None:
    stub.reply = streams("Here.")
    home.log_in(stub.url.replace("127.0.0.1", "localhost"))
    assert home.run("ask", "hi").out == "Here.\n"
