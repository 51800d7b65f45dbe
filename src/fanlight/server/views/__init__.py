"""The pages, built from the lake and the state. One module a page; this one puts them behind the server's ports."""

from fanlight.server.views.pages import LakeViews

__all__ = ["LakeViews"]
