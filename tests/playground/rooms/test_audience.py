"""Followers: a slow one starts again, and names are remembered up to a limit."""

from __future__ import annotations

from playground.rooms.audience import MAX_WAITING, Audience, Follower


def test_a_slow_follower_gets_the_newest_frame_or_starts_again() -> None:
    follower = Follower("me", stale=False)
    for number in range(1000):
        follower.put("frame", b"%d" % number)
    assert [data for _, data in follower.waiting] == [b"999"]
    for number in range(1000):
        follower.put("html", b"%d" % number)
        assert len(follower.waiting) <= MAX_WAITING
    assert follower.stale


def test_a_stale_follower_keeps_no_events() -> None:
    follower = Follower("me")
    follower.put("html", b"text")
    assert not follower.waiting
    assert follower.news.is_set()


def test_two_pages_of_one_visitor_are_one_person() -> None:
    audience = Audience(elsewhere=3)
    with audience.add("me"), audience.add("me"), audience.add("you"):
        assert audience.people_here == 2
        assert audience.people == 5
    assert audience.people == 3


def test_an_event_reaches_every_follower() -> None:
    audience = Audience()
    with audience.add("me") as mine, audience.add("you") as yours:
        mine.stale = yours.stale = False
        audience.publish("html", b"text")
        assert [list(follower.waiting) for follower in (mine, yours)] == [[("html", b"text")]] * 2
        audience.restart()
        assert mine.stale
        assert yours.stale


def test_the_leader_reads_the_names_of_those_who_ask_in_order() -> None:
    audience = Audience(names={"1": "red fox", "2": "blue owl"}, lead_requests={"1", "2", "gone"})
    assert audience.requesting_names == ["blue owl", "red fox"]
