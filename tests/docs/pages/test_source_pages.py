"""Links on the pages of the sources."""

from types import SimpleNamespace
from typing import Any

from musigma_docs.pages.source_pages import Navigation, led_back, without_sources


def test_a_definition_leads_back_to_where_it_is_described() -> None:
    described = {"room.base.Thing": None, "room.Thing.part": None}
    app: Any = SimpleNamespace(
        env=SimpleNamespace(domains=SimpleNamespace(python_domain=SimpleNamespace(objects=described)))
    )
    link = '<a class="viewcode-back" href="../../api.html#{}">[docs]</a>'
    context = {"body": link.format("room.Thing") + link.format("room.Thing.part") + link.format("room.Unknown")}
    led_back(app, "_modules/room/base", "", context, None)
    assert context["body"] == link.format("room.base.Thing") + link.format("room.Thing.part") + link.format(
        "room.Unknown"
    )


def test_only_modules_with_a_page_are_listed() -> None:
    env: Any = SimpleNamespace(_viewcode_modules={"builtins": False, "room.base": ("code", {}, {}, "room")})
    without_sources(SimpleNamespace(), env)  # type: ignore[arg-type]
    assert list(env._viewcode_modules) == ["room.base"]


def _asked_for(navigation: Navigation, page: str, **options: object) -> str:
    """What the theme gets on a page whose own navigation says which page it is of."""
    context: dict[str, Any] = {"toctree": lambda **given: f"of {page}, {sorted(given)}"}
    navigation(SimpleNamespace(), page, "", context, None)  # type: ignore[arg-type]
    return str(context["toctree"](**options))


def test_source_pages_of_one_depth_have_the_same_navigation() -> None:
    navigation = Navigation()
    assert _asked_for(navigation, "_modules/room/base") == "of _modules/room/base, []"
    assert _asked_for(navigation, "_modules/room/other") == "of _modules/room/base, []"
    assert _asked_for(navigation, "_modules/room") == "of _modules/room, []"
    assert _asked_for(navigation, "_modules/room/other", collapse=False) == "of _modules/room/other, ['collapse']"


def test_other_pages_have_their_own_navigation() -> None:
    navigation = Navigation()
    assert [_asked_for(navigation, page) for page in ("a/b", "a/c")] == ["of a/b, []", "of a/c, []"]
