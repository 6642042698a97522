"""Links on the pages of the sources."""

from types import SimpleNamespace
from typing import Any

from musigma_docs.pages.source_pages import led_back, without_sources


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
